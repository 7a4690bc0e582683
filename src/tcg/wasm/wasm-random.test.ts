import { verifyRegion } from './verify-region.js';
import { beforeAll, describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { cloneState, evalIr, type EvalOptions, type IrState } from '../../../tests/support/ir-eval.js';
import {
  ENV_RANDOM, RANDOM_GLOBALS, RANDOM_HELPERS, RANDOM_TRAITS, Random, randomHelper, randomIr, randomState,
} from '../../../tests/support/ir-random.js'; // prettier-ignore
import { TcgContext } from '../context.js';
import { Op, OP_WORDS, type AtomicKind, type HelperDef } from '../opcodes.js';
import { optimize } from '../optimize.js';
import { compileRegions } from './compile.js';
import { codeTable, pointer, settled } from '../../../tests/support/wasm-rig.js';
import { copyIr, type Region } from './region.js';

const ENV = 0x10000;
const RAM = 0x90000;
const BUDGET = 150;
const MEMORY_SIZE = 0x2000;
const TARGET = { globalOffset: RANDOM_GLOBALS.map((g) => g.offset), helpers: RANDOM_HELPERS, traits: RANDOM_TRAITS };
/** Page 0 is in the TLB; page 1 takes the slow path, and faults here. */
const faults = (address: bigint): boolean => (address & 0x1ff8n) >= 0x1f80n;
const options: EvalOptions = { faults, callHelper: randomHelper };
/** All that misses the TLB: where code that leaves on a miss must leave, with the state of a fault there. */
const misses = (address: bigint, size: number): boolean => (address & 0x1fffn) + BigInt(size) > 0x1000n;

/** The guest side of the generated code: one env, guest memory, and a runtime that is the evaluator itself. */
class Machine {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  private readonly bytes = new Uint8Array(this.memory.buffer);
  private readonly view = new DataView(this.memory.buffer);
  readonly runtime: Record<string, (...args: never[]) => unknown>;
  options = options;

  constructor() {
    for (let k = 0; k < L.TLB_MMU_INDEXES * L.TLB_KINDS * L.TLB_ENTRIES; k++) {
      this.view.setBigUint64(ENV + L.ENV_TLB + k * L.TLB_ENTRY_SIZE, BigInt(L.TLB_INVALID), true);
    }
    for (const kind of [L.TLB_KIND_READ, L.TLB_KIND_WRITE]) {
      const entry = ENV + L.ENV_TLB + kind * L.TLB_TABLE_SIZE;
      this.view.setBigUint64(entry, 0n, true);
      this.view.setInt32(entry + L.TLB_ENTRY_ADDEND, RAM, true);
    }
    const helpers = RANDOM_HELPERS.map(
      (helper) => [`helper_${helper.name}`, (_env: number, ...args: bigint[]) => this.helper(helper, args)] as const,
    );
    const run = (build: (tcg: TcgContext, d: number) => void): bigint => this.one(build);
    this.runtime = {
      ...Object.fromEntries(helpers),
      ldSlow: (_env: number, a: bigint, oi: number) => run((tcg, d) => tcg.qemuLd(d, tcg.constI64(a), oi >> 4, 0)),
      stSlow: (_env: number, a: bigint, v: bigint, oi: number) =>
        void run((tcg) => tcg.qemuSt(tcg.constI64(v), tcg.constI64(a), oi >> 4, 0)),
      atomicRmw: (_env: number, kind: AtomicKind, a: bigint, v: bigint, oi: number) =>
        run((tcg, d) => tcg.atomicFetch(kind, d, tcg.constI64(a), tcg.constI64(v), oi >> 4, 0)),
      atomicCmpxchg: (_env: number, a: bigint, e: bigint, v: bigint, oi: number) =>
        run((tcg, d) => tcg.atomicCmpxchg(d, tcg.constI64(a), tcg.constI64(e), tcg.constI64(v), oi >> 4, 0)),
    };
  }

  load(state: IrState): void {
    state.globals.forEach((value, i) => this.view.setBigUint64(ENV + RANDOM_GLOBALS[i].offset, BigInt.asUintN(64, value), true));
    this.bytes.set(state.memory, RAM);
    this.bytes.set(state.env.subarray(ENV_RANDOM, ENV_RANDOM + 64), ENV + ENV_RANDOM);
    this.view.setUint32(ENV + L.ENV_FAULT, 0, true);
  }
  save(): IrState {
    const env = new Uint8Array(0x1000);
    env.set(this.bytes.subarray(ENV + ENV_RANDOM, ENV + ENV_RANDOM + 64), ENV_RANDOM);
    const globals = RANDOM_GLOBALS.map((g) => this.view.getBigUint64(ENV + g.offset, true));
    return { globals, env, memory: this.bytes.slice(RAM, RAM + MEMORY_SIZE) };
  }
  get budget(): number {
    return this.view.getInt32(ENV + L.ENV_BUDGET, true);
  }
  set budget(value: number) {
    this.view.setInt32(ENV + L.ENV_BUDGET, value, true);
  }

  private helper(helper: HelperDef, args: bigint[]): bigint {
    const state = this.save();
    const result = randomHelper(
      helper,
      args.map((a) => BigInt.asUintN(64, a)),
      state,
    );
    if (result !== 'fault') this.load(state);
    else this.view.setUint32(ENV + L.ENV_FAULT, 1, true);
    return result === 'fault' ? 0n : result;
  }
  /** Runs one memory op in the evaluator, on what is in memory now. */
  private one(build: (tcg: TcgContext, d: number) => void): bigint {
    const tcg = new TcgContext(RANDOM_GLOBALS, RANDOM_HELPERS);
    build(tcg, 1);
    tcg.exitTb(0);
    const { exit, state } = evalIr(tcg, this.save(), this.options);
    this.bytes.set(state.memory, RAM);
    if (exit.kind === 'fault') this.view.setUint32(ENV + L.ENV_FAULT, 1, true);
    return state.globals[1];
  }

  get fault(): boolean {
    return this.view.getUint32(ENV + L.ENV_FAULT, true) !== 0;
  }

  /** `env`: TargetInfo.env; then nothing is passed for it. */
  run(region: Region, entry: number, tlbReuse: boolean, env: number | undefined): number {
    const bytes = compileRegions([region], { ...TARGET, env, icount: true, tlbReuse, verify: verifyRegion }, (module) =>
      expect(module.validate(), module.emitText()).toBe(true),
    );
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      m: { m: this.memory, t: codeTable(this.view, region) },
      r: this.runtime,
    });
    const run = instance.exports['0'] as (env: number, entry: number) => number;
    return settled(this.view, ENV, run(env === undefined ? ENV : 0, entry)) >>> 0;
  }
}

