/**
 * A copy of a machine's memory that is made while the machine goes on. What it writes meanwhile is copied again, and the last of it while it stands still:
 * that is short, however much memory there is.
 */
import type { MachineState } from '../hw/core/machine.js';
import type { DirtyLog } from './dirty-log.js';
import { roomFor, SectionKind } from './format.js';
import type { Piece } from './image.js';
import { packWindow, WINDOW, type Room } from './ram.js';

/** What was written since is copied again while the machine goes on, so often at most: a guest may write faster than it is copied. */
const MOST_ROUNDS = 4;
/** Windows that are few enough to be copied while it stands still: 10 ms. */
const FEW = 32;

/** @throws VmStateError if the host has none */
export const roomForCopy: Room = (bytes) => roomFor(bytes, 'a copy');

interface Window {
  readonly index: number;
  readonly offset: number;
}

export class MemoryCopy {
  /** By block and offset: windows that are not all zeros. */
  private readonly payloads: Map<number, Uint8Array>[];

  constructor(
    private readonly machine: MachineState,
    private readonly dirty: DirtyLog,
  ) {
    this.payloads = machine.ram.blocks.map(() => new Map());
  }

  /** `pause` is called after each piece. Follow it by `finish` or `end`. @throws VmStateError if there is no room */
  async make(pause: () => Promise<void>): Promise<void> {
    const all = this.machine.ram.blocks.flatMap(({ size }, index) =>
      Array.from({ length: Math.ceil(size / WINDOW) }, (_, n) => ({ index, offset: n * WINDOW })),
    );
    for (let round = 0, windows: Window[] = all; round < MOST_ROUNDS && (round === 0 || windows.length > FEW); round++) {
      this.dirty.begin(this);
      for (const window of windows) {
        this.take(window);
        await pause();
      }
      windows = this.written();
    }
  }

  /** The machine stands still: its memory as it is now. */
  finish(): Piece[] {
    for (const window of this.written()) this.take(window);
    this.end();
    return this.payloads.flatMap((payloads, index) =>
      [...payloads].sort(([a], [b]) => a - b).map(([offset, payload]) => ({ kind: SectionKind.Ram, index, offset, payload })),
    );
  }

  /** Nobody wants it any more. */
  end(): void {
    this.dirty.end(this);
  }

  private take({ index, offset }: Window): void {
    const block = this.machine.ram.blocks[index];
    const payload = packWindow({ size: block.size, bytes: block.at(offset, WINDOW) }, offset, roomForCopy);
    if (payload) this.payloads[index].set(offset, payload);
    else this.payloads[index].delete(offset);
  }

  /** Since they were copied. */
  private written(): Window[] {
    const { blocks } = this.machine.ram;
    const found = blocks.map(() => new Set<number>());
    for (const host of this.dirty.written(this)) {
      const index = blocks.findIndex((block) => host >= block.host && host < block.host + block.size);
      if (index >= 0) found[index].add(Math.floor((host - blocks[index].host) / WINDOW) * WINDOW);
    }
    return found.flatMap((offsets, index) => [...offsets].map((offset) => ({ index, offset })));
  }
}
