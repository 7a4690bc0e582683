/** The table that the embedded guest prints (guests/embedded/main.c), and how much work a kernel is given. */
import { BenchError } from './errors.js';

export interface KernelResult {
  readonly name: string;
  readonly what: string;
  /** 16 hexadecimal digits; depends on the scale, and on nothing else. */
  readonly checksum: string;
  /** By the guest's own clock. */
  readonly ms: number;
  /** From the guest's `instret`: guest instructions in wemu, host ticks in QEMU without -icount. */
  readonly mips: number;
}

const ROW = /^ {2}(\S+) +(\S.*?) +([0-9a-f]{16}) *(\d+\.\d{3}) *(\d+)\s*$/;

/** Rows of a run that passed its checks. @throws BenchError */
export function parseKernelTable(text: string): KernelResult[] {
  const rows = text.split('\n').flatMap((line): KernelResult[] => {
    const row = ROW.exec(line);
    return row ? [{ name: row[1], what: row[2], checksum: row[3], ms: Number(row[4]), mips: Number(row[5]) }] : [];
  });
  if (!text.includes('all checks passed')) throw new BenchError(`the guest did not come to its end: ${JSON.stringify(text.slice(-200))}`);
  return rows;
}

/** Scale of the usual work (`scale=` of the guest). */
export const USUAL_SCALE = 10;

/**
 * The scale at which work that took `ms` at `scale` takes about `targetMs`: 1, 2 or 5 times a power of ten, so that runs on a quiet and
 * on a busy machine choose the same.
 */
export function scaleFor(targetMs: number, ms: number, scale: number): number {
  const wanted = (scale * targetMs) / Math.max(ms, 0.001);
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1)));
  const step = [1, 2, 5, 10].reduce((best, n) =>
    Math.abs(Math.log((n * power) / wanted)) < Math.abs(Math.log((best * power) / wanted)) ? n : best,
  );
  return Math.min(1000, Math.max(1, step * power));
}