let machine: Machine;
beforeAll(() => void (machine = new Machine()));

const PC = (i: number): bigint => 0x1000n + 0x100n * BigInt(i);

/** What the region must do, TB by TB in the evaluator. */
function reference(
  contexts: TcgContext[],
  insns: number[][],
  links: [number, number][],
  entry: number,
  state: IrState,
  budget: number,
  how: EvalOptions,
) {
  for (let i = entry; ;) {
    state.globals[0] = PC(i);
    if (budget - insns[i].length < 0) return { exit: L.TB_EXIT_REQUESTED, budget };
    budget -= insns[i].length;
    const { exit } = evalIr(contexts[i], state, how);
    if (exit.kind === 'fault') {
      state.globals[0] = PC(i) + BigInt(exit.pcOffset);
      // what has not run is given back
      return { exit: 0, missed: pointer(i), budget: budget + insns[i].length - insns[i].indexOf(exit.pcOffset) };
    }
    if (exit.kind === 'exit_tb') return { exit: exit.value, budget };
    if (exit.kind === 'goto_ptr') return { exit: 0, budget };
    const next = links[i][exit.slot];
    if (next < 0) return { exit: pointer(i) | exit.slot, budget };
    i = next;
  }
}

describe('random IR', () => {
  it.each([
    ['as emitted', false],
    ['optimised', true],
  ] as const)('single TBs, %s, agree with the evaluator', (_, optimised) => {
    for (let seed = 0; seed < 100; seed++) check(seed, 1, optimised);
  });

  it('regions of several TBs and entries agree with the evaluator', () => {
    for (let seed = 1000; seed < 1040; seed++) check(seed, 2 + (seed % 6), true);
  });

  it('regions of several TBs with one entry, whose values stay narrow from TB to TB, agree with the evaluator', () => {
    for (let seed = 3000; seed < 3030; seed++) check(seed, 2 + (seed % 4), true, seed % 2 === 0, [0]);
  });

  it('regions that leave at TLB misses do so with the state before the instruction', () => {
    for (let seed = 2000; seed < 2040; seed++) check(seed, 1 + (seed % 6), true, true);
  });
});

