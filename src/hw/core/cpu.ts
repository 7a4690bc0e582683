/** CpuState: what a machine needs of a virtual CPU, whatever the target and the accelerator. */
import { defineType, type TypeInfo } from '../../qom/object.js';
import type { WatchKind } from './accelerator.js';
import { DeviceState } from './device.js';
import type { GdbDescription } from './gdb-registers.js';

/** Why `run` came back: layout.ts EXEC_*. */
export enum ExitReason {
  Budget = 0,
  Halted = 1,
  Request = 2,
  Debug = 3,
  TranslateFailed = 4,
  Semihosting = 5,
  /** The guest waits for another CPU. */
  Yield = 6,
}

export interface WatchpointHit {
  /** Where the watchpoint begins. */
  readonly address: bigint;
  readonly kind: WatchKind;
}

/** What a debugger wants of a CPU's engine. */
export interface CpuDebug {
  /** Every run is one instruction, and ends with ExitReason.Debug. `noInterrupts`: none is taken before it. */
  setSingleStep(on: boolean, noInterrupts?: boolean): void;
  /** The watchpoint that has stopped it, since this was asked last. */
  takeWatchpointHit(): WatchpointHit | undefined;
}

/** What page tables map; neighbours of the same kind are one. Addresses and bytes. */
export interface Mapping {
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly size: bigint;
  /** The target's own bits. */
  readonly attributes: number;
}

/** Of a target's core files (System V ABI, chapter 4): their class, e_machine, and the CPU's NT_PRSTATUS note, as Linux has it. */
export interface CoreDescription {
  readonly bits: 32 | 64;
  readonly machine: number;
  readonly flags: number;
  readonly prstatus: Uint8Array;
}

/** An instruction in a listing. */
export interface ListedInsn {
  /** As `-d in_asm` shows it. */
  readonly text: string;
  /** Bytes. */
  readonly size: number;
  /** It calls a function, or comes back from one or from a handler of traps. */
  readonly flow?: 'call' | 'return';
}

export abstract class CpuState extends DeviceState {
  static override readonly type: TypeInfo = defineType('cpu', DeviceState, CpuState, { abstract: true, category: 'cpu' });

  /** Position in `machine.cpus`; set when the machine takes the CPU in. */
  cpuIndex = 0;
  /** It has no turn while the machine runs: a debugger lets others go on without it. */
  held = false;
  /** Set then, too: an interrupt has come, and this CPU is to have its turn soon. */
  onInterrupt: () => void = () => {};
  /** Plugins: a program in user mode makes a system call; the host has served a call of the guest's at `from`. */
  onSyscall: ((number: bigint, args: readonly bigint[]) => void) | undefined;
  onHostcall: ((from: bigint, to: bigint) => void) | undefined;

  /** Undefined: it cannot be debugged. */
  get debug(): CpuDebug | undefined {
    return undefined;
  }
  /** Its registers for gdb; undefined: it has no description. */
  get gdb(): GdbDescription | undefined {
    return undefined;
  }

  /** Linear-memory pointer of the env (0 for CPUs without one). */
  abstract readonly env: number;

  /** Runs at most about `budget` guest instructions. `contended`: another CPU is able to run, and hints that this one waits end the run. */
  abstract run(budget: number, contended?: boolean): ExitReason;
  /** What the last `run` has used of its budget: instructions, and exceptions, which retire none. */
  abstract readonly budgetUsed: number;
  /** Asks a running `run` to come back soon. */
  abstract requestExit(): void;
  /** Guest instructions executed since the machine was made; set by a snapshot that is loaded. */
  abstract get instructionCount(): number;
  abstract set instructionCount(value: number);

  abstract get pc(): bigint;
  abstract set pc(value: bigint);
  /** Waits for an interrupt. */
  abstract get halted(): boolean;
  /** Has something to do although halted (a pending interrupt). */
  abstract hasWork(): boolean;
  /** Another CPU, or a device, may have written memory since the last load-reserved: a store-conditional must not succeed. */
  endReservation(): void {}
  /** A line has gone up: tells the main loop, which may be in another CPU's turn. */
  protected interrupted(): void {
    if (this.hasWork()) this.onInterrupt();
  }

  /** Why there can be no snapshot now; undefined: there can. */
  unsavable(): string | undefined {
    return undefined;
  }

  /** As in the names of QEMU's programs: `riscv64`. */
  get targetName(): string {
    return this.typeName;
  }

  /** All registers by their usual names, in the order of the manual. */
  abstract registers(): [name: string, value: bigint][];
  readRegister(name: string): bigint | undefined {
    return this.registers().find(([n]) => n === name)?.[1];
  }
  /** False if there is no such register. */
  abstract writeRegister(name: string, value: bigint): boolean;
  /** Guest-physical address of a virtual one, as a debugger sees it; undefined if unmapped. */
  abstract translateDebug(address: bigint): number | undefined;
  /** `info registers`; without `fpu`: as `-d cpu` shows them. */
  abstract dumpState(fpu?: boolean): string;

  /** The exception that was taken last, in the target's own terms: right after it, at its handler's first instruction. Undefined: the target does not tell. */
  get exceptionTaken(): { readonly code: number; readonly name: string } | undefined {
    return undefined;
  }
  /** What these are called, by their codes. */
  get exceptionNames(): ReadonlyMap<number, string> {
    return new Map();
  }

  /** The instruction that `bytes` begin with, at `pc`; undefined: there are too few bytes. */
  disassemble(_bytes: Uint8Array, _pc: bigint): ListedInsn | undefined {
    return undefined;
  }
  /** `info tlb`; undefined: software does not see the TLB. */
  tlbText(): string | undefined {
    return undefined;
  }
  /** `info mem`; undefined: the target has no such list. @throws TooManyMappings */
  mappingsText(): string | undefined {
    return undefined;
  }
  /** Undefined: virtual addresses are physical ones. @throws TooManyMappings */
  mappings(): readonly Mapping[] | undefined {
    return undefined;
  }
  /** What an ELF core file says of this CPU; undefined: the target has none. */
  coreDescription(): CoreDescription | undefined {
    return undefined;
  }
}
