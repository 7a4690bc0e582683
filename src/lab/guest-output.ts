/** What the guests of the laboratory print: the table of guests/embedded, the lines of guests/linux. */

export interface GuestResult {
  readonly name: string;
  /** 16 hexadecimal digits; depends on the amount of work, and on nothing else. */
  readonly checksum: string;
  /** By the guest's own clock. */
  readonly seconds: number;
}

const KERNEL_ROW = /^ {2}(\S+) +(\S.*?) +([0-9a-f]{16}) *(\d+\.\d{3}) *(\d+)\s*$/;
const PROGRAM_LINE = /^lab: (\S+) ([0-9a-f]{16}) (\d+)\s*$/;
const FAILURE_LINE = /^lab: (\S+) failed: (.*?)\s*$/;

/** The last thing that the embedded guest says when all went well. */
export const KERNELS_DONE = 'all checks passed';
/** What the Linux guest says first: the boot is over. */
export const LINUX_READY = 'lab: ready';

/** A program that ended with a status has no result. */
export function parseFailure(line: string): { readonly name: string; readonly why: string } | undefined {
  const failure = FAILURE_LINE.exec(line);
  return failure ? { name: failure[1], why: failure[2] } : undefined;
}

/** The result in a line, if there is one. */
export function parseResult(line: string): GuestResult | undefined {
  const row = KERNEL_ROW.exec(line);
  if (row) return { name: row[1], checksum: row[3], seconds: Number(row[4]) / 1000 };
  const program = PROGRAM_LINE.exec(line);
  return program ? { name: program[1], checksum: program[2], seconds: Number(program[3]) / 1e9 } : undefined;
}

/** Cuts a stream of text into lines; what has no end yet waits. */
export class LineReader {
  private rest = '';
  constructor(private readonly line: (text: string) => void) {}
  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.line(line.replace(/\r$/, ''));
  }
}
