/** Processor families: which bits of MSR there are, who searches the page table, and what else their models have alike. */
import * as X from '../../../assembly/target/ppc/shared/oea.js';
import type { SprSet } from './sprs.js';

/** Who searches the page table: the hardware, software, or whom HID2[SWLEN] says. */
export type Search = 'hash' | 'software' | 'hid2';

export interface Family {
  readonly sprs: SprSet;
  readonly msr: number;
  readonly search: Search;
  /** What a model may be told to do instead: the others have no registers for it. */
  readonly canSearch: readonly Search[];
  /** Sets of two ways in each TLB that software loads. */
  readonly tlbSets: number;
  /** FEATURE_*, but for those of the search. */
  readonly features: number;
}

const { FEATURE_DABR, FEATURE_HID0_POWER, FEATURE_HIGH_BATS, FEATURE_IABR, FEATURE_IABR_TE, FEATURE_POW, FEATURE_TGPR } = X;

// POW ILE EE PR FP ME FE0 SE BE FE1 IP IR DR RI LE; TGPR; PM
const MSR = 0x5_ff73;
const TGPR = 0x2_0000;
const PM = 0x4;

const SOFTWARE = { search: 'software', canSearch: ['software', 'hash'] } as const;
const HARDWARE = { search: 'hash', canSearch: ['hash'], tlbSets: 1 } as const;
const G3 = FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_HID0_POWER | FEATURE_POW;

// prettier-ignore
export const FAMILIES = {
  '603':  { sprs: '603',  msr: MSR | TGPR,      ...SOFTWARE, tlbSets: 32, features: FEATURE_IABR | FEATURE_HID0_POWER | FEATURE_POW | FEATURE_TGPR },
  '604':  { sprs: '604',  msr: MSR | PM,        ...HARDWARE, features: FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_POW },
  '604e': { sprs: '604e', msr: MSR | PM,        ...HARDWARE, features: FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_POW },
  '740':  { sprs: '7x0',  msr: MSR | PM,        ...HARDWARE, features: G3 },
  '755':  { sprs: '7x5',  msr: MSR | PM | TGPR, search: 'hid2', canSearch: ['hid2', 'hash', 'software'], tlbSets: 64, features: G3 | FEATURE_HIGH_BATS | FEATURE_TGPR },
  '7400': { sprs: '7400', msr: MSR | PM,        ...HARDWARE, features: G3 },
} as const satisfies Readonly<Record<string, Family>>;
export type FamilyName = keyof typeof FAMILIES;

const SEARCH_FEATURES: Readonly<Record<Search, number>> = {
  hash: X.FEATURE_HASH_WALK,
  software: X.FEATURE_SOFTWARE_TLB,
  hid2: X.FEATURE_HASH_WALK | X.FEATURE_SOFTWARE_TLB | X.FEATURE_SWLEN,
};

/** FEATURE_* of a family whose page table is searched so. */
export const featuresOf = (family: Family, search: Search): number => family.features | SEARCH_FEATURES[search];
