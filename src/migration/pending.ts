/**
 * Guest memory that a snapshot has and the machine not yet: a window is read, and its checksum looked at, when something first asks for a byte of it. CPUs do
 * so by their TLBs and page walks (assembly/core/physmap.ts), all else by RamBlock.at. What has no window is zero, and there from the beginning.
 */
import type { MachineState } from '../hw/core/machine.js';
import { HostError } from '../util/errors.js';
import { isBroken, type SnapshotChain } from './chain.js';
import { unpackWindow, WINDOW } from './ram.js';

export class PendingMemory {
  /** By block: offsets of the windows that are still to come. */
  private readonly absent: readonly Set<number>[];
  private isOver = false;

  /** The machine's memory is zero. The chain is this one's to close, and `released` is called then: nothing more is read. */
  constructor(
    private readonly machine: MachineState,
    private readonly chain: SnapshotChain,
    private readonly released: () => void,
    /** The file is not what it was: nothing that depends on it can be right any more. */
    private readonly failed: (error: HostError) => void,
  ) {
    const { blocks } = machine.ram;
    this.absent = blocks.map((_, i) => new Set(chain.offsets(i)));
    blocks.forEach((block, i) => {
      if (this.absent[i].size > 0) block.absent = { fetch: (offset, length) => this.fetch(i, offset, length) };
    });
    machine.accelerator?.fetchAbsent?.((host, size) => this.fetchHost(host, size));
    if (!this.absent.some(({ size }) => size > 0)) this.end();
  }

  /** All that is still to come. @throws HostError */
  fetchAll(): void {
    this.machine.ram.blocks.forEach(({ size }, i) => this.fetch(i, 0, size));
  }

  /** Nothing comes any more: memory is somebody else's. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const block of this.machine.ram.blocks) block.absent = undefined;
    this.machine.accelerator?.fetchAbsent?.(undefined);
    this.chain.close();
    this.released();
  }

  private fetchHost(host: number, size: number): void {
    const { blocks } = this.machine.ram;
    const i = blocks.findIndex((block) => host >= block.host && host < block.host + block.size);
    if (i >= 0) this.fetch(i, host - blocks[i].host, size);
  }

  private fetch(i: number, offset: number, length: number): void {
    const absent = this.absent[i];
    const end = Math.min(offset + length, this.machine.ram.blocks[i].size);
    for (let start = offset - (offset % WINDOW); start < end && absent.size > 0; start += WINDOW)
      if (absent.has(start)) this.bring(i, start);
  }

  private bring(i: number, start: number): void {
    const block = this.machine.ram.blocks[i];
    const absent = this.absent[i];
    const payload = this.read(i, start);
    if (payload) unpackWindow({ size: block.size, bytes: block.raw }, start, payload, true);
    absent.delete(start);
    if (absent.size > 0) return;
    block.absent = undefined;
    if (!this.absent.some(({ size }) => size > 0)) this.end();
  }

  private read(i: number, start: number): Uint8Array | undefined {
    try {
      return this.chain.window(i, start);
    } catch (error) {
      if (!isBroken(error)) throw error;
      const told = new HostError(`the machine's memory cannot be read from its snapshot any more: ${error.message}`, { cause: error });
      this.failed(told);
      throw told;
    }
  }
}
