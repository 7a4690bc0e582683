/** What a log says, a row a kind of record: its number and its fields, in their order in the file. */
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { ReplayError, VmStateError } from '../util/errors.js';
import type { LogRecord } from './format.js';

interface Field<T> {
  write(out: ByteWriter, value: T): void;
  read(input: ByteReader): T;
}
const field = <T>(write: Field<T>['write'], read: Field<T>['read']): Field<T> => ({ write, read });

const u8 = field<number>(
  (out, value) => out.u8(value),
  (input) => input.u8(),
);
const u16 = field<number>(
  (out, value) => out.u16(value),
  (input) => input.u16(),
);
const u32 = field<number>(
  (out, value) => out.u32(value),
  (input) => input.u32(),
);
const u64 = field<bigint>(
  (out, value) => out.u64(value),
  (input) => input.u64(),
);
/** 64 bits in the file, of which 53 are used. */
const count = field<number>(
  (out, value) => out.u64(BigInt(value)),
  (input) => {
    const value = Number(input.u64());
    if (!Number.isSafeInteger(value)) throw new VmStateError('a number is too large');
    return value;
  },
);
const word = field<string>(
  (out, value) => out.text(value),
  (input) => input.text(),
);
/** All that is left. */
const bytes = field<Uint8Array>(
  (out, value) => out.bytes(value),
  (input) => input.bytes(input.remaining).slice(),
);

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const row = <F extends Record<string, Field<any>>>(number: number, fields: F) => ({ number, fields });

/** At a moment of the machine's: what comes from outside by itself, and what a replay is held against. `sum`: a CRC-32 of state. */
const EVENTS = {
  /** The machine as it was made: of all of its state. */
  begin: row(1, { moment: count, sum: u32 }),
  input: row(2, { moment: count, port: u16, bytes }),
  /** `opened`, `closed` or `break` of a character device. */
  event: row(3, { moment: count, port: u16, event: word }),
  /** Timers of a host's clock fire: those that are due at `now`, ns of it. */
  timers: row(4, { moment: count, clock: u8, now: u64 }),
  /** Idle guest time jumps to `ns`. */
  warp: row(5, { moment: count, ns: u64 }),
  shift: row(6, { moment: count, shift: u8 }),
  /** From outside, with its cause. */
  reset: row(7, { moment: count, cause: word }),
  /** Instructions that were executed, and of the CPUs' registers. */
  check: row(8, { moment: count, instructions: count, sum: u32 }),
  /** Of all of its state, and how the run ended. */
  end: row(9, { moment: count, instructions: count, sum: u32, cause: word, exitCode: u32 }),
};
/** What the guest has asked for, in its order. */
const READS = {
  random: row(16, { bytes }),
  /** ns of a host's clock. */
  clock: row(17, { clock: u8, value: u64 }),
};
const ROWS = { ...EVENTS, ...READS };

type Rows = typeof ROWS;
type Values<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
type Kind = keyof Rows;
type Entry<K extends Kind> = { [Each in K]: { readonly kind: Each } & Values<Rows[Each]['fields']> }[K];
export type LogEvent = Entry<keyof typeof EVENTS>;
export type LogRead = Entry<keyof typeof READS>;
export type LogEntry = LogEvent | LogRead;

export const isEvent = (entry: LogEntry): entry is LogEvent => entry.kind in EVENTS;

const BY_NUMBER = new Map(Object.entries(ROWS).map(([kind, { number }]) => [number, kind as Kind]));

export function encode(entry: LogEntry): LogRecord {
  const { number, fields } = ROWS[entry.kind];
  const out = new ByteWriter();
  for (const [name, each] of Object.entries(fields) as [string, Field<unknown>][]) each.write(out, (entry as never)[name]);
  return { kind: number, payload: out.finish() };
}

/** @throws ReplayError if it is none */
export function decode({ kind: number, payload }: LogRecord): LogEntry {
  const kind = BY_NUMBER.get(number);
  if (kind === undefined) throw new ReplayError(`the log is damaged: a record of kind ${number}`);
  const input = new ByteReader(payload);
  try {
    const values = Object.entries(ROWS[kind].fields).map(([name, each]) => [name, (each as Field<unknown>).read(input)]);
    if (input.remaining > 0) throw new VmStateError(`${input.remaining} bytes too many`);
    return { kind, ...Object.fromEntries(values) } as LogEntry;
  } catch (error) {
    if (!(error instanceof VmStateError)) throw error;
    throw new ReplayError(`the log is damaged: a record '${kind}': ${error.message}`);
  }
}
