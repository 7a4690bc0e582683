import { describe, expect, it } from 'vitest';
import { ENV_INTERRUPT_REQUEST, ENV_JUMP_CACHE, ENV_TARGET_BASE, ENV_TLB } from '../../../assembly/shared/layout.js';
import * as tci from '../../../assembly/shared/tci.js';
import { RANDOM_GLOBALS, RANDOM_HELPERS, randomIr } from '../../../tests/support/ir-random.js';
import type { TcgContext } from '../context.js';
import { parseIr } from '../text.js';
import { disassembleTci } from './disas.js';
import { TciLowering } from './lower.js';
import { helperCalls, isTciCode } from './verify.js';

const INDEXES = RANDOM_HELPERS.map((_, i) => 40 + i);
const CALLS = helperCalls(RANDOM_HELPERS, INDEXES);

function lower(ctx: TcgContext): { units: Uint16Array; count: number; insns: number } {
  const lowering = new TciLowering({ helperIndex: INDEXES, resumable: true });
  lowering.lower(ctx);
  const { size, insnCount } = lowering.code;
  const units = new Uint16Array(size + 2 * insnCount);
  units.set(lowering.code.units.subarray(0, size));
  units.set(lowering.code.insns.subarray(0, 2 * insnCount), size);
  return { units, count: size, insns: insnCount };
}

const accepts = ({ units, count, insns }: ReturnType<typeof lower>, size = 0xffff) => isTciCode(units, 0, count, insns, size, CALLS);

describe('what is tci code', () => {
  it('is what the lowering makes of random IR, if it has no jump back', () => {
    let accepted = 0;
    for (let seed = 0; seed < 200; seed++) {
      const code = lower(randomIr(seed, { ops: 20, memory: true, helpers: true }));
      const lines = disassembleTci(code.units.subarray(0, code.count)).split('\n');
      const jumpsBack = lines.some((line) => Number(/-> (\d+)$/.exec(line)?.[1]) <= Number.parseInt(line));
      expect(accepts(code), `seed ${seed}`).toBe(!jumpsBack);
      if (!jumpsBack) accepted++;
    }
    expect(accepted).toBeGreaterThan(50);
  });

  const TEXT =
    'insn_start $0; add_i64 r1, r1, $0x5; qemu_ld_i64 r2, r1, leq, 3; insn_start $4; brcond_i64 r1, r2, eq, $L0; mov_i64 r1, r2; set_label $L0; goto_ptr';
  const sample = () => lower(parseIr(TEXT, RANDOM_GLOBALS, RANDOM_HELPERS));
  const place = (op: number, units: Uint16Array): number => {
    const at = units.findIndex((unit, i) => i % 2 === 0 && unit === op);
    expect(at).toBeGreaterThanOrEqual(0);
    return at;
  };
  it.each<[string, (units: Uint16Array, count: number) => void]>([
    ['an op that there is not', (units) => (units[0] = tci.TCI_OPS)],
    ['a register beyond the env', (units) => (units[1] = ENV_TLB)],
    ['a register that reaches into the TLB', (units) => (units[1] = ENV_TLB - 4)],
    ['a register between two', (units) => (units[1] += 4)],
    ['what the engine keeps for itself', (units) => (units[1] = ENV_JUMP_CACHE & ~7)],
    ['a field of the engine', (units) => units.set([tci.TCI_LD32U, units[1], ENV_JUMP_CACHE, 0])],
    ['a store to what may be read only', (units) => units.set([tci.TCI_ST32, units[1], ENV_INTERRUPT_REQUEST, 0])],
    ['a field that is not aligned', (units) => units.set([tci.TCI_ST16, units[1], ENV_TARGET_BASE + 1, 0])],
    ['an end that runs on', (units, count) => (units[count - 4] = tci.TCI_MOV)],
    ['a branch back', (units) => (units[place(tci.TCI_BRCOND64_EQ, units) + 3] = 0xfffe)],
    ['a branch to itself', (units) => (units[place(tci.TCI_BRCOND64_EQ, units) + 3] = 0)],
    ['a branch to the middle of an op', (units) => (units[place(tci.TCI_BRCOND64_EQ, units) + 3] = 3)],
    ['a branch out of it', (units) => (units[place(tci.TCI_BRCOND64_EQ, units) + 3] = 6)],
    ['another table than a TLB', (units) => (units[place(tci.TCI_QLD64, units) + 6] += 16)],
    ['a TLB that there is not', (units) => (units[place(tci.TCI_QLD64, units) + 7] = 8)],
    ['an mmu mode that there is not', (units) => (units[place(tci.TCI_QLD64, units) + 4] |= 8)],
    ['an exit with an address', (units, count) => units.set([tci.TCI_EXIT_TB, 0x4000], count - 4)],
    ['a call of what is no helper', (units, count) => units.set([tci.TCI_CALL0V, 0xffff, 7, 0], count - 8)],
    ['an instruction in the middle of an op', (units, count) => (units[count + 2] += 1)],
    ['an instruction beyond the code', (units, count) => (units[count + 2] = 100)],
    ['instructions in another order', (units, count) => (units[count + 3] = 0)],
  ])('is not %s', (_, damage) => {
    const code = sample();
    expect(accepts(code)).toBe(true);
    damage(code.units, code.count);
    expect(accepts(code)).toBe(false);
  });
  it('may read and write fields of the target', () => {
    for (const op of [tci.TCI_LD8U, tci.TCI_LD16S, tci.TCI_LD32U, tci.TCI_ST8, tci.TCI_ST32]) {
      const code = sample();
      code.units.set([op, code.units[1], ENV_TARGET_BASE + 16, 0]);
      expect(accepts(code)).toBe(true);
    }
  });
  it('has its instructions in the guest code', () => {
    expect(accepts(sample(), 5)).toBe(true);
    expect(accepts(sample(), 4)).toBe(false);
  });
});
