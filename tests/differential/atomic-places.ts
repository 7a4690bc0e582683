/**
 * What atomics come to, by where they go: the table that atomics.test.ts walks. Sources: privileged ISA manual, "Machine Cause Register", "Virtual
 * Address Translation Process" and "Physical Memory Protection"; unprivileged manual, "A". An AMO or SC has the causes of a store only.
 */
import { MEMORY } from './slot.js';

export type Cause = 'ok' | 'load misaligned' | 'store misaligned' | 'load access' | 'store access' | 'load page' | 'store page';
export const CAUSES: Readonly<Record<Exclude<Cause, 'ok'>, number>> = {
  'load misaligned': 4,
  'load access': 5,
  'store misaligned': 6,
  'store access': 7,
  'load page': 13,
  'store page': 15,
};

/** Causes of LR, of SC without a reservation, of SC behind an LR that had none, of AMOs. */
export interface Outcome {
  readonly lr: Cause;
  readonly sc: Cause;
  readonly pair: Cause;
  readonly amo: Cause;
}

const ALLOWED: Outcome = { lr: 'ok', sc: 'ok', pair: 'ok', amo: 'ok' };
/** Loads may, stores may not. */
const readOnly = (cause: Cause): Outcome => ({ lr: 'ok', sc: cause, pair: cause, amo: cause });
const NO_PAGE: Outcome = { lr: 'load page', sc: 'store page', pair: 'load page', amo: 'store page' };
const NO_RIGHT: Outcome = { lr: 'load access', sc: 'store access', pair: 'load access', amo: 'store access' };
/** An SC that fails asks for rights, not for memory (the manual leaves that open): nothing is stored. */
const NOTHING_THERE: Outcome = { ...NO_RIGHT, sc: 'ok' };

const PAGE_READ_ONLY = readOnly('store page');
const PMP_READ_ONLY = readOnly('store access');

export const PTE = { V: 1, R: 2, W: 4, X: 8, U: 16, G: 32, A: 64, D: 128 } as const;
const { V, R, W, X, U, A, D } = PTE;
const RW = V | R | W | A | D;

/** Leaf tables by how they may be reached: with all rights; read by the walk but not written; not even read; not in memory. */
export const TABLES = ['open', 'read-only', 'closed', 'missing'] as const;
export type Table = (typeof TABLES)[number];

export const HOLE = 0x0700_0000;
const DEVICES = { rom: 0x1000, msip: 0x0200_0000, plic: 0x0c00_0008, flash: 0x2000_0000 } as const;
const PAST_RAM = 0x9000_0000;
/** More bits than a TLB entry holds. */
const FAR = 0x3000_0000_0000_0000n;

/** PMP entries, the first of which is NAPOT over the page unless `bytes` says less. Rights are of pmpcfg: R 1, W 2, X 4, L 0x80. */
export interface Protection {
  readonly config: number;
  readonly bytes?: number;
}

export interface Place {
  readonly name: string;
  /** Privilege of the access: M-mode is bare, the others go through Sv32 or Sv39. */
  readonly mode: 'M' | 'S' | 'U';
  /** Bits of mstatus. */
  readonly status?: bigint;
  /** A physical address; undefined: a page of its own in RAM. */
  readonly physical?: bigint;
  /** Flags of the leaf that maps it, and the table where that is. */
  readonly pte?: number;
  readonly table?: Table;
  /** The entries that cover its page, the most important first. */
  readonly pmp?: readonly Protection[];
  /** menvcfg.ADUE: hardware sets A and D. */
  readonly adue?: boolean;
  readonly xlen?: 64;
  readonly outcome: Outcome;
  /** That of 8-byte accesses, if it is another. */
  readonly wide?: Outcome;
  /** QEMU's outcome, where it makes other use of the manual's freedom. */
  readonly qemu?: Outcome;
}

type Options = Omit<Place, 'name' | 'mode' | 'outcome'>;
const place = (name: string, mode: Place['mode'], outcome: Outcome, options: Options = {}): Place => ({ name, mode, outcome, ...options });
const page = (name: string, mode: 'S' | 'U', pte: number, outcome: Outcome, options: Options = {}): Place =>
  place(`${name}, from ${mode}`, mode, outcome, { pte, ...options });

const SUM = 1n << 18n;
const MXR = 1n << 19n;
const [PMP_R, PMP_W, PMP_X, PMP_L] = [1, 2, 4, 0x80];

