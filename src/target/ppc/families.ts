/** Processor families: which bits of MSR there are, who searches the page table, what raises alignment exceptions, and what else their models have alike. */
import * as X from '../../../assembly/target/ppc/shared/oea.js';
import type { SprSet } from './sprs.js';

/** Who searches the page table: the hardware, software, or whom HID2[SWLEN] says. */
export type Search = 'hash' | 'software' | 'hid2';

/** Whose alignment exceptions: those of the processor's manual, or QEMU's, which has few (docs/ppc.md). */
export type Alignment = 'manual' | 'qemu';

export interface Family {
  readonly sprs: SprSet;
  readonly msr: number;
  readonly search: Search;
  /** What a model may be told to do instead: the others have no registers for it. */
  readonly canSearch: readonly Search[];
  /** Sets of two ways in each TLB that software loads. */
  readonly tlbSets: number;
  /** FEATURE_* of its manual's section on the alignment exception. */
  readonly alignment: number;
  /** FEATURE_*, but for those of the search and of alignment. */
  readonly features: number;
}

const {
  FEATURE_ALTIVEC,
  FEATURE_DABR,
  FEATURE_HID0_POWER,
  FEATURE_HIGH_BATS,
  FEATURE_IABR,
  FEATURE_IABR_TE,
  FEATURE_PMU_VISIBLE,
  FEATURE_POW,
  FEATURE_TGPR,
} = X;

// POW ILE EE PR FP ME FE0 SE BE FE1 IP IR DR RI LE; TGPR; PM
const MSR = 0x5_ff73;
const TGPR = 0x2_0000;
const PM = 0x4;
const VEC = 0x200_0000;

const SOFTWARE = { search: 'software', canSearch: ['software', 'hash'] } as const;
const HARDWARE = { search: 'hash', canSearch: ['hash'], tlbSets: 1 } as const;
const G3 = FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_HID0_POWER | FEATURE_POW;

/**
 * MPC603e user's manual, 4.5.6, and 1.3 (what the PID7v-603e, PVR 0007, does otherwise: it has hardware for what is not aligned in little-endian mode, and none for
 * eciwx and ecowx); PowerPC 604 user's manual, 4.5.6; MPC604e user's manual, 4.5.6 (as the PID7v-603e in little-endian mode); MPC750 user's manual, 4.5.6; MPC7400 user's
 * manual, table 4-1.
 */
const {
  FEATURE_ALIGN_CONTROL,
  FEATURE_ALIGN_LITTLE,
  FEATURE_ALIGN_WORDS,
  FEATURE_DAR_MULTIPLE,
  FEATURE_DCBZ_ENABLED,
  FEATURE_DCBZ_UNLOCKED,
} = X;
const WORDS = FEATURE_ALIGN_WORDS;
const CONTROL = WORDS | FEATURE_ALIGN_CONTROL;
const LITTLE = FEATURE_ALIGN_LITTLE;
const MULTIPLE = FEATURE_DAR_MULTIPLE;
const ENABLED = FEATURE_DCBZ_ENABLED;
const UNLOCKED = FEATURE_DCBZ_UNLOCKED;

// prettier-ignore
export const FAMILIES = {
  '603':   { sprs: '603',  msr: MSR | TGPR,      ...SOFTWARE, tlbSets: 32, alignment: WORDS | LITTLE | MULTIPLE,             features: FEATURE_IABR | FEATURE_HID0_POWER | FEATURE_POW | FEATURE_TGPR },
  '603ev': { sprs: '603',  msr: MSR | TGPR,      ...SOFTWARE, tlbSets: 32, alignment: CONTROL | MULTIPLE,                    features: FEATURE_IABR | FEATURE_HID0_POWER | FEATURE_POW | FEATURE_TGPR },
  '604':   { sprs: '604',  msr: MSR | PM,        ...HARDWARE,              alignment: CONTROL | LITTLE | ENABLED | UNLOCKED, features: FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_POW },
  '604e':  { sprs: '604e', msr: MSR | PM,        ...HARDWARE,              alignment: CONTROL | ENABLED | UNLOCKED,          features: FEATURE_IABR | FEATURE_IABR_TE | FEATURE_DABR | FEATURE_POW },
  '740':   { sprs: '7x0',  msr: MSR | PM,        ...HARDWARE,              alignment: CONTROL | ENABLED,                     features: G3 },
  '755':   { sprs: '7x5',  msr: MSR | PM | TGPR, search: 'hid2', canSearch: ['hid2', 'hash', 'software'], tlbSets: 64, alignment: CONTROL | ENABLED, features: G3 | FEATURE_HIGH_BATS | FEATURE_TGPR },
  '7400':  { sprs: '7400', msr: MSR | PM | VEC,  ...HARDWARE,              alignment: CONTROL | ENABLED | UNLOCKED,          features: G3 | FEATURE_ALTIVEC | FEATURE_PMU_VISIBLE },
} as const satisfies Readonly<Record<string, Family>>;
export type FamilyName = keyof typeof FAMILIES;

const SEARCH_FEATURES: Readonly<Record<Search, number>> = {
  hash: X.FEATURE_HASH_WALK,
  software: X.FEATURE_SOFTWARE_TLB,
  hid2: X.FEATURE_HASH_WALK | X.FEATURE_SOFTWARE_TLB | X.FEATURE_SWLEN,
};
/** eciwx and ecowx of QEMU are loads and stores of words that must be aligned. */
const QEMU_ALIGNMENT = FEATURE_ALIGN_CONTROL;

/** What a CPU is told beside its model. */
export interface Choices {
  readonly search: Search;
  readonly alignment: Alignment;
}

/** FEATURE_* of a family. */
export const featuresOf = (family: Family, { search, alignment }: Choices): number =>
  family.features | SEARCH_FEATURES[search] | (alignment === 'qemu' ? QEMU_ALIGNMENT : family.alignment | X.FEATURE_EAR);
