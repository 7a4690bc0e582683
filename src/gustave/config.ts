/** What a harness is told (docs/gustave.md): the JSON file of `-gustave`, checked. */
import { OptionError } from '../util/errors.js';
import * as read from '../util/readers.js';

/** An address: a number, `0x80000000`, a symbol, `main+0x10`, `__bss_end-4`. Virtual, as the CPU sees it. */
export type Place = number | string;
/** A symbol with a size, or `FIRST..LAST`: two places, of which both belong to it. */
export type Range = string;
/** What a register holds when the snapshot is taken: an argument, or where a function returns to. */
export interface InRegister {
  readonly register: string;
}

export interface GustaveConfig {
  readonly snapshot: {
    /** The snapshot is taken when a CPU comes here for the first time, before the instruction. */
    readonly at: Place;
    /** Typed into the first serial port before: what brings a guest with a prompt there. */
    readonly type?: string;
  };
  readonly input: {
    readonly address: Place | InRegister;
    /** Bytes; longer inputs are cut. */
    readonly limit: number;
    /** What is behind a shorter input, up to the limit. Default: what was there. */
    readonly pad?: number;
    /** Where its length is put: a number of so many bytes, or the whole register. */
    readonly length?: InRegister | { readonly address: Place | InRegister; readonly size: 1 | 2 | 4 | 8 };
  };
  /** When a run is over. */
  readonly end: {
    readonly at?: readonly (Place | InRegister)[];
    /** A run that has executed so many is a hang. Default: a million. */
    readonly instructions?: number;
  };
  /** What else ends a run, and is a crash. */
  readonly crash?: {
    readonly at?: readonly (Place | InRegister)[];
    /** By the target's names or numbers: `load access fault` or 5; a vector on PowerPC (`DSI` or 768). `any`: all. */
    readonly exceptions?: 'any' | readonly (string | number)[];
    /** Default: halted, panic, reset. Those that are not crashes end a run all the same. */
    readonly states?: readonly EndState[];
    /** Where the guest may write: whoever writes elsewhere crashes, before the store is done. Default: anywhere. */
    readonly writable?: readonly Range[];
  };
  /** Blocks that begin here are counted. Default: none is. */
  readonly coverage?: readonly Range[];
}

/** halted: all CPUs wait, and nothing will wake them. held: the guest waits for the host (its input, a disk, who reads its output), which cannot come. */
export const END_STATES = ['halted', 'held', 'panic', 'reset', 'shutdown'] as const;
export type EndState = (typeof END_STATES)[number];

export const DEFAULTS = { instructions: 1_000_000, states: ['halted', 'panic', 'reset'] } as const satisfies {
  instructions: number;
  states: readonly EndState[];
};

/** Larger ones would cost more to put in than to run. */
const INPUT_LIMIT = 1 << 20;
const MOST_INSTRUCTIONS = 1e12;

const isPlace = (value: unknown): boolean =>
  (Number.isSafeInteger(value) && (value as number) >= 0) || (read.isText(value) && value !== '');
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const place: read.Reader<Place> = read.is("an address: a number, '0x80000000', 'main' or 'main+0x10'", isPlace);
const range: read.Reader<Range> = read.text("a symbol, or 'FIRST..LAST'");
const inRegister = read.record<InRegister>({ register: read.text("a register's name") }, ['register']);
const address: read.Reader<Place | InRegister> = read.either(isObject, inRegister, place);
const size: read.Reader<1 | 2 | 4 | 8> = read.is('1, 2, 4 or 8', (value) => [1, 2, 4, 8].includes(value as number));
const exception: read.Reader<string | number> = read.is('the name or the number of an exception', isPlace);

const CONFIG: read.Readers<GustaveConfig> = {
  snapshot: read.record<GustaveConfig['snapshot']>({ at: place, type: read.text() }, ['at']),
  input: read.record<GustaveConfig['input']>(
    {
      address,
      limit: read.integer(1, INPUT_LIMIT),
      pad: read.integer(0, 255),
      length: read.either(
        (value) => isObject(value) && 'register' in (value as object),
        inRegister,
        read.record<{ readonly address: Place | InRegister; readonly size: 1 | 2 | 4 | 8 }>({ address, size }, ['address', 'size']),
      ),
    },
    ['address', 'limit'],
  ),
  end: read.record<GustaveConfig['end']>({
    at: read.list(address, 'an array of addresses'),
    instructions: read.integer(1, MOST_INSTRUCTIONS),
  }),
  crash: read.record<NonNullable<GustaveConfig['crash']>>({
    at: read.list(address, 'an array of addresses'),
    exceptions: read.either<'any', (string | number)[]>(
      read.isText,
      read.oneOf('any'),
      read.list(exception, "'any', or an array of names and numbers"),
    ),
    states: read.list(read.oneOf(...END_STATES), 'an array of states'),
    writable: read.list(range, 'an array of ranges'),
  }),
  coverage: read.list(range, 'an array of ranges'),
};

/** @throws OptionError: where, what and what was expected */
export const readConfig = (config: unknown, where: string): GustaveConfig =>
  read.readOptions(config, where, CONFIG, ['snapshot', 'input', 'end']);

/** @throws OptionError: also if it is no JSON */
export function parseConfig(text: string, where: string): GustaveConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new OptionError(`no JSON: ${(error as Error).message.split('\n')[0]}`, where);
  }
  return readConfig(config, where);
}
