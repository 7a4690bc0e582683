/** Memory for who looks at the machine from outside; devices are accessed too, with all that comes of it. */
import type { CpuState } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import { MemTxResult } from '../memory/access.js';
import type { NamedSpace } from '../memory/mtree.js';
import { ControlError } from './errors.js';
import type { Pauses } from './main-loop.js';

/** Guest-physical memory, or memory as a CPU sees it now. */
export type MemorySpace = 'physical' | CpuState;

/** Debugger accesses go page by page. */
const PAGE = 4096;

export class GuestMemory {
  constructor(private readonly machine: MachineState) {}

  /** Fills `into`. Undefined: done; else the first address that is not mapped, or did not answer, of a piece of a page at most. */
  read(space: MemorySpace, address: bigint, into: Uint8Array): bigint | undefined {
    return this.access(space, address, into, (at, bytes) => this.peek(at, bytes));
  }
  /** As read; what comes before the address that is returned has been written. */
  write(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    return this.access(space, address, bytes, (at, piece) => this.machine.addressSpace.writeBytes(at, piece));
  }
  /** As write, but into ROM too, and devices are left alone: an address of one counts as not mapped. */
  patch(space: MemorySpace, address: bigint, bytes: Uint8Array): bigint | undefined {
    return this.access(space, address, bytes, (at, piece) => this.machine.addressSpace.writeRom(at, piece));
  }

  /** By all their names: each CPU has one. */
  spaces(): NamedSpace[] {
    const { cpus, addressSpace, addressSpaces } = this.machine;
    return [
      ...cpus.map(({ cpuIndex }) => ({ name: `cpu-memory-${cpuIndex}`, space: addressSpace })),
      ...addressSpaces.map((space) => ({ name: space.name, space })),
    ];
  }

  /** Of physical memory, as `sum -r` computes it: 16 bits. @throws ControlError if some of it is not there */
  async sum(start: bigint, size: number, pause: Pauses): Promise<number> {
    let sum = 0;
    const bytes = new Uint8Array(PAGE);
    for (let done = 0; done < size; done += PAGE) {
      const piece = bytes.subarray(0, Math.min(PAGE, size - done));
      const fault = this.read('physical', start + BigInt(done), piece);
      if (fault !== undefined) throw new ControlError(`Cannot access memory at 0x${fault.toString(16)}`);
      for (const byte of piece) sum = (((sum >> 1) | (sum << 15)) + byte) & 0xffff;
      await pause();
    }
    return sum;
  }

  /** A device that is recorded or replayed must not notice. */
  private peek(at: number, into: Uint8Array): MemTxResult {
    const { addressSpace, replay } = this.machine;
    if (!replay) return addressSpace.readBytes(at, into);
    for (let done = 0; done < into.length; done += PAGE) {
      const piece = into.subarray(done, done + PAGE);
      const range = addressSpace.find(at + done);
      const from = range && at + done - range.start + range.offset;
      const block = range?.region.ramBlock;
      if (!block || from! + piece.length > block.size) return MemTxResult.DecodeError;
      piece.set(block.at(from!, piece.length).subarray(from, from! + piece.length));
    }
    return MemTxResult.Ok;
  }

  private access(space: MemorySpace, address: bigint, bytes: Uint8Array, each: (at: number, piece: Uint8Array) => MemTxResult) {
    for (let done = 0; done < bytes.length;) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      // neighbours of a virtual page may be anywhere
      const run = space === 'physical' ? bytes.length : Math.min(bytes.length - done, PAGE - Number(at % BigInt(PAGE)));
      const physical = space === 'physical' ? Number(at) : space.translateDebug(at);
      if (physical === undefined || !Number.isSafeInteger(physical + run)) return at;
      if (each(physical, bytes.subarray(done, done + run)) !== MemTxResult.Ok) return at;
      done += run;
    }
    return undefined;
  }
}
