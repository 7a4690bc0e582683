/** A machine as it is at one moment, on its way to a file. */
import type { MachineState } from '../hw/core/machine.js';
import { ByteWriter } from '../util/bytes.js';
import { VmStateError } from '../util/errors.js';
import { MachineEntries, type Entry } from './entries.js';
import { SectionKind, SnapshotWriter, type SnapshotSink, type SnapshotTools } from './format.js';
import { changingDrives, makeHead, type ParentRef, type SnapshotHead } from './head.js';
import { roomForCopy, type MemoryCopy } from './memory-copy.js';
import { packDelta, packWindow, PAGE, WINDOW, windowScratch, type Room } from './ram.js';

const WINDOWS_AT_ONCE = 4;

/** What was written since the machine was as its parent says. */
export interface Changes {
  readonly parent: ParentRef;
  /** Linear-memory addresses of pages of 4 KiB. */
  readonly pages: Iterable<number>;
}

/** A section of memory. */
export interface Piece {
  readonly kind: SectionKind;
  readonly index: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** Sections of memory one after the other, each in room that the caller has for it. */
export type Pieces = (room: Room) => Iterable<Piece>;

/** Bytes that were written to disks: more are not copied. */
const MOST_COPIED = 256 << 20;

/** `withDisks`: what was written to those that begin anew with each machine is saved, too. @throws VmStateError if what the machine has cannot be saved now */
export function checkSavable(machine: MachineState, withDisks = false): void {
  for (const drive of machine.backends.drives) {
    if (!drive.node.readOnly && !(withDisks && drive.node.changes))
      throw new VmStateError(`Device '${drive.id}' is writable but does not support snapshots`);
  }
  for (const [id, backend] of machine.backends.of('pflash')) {
    if ((backend as { readOnly?: boolean }).readOnly !== true)
      throw new VmStateError(`Device 'pflash${id}' is writable but does not support snapshots`);
  }
  const why = machine.semihosting?.unsavable() ?? machine.cpus.map((cpu) => cpu.unsavable()).find((each) => each !== undefined);
  if (why !== undefined) throw new VmStateError(why);
}

export function saved(state: Entry['state'], holder: unknown): Uint8Array {
  const out = new ByteWriter();
  state.save(holder, out);
  return out.finish();
}

export class MachineImage {
  private readonly head: SnapshotHead;
  private readonly devices: readonly Uint8Array[];
  private memory: Pieces;
  private disks: () => AsyncIterable<Piece>;

  /** `changes`: only what is different from the parent. The machine stands still, until `detach`. @throws VmStateError if it cannot be saved now */
  constructor(machine: MachineState, version: string, changes?: Changes) {
    checkSavable(machine, true);
    const entries = new MachineEntries(machine);
    entries.noteTimers();
    // Before the schemas: what is only there in snapshots is made by saving.
    this.devices = entries.list.map(({ state, holder }) => saved(state, holder));
    this.head = makeHead(machine, entries, version, changes?.parent);
    this.disks = () => disksOf(machine);
    this.memory = changes ? (room) => deltasOf(machine, changes.pages, room) : (room) => windowsOf(machine, room);
  }

  /**
   * The machine may go on from now on: its memory is copied, if nobody has done so (`copied`), and what was written to its disks. False: there is no room
   * for that.
   */
  async detach(copied?: MemoryCopy): Promise<boolean> {
    const disks: Piece[] = [];
    let bytes = 0;
    for await (const piece of this.disks()) {
      if ((bytes += piece.payload.length) > MOST_COPIED) return false;
      disks.push(piece);
    }
    try {
      const copies = copied?.finish() ?? [...this.memory(roomForCopy)];
      this.memory = () => taken(copies);
    } catch (error) {
      if (!(error instanceof VmStateError)) throw error;
      return false;
    }
    this.disks = async function* () {
      yield* taken(disks);
    };
    return true;
  }

  /** Once. Bytes of the file. @throws what the sink throws */
  write(sink: SnapshotSink, tools: SnapshotTools): Promise<Written> {
    return writeSnapshot(sink, tools, this.head, this.devices, this.memory, this.disks());
  }
}

export interface Written {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Undefined: this host makes none. */
  readonly digest: string | undefined;
}

/** A few windows at a time: the host packs each in a thread of its own. @throws what the sink throws */
export async function writeSnapshot(
  sink: SnapshotSink,
  tools: SnapshotTools,
  head: SnapshotHead,
  devices: readonly Uint8Array[],
  memory: Pieces,
  disks: AsyncIterable<Piece>,
): Promise<Written> {
  const told = new ByteWriter();
  const writer = new SnapshotWriter(sink, tools.checksum, tools.codec, (bytes) => told.bytes(bytes));
  await writer.begin(head, head.parent ? 2 : 1);
  for (const [i, payload] of devices.entries()) await writer.section(SectionKind.Device, i, 0, payload);
  const lanes = Array.from({ length: WINDOWS_AT_ONCE }, () => ({ scratch: windowScratch(), written: Promise.resolve() }));
  let count = 0;
  try {
    const pieces = memory(() => lanes[count % lanes.length].scratch)[Symbol.iterator]();
    for (;;) {
      const lane = lanes[count % lanes.length];
      await lane.written;
      const { value: piece, done } = pieces.next();
      if (done) break;
      lane.written = writer.section(piece.kind, piece.index, piece.offset, piece.payload);
      count++;
    }
  } finally {
    await Promise.allSettled(lanes.map(({ written }) => written));
  }
  await Promise.all(lanes.map(({ written }) => written));
  for await (const { kind, index, offset, payload } of disks) await writer.section(kind, index, offset, payload);
  await writer.end();
  return { bytes: writer.bytes, digest: await tools.digest?.(told.finish()) };
}

/** Each is forgotten when the next is asked for. */
function* taken(pieces: Piece[]): Generator<Piece, void> {
  pieces.reverse();
  for (let piece = pieces.pop(); piece; piece = pieces.pop()) yield piece;
}

function* windowsOf({ ram: { blocks } }: MachineState, room: Room): Generator<Piece, void> {
  for (const [index, block] of blocks.entries()) {
    for (let offset = 0; offset < block.size; offset += WINDOW) {
      const payload = packWindow(block, offset, room);
      if (payload) yield { kind: SectionKind.Ram, index, offset, payload };
    }
  }
}

async function* disksOf(machine: MachineState): AsyncGenerator<Piece, void> {
  for (const [index, { node }] of changingDrives(machine).entries()) {
    const { changes } = node;
    for (const offset of changes?.leaves() ?? []) yield { kind: SectionKind.Disk, index, offset, payload: await changes!.pack(offset) };
  }
}

function* deltasOf({ ram: { blocks } }: MachineState, hosts: Iterable<number>, room: Room): Generator<Piece, void> {
  const sorted = [...hosts].sort((a, b) => a - b);
  for (const [index, block] of blocks.entries()) {
    const pages = sorted.filter((host) => host >= block.host && host < block.host + block.size).map((host) => (host - block.host) / PAGE);
    for (let from = 0, to; from < pages.length; from = to) {
      const offset = Math.floor((pages[from] * PAGE) / WINDOW) * WINDOW;
      to = from;
      while (to < pages.length && pages[to] * PAGE < offset + WINDOW) to++;
      yield { kind: SectionKind.Delta, index, offset, payload: packDelta(block, offset, pages.slice(from, to), room) };
    }
  }
}
