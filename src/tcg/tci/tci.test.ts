import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import { MMU_M } from '../../../assembly/target/riscv/shared/riscv.js';
import { IrBackends, RAM_SIZE, referenceOutcome } from '../../../tests/support/ir-backends.js';
import { cloneState } from '../../../tests/support/ir-eval.js';
import { RANDOM_GLOBALS, RANDOM_HELPERS, randomIr, randomState } from '../../../tests/support/ir-random.js';
import { optimize } from '../optimize.js';
import { formatIr, parseIr } from '../text.js';
import { disassembleTci } from './disas.js';
import { TciLowering } from './lower.js';

describe('tci', () => {
  const machine = new IrBackends(RANDOM_GLOBALS, RANDOM_HELPERS);
  const addresses = { addressBase: 0x1000n, addressMask: 0x7ff, mmuIdx: MMU_M };

  it.each([
    ['plain', { ops: 40, memory: false }],
    ['with memory and branches', { ops: 60, ...addresses }],
    ['with helpers', { ops: 50, ...addresses, helpers: true }],
  ])('agrees with the reference on random IR, %s', (_name, options) => {
    for (let seed = 0; seed < 100; seed++) {
      const raw = randomIr(seed, options);
      const optimised = randomIr(seed, options);
      optimize(optimised);
      for (const ctx of [raw, optimised]) {
        const state = randomState(seed, RAM_SIZE);
        const wanted = referenceOutcome(ctx, cloneState(state));
        const got = machine.tci(ctx, state);
        if (!isDeepStrictEqual(got, wanted)) expect(got, `seed ${seed}\n${formatIr(ctx)}\n`).toEqual(wanted);
      }
    }
  });

  it('negates the least number of 32 bits to itself', () => {
    // a literal before an i32 takes the type of what the whole is converted to, in AssemblyScript
    const ctx = parseIr('insn_start $0; neg_i64 tmp0, r1; ext32s_i64 r2, tmp0; goto_ptr', RANDOM_GLOBALS, []);
    const state = randomState(1, RAM_SIZE);
    state.globals[1] = 0x8000_0000_8000_0000n;
    const got = machine.tci(ctx, state);
    expect(got).toEqual(referenceOutcome(ctx, cloneState(state)));
    expect(got.globals[2]).toBe(0xffff_ffff_8000_0000n);
  });

  const lower = (text: string, resumable = false) => {
    const lowering = new TciLowering({ helperIndex: [], resumable });
    lowering.lower(parseIr(text, RANDOM_GLOBALS, []));
    return disassembleTci(
      lowering.code.units.subarray(0, lowering.code.size),
      (offset) => RANDOM_GLOBALS.find((g) => g.offset === offset)?.name ?? '_',
    );
  };

  it('fuses what a RISC frontend emits', () => {
    expect(lower('add_i64 tmp0, r1, $0x10; qemu_ld_i64 r2, tmp0, leq, 3; goto_ptr').split('\n')[0]).toMatch(/^0: qld64 r2, r1 \+ 16/);
    expect(lower('add_i64 tmp0, r1, r2; ext32s_i64 r3, tmp0; goto_ptr').split('\n')[0]).toBe('0: add32 r3, r1, r2');
    expect(lower('add_i64 pc, pc, $0x1234; goto_tb $0')).toBe('0: goto_pc_tb0 pc + 4660');
  });

  it('loads a constant once, or once an instruction if it can be resumed there', () => {
    const text = 'insn_start $0; and_i64 r1, r1, $0x12345; insn_start $4; and_i64 r2, r2, $0x12345; goto_ptr';
    const loads = (resumable: boolean) => lower(text, resumable).match(/movi/g)?.length;
    expect([loads(false), loads(true)]).toEqual([1, 2]);
  });

  it('fails at an op that it does not know', () => {
    const tb = machine.makeTb(parseIr('insn_start $0; goto_ptr', RANDOM_GLOBALS, []));
    machine.view.setUint16(tb + layout.TB_RECORD_SIZE, 0xffff, true);
    machine.set32(layout.ENV_BUDGET, 100);
    expect(() => machine.runtime.exports.tciExec(machine.env, tb)).toThrow(/^tci: unknown op/);
  });

  it('runs chained TBs until the budget is used up', () => {
    machine.runtime.exports.tbFlushAll();
    const ctx = parseIr('insn_start $0; add_i64 r1, r1, $1; mov_i64 pc, $0x8000; goto_tb $0', RANDOM_GLOBALS, []);
    const tb = machine.makeTb(ctx);
    machine.view.setUint32(tb + layout.TB_JMP0, tb, true);
    machine.set64(RANDOM_GLOBALS[1].offset, 0n);
    machine.set32(layout.ENV_BUDGET, 100);
    expect(machine.runtime.exports.tciExec(machine.env, tb)).toBe(layout.TB_EXIT_REQUESTED);
    expect(machine.get64(RANDOM_GLOBALS[1].offset)).toBe(100n);
    machine.set32(layout.ENV_BUDGET, 100);
    machine.set32(layout.ENV_EXIT_REQUEST, layout.EXIT_REQUESTED);
    expect(machine.runtime.exports.tciExec(machine.env, tb)).toBe(layout.TB_EXIT_REQUESTED);
    expect(machine.get64(RANDOM_GLOBALS[1].offset)).toBe(100n);
    machine.set32(layout.ENV_EXIT_REQUEST, 0);
  });
});
