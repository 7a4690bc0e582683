import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import { MMU_M } from '../../../assembly/shared/riscv.js';
import { BareEngine } from '../../../tests/support/engine.js';
import { wasmFunction } from '../../../tests/support/ir-backends.js';
import { cloneState, evalIr, type EvalOptions, type IrState } from '../../../tests/support/ir-eval.js';
import { ENV_RANDOM, RANDOM_GLOBALS, RANDOM_HELPERS, randomHelper, randomIr, randomState } from '../../../tests/support/ir-random.js';
import { TcgContext } from '../context.js';
import { optimize } from '../optimize.js';
import { formatIr, parseIr } from '../text.js';
import { disassembleTci } from './disas.js';
import { TciLowering } from './lower.js';

const GUEST_BASE = 0x1000;
const MEMORY_SIZE = 0x1000;

/** Runs IR in tci from `state`; the exit is what the reference evaluator calls it. */
class TciMachine extends BareEngine {
  readonly helperIndex: number[];
  private readonly state: IrState = { globals: [], memory: new Uint8Array(0), env: new Uint8Array(0) };

  constructor() {
    super();
    this.helperIndex = this.runtime.helperTable(RANDOM_HELPERS, (name) =>
      wasmFunction(
        RANDOM_HELPERS.find((h) => h.name === name)!,
        (...args) => this.help(name, args),
      ),
    );
  }

  run(ctx: TcgContext, state: IrState) {
    this.runtime.exports.tbFlushAll();
    this.set32(layout.ENV_FAULT, 0);
    state.globals.forEach((value, i) => this.set64(RANDOM_GLOBALS[i].offset, value));
    this.bytes.set(state.env.subarray(ENV_RANDOM, ENV_RANDOM + 64), this.env + ENV_RANDOM);
    this.bytes.set(state.memory, this.ramHost + GUEST_BASE);
    this.set32(layout.ENV_BUDGET, 1000);
    const tb = this.makeTb(ctx, { helperIndex: this.helperIndex });
    const exit = this.runtime.exports.tciExec(this.env, tb) >>> 0;
    return {
      exit: this.get32(layout.ENV_FAULT) ? 'fault' : exit >= 4 ? `goto_tb ${exit & 3}` : `exit ${exit}`,
      pcOffset: this.get32(layout.ENV_FAULT) ? Number(this.get64(layout.ENV_PC)) - 0x8000 : 0,
      globals: this.globals(),
      env: this.bytes.slice(this.env + ENV_RANDOM, this.env + ENV_RANDOM + 64),
      memory: this.bytes.slice(this.ramHost + GUEST_BASE, this.ramHost + GUEST_BASE + MEMORY_SIZE),
    };
  }

  private globals(): bigint[] {
    return RANDOM_GLOBALS.map(({ offset }) => this.get64(offset));
  }

  private help(name: string, args: bigint[]): bigint {
    const { state } = this;
    state.globals = this.globals();
    state.env = this.bytes.slice(this.env, this.env + 0x1000);
    const result = randomHelper(
      RANDOM_HELPERS.find((h) => h.name === name)!,
      args.map((a) => BigInt.asUintN(64, a)),
      state,
    );
    state.globals.forEach((value, i) => this.set64(RANDOM_GLOBALS[i].offset, value));
    this.bytes.set(state.env.subarray(ENV_RANDOM, ENV_RANDOM + 64), this.env + ENV_RANDOM);
    if (result === 'fault') this.set32(layout.ENV_FAULT, 1);
    return result === 'fault' ? 0n : result;
  }
}

function expected(ctx: TcgContext, state: IrState, options: EvalOptions) {
  const { exit } = evalIr(ctx, state, options);
  const names = { goto_tb: 'goto_tb', goto_ptr: 'exit 0', exit_tb: 'exit', fault: 'fault' };
  const kind = exit.kind === 'goto_tb' ? `goto_tb ${exit.slot}` : exit.kind === 'exit_tb' ? `exit ${exit.value}` : names[exit.kind];
  return {
    exit: kind,
    pcOffset: exit.kind === 'fault' ? exit.pcOffset : 0,
    globals: exit.kind === 'fault' ? [0x8000n + BigInt(exit.pcOffset), ...state.globals.slice(1)] : state.globals,
    env: state.env.slice(ENV_RANDOM, ENV_RANDOM + 64),
    memory: state.memory,
  };
}

describe('tci', () => {
  const machine = new TciMachine();
  const addresses = { addressBase: BigInt(GUEST_BASE), addressMask: 0x7ff, mmuIdx: MMU_M };

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
        const state = randomState(seed, MEMORY_SIZE);
        const wanted = expected(ctx, cloneState(state), { callHelper: randomHelper });
        const got = machine.run(ctx, state);
        if (!isDeepStrictEqual(got, wanted)) expect(got, `seed ${seed}\n${formatIr(ctx)}\n`).toEqual(wanted);
      }
    }
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
    expect(lower('mov_i64 pc, $0x80001234; goto_tb $0')).toBe('0: goto_pc_tb0 0x80001234');
  });

  it('loads a constant once, or once an instruction if it can be resumed there', () => {
    const text = 'insn_start $0, $0; and_i64 r1, r1, $0x12345; insn_start $4, $0; and_i64 r2, r2, $0x12345; goto_ptr';
    const loads = (resumable: boolean) => lower(text, resumable).match(/movi/g)?.length;
    expect([loads(false), loads(true)]).toEqual([1, 2]);
  });

  it('runs chained TBs until the budget is used up', () => {
    machine.runtime.exports.tbFlushAll();
    const ctx = parseIr('insn_start $0, $0; add_i64 r1, r1, $1; mov_i64 pc, $0x8000; goto_tb $0', RANDOM_GLOBALS, []);
    const tb = machine.makeTb(ctx);
    machine.view.setUint32(tb + layout.TB_JMP0, tb, true);
    machine.set64(RANDOM_GLOBALS[1].offset, 0n);
    machine.set32(layout.ENV_BUDGET, 100);
    expect(machine.runtime.exports.tciExec(machine.env, tb)).toBe(layout.TB_EXIT_REQUESTED);
    expect(machine.get64(RANDOM_GLOBALS[1].offset)).toBe(100n);
    machine.set32(layout.ENV_BUDGET, 100);
    machine.set32(layout.ENV_EXIT_REQUEST, 1);
    expect(machine.runtime.exports.tciExec(machine.env, tb)).toBe(layout.TB_EXIT_REQUESTED);
    expect(machine.get64(RANDOM_GLOBALS[1].offset)).toBe(100n);
    machine.set32(layout.ENV_EXIT_REQUEST, 0);
  });
});
