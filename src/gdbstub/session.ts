/** What a debugger has chosen, and what it can do to the machine: the state that its packets (commands.ts) work on. */
import type { CpuState } from '../hw/core/cpu.js';
import type { GdbDescription, GdbRegister } from '../hw/core/gdb-registers.js';
import type { MachineControl, MemorySpace, Resume } from '../system/control.js';
import { ControlError } from '../system/control.js';
import type { Arrival, TimeTravel } from '../system/time-travel.js';
import { EFAULT, EINVAL, GdbError } from './error.js';
import { toHex } from './packet.js';
import { SIGNAL_TRAP, stopReply } from './stop-reply.js';
import { formatThreadId, matches, parseThreadId } from './thread-id.js';

export interface GdbStubOptions {
  /** `monitor LINE` of the debugger: what the human monitor prints, later if that takes its time. */
  readonly monitor?: (line: string) => string | Promise<string>;
}

export class GdbSession {
  /** The debugger knows of processes, and numbers threads with them. */
  multiprocess = false;
  /** Packets are not acknowledged. */
  noAck = false;
  /** Addresses of memory are physical. */
  physical = false;
  /** It has not detached. */
  attached = true;
  /** It waits for the machine to stop: then it is told of it, else not. */
  awaitsStop = false;
  /** The CPU of registers and memory, and that of `c` and `s`. */
  generalCpu: CpuState;
  continueCpu: CpuState;

  constructor(
    readonly control: MachineControl,
    readonly options: GdbStubOptions,
    /** Sends a packet before the answer; a character for each byte. */
    readonly send: (text: string) => void,
  ) {
    this.generalCpu = this.continueCpu = control.cpus[0];
  }

  /** The CPU's thread as the debugger numbers it. */
  threadOf(cpu: CpuState): string {
    return formatThreadId(cpu.cpuIndex, this.multiprocess);
  }

  /** The first CPU of those that a thread id means. */
  cpuOf(text: string): CpuState | undefined {
    const thread = parseThreadId(text);
    return thread && this.control.cpus.find((cpu) => matches(thread, cpu.cpuIndex));
  }

  /** What `info threads` says of it. */
  threadInfo(cpu: CpuState): string {
    return `CPU#${cpu.cpuIndex} [${cpu.halted ? 'halted' : 'running'}]`;
  }

  // ---- running

  /** Ctrl-C. A machine that stands still has told so already. */
  interrupt(): void {
    if (this.control.status.running) void this.control.stop();
  }

  /** Goes on, each CPU as `how` says; the debugger hears when the machine stops. */
  resume(how: (cpu: CpuState) => Resume): void {
    this.awaitsStop = true;
    if (this.control.canContinue) this.control.cont(how);
  }

  /** The debugger leaves: nothing of it stays, and the machine goes on. */
  detach(): void {
    this.control.points.removeAll();
    this.attached = this.awaitsStop = false;
    if (this.control.canContinue) this.control.cont();
  }

  /** Runs a replay backwards; what the debugger is told when it has stopped. @throws GdbError if nothing is replayed, or it cannot */
  async goBack(way: (travel: TimeTravel) => Promise<Arrival>): Promise<string> {
    const { travel } = this.control;
    if (!travel) throw new GdbError(EINVAL);
    try {
      const { cpu = this.continueCpu, watchpoint, isBeginning } = await way(travel);
      this.continueCpu = this.generalCpu = cpu;
      return stopReply(SIGNAL_TRAP, this.threadOf(cpu), watchpoint, isBeginning ? 'begin' : undefined);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return this.stopReply(); // it was interrupted
    }
  }

  /** The CPU goes on there. @throws GdbError if it must not be changed */
  jump(cpu: CpuState, address: bigint): void {
    this.refuseInReplay();
    cpu.pc = address;
  }
  /** What is recorded or replayed is looked at, and no more. */
  private refuseInReplay(): void {
    if (this.control.machine.replay) throw new GdbError(EINVAL);
  }

  /** The answer to `?`. */
  stopReply(): string {
    return stopReply(SIGNAL_TRAP, this.threadOf(this.continueCpu));
  }

  // ---- registers and memory, of the general CPU

  get description(): GdbDescription {
    return this.generalCpu.gdb!; // the stub has looked
  }

  register(number: bigint): GdbRegister | undefined {
    return this.description.features.flatMap(({ registers }) => registers).find((each) => BigInt(each.number) === number);
  }

  /** As the protocol has it: bytes in the target's order. Undefined: the CPU does not have it. */
  readRegister({ name, cpuName = name, bits }: GdbRegister): string | undefined {
    const value = this.control.readRegister(this.generalCpu, cpuName);
    if (value === undefined) return undefined;
    const bytes = new Uint8Array(bits / 8);
    for (let i = 0; i < bytes.length; i++) bytes[this.byteAt(i, bytes.length)] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
    return toHex(bytes);
  }

  /** False if it cannot be written, or is of another size. */
  writeRegister({ name, cpuName = name, bits }: GdbRegister, bytes: Uint8Array): boolean {
    this.refuseInReplay();
    if (bytes.length !== bits / 8) return false;
    let value = 0n;
    for (let i = 0; i < bytes.length; i++) value |= BigInt(bytes[this.byteAt(i, bytes.length)]) << BigInt(8 * i);
    return this.control.writeRegister(this.generalCpu, cpuName, value);
  }

  private byteAt(significance: number, size: number): number {
    return this.description.littleEndian ? significance : size - 1 - significance;
  }

  private get memory(): MemorySpace {
    return this.physical ? 'physical' : this.generalCpu;
  }

  /** @throws GdbError if some of it is not there */
  readMemory(address: bigint, into: Uint8Array): void {
    if (this.control.readMemory(this.memory, address, into) !== undefined) throw new GdbError(EFAULT);
  }

  /** Virtual memory as a debugger patches it: ROM too, and no device. @throws GdbError if some of it is not there */
  writeMemory(address: bigint, bytes: Uint8Array): void {
    this.refuseInReplay();
    const { control, memory } = this;
    const failed = this.physical ? control.writeMemory(memory, address, bytes) : control.patchMemory(memory, address, bytes);
    if (failed !== undefined) throw new GdbError(EFAULT);
  }
}
