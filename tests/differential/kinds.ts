/** What is tested against the oracle. */
import { BFLOAT16, DOUBLE, HALF, SINGLE } from '../support/float-ref.js';
import { NO_RULES } from './block.js';
import { CAS_TO_ZERO, FAILING_SC, UNBOXED_BF16 } from './differences.js';
import { isAtomic, isFloat, isMemory, isPlain, kind, randomCode, widths, type Kind } from './kind.js';
import { loops } from './kinds-loops.js';
import { csrs, doubleTraps, traps } from './kinds-privileged.js';
import { landingPads } from './kinds-cfi.js';
import { codeSize } from './kinds-zc.js';
import { maskedPaging, paging, pmp, shadowStack } from './kinds-translation.js';
import type { SlotWriter } from './program.js';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { MEMORY, SLOT } from './slot.js';

// ---- integers: no memory, no floating point -----------------------------------------------------------------------------------

const integer = (xlen: 32 | 64): Kind =>
  kind('integer', xlen, {
    extensions: 'zba zbb zbc zbs zbkb zbkx zknd zkne zknh zksed zksh zicond zimop zcb zcmop'.split(' '),
    weight: 4,
    code: randomCode({ choose: (row) => isPlain(row) && !isMemory(row) && !isFloat(row), rules: NO_RULES, illegal: true }),
  });

// ---- memory ------------------------------------------------------------------------------------------------------------------

const BASES = [2, 8, 9, 10, 11];
const ALIGNED_BASES = [2, 8];

/** Base registers about the page boundary in the middle of the window. */
function fillBases({ x, rng }: SlotWriter, alignment: readonly number[]): void {
  for (const register of BASES) {
    const align = ALIGNED_BASES.includes(register) ? 8 : alignment[rng() % alignment.length];
    const offset = ((rng() % 32) - 16) & -align;
    x(register, BigInt(MEMORY.windowMiddle + offset));
  }
}

const memory = (xlen: 32 | 64): Kind =>
  kind('memory', xlen, {
    extensions: 'zicboz zicbom zfhmin zfh zcb'.split(' '),
    window: true,
    weight: 2,
    formats: [SINGLE, DOUBLE, HALF],
    code: randomCode({
      choose: (row) =>
        isPlain(row) &&
        !isAtomic(row) &&
        (isMemory(row) || ['add', 'c.add', 'beq', 'bltu', 'c.bnez', 'fence', 'fence.i'].includes(row.name)),
      rules: { bases: BASES, reserved: [] },
    }),
    fill: (slot) => fillBases(slot, [1, 1, 2, 4, 8]),
  });

/** M-mode's pointers with anything in the upper 16 bits, which are ignored. */
const maskedMemory = (): Kind => {
  const plain = memory(64);
  return {
    ...plain,
    name: 'masked memory, RV64',
    // QEMU has PMM in mseccfg only with Smepmp, and does not heed it in flh, fsh and cbo.*
    extensions: ['smepmp', 'smmpm'],
    about: ['smmpm'],
    csrs: [CSR_NUMBERS.get('mseccfg')!],
    fill: (slot) => {
      const { rng, csr, x, view, base } = slot;
      plain.fill(slot);
      csr(0, 3n << 32n);
      for (const register of BASES) x(register, view.getBigUint64(base + SLOT.x + 8 * register, true) ^ (BigInt(rng() & 0xffff) << 48n));
    },
  };
};

const atomicKind = (name: string, extensions: string, xlen: 32 | 64): Kind =>
  kind(name, xlen, {
    extensions: extensions.split(' '),
    window: true,
    traps: 64,
    code: randomCode({
      choose: (row) => isPlain(row) && (isAtomic(row) || ['sw', 'lw', 'add', 'beq', 'c.addi'].includes(row.name)),
      rules: ({ leftOut }) => ({
        bases: BASES,
        alignedBases: leftOut.has(FAILING_SC) ? ALIGNED_BASES : BASES,
        reserved: [],
        notToZero: leftOut.has(CAS_TO_ZERO) ? /^amocas/ : undefined,
      }),
    }),
    fill: (slot) => fillBases(slot, [16, 8, 8, 4, 1]),
  });
const atomics = (xlen: 32 | 64): Kind => atomicKind('atomics', 'zabha zacas', xlen);
const misalignedAtomics = (xlen: 32 | 64): Kind => atomicKind('misaligned atomics', 'zama16b zabha', xlen);

// ---- floating point ------------------------------------------------------------------------------------------------------------

const float = (xlen: 32 | 64): Kind =>
  kind('float', xlen, {
    extensions: 'zfhmin zfh zfa zfbfmin'.split(' '),
    formats: [SINGLE, SINGLE, DOUBLE, DOUBLE, HALF, BFLOAT16],
    weight: 4,
    traps: 64,
    code: randomCode({
      choose: (row) => isPlain(row) && isFloat(row) && !isMemory(row),
      rules: ({ leftOut }) => ({ ...NO_RULES, boxedFirst: leftOut.has(UNBOXED_BF16) ? /^fcvt\.s\.bf16$/ : undefined }),
      illegal: true,
    }),
  });

export const KINDS: readonly Kind[] = [
  ...widths(integer),
  ...widths(memory),
  maskedMemory(),
  ...widths(loops),
  ...widths(atomics),
  ...widths(misalignedAtomics),
  ...widths(codeSize),
  ...widths(landingPads),
  ...widths(float),
  ...widths(csrs),
  ...widths(traps),
  ...widths(doubleTraps),
  ...widths(paging),
  ...widths(shadowStack),
  maskedPaging(),
  ...widths(pmp),
];
