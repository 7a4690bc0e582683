/** Zicfilp: indirect calls to landing pads with labels that match and such that do not, and to what is none. */
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import type { Insn } from '../../src/target/riscv/table.js';
import type { Rng } from '../support/riscv-random.js';
import { codes, layOut, randomUnit, type Code, type Unit } from './block.js';
import { BLOCK_LENGTH, kind, type Kind } from './kind.js';

const T2 = 7;
const MLPE = 1n << 10n;
const LABELS = [0, 1, 0x12345, 0xfffff];
const lui = (rd: number, label: number): number => ((label << 12) | (rd << 7) | 0x37) >>> 0;
const lpad = (label: number): number => ((label << 12) | 0x17) >>> 0;
const C_NOP: Code = { word: 0x0001, size: 2 };
/** Whatever is expected, one of the two is a landing pad at a multiple of four: the ecall behind it ends the block. */
const END: readonly Code[] = [...codes(lpad(0)), C_NOP, ...codes(lpad(0))];

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];
const named = (names: string): Insn[] => INSNS.filter(({ name }) => names.split(' ').includes(name));
const JUMPS = named('jalr c.jr c.jalr');
const OTHERS = named('add xor addi c.addi c.mv beq bltu jal');

function unit(rng: Rng): Unit | undefined {
  switch (rng() % 4) {
    case 0:
      return { code: codes(lui(T2, pick(rng, LABELS))) };
    case 1:
      return { code: rng() % 4 === 0 ? [C_NOP, ...codes(lpad(pick(rng, LABELS)))] : codes(lpad(pick(rng, LABELS))) };
    case 2:
      return randomUnit(rng, pick(rng, JUMPS), { bases: [], reserved: [T2] });
    default:
      return randomUnit(rng, pick(rng, OTHERS), { bases: [], reserved: [T2] });
  }
}

export const landingPads = (xlen: 32 | 64): Kind =>
  kind('landing pads', xlen, {
    extensions: ['zicfilp'],
    about: ['zicfilp'],
    traps: 64,
    csrs: [CSR_NUMBERS.get('mseccfg')!],
    code: ({ rng }) => {
      const units: Unit[] = [];
      for (let length = 0; length < BLOCK_LENGTH;) {
        const next = unit(rng);
        if (next === undefined) continue;
        units.push(next);
        length += next.code.length;
      }
      return [...layOut(units, rng), ...END];
    },
    fill: ({ csr, rng }) => csr(0, rng() % 8 === 0 ? 0n : MLPE),
  });
