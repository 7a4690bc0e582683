/** One TB, given as IR, run by each backend on the real runtime: what `evalIr` says of it, tci and generated wasm must say too. */
import { verifyRegion } from '../../src/tcg/wasm/verify-region.js';
import { settled } from './wasm-rig.js';
import * as layout from '../../assembly/shared/layout.js';
import type { GlobalDef, TcgContext } from '../../src/tcg/context.js';
import type { HelperDef } from '../../src/tcg/opcodes.js';
import { compileRegions } from '../../src/tcg/wasm/compile.js';
import { copyIr, tableOffsets } from '../../src/tcg/wasm/region.js';
import { BareEngine } from './engine.js';
import { evalIr, type IrState } from './ir-eval.js';
import { ENV_RANDOM, RANDOM_START, RANDOM_TRAITS, randomHelper } from './ir-random.js';

/** Guest RAM is all of memory, from address 0: an access that is not wholly inside faults. */
export const RAM_SIZE = 0x1_0000;
/** Where the TB is: the pc global at its start. */
export const TB_START = RANDOM_START;
const ENV_BYTES = 64;

/** What a TB did, in terms that do not depend on who ran it. */
export interface IrOutcome {
  readonly exit: string;
  readonly globals: readonly bigint[];
  /** The bytes of env that random ops touch, and of RAM, as latin1: quick to compare. */
  readonly env: string;
  readonly memory: string;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A guest's access outside of RAM faults; for evalIr. */
export const outsideRam = (address: bigint, size: number): boolean => address > BigInt(RAM_SIZE - size);

/** The reference's outcome; `state` is changed. */
export function referenceOutcome(ctx: TcgContext, state: IrState): IrOutcome {
  const { exit } = evalIr(ctx, state, { faults: outsideRam, callHelper: randomHelper });
  const names = {
    goto_tb: () => `goto_tb ${'slot' in exit ? exit.slot : ''}`,
    goto_ptr: () => 'exit 0',
    fault: () => 'fault',
    exit_tb: () => `exit ${'value' in exit ? exit.value : ''}`,
  };
  const globals = [...state.globals];
  if (exit.kind === 'fault') globals[0] = BigInt(TB_START + exit.pcOffset);
  return { exit: names[exit.kind](), globals, env: text(state.env.slice(ENV_RANDOM, ENV_RANDOM + ENV_BYTES)), memory: text(state.memory) };
}

export class IrBackends extends BareEngine {
  private readonly helperIndex: readonly number[];
  private readonly imports: Record<string, unknown>;

  constructor(
    private readonly globals: readonly GlobalDef[],
    private readonly helpers: readonly HelperDef[],
  ) {
    super({ ramSize: RAM_SIZE });
    const functions = new Map(helpers.map((helper) => [helper.name, wasmFunction(helper, (...args) => this.callHelper(helper, args))]));
    this.helperIndex = this.runtime.helperTable(helpers, (name) => functions.get(name));
    this.imports = { ...this.runtime.allExports, ...Object.fromEntries([...functions].map(([name, f]) => [`helper_${name}`, f])) };
  }

  tci(ctx: TcgContext, state: IrState): IrOutcome {
    this.load(state);
    const tb = this.makeTb(ctx, { pc: TB_START, helperIndex: this.helperIndex });
    return this.outcome(this.runtime.exports.tciExec(this.env, tb));
  }

  wasm(ctx: TcgContext, state: IrState): IrOutcome {
    this.load(state);
    const region = { entries: [0], tbs: [copyIr(ctx, BigInt(TB_START), 1)] };
    const target = {
      globalOffset: this.globals.map((g) => g.offset),
      helpers: this.helpers,
      traits: RANDOM_TRAITS,
      icount: false,
      verify: verifyRegion,
    };
    const module = new WebAssembly.Module(compileRegions([region], target));
    const { exports } = new WebAssembly.Instance(module, {
      m: { m: this.runtime.memory, t: this.codeTable() },
      r: this.imports as WebAssembly.ModuleImports,
    });
    const run = exports['0'] as (env: number, entry: number) => number;
    return this.outcome(settled(new DataView(this.runtime.memory.buffer), this.env, run(this.env, 0)));
  }

  /** Any TB pointer does: exits only return it. */
  private codeTable(): WebAssembly.Global {
    const [, size] = tableOffsets([1]);
    const table = this.runtime.exports.codeTableAlloc(size);
    new DataView(this.runtime.memory.buffer).setUint32(table + layout.TABLE_TBS, 0x1000, true);
    return new WebAssembly.Global({ value: 'i32' }, table);
  }

  private load(state: IrState): void {
    this.runtime.exports.tbFlushAll();
    this.runtime.exports.tlbFlush(this.env);
    this.set32(layout.ENV_FAULT, 0);
    this.set32(layout.ENV_BUDGET, 1000);
    this.set32(layout.ENV_EXIT_REQUEST, 0); // so many flushes ask for the end of a slice
    this.write(state);
    this.bytes.set(state.memory, this.ramHost);
  }

  private outcome(exit: number): IrOutcome {
    const fault = this.get32(layout.ENV_FAULT) !== 0;
    const code = exit >>> 0;
    return {
      exit: fault ? 'fault' : code > layout.TB_EXIT_MASK ? `goto_tb ${code & layout.TB_EXIT_MASK}` : `exit ${code}`,
      globals: this.globals.map(({ offset }) => this.get64(offset)),
      env: text(this.bytes.slice(this.env + ENV_RANDOM, this.env + ENV_RANDOM + ENV_BYTES)),
      memory: text(this.bytes.slice(this.ramHost, this.ramHost + RAM_SIZE)),
    };
  }

  private write(state: IrState): void {
    state.globals.forEach((value, i) => this.set64(this.globals[i].offset, value));
    this.bytes.set(state.env.subarray(ENV_RANDOM, ENV_RANDOM + ENV_BYTES), this.env + ENV_RANDOM);
  }

  private callHelper(helper: HelperDef, args: bigint[]): bigint {
    const state: IrState = {
      globals: this.globals.map(({ offset }) => this.get64(offset)),
      env: this.bytes.slice(this.env, this.env + layout.ENV_FRAME),
      memory: new Uint8Array(0),
    };
    const result = randomHelper(helper, args.map((a) => BigInt.asUintN(64, a)), state); // prettier-ignore
    this.write(state);
    if (result === 'fault') this.set32(layout.ENV_FAULT, 1);
    return result === 'fault' ? 0n : result;
  }
}

/** A JavaScript function of i64 arguments as a wasm function, to go into a table: (env: i32, ...i64) -> i64 or nothing. */
export function wasmFunction({ args, result }: HelperDef, body: (...args: bigint[]) => bigint): WebAssembly.ExportValue {
  const type = [0x60, args + 1, 0x7f, ...Array<number>(args).fill(0x7e), ...(result ? [1, 0x7e] : [0])];
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  const bytes = Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, 1, ...type), ...section(2, 1, 1, 0x6d, 1, 0x66, 0, 0), ...section(7, 1, 1, 0x66, 0, 0),
  ]); // prettier-ignore
  const call = (_env: number, ...values: bigint[]): bigint | void => (result ? BigInt.asIntN(64, body(...values)) : void body(...values));
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: call } }).exports.f;
}
