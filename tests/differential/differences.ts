/** Where wemu and an oracle may differ, and why. Everything else is a bug in one of them. */
import type { Difference } from './compare.js';
import type { Program } from './program.js';

interface Allowed {
  /** Why the difference is right. */
  readonly reason: string;
  /** Oracles that it concerns, as major + minor / 100. */
  readonly versions: (version: number) => boolean;
  readonly matches: (difference: Difference, program: Program) => boolean;
}

/** QEMU 7.2 and its like. */
const old = (version: number): boolean => version < 8;

const CAUSE_ILLEGAL_INST = 2;
const CAUSE_LOAD_ACCESS = 5;
const CAUSE_STORE_ACCESS = 7;
const PTE_A = 0x40n;
const PTE_D = 0x80n;
const OPCODE_AMO = 0x2f;
const FUNCT5_SC = 0b00011;
const OPCODE_MISC_MEM = 0x0f;
const FUNCT3_CBO = 2;
const OPCODE_OP_FP = 0x53;
const FUNCT5_ROUND = 0b01000;
/** NV and NX. */
const ROUND_FLAGS = 0x11n;
const CACHE_BLOCK = 64n;
const TABLE_JUMP = 0xa002;
const TABLE_JUMP_MASK = 0xfc03;

/** The instruction of the block at which the trap was taken. */
function trapped({ slot, trapPc }: Difference, program: Program): number {
  const block = program.blocks[program.blockOf[slot]];
  let pc = block.address;
  return block.code.find(({ size }) => (pc += size) - size === trapPc)?.word ?? 0;
}
const isAtomic = (difference: Difference, program: Program): boolean => (trapped(difference, program) & 0x7f) === OPCODE_AMO;
const isSc = (difference: Difference, program: Program): boolean =>
  isAtomic(difference, program) && trapped(difference, program) >>> 27 === FUNCT5_SC;
const isCacheBlockOperation = (difference: Difference, program: Program): boolean =>
  (trapped(difference, program) & 0x707f) === (OPCODE_MISC_MEM | (FUNCT3_CBO << 12));
/** FROUND and FROUNDNX. */
const isRound = (word: number): boolean =>
  (word & 0x7f) === OPCODE_OP_FP && word >>> 27 === FUNCT5_ROUND && [4, 5].includes((word >>> 20) & 31);
/** Whether what a block rounds may be written again before anything reads it. */
const roundsInVain = ({ slot }: Difference, { blocks, blockOf }: Program): boolean => {
  const { code } = blocks[blockOf[slot]];
  const rd = (word: number): number => (word >>> 7) & 31;
  return code.some(({ word }, i) => isRound(word) && code.slice(i + 1).some((later) => rd(later.word) === rd(word)));
};
const isCause = ({ what }: Difference): boolean => /^trap \d+ cause$/.test(what);

export const ALLOWED: readonly Allowed[] = [
  {
    reason:
      'QEMU before 8.0 does the load of an AMO first and gives its faults the causes of a load (4, 5, 13); the manual wants those of a store (6, 7, 15)',
    versions: old,
    matches: (difference, program) =>
      isCause(difference) &&
      [6n, 7n, 15n].includes(difference.ours) &&
      [4n, 5n, 13n].includes(difference.theirs) &&
      isAtomic(difference, program),
  },
  {
    reason:
      'QEMU does the load of an SC with a reservation first and gives its faults the causes of a load (4, 5, 13); the manual has those of a store (6, 7, 15)',
    versions: () => true,
    matches: (difference, program) =>
      isCause(difference) &&
      [4n, 5n, 13n].includes(difference.theirs) &&
      difference.ours === difference.theirs + 2n &&
      isSc(difference, program),
  },
  {
    reason: 'QEMU sets A for an AMO that then faults, because it may not write; the manual lets A be set early',
    versions: () => true,
    matches: ({ what, ours, theirs }) => what.startsWith('poke') && (ours | PTE_A) === theirs,
  },
  {
    reason: 'QEMU makes aligned accesses of a misaligned one where no memory is, and gives the address of the one that failed',
    versions: () => true,
    matches: ({ what, ours, theirs, trapCause }) =>
      /^trap \d+ tval$/.test(what) &&
      (trapCause === CAUSE_LOAD_ACCESS || trapCause === CAUSE_STORE_ACCESS) &&
      [2n, 4n, 8n].some((size) => (ours & -size) === theirs),
  },
  {
    reason: 'QEMU gives the cache block of a CBO that faults; the effective address is rs1',
    versions: () => true,
    matches: (difference, program) =>
      /^trap \d+ tval$/.test(difference.what) &&
      (difference.ours & -CACHE_BLOCK) === difference.theirs &&
      isCacheBlockOperation(difference, program),
  },
  {
    reason: 'QEMU gives the bits of another instruction where a table jump is illegal for its mode',
    versions: () => true,
    matches: (difference, program) =>
      /^trap \d+ tval$/.test(difference.what) &&
      difference.trapCause === CAUSE_ILLEGAL_INST &&
      (trapped(difference, program) & TABLE_JUMP_MASK) === TABLE_JUMP,
  },
  {
    reason: 'QEMU leaves out a FROUND or FROUNDNX, and so its flags, whose result is written again before it is read',
    versions: () => true,
    matches: (difference, program) =>
      difference.what === 'fcsr' &&
      (difference.ours & ~ROUND_FLAGS) === (difference.theirs & ~ROUND_FLAGS) &&
      (difference.ours | difference.theirs) === difference.ours &&
      roundsInVain(difference, program),
  },
  {
    reason: 'QEMU sets A and D in a Svnapot PTE before it finds that its size is reserved, and faults',
    versions: () => true,
    matches: ({ what, ours, theirs }) => what.startsWith('poke') && ours >> 63n === 1n && (ours | PTE_A | PTE_D) === theirs,
  },
];

