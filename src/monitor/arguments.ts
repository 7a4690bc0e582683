/** Arguments of the monitor's commands: what a row declares, and how a line is read by it. Source: QEMU monitor/hmp.c; the messages are QEMU's. */
import { ArgumentError } from './errors.js';
import { readExpression } from './expression.js';
import type { LineReader } from './line-reader.js';

/** Of `x` and `print`; what is not given is as last time. */
export interface Format {
  readonly count: number;
  readonly format?: string;
  /** Bytes. */
  readonly size?: number;
}

/** What completion may look at. */
export interface Completer<C> {
  /** Words that may stand here. */
  complete?(context: C): Iterable<string>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Arg<T, C = any> extends Completer<C> {
  /** `command`: for messages. @throws MonitorError */
  parse(line: LineReader, command: string): T;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Args = Readonly<Record<string, Arg<any>>>;
export type ArgValues<A> = { readonly [K in keyof A]: A[K] extends Arg<infer T> ? T : never };

const wordOf =
  (what: string) =>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (completer: Completer<any> = {}): Arg<string> => ({
    ...completer,
    parse(line, command) {
      const word = line.word();
      if (word === undefined) throw new ArgumentError(`${command}: ${what} expected`);
      return word;
    },
  });
export const text = wordOf('string');
export const file = wordOf('filename');
export const blockDevice = wordOf('block device name');

/** All that is left of the line. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const restOfLine = (completer: Completer<any> = {}): Arg<string> => ({
  ...completer,
  parse(line, command) {
    line.skipSpace();
    const rest = line.rest();
    if (rest === '') throw new ArgumentError(`${command}: string expected`);
    return rest;
  },
});

/** An expression: 64 bits. */
export const long = (): Arg<bigint> => ({
  parse(line) {
    line.skipSpace();
    return readExpression(line);
  },
});
/** An expression of 32 bits, or one that is negative in them. */
export const int = (): Arg<number> => ({
  parse(line, command) {
    const value = long().parse(line, command);
    if (value >> 32n !== 0n) throw new ArgumentError(`'${command}' has failed: integer is for 32-bit values`);
    return Number(BigInt.asIntN(32, value));
  },
});
export const optional = <T>(arg: Arg<T>): Arg<T | undefined> => ({
  ...arg,
  parse: (line, command) => (line.atEnd ? undefined : arg.parse(line, command)),
});
/** One that follows a dot at once, as in `i 0x70.8`. */
export const afterDot = <T>(arg: Arg<T>): Arg<T | undefined> => ({
  parse(line, command) {
    line.skipSpace();
    if (line.next !== '.') return undefined;
    line.at++;
    return arg.parse(line, command);
  },
});

/** `-x`: true if it is given. Flags that stand side by side in a row are in any order on the line. */
export const flag = (letter: string): Arg<boolean> & { readonly letter: string } => ({ letter, parse: () => false });

/** `/8xw` */
export const format = (): Arg<Format> => ({
  parse(line) {
    line.skipSpace();
    if (line.match(/\//y) === undefined) return { count: 1 };
    const digits = line.match(/\d+/y);
    let letter: string | undefined;
    let size: number | undefined;
    for (; line.next !== '' && !/\s/.test(line.next); line.at++) {
      const { next } = line;
      if (FORMATS.includes(next)) letter = next;
      else if (next in SIZES) size = SIZES[next];
      else throw new ArgumentError(`invalid char in format: '${next}'`);
    }
    return { count: digits === undefined ? 1 : Number(digits), format: letter, size };
  },
});
const FORMATS = 'oduxics';
const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8, L: 8 };

/** Reads what a command's row declares; nothing may be left. @throws MonitorError */
export function readArguments<A extends Args>(args: A, line: LineReader, command: string): ArgValues<A> {
  const values: Record<string, unknown> = {};
  const flags = new Map<string, string>();
  const takeFlags = (): void => {
    for (; flags.size > 0 && (line.skipSpace(), /^-[^\d\s]/.test(line.text.slice(line.at))); line.at += 2) {
      const letter = line.text[line.at + 1];
      const key = flags.get(letter);
      if (key === undefined) throw new ArgumentError(`${command}: unsupported option -${letter}`);
      values[key] = true;
    }
    flags.clear();
  };
  for (const [key, arg] of Object.entries(args)) {
    if ('letter' in arg) {
      values[key] = false;
      flags.set((arg as ReturnType<typeof flag>).letter, key);
      continue;
    }
    takeFlags();
    values[key] = arg.parse(line, command);
  }
  takeFlags();
  if (!line.atEnd) throw new ArgumentError(`${command}: extraneous characters at the end of line`);
  return values as ArgValues<A>;
}