function check(
  seed: number,
  count: number,
  optimised: boolean,
  sideExitOnMiss = false,
  entries = Array.from({ length: count }, (_, i) => i),
): void {
  const random = new Random(seed);
  const how = sideExitOnMiss ? { ...options, faults: misses } : options;
  machine.options = how;
  const make = () =>
    Array.from({ length: count }, (_, i) =>
      randomIr(seed * 16 + i, { ops: 10 + new Random(seed + i).below(40), helpers: true, addressMask: 0x1fff }),
    );
  const contexts = make();
  const compiled = make();
  if (optimised) compiled.forEach(optimize);
  // the optimiser drops instructions that nothing reaches
  const insns = compiled.map((ctx) => {
    const starts = Array.from({ length: ctx.opCount }, (_, k) => k * OP_WORDS).filter((p) => ctx.ops[p] === Op.insn_start);
    return starts.map((p) => ctx.ops[p + 1]);
  });
  const links = contexts.map(() => (count > 1 ? [random.below(count + 1) - 1, random.below(count + 1) - 1] : [-1, -1]) as [number, number]);
  const expected = entries.map((entry) => {
    const state = randomState(seed + entry, MEMORY_SIZE);
    const start = cloneState(state);
    return { entry, start, state, ...reference(contexts, insns, links, entry, state, BUDGET, how) };
  });
  const region: Region = {
    entries,
    tbs: compiled.map((ctx, i) => copyIr(ctx, PC(i), insns[i].length, { links: links[i], indirect: [], flags: 0, sideExitOnMiss })),
  };
  const cases = [undefined, ENV].flatMap((env) => expected.map((one) => ({ ...one, env })));
  for (const { entry, env, start, state, exit, missed, budget } of cases) {
    start.globals[0] = PC(entry);
    machine.load(start);
    machine.budget = BUDGET;
    let got = machine.run(region, entry, !sideExitOnMiss, env);
    // an atomic op faults in its slow path, all else leaves without one
    if (sideExitOnMiss && missed !== undefined && !machine.fault && got === (missed | L.TB_EXIT_INSIDE)) got = 0;
    const after = machine.save();
    const where = `seed ${seed}, entry ${entry}, ${env === undefined ? 'any vCPU' : 'one vCPU'}`;
    expect({ exit: got, budget: machine.budget }, where).toEqual({ exit, budget });
    expect(after.globals.map(String), where).toEqual(state.globals.map(String));
    expect(after.env.subarray(ENV_RANDOM, ENV_RANDOM + 64), where).toEqual(state.env.subarray(ENV_RANDOM, ENV_RANDOM + 64));
    expect(
      after.memory.every((byte, i) => byte === state.memory[i]),
      where,
    ).toBe(true);
  }
}
