/**
 * Special-purpose registers, one row each: number, name, who may read and write it, where it is kept, which bits can be written, what it is after reset, and
 * whether writing it does more than that (`effect`: assembly/target/ppc/spr.ts).
 * Sources: PEM, 2.1 to 2.3; MPC603e user's manual, 2.1; MPC604e user's manual, 2.1; MPC750 and MPC755 user's manuals, 2.1; MPC7400 user's manual, 2.1.
 */
import * as E from '../../../assembly/target/ppc/shared/env.js';
import * as X from '../../../assembly/target/ppc/shared/oea.js';
import { PPC_SRR0, PPC_SRR1 } from '../../../assembly/target/ppc/shared/env.js';

/** What a mode may do with it. */
export enum May {
  Nothing,
  Read,
  Write,
}

/** Registers that generated code has as globals, or that are made when they are read. */
export type Place = 'xer' | 'lr' | 'ctr' | 'helper';

export interface Spr {
  readonly number: number;
  readonly name: string;
  readonly user: May;
  readonly supervisor: May;
  /** Offset in env, of a u32. */
  readonly at: number | Place;
  /** Bits that can be written; the others are zero. */
  readonly mask: number;
  readonly reset: number;
  readonly effect: boolean;
  /** Of the performance monitor: writing it changes what counts. */
  readonly isMonitor: boolean;
  /** It counts: what it holds is made when it is read. */
  readonly isCounter: boolean;
  /** It is the model's, or the board's: reset leaves it. */
  readonly isConfiguration?: boolean;
}

type Options = Partial<Omit<Spr, 'number' | 'name' | 'at'>>;

const row = (number: number, name: string, at: Spr['at'], options: Options = {}): Spr => ({
  number,
  name,
  at,
  user: May.Nothing,
  supervisor: May.Write,
  mask: 0xffff_ffff,
  reset: 0,
  effect: false,
  isMonitor: false,
  isCounter: false,
  ...options,
});

/** Registers that are nothing but a cell, in the order of their cells. */
const CELLS = ['PIR', 'BAMR', 'MSSCR0', 'MSSCR1', 'VRSAVE', 'L2PM'];
export const cellOf = (name: string): number => {
  const n = CELLS.indexOf(name);
  if (n < 0 || n >= X.PPC_PLAIN_CELLS) throw new RangeError(`SPR ${name} has no cell`);
  return E.PPC_PLAIN + 4 * n;
};
const plain = (number: number, name: string, options?: Options): Spr => row(number, name, cellOf(name), options);

const READ_ONLY = { supervisor: May.Read, mask: 0 } as const;
const USER = { user: May.Write } as const;
/** Read by everybody. */
const OPEN = { ...READ_ONLY, user: May.Read } as const;
const EFFECT = { effect: true } as const;

/** Registers that follow each other, in cells that follow each other. */
const run = (first: number, names: readonly string[], at: number, options?: (i: number) => Options): Spr[] =>
  names.map((name, i) => row(first + i, name, at + 4 * i, options?.(i)));

/** BEPI, BL, Vs and Vp; BRPN, WIMG and PP. */
const BAT_UPPER = { mask: 0xfffe_1fff, ...EFFECT } as const;
const BAT_LOWER = { mask: 0xfffe_007b, ...EFFECT } as const;
const bats = (kind: string, first: number, n: number, at: number): Spr[] =>
  run(
    first,
    [0, 1, 2, 3].flatMap((i) => [`${kind}BAT${n + i}U`, `${kind}BAT${n + i}L`]),
    at + 8 * n,
    (i) => (i % 2 === 0 ? BAT_UPPER : BAT_LOWER),
  );
const sprgs = (first: number, n: number): Spr[] =>
  run(
    first,
    [0, 1, 2, 3].map((i) => `SPRG${n + i}`),
    E.PPC_SPRG + 4 * n,
  );

/** What all processors have. */
const COMMON: readonly Spr[] = [
  row(1, 'XER', 'xer', USER),
  row(8, 'LR', 'lr', USER),
  row(9, 'CTR', 'ctr', USER),
  row(18, 'DSISR', E.PPC_DSISR),
  row(19, 'DAR', E.PPC_DAR),
  row(X.SPR_DEC, 'DEC', 'helper', { reset: 0xffff_ffff, ...EFFECT }),
  row(X.SPR_SDR1, 'SDR1', E.PPC_SDR1, { mask: 0xffff_01ff, ...EFFECT }),
  row(26, 'SRR0', PPC_SRR0),
  row(27, 'SRR1', PPC_SRR1),
  row(X.SPR_TBL_READ, 'TBL', 'helper', OPEN),
  row(X.SPR_TBU_READ, 'TBU', 'helper', OPEN),
  ...sprgs(272, 0),
  row(282, 'EAR', E.PPC_EAR),
  row(X.SPR_TBL, 'TBL', 'helper', EFFECT),
  row(X.SPR_TBU, 'TBU', 'helper', EFFECT),
  row(287, 'PVR', E.PPC_PVR, { ...READ_ONLY, isConfiguration: true }),
  ...bats('I', X.SPR_IBAT0U, 0, E.PPC_IBAT),
  ...bats('D', X.SPR_IBAT0U + 8, 0, E.PPC_DBAT),
];

