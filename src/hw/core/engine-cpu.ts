/** A CPU whose instructions an accelerator's vCPU runs: what is the same whatever the target. */
import { CpuState, type CpuDebug, type ExitReason } from './cpu.js';

/** The engine's side of a CPU: accel/tcg/vcpu.ts. */
export interface EngineVcpu extends CpuDebug {
  /** Linear-memory address of its env. */
  readonly env: number;
  /** As CpuState.run. */
  exec(budget: number, contended: boolean): ExitReason;
  /** What the last exec has used of its budget. */
  readonly used: number;
  requestExit(): void;
  instructionCount: number;
  halted: boolean;
}

export abstract class EngineCpu extends CpuState {
  abstract readonly vcpu: EngineVcpu;

  override get env(): number {
    return this.vcpu.env;
  }
  override run(budget: number, contended = false): ExitReason {
    return this.vcpu.exec(budget, contended);
  }
  override get budgetUsed(): number {
    return this.vcpu.used;
  }
  override requestExit(): void {
    this.vcpu.requestExit();
  }
  override get instructionCount(): number {
    return this.vcpu.instructionCount;
  }
  override set instructionCount(value: number) {
    this.vcpu.instructionCount = value;
  }
  override get halted(): boolean {
    return this.vcpu.halted;
  }
  override set halted(value: boolean) {
    this.vcpu.halted = value;
  }
  override get debug(): CpuDebug {
    return this.vcpu;
  }
}
