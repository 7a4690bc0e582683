/** What is tested against the oracle. */
import { DOUBLE, HALF, SINGLE } from '../support/float-ref.js';
import { NO_RULES } from './block.js';
import { FAILING_SC } from './differences.js';
import { isAtomic, isFloat, isMemory, isPlain, kind, randomCode, widths, type Kind } from './kind.js';
import { loops } from './kinds-loops.js';
import { csrs, traps } from './kinds-privileged.js';
import { paging, pmp } from './kinds-translation.js';
import type { SlotWriter } from './program.js';
import { MEMORY } from './slot.js';

// ---- integers: no memory, no floating point -----------------------------------------------------------------------------------

const integer = (xlen: 32 | 64): Kind =>
  kind('integer', xlen, {
    extensions: 'zba zbb zbc zbs zbkb zbkx zicond'.split(' '),
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
    extensions: 'zicboz zicbom zfhmin zfh'.split(' '),
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

const atomics = (xlen: 32 | 64): Kind =>
  kind('atomics', xlen, {
    window: true,
    traps: 64,
    code: randomCode({
      choose: (row) => isPlain(row) && (isAtomic(row) || ['sw', 'lw', 'add', 'beq', 'c.addi'].includes(row.name)),
      rules: ({ leftOut }) => ({ bases: BASES, alignedBases: leftOut.has(FAILING_SC) ? ALIGNED_BASES : BASES, reserved: [] }),
    }),
    fill: (slot) => fillBases(slot, [8, 8, 4, 1]),
  });

// ---- floating point ------------------------------------------------------------------------------------------------------------

const float = (xlen: 32 | 64): Kind =>
  kind('float', xlen, {
    extensions: 'zfhmin zfh zfa'.split(' '),
    formats: [SINGLE, SINGLE, DOUBLE, DOUBLE, HALF],
    weight: 4,
    traps: 64,
    code: randomCode({ choose: (row) => isPlain(row) && isFloat(row) && !isMemory(row), rules: NO_RULES, illegal: true }),
  });

export const KINDS: readonly Kind[] = [
  ...widths(integer),
  ...widths(memory),
  ...widths(loops),
  ...widths(atomics),
  ...widths(float),
  ...widths(csrs),
  ...widths(traps),
  ...widths(paging),
  ...widths(pmp),
];