/** For a search of the page table by software. */
const SEARCH: readonly Spr[] = [
  row(976, 'DMISS', E.PPC_DMISS, READ_ONLY),
  row(977, 'DCMP', E.PPC_DCMP),
  row(978, 'HASH1', E.PPC_HASH1, READ_ONLY),
  row(979, 'HASH2', E.PPC_HASH2, READ_ONLY),
  row(980, 'IMISS', E.PPC_IMISS, READ_ONLY),
  row(981, 'ICMP', E.PPC_ICMP),
  row(982, 'RPA', E.PPC_RPA),
];

const IABR = row(X.SPR_IABR, 'IABR', E.PPC_IABR, EFFECT);
const DABR = row(X.SPR_DABR, 'DABR', E.PPC_DABR, EFFECT);
const HID0 = row(1008, 'HID0', E.PPC_HID0);
/** ICFI and DCFI empty the caches and clear themselves. */
const HID0_ONCE = row(1008, 'HID0', E.PPC_HID0, { mask: ~0xc00 >>> 0 });
/** How the clock's pins are set, whatever is written. */
const HID1 = row(1009, 'HID1', E.PPC_HID1, { mask: 0 });

// The performance monitor. SDA is the 604's, and what would be put there is nothing that counts.
const control = (n: number, number: number): Spr => row(number, `MMCR${n}`, E.PPC_MMCR0 + 4 * n, { isMonitor: true });
const counter = (n: number, number: number): Spr => row(number, `PMC${n}`, E.PPC_PMC + 4 * (n - 1), { isMonitor: true, isCounter: true });
const SIA = row(955, 'SIA', E.PPC_SIA);
const TWO_COUNTERS: readonly Spr[] = [control(0, X.SPR_MMCR0), counter(1, X.SPR_PMC1), counter(2, X.SPR_PMC2), SIA];
const FOUR_COUNTERS: readonly Spr[] = [...TWO_COUNTERS, control(1, X.SPR_MMCR1), counter(3, X.SPR_PMC3), counter(4, X.SPR_PMC3 + 1)];
/** Each with what of it user mode sees. */
const shown = (registers: readonly Spr[]): Spr[] =>
  registers.flatMap((each) => [each, { ...each, ...OPEN, number: each.number - 16, name: `U${each.name}` }]);

const S603: readonly Spr[] = [...COMMON, ...SEARCH, HID0, HID1, IABR];

const C604: readonly Spr[] = [...COMMON, HID0_ONCE, IABR, DABR, row(959, 'SDA', E.PPC_SDA), plain(1023, 'PIR', { mask: 0xf })];
const S604: readonly Spr[] = [...C604, ...TWO_COUNTERS];
const S604E: readonly Spr[] = [...C604, ...FOUR_COUNTERS, HID1];

const THERMAL: readonly Spr[] = run(1020, ['THRM1', 'THRM2', 'THRM3'], E.PPC_THRM, () => EFFECT);
/** L2IP, the invalidation that goes on, is over at once. */
const L2CR = row(1017, 'L2CR', E.PPC_L2CR, { mask: ~1 >>> 0 });

const S750: readonly Spr[] = [
  ...COMMON,
  HID0_ONCE,
  HID1,
  IABR,
  DABR,
  ...shown(FOUR_COUNTERS),
  L2CR,
  row(1019, 'ICTC', E.PPC_ICTC),
  ...THERMAL,
];

const S755: readonly Spr[] = [
  ...S750,
  ...SEARCH,
  ...sprgs(276, 4),
  ...bats('I', X.SPR_IBAT4U, 4, E.PPC_IBAT),
  ...bats('D', X.SPR_IBAT4U + 8, 4, E.PPC_DBAT),
  row(X.SPR_HID2, 'HID2', E.PPC_HID2, EFFECT),
  plain(1016, 'L2PM'),
];

const S7400: readonly Spr[] = [
  ...S750,
  plain(256, 'VRSAVE', USER),
  ...shown([control(2, X.SPR_MMCR2), plain(951, 'BAMR')]),
  plain(1014, 'MSSCR0'),
  plain(1015, 'MSSCR1'),
  plain(1023, 'PIR', { mask: 0xf }),
];

export const SPRS = { '603': S603, '604': S604, '604e': S604E, '7x0': S750, '7x5': S755, '7400': S7400 } as const;
export type SprSet = keyof typeof SPRS;
