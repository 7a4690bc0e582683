import { expect, it } from 'vitest';
import { EXTENSIONS, withImplied } from '../../src/target/riscv/extensions.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { BASE_EXTENSIONS } from '../differential/kind.js';
import { KINDS } from '../differential/kinds.js';

/** Not in the random programs: they wait, or do as sfence.vma does. */
const LEFT_OUT = ['wrs.nto', 'wrs.sto', 'mnret', 'sinval.vma', 'sfence.w.inval', 'sfence.inval.ir'];

it('every instruction is of an extension that some kind of random program turns on', () => {
  const asked = withImplied([...BASE_EXTENSIONS, ...KINDS.flatMap(({ extensions }) => extensions)], 32, () => false);
  const bits = new Set(EXTENSIONS.filter(({ name }) => asked.has(name)).map(({ bit }) => bit));
  const rows = INSNS.filter(({ needs }) => !needs.anyOf.every((group) => group.some((bit) => bits.has(bit))));
  expect([...new Set(rows.map(({ name }) => name))]).toEqual(LEFT_OUT);
});
