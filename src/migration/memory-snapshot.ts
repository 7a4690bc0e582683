/**
 * Snapshots in memory, to which a machine goes back many times a second: only the pages that it has written since are put back, and code that was translated
 * from others stays.
 */
import type { DirtyPages } from '../hw/core/accelerator.js';
import type { MachineState } from '../hw/core/machine.js';
import type { RamBlock } from '../memory/ram.js';
import { SnapshotError } from '../util/errors.js';
import { MachineEntries } from './entries.js';
import { PAGE, pagesInUse } from './ram.js';
import { checkSavable, loadEntries, saved, type LoadInput } from './snapshot.js';

/** What a machine was. Good for that machine, as long as it lives. */
export class MemorySnapshot {
  /** Only for MemorySnapshots. */
  constructor(
    readonly owner: MemorySnapshots,
    readonly entries: MachineEntries,
    readonly inputs: readonly LoadInput[],
    /** Pages that are not zero, one behind the other, and one that is; and where each is, by its linear-memory address. */
    readonly bytes: Uint8Array,
    readonly places: ReadonlyMap<number, number>,
  ) {}
}

export class MemorySnapshots {
  private readonly dirty: DirtyPages;
  /** What RAM is, but for the pages that were written since. */
  private base: MemorySnapshot | undefined;

  /** @throws SnapshotError if the machine's accelerator cannot tell which pages are written */
  constructor(private readonly machine: MachineState) {
    const { dirtyPages } = machine.accelerator ?? {};
    if (!dirtyPages) throw new SnapshotError('this machine has no accelerator that tells which pages are written');
    this.dirty = dirtyPages;
  }

  /** The machine must stand still. @throws VmStateError if it cannot be saved now */
  take(): MemorySnapshot {
    const { machine } = this;
    checkSavable(machine);
    const entries = new MachineEntries(machine);
    entries.noteTimers();
    const inputs = entries.list.map(({ state, holder }) => ({ version: state.options.version, payload: saved(state, holder) }));
    const places = new Map<number, number>();
    const pages = machine.ram.blocks.flatMap((block) => pagesInUse(block).map((page) => ({ block, at: page * PAGE })));
    const bytes = new Uint8Array((pages.length + 1) * PAGE); // the last one is that of zeros
    pages.forEach(({ block, at }, i) => {
      bytes.set(block.bytes.subarray(at, at + PAGE), i * PAGE);
      places.set(block.host + at, i * PAGE);
    });
    const snapshot = new MemorySnapshot(this, entries, inputs, bytes, places);
    this.dirty.watch();
    this.base = snapshot;
    return snapshot;
  }

  owns({ owner }: MemorySnapshot): boolean {
    return owner === this;
  }

  /** Makes the machine what it was. It must stand still. @throws SnapshotError if its devices are others now */
  restore(snapshot: MemorySnapshot): void {
    if (!snapshot.entries.isOf(this.machine)) throw new SnapshotError('the machine has other devices now');
    const { blocks } = this.machine.ram;
    const pages = this.base === snapshot ? this.dirty.written() : blocks.flatMap(allPages);
    this.putBack(snapshot, pages, blocks);
    loadEntries(snapshot.entries, snapshot.inputs);
    this.dirty.watch();
    this.base = snapshot;
    if (this.machine.runState.running) this.machine.resumeDrives();
  }

  /** RAM was replaced as a whole. */
  forget(): void {
    this.base = undefined;
  }

  private putBack({ bytes, places }: MemorySnapshot, pages: readonly number[], blocks: readonly RamBlock[]): void {
    let block = blocks[0];
    for (const host of pages) {
      if (host < block.host || host >= block.host + block.size) {
        const found = blocks.find((each) => host >= each.host && host < each.host + each.size);
        if (!found) continue; // between blocks
        block = found;
      }
      const at = host - block.host;
      const size = Math.min(PAGE, block.size - at);
      // (V8 fills shared memory byte by byte)
      const place = places.get(host) ?? bytes.length - PAGE;
      block.bytes.set(bytes.subarray(place, place + size), at);
      this.dirty.restored(host, size);
    }
  }
}

const allPages = ({ host, size }: RamBlock): number[] => Array.from({ length: Math.ceil(size / PAGE) }, (_, n) => host + n * PAGE);
