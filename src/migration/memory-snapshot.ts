/**
 * Snapshots in memory, to which a machine goes back many times a second: only the pages that it has written since are put back, and code that was translated
 * from others stays.
 */
import type { MachineState } from '../hw/core/machine.js';
import type { RamBlock } from '../memory/ram.js';
import { SnapshotError } from '../util/errors.js';
import type { DirtyLog } from './dirty-log.js';
import { MachineEntries } from './entries.js';
import { checkSavable, saved } from './image.js';
import { PAGE, pagesInUse } from './ram.js';
import { loadEntries, type LoadInput } from './snapshot.js';

/** Of memory, as it was in one snapshot or in several. */
interface Page {
  readonly bytes: Uint8Array;
  /** Snapshots that have it. */
  users: number;
}

const ZEROS = new Uint8Array(PAGE);

/** What a machine was. Good for that machine, as long as it lives. */
export class MemorySnapshot {
  /** Only for MemorySnapshots. */
  constructor(
    readonly owner: MemorySnapshots,
    readonly entries: MachineEntries,
    readonly inputs: readonly LoadInput[],
    /** Those that are not zero, by their linear-memory addresses. */
    readonly pages: ReadonlyMap<number, Page>,
  ) {}
}

/** Those of one machine. */
export class MemorySnapshots {
  /** Of all pages that snapshots have. */
  bytes = 0;
  /** What RAM is, but for the pages that were written since. */
  private base: MemorySnapshot | undefined;

  constructor(
    private readonly machine: MachineState,
    private readonly dirty: DirtyLog,
  ) {}

  /** The machine must stand still. Pages that were not written since the last one are shared with it. @throws VmStateError if it cannot be saved now */
  take(): MemorySnapshot {
    const { machine, base } = this;
    checkSavable(machine);
    const entries = base?.entries.isOf(machine) ? base.entries : new MachineEntries(machine);
    entries.noteTimers();
    const inputs = entries.list.map(({ state, holder }) => ({ version: state.options.version, payload: saved(state, holder) }));
    const { blocks } = machine.ram;
    const pages = new Map(base?.pages);
    const find = finder(blocks);
    for (const host of base ? this.dirty.written(this) : blocks.flatMap(allPages)) {
      const block = find(host);
      if (!block) continue; // between blocks
      const at = host - block.host;
      const end = Math.min(at + PAGE, block.size);
      if (pagesInUse(block, at, end).length > 0) pages.set(host, { bytes: block.bytes.slice(at, end), users: 0 });
      else pages.delete(host);
    }
    for (const page of pages.values()) if (page.users++ === 0) this.bytes += page.bytes.length;
    const snapshot = new MemorySnapshot(this, entries, inputs, pages);
    this.dirty.begin(this);
    this.base = snapshot;
    return snapshot;
  }

  /** It is not used any more. */
  release({ pages }: MemorySnapshot): void {
    for (const page of pages.values()) if (--page.users === 0) this.bytes -= page.bytes.length;
  }

  owns({ owner }: MemorySnapshot): boolean {
    return owner === this;
  }

  /** Makes the machine what it was. It must stand still. @throws SnapshotError if its devices are others now */
  restore(snapshot: MemorySnapshot): void {
    if (!snapshot.entries.isOf(this.machine)) throw new SnapshotError('the machine has other devices now');
    const { blocks } = this.machine.ram;
    const { base } = this;
    const written = base ? this.dirty.written(this) : blocks.flatMap(allPages);
    const others = base && base !== snapshot ? differing(base.pages, snapshot.pages) : [];
    this.putBack(snapshot, written, blocks);
    this.putBack(snapshot, others, blocks);
    loadEntries(snapshot.entries, snapshot.inputs);
    this.dirty.begin(this);
    this.dirty.note(written, this);
    this.dirty.note(others, this);
    this.base = snapshot;
    if (this.machine.runState.running) this.machine.backends.resumeDrives();
  }

  /** RAM was replaced as a whole. */
  forget(): void {
    this.base = undefined;
  }

  private putBack({ pages }: MemorySnapshot, hosts: Iterable<number>, blocks: readonly RamBlock[]): void {
    const find = finder(blocks);
    for (const host of hosts) {
      const block = find(host);
      if (!block) continue; // between blocks
      const at = host - block.host;
      const size = Math.min(PAGE, block.size - at);
      // (V8 fills shared memory byte by byte)
      const bytes = pages.get(host)?.bytes ?? (size === PAGE ? ZEROS : ZEROS.subarray(0, size));
      // Code beside data that is put back is to stay.
      const [from, to] = this.dirty.holdsCode(host, size) ? difference(block.bytes, at, bytes) : [0, size];
      if (from >= to) continue;
      block.bytes.set(to - from === bytes.length ? bytes : bytes.subarray(from, to), at + from);
      this.dirty.restored(host + from, to - from);
    }
  }
}

/** The block that has the page at a linear-memory address: mostly that of the page before. */
function finder(blocks: readonly RamBlock[]): (host: number) => RamBlock | undefined {
  let block: RamBlock | undefined = blocks[0];
  return (host) => {
    const has = ({ host: start, size }: RamBlock): boolean => host >= start && host < start + size;
    if (!block || !has(block)) block = blocks.find(has);
    return block;
  };
}

/** Where in `bytes` the first byte is that memory from `at` on has otherwise, and the end of the last one; the same: none. */
function difference(memory: Uint8Array, at: number, bytes: Uint8Array): [from: number, to: number] {
  let from = 0;
  while (from < bytes.length && memory[at + from] === bytes[from]) from++;
  let to = bytes.length;
  while (to > from && memory[at + to - 1] === bytes[to - 1]) to--;
  return [from, to];
}

const allPages = ({ host, size }: RamBlock): number[] => Array.from({ length: Math.ceil(size / PAGE) }, (_, n) => host + n * PAGE);

/** Addresses of the pages that are not the same in both. */
function differing(a: ReadonlyMap<number, Page>, b: ReadonlyMap<number, Page>): number[] {
  const found: number[] = [];
  for (const [host, page] of b) if (a.get(host) !== page) found.push(host);
  for (const host of a.keys()) if (!b.has(host)) found.push(host);
  return found;
}
