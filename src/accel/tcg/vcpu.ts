/** The engine's side of one CPU: its env in the shared memory, and the ways in and out of the exec loop. */
import * as layout from '../../../assembly/shared/layout.js';
import { HostError, ReportError } from '../../util/errors.js';
import { readEnv, writeEnv, type EnvField, type EnvType, type EnvValue } from './env-field.js';
import { ENV } from './env.js';
import type { Instrumentation } from './instrumentation.js';
import { kindOfAccess, type PointKind } from './debug-points.js';
import type { Runtime } from './runtime.js';

/** What a target's CPU gives its vCPU. */
export interface VcpuHooks {
  /** A device has written to guest memory. */
  memoryWritten?(): void;
  /** `-d cpu`: the registers, as `info registers` shows them; `fpu`: with those of floating point. */
  dumpState?(fpu: boolean): string;
  /** The trace event of its traps. */
  readonly trapEvent?: string;
  /** What the target's part of the runtime imports, by name (host.ts in its folder of assembly/target), without the env. */
  readonly imports?: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/** Instructions between looks at the clock: code may have to wait for memory from now on, 50 ns each, and nothing in it tells. */
const CHUNK = 1e6;

/** `-d exec`, `-d cpu`: hears of every TB, before it is run. */
export type ExecTrace = () => void;

export class Vcpu {
  private view: DataView;
  /** cflags of TBs when it does not step. */
  private readonly cflags: number;
  /** What ended the engine in the middle of guest code: its state is not to be used again. */
  private failure: HostError | undefined;
  /** What the last exec has used of its budget. */
  used = 0;

  constructor(
    readonly runtime: Runtime,
    /** Linear-memory address of the env. */
    readonly env: number,
    private readonly beforeSlice: () => void,
    /** Calls requestExit if the slice is over by the clock. */
    private readonly checkSlice: () => void,
    /** Undefined: not wanted now, and nothing is paid for it. */
    private readonly trace: () => ExecTrace | undefined = () => undefined,
    /** More words for what the engine failed with. */
    private readonly explain: (message: string) => string | undefined = () => undefined,
    /** Hears of each slice: undefined before it, then whether it waits for an interrupt. */
    private readonly watchSlice?: (halted?: boolean) => void,
  ) {
    this.view = new DataView(runtime.memory.buffer);
    this.state = new DataView(runtime.memory.buffer, env, layout.ENV_SIZE);
    this.cflags = this.get(ENV.cflags) & ~layout.CF_PCREL;
  }

  /**
   * Runs about `budget` guest instructions (in icount mode: exactly, unless it stops for another reason). Returns EXEC_*. `contended`: it gives way to
   * other vCPUs where the guest says that it waits (EXEC_YIELD).
   * @throws HostError if the engine itself fails, now or earlier
   */
  exec(budget: number, contended = false): number {
    this.used = 0;
    this.set(ENV.contended, Number(contended));
    this.beforeSlice();
    this.watchSlice?.();
    const trace = this.trace();
    const reason = trace ? this.execPieces(budget, 1, trace) : this.execPieces(budget, CHUNK, this.checkSlice);
    this.watchSlice?.(this.halted);
    return reason;
  }

  /** `piece` instructions, or one TB more, at a time. */
  private execPieces(budget: number, piece: number, between: () => void): number {
    for (let left = budget; left > 0;) {
      between();
      const count = Math.min(left, piece);
      const reason = this.execBudget(count);
      const used = count - this.get(ENV.budget);
      this.used += used;
      if (reason !== layout.EXEC_BUDGET) return reason;
      left -= used;
    }
    return layout.EXEC_BUDGET;
  }

  private execBudget(budget: number): number {
    if (this.failure) throw this.failure;
    this.set(ENV.budget, budget);
    try {
      return this.runtime.exports.cpuExec(this.env);
    } catch (error) {
      if (error instanceof HostError) throw (this.failure = error);
      const where = `cpu ${this.get(ENV.cpuIndex)}: the engine failed near pc 0x${this.get(ENV.pc).toString(16)}`;
      const message = error instanceof Error ? error.message : String(error);
      const report = this.explain(message);
      const Failure = report === undefined ? HostError : ReportError;
      this.failure = new Failure(`${where}: ${report ?? message}`, { cause: error });
      throw this.failure;
    }
  }

  /** Makes a running exec return soon with EXEC_REQUEST (also from inside a device's callback). */
  requestExit(): void {
    this.runtime.exports.cpuRequestExit(this.env);
  }

