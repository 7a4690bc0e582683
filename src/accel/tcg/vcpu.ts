/** The engine's side of one CPU: its env in the shared memory, and the ways in and out of the exec loop. */
import * as layout from '../../../assembly/shared/layout.js';
import type { Runtime } from './runtime.js';

/** What a target's CPU gives its vCPU. None of them may throw. */
export interface VcpuHooks {
  /** The target's time counter in ticks (RISC-V: mtime). */
  rdtime?(): number;
  /** The target's comparator or its enable changed (RISC-V: stimecmp, Sstc). */
  timerUpdate?(): void;
  /** `-d int`: a line for a trap that was delivered. */
  describeTrap?(cause: bigint, epc: bigint, tval: bigint): string;
  /** `-d cpu`: the registers, as `info registers` shows them. */
  dumpState?(): string;
}

/** `-d exec`, `-d cpu`: hears of every TB, before it is run. */
export type ExecTrace = () => void;

export class Vcpu {
  private readonly view: DataView;
  /** cflags of TBs when it does not step. */
  private readonly cflags: number;

  constructor(
    readonly runtime: Runtime,
    /** Linear-memory address of the env. */
    readonly env: number,
    private readonly beforeSlice: () => void,
    /** Undefined: not wanted now, and nothing is paid for it. */
    private readonly trace: () => ExecTrace | undefined = () => undefined,
  ) {
    this.view = new DataView(runtime.memory.buffer);
    this.cflags = this.read32(layout.ENV_CFLAGS);
  }

  /** Runs about `budget` guest instructions (in icount mode: exactly, unless it stops for another reason). Returns EXEC_*. */
  exec(budget: number): number {
    this.beforeSlice();
    const trace = this.trace();
    return trace ? this.execTraced(budget, trace) : this.execBudget(budget);
  }

  private execBudget(budget: number): number {
    this.write32(layout.ENV_BUDGET, Math.max(0, Math.min(budget, 0x7fff_ffff)));
    return this.runtime.exports.cpuExec(this.env);
  }

  /** A TB at a time: a budget of one is used up by any of them. */
  private execTraced(budget: number, trace: ExecTrace): number {
    for (let left = budget; left > 0;) {
      trace();
      const reason = this.execBudget(1);
      if (reason !== layout.EXEC_BUDGET) return reason;
      left -= 1 - (this.read32(layout.ENV_BUDGET) | 0);
    }
    return layout.EXEC_BUDGET;
  }

  /** Makes a running exec return soon with EXEC_REQUEST (also from inside a device's callback). */
  requestExit(): void {
    this.runtime.exports.cpuRequestExit(this.env);
  }

  /** Guest instructions executed since the vCPU was made; exact at TB boundaries while it runs. */
  get instructionCount(): number {
    return Number(this.runtime.exports.cpuInsnCount(this.env));
  }

  /** Physical address of a virtual one for a debugger; undefined: not mapped. */
  translateDebug(address: bigint): number | undefined {
    const phys = this.runtime.exports.cpuTranslateDebug(
      this.env,
      Number(BigInt.asIntN(32, address)),
      Number(BigInt.asIntN(32, address >> 32n)),
    );
    return phys < 0 ? undefined : phys;
  }

  /** Stops after every instruction with EXEC_DEBUG. */
  setSingleStep(on: boolean): void {
    const stepping = 1 | layout.CF_SINGLE_STEP | layout.CF_NO_GOTO_TB | layout.CF_NO_GOTO_PTR;
    this.write32(layout.ENV_CFLAGS, on ? this.cflags | stepping : this.cflags);
  }

  // Env fields, by offset (assembly/shared/*.ts).

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