// prettier-ignore
export const PLACES: readonly Place[] = [
  place('RAM',                     'M', ALLOWED),
  place('nothing',                 'M', NOTHING_THERE,  { physical: BigInt(HOLE) }),
  place('past the end of RAM',     'M', NOTHING_THERE,  { physical: BigInt(PAST_RAM) }),
  place('beyond all boards',       'M', NO_RIGHT,       { physical: FAR, xlen: 64, qemu: NOTHING_THERE }),
  place('ROM',                     'M', ALLOWED,        { physical: BigInt(DEVICES.rom) }),
  place('flash',                   'M', ALLOWED,        { physical: BigInt(DEVICES.flash) }),
  place('MSIP of the CLINT',       'M', ALLOWED,        { physical: BigInt(DEVICES.msip), wide: NOTHING_THERE }),
  place('a priority of the PLIC',  'M', ALLOWED,        { physical: BigInt(DEVICES.plic), wide: NOTHING_THERE }),
  place('locked PMP, none',        'M', NO_RIGHT,       { pmp: [{ config: PMP_L }] }),
  place('locked PMP, R',           'M', PMP_READ_ONLY,  { pmp: [{ config: PMP_L | PMP_R }] }),

  page('R and W',                  'S', RW,             ALLOWED),
  page('R and W',                  'U', RW | U,         ALLOWED),
  page('invalid',                  'S', RW & ~V,        NO_PAGE),
  page('R',                        'S', RW & ~W,        PAGE_READ_ONLY),
  page('R',                        'U', (RW & ~W) | U,  PAGE_READ_ONLY),
  page('X',                        'S', V | X | A | D,  NO_PAGE),
  page('X under MXR',              'S', V | X | A | D,  PAGE_READ_ONLY, { status: MXR }),
  page('W without R',              'S', RW & ~R,        NO_PAGE),
  page("user's",                   'S', RW | U,         NO_PAGE),
  page("user's, under SUM",        'S', RW | U,         ALLOWED,        { status: SUM }),
  page("supervisor's",             'U', RW,             NO_PAGE),
  page('neither A nor D, ADUE',    'S', RW & ~A & ~D,   ALLOWED,        { adue: true }),
  page('A, not D, ADUE',           'S', RW & ~D,        ALLOWED,        { adue: true }),
  page('not A, not W, ADUE',       'S', V | R,          PAGE_READ_ONLY, { adue: true }),
  page('neither A nor D',          'S', RW & ~A & ~D,   NO_PAGE),
  page('A, not D',                 'S', RW & ~D,        PAGE_READ_ONLY),
  page('nothing behind it',        'S', RW,             NOTHING_THERE,  { physical: BigInt(HOLE) }),
  page('R, nothing behind it',     'S', RW & ~W,        { ...PAGE_READ_ONLY, lr: 'load access', pair: 'load access' }, {
    physical: BigInt(HOLE),
    // QEMU loads before it looks whether it may store.
    qemu: { ...PAGE_READ_ONLY, lr: 'load access', pair: 'load access', amo: 'store access' },
  }),
  page('ROM behind it',            'S', RW,             ALLOWED,        { physical: BigInt(DEVICES.rom) }),
  page('a table that is missing',  'S', RW,             NO_RIGHT,       { table: 'missing' }),
  page('PMP none',                 'S', RW,             NO_RIGHT,       { pmp: [{ config: 0 }] }),
  page('PMP R',                    'S', RW,             PMP_READ_ONLY,  { pmp: [{ config: PMP_R }] }),
  page('PMP X',                    'U', RW | U,         NO_RIGHT,       { pmp: [{ config: PMP_X }] }),
  page('PMP RW, 8 bytes',          'S', RW,             ALLOWED,        { pmp: [{ config: PMP_R | PMP_W, bytes: 8 }, { config: 0 }] }),
  page('PMP RW, 4 bytes',          'S', RW,             ALLOWED,        { pmp: [{ config: PMP_R | PMP_W, bytes: 4 }, { config: 0 }], wide: NO_RIGHT }),
  page('PMP none over its table',  'S', RW,             NO_RIGHT,       { table: 'closed' }),
  page('PMP R over its table',     'S', RW,             ALLOWED,        { table: 'read-only' }),
  page('the same, D to be set',    'S', RW & ~D,        readOnly('store access'), { table: 'read-only', adue: true }),
];

/** Where the tables and the places' own pages are. */
export const LAYOUT = {
  root: MEMORY.tables,
  middle: MEMORY.tables + 0x1000,
  leaves: MEMORY.tables + 0x2000,
  pages: MEMORY.tables + 0x10_0000,
} as const;