  /** It waits for an interrupt. */
  get halted(): boolean {
    return this.get(ENV.halted) !== 0;
  }
  set halted(value: boolean) {
    this.set(ENV.halted, Number(value));
  }

  /** Guest instructions executed since the vCPU was made; exact at TB boundaries while it runs. */
  get instructionCount(): number {
    return Number(this.runtime.exports.cpuInsnCount(this.env));
  }

  /** Of a snapshot; not while it runs. */
  set instructionCount(value: number) {
    this.set(ENV.insnCount, BigInt(value));
    this.set(ENV.slice, 0);
    this.set(ENV.budget, 0);
  }

  /** Physical address of a virtual one for a debugger; undefined: not mapped. */
  translateDebug(address: bigint): number | undefined {
    const phys = this.runtime.exports.cpuTranslateDebug(this.env, ...halves(address));
    return phys < 0 ? undefined : phys;
  }

  /**
   * Physical address of memory that the guest itself may access, `size` bytes within a page, as its loads or stores would be translated; undefined:
   * it may not, or a device is there.
   */
  probe(address: bigint, size: number, kind: number): number | undefined {
    const [lo, hi] = halves(address);
    const phys = this.runtime.exports.cpuProbe(this.env, lo, hi, size, kind);
    return phys < 0 ? undefined : phys;
  }

  /** Stops after every instruction with EXEC_DEBUG; `noInterrupts`: none is taken before it. */
  setSingleStep(on: boolean, noInterrupts = false): void {
    const stepping = 1 | layout.CF_SINGLE_STEP | layout.CF_NO_GOTO_TB | layout.CF_NO_GOTO_PTR | (noInterrupts ? layout.CF_NOIRQ : 0);
    // the engine's own: whether there are breakpoints
    const relative = this.get(ENV.cflags) & layout.CF_PCREL;
    this.set(ENV.cflags, relative | this.cflags | (on ? stepping : 0));
  }

  get isSingleStepping(): boolean {
    return (this.get(ENV.cflags) & layout.CF_SINGLE_STEP) !== 0;
  }

  /** The watchpoint that has stopped it (EXEC_DEBUG) since this was asked last: its first address, and what it stops at. */
  takeWatchpointHit(): { readonly address: bigint; readonly kind: Exclude<PointKind, 'breakpoint'> } | undefined {
    const point = this.get(ENV.watchpointHit);
    if (point === 0) return undefined;
    this.set(ENV.watchpointHit, 0);
    const address = this.view.getBigUint64(point + layout.POINT_FIRST, true);
    return { address, kind: kindOfAccess(this.view.getUint32(point + layout.POINT_FLAGS, true) & layout.BP_MEM_ACCESS) };
  }

  /** From here on every use is an error: the memory may be another machine's. */
  close(): void {
    this.view = this.state = new DataView(new ArrayBuffer(0));
  }

  /** The env's fields by their offsets; not while it runs. */
  state: DataView;

  // Env fields, the engine's (ENV) and the target's, by their tables (env-field.ts); `index` of an array's element.

  get<T extends EnvType>(field: EnvField<T>, index = 0): EnvValue<T> {
    return readEnv(this.view, this.env, field, index);
  }
  set<T extends EnvType>(field: EnvField<T>, value: EnvValue<T>, index = 0): void {
    writeEnv(this.view, this.env, field, value, index);
  }

  // The target's fields, by offset: where rows of its own name them.

  read32(offset: number): number {
    return this.view.getUint32(this.env + offset, true);
  }
  write32(offset: number, value: number): void {
    this.view.setUint32(this.env + offset, value, true);
  }
  read64(offset: number): bigint {
    return this.view.getBigUint64(this.env + offset, true);
  }
  write64(offset: number, value: bigint): void {
    this.view.setBigUint64(this.env + offset, BigInt.asUintN(64, value), true);
  }
}

/** Tells plugins of a vCPU that waits, and that it goes on. Called before each slice, and after it: whatever has ended it, one that waits has no other until there is work. */
export function idleWatch(instrumentation: Instrumentation, cpu: number): (halted?: boolean) => void {
  let isIdle = false;
  return (halted) => {
    if (halted === true && !isIdle) instrumentation.idle(cpu);
    else if (halted === undefined && isIdle) instrumentation.resumed(cpu);
    isIdle = halted === true;
  };
}

const halves = (value: bigint): [lo: number, hi: number] => [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