/** Accesses with other rights than before, without sfence.vma between. */
export const STALE_RIGHTS = 'stale rights';

/** Page tables where no memory is. */
export const MISSING_TABLES = 'missing tables';

/** fcvt.s.bf16 of what is not boxed. */
export const UNBOXED_BF16 = 'unboxed bf16';

/** Compare-and-swap into x0. */
export const CAS_TO_ZERO = 'amocas to x0';

/** SC without a reservation, where it may not store. */
export const FAILING_SC = 'failing sc';

/** Instructions and CSRs that an oracle gets wrong, or does in another way that the manual allows, so that it is not asked. */
export const ORACLE_BUGS: readonly {
  readonly reason: string;
  readonly versions: (version: number) => boolean;
  readonly rows: readonly string[];
}[] = [
  { reason: 'QEMU 7.2: ctzw counts on into the upper half when the lower is zero', versions: old, rows: ['ctzw'] },
  { reason: 'QEMU 7.2 leaves xtval zero at ebreak, later ones put pc there; the manual allows both', versions: old, rows: ['ebreak'] },
  { reason: 'QEMU keeps bit 0 of sepc and mepc, which is always zero', versions: () => true, rows: ['sepc', 'mepc'] },
  { reason: 'QEMU 7.2 has MPV without the hypervisor extension', versions: old, rows: ['mstatush'] },
  {
    reason: 'QEMU keeps the reserved CBIE = 2, and has the fields of Zicbom and Zicboz without these',
    versions: () => true,
    rows: ['senvcfg'],
  },
  { reason: 'QEMU keeps bits of pmpaddr above those of a physical address', versions: () => true, rows: ['pmpaddr0', 'pmpaddr1'] },
  { reason: 'QEMU 7.2 lacks ADUE; QEMU 10.0 has CDE without Smcdeleg', versions: () => true, rows: ['menvcfg', 'menvcfgh'] },
  { reason: 'QEMU 7.2 may go on with the rights of an earlier access through the same page', versions: old, rows: [STALE_RIGHTS] },
  {
    reason:
      'QEMU 7.2 has page faults (12, 13, 15) where a page table is not in memory; the manual and later ones want access faults (1, 5, 7)',
    versions: old,
    rows: [MISSING_TABLES],
  },
  {
    reason: 'QEMU before 10.0 does not look at the address of an SC that fails for want of a reservation',
    versions: (version) => version < 10,
    rows: [FAILING_SC],
  },
  {
    reason: 'QEMU 10.0 puts what it finds into the zero of the block, which other instructions then read',
    versions: () => true,
    rows: [CAS_TO_ZERO],
  },
  {
    reason: 'QEMU 10.0 takes an unboxed bfloat16 for the NaN of half precision, which is a number here',
    versions: () => true,
    rows: [UNBOXED_BF16],
  },
];

export const misjudged = (oracleVersion: number): ReadonlySet<string> =>
  new Set(ORACLE_BUGS.filter(({ versions }) => versions(oracleVersion)).flatMap(({ rows }) => rows));

export const allowedDifference = (program: Program, difference: Difference, oracleVersion: number): boolean =>
  ALLOWED.some(({ versions, matches }) => versions(oracleVersion) && matches(difference, program));
