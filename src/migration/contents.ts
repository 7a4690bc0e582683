/** What is in a snapshot, for whoever has no machine of the kind: `wemu snapshot`. */
import { SnapshotChain } from './chain.js';
import { SectionKind, type SnapshotSink, type SnapshotTools } from './format.js';
import { writeSnapshot, type Piece, type Written } from './image.js';
import { pagesOfDelta, type Room } from './ram.js';
import { fieldValues, type FieldValues } from './schema.js';

/** Of each device, by its path. @throws VmStateError */
export function deviceValues(chain: SnapshotChain): Map<string, FieldValues> {
  const values = new Map<string, FieldValues>();
  for (const [i, payload] of chain.devices().entries()) {
    const { path, schema } = chain.head.devices[i];
    if (payload) values.set(path, fieldValues(schema, payload));
  }
  return values;
}

/** Payloads of the windows of a block that are not zero, by offset. @throws VmStateError */
export function blockWindows(chain: SnapshotChain, block: number): Map<number, Uint8Array> {
  const windows = new Map<number, Uint8Array>();
  for (const offset of chain.offsets(block)) {
    const payload = chain.window(block, offset);
    if (payload) windows.set(offset, payload.slice());
  }
  return windows;
}

/** Pages in which a file of a chain is different from what it builds on. @throws VmStateError */
export function changedPages({ links }: SnapshotChain, link: number): number {
  const { sections, reader } = links[link];
  const deltas = sections.filter(({ kind }) => kind === SectionKind.Delta);
  return deltas.reduce((sum, section) => sum + pagesOfDelta(reader.payload(section)), 0);
}

/** Writes all that a chain has as one file that builds on none. @throws VmStateError, and what the sink throws */
export function flatten(chain: SnapshotChain, sink: SnapshotSink, tools: SnapshotTools): Promise<Written> {
  const { parent: _, ...head } = chain.head;
  const devices = chain.devices().map((payload) => payload ?? new Uint8Array(0));
  return writeSnapshot(sink, tools, head, devices, (room) => pieces(chain, room), disks(chain));
}

async function* disks(chain: SnapshotChain): AsyncGenerator<Piece, void> {
  for (const { index, offset, payload } of chain.disks()) yield { kind: SectionKind.Disk, index, offset, payload: payload.slice() };
}

function* pieces(chain: SnapshotChain, room: Room): Generator<Piece, void> {
  for (let index = 0; index < chain.head.ram.length; index++) {
    for (const offset of [...chain.offsets(index)].sort((a, b) => a - b)) {
      const payload = chain.window(index, offset);
      if (!payload) continue;
      const own = room(payload.length).subarray(0, payload.length);
      own.set(payload);
      yield { kind: SectionKind.Ram, index, offset, payload: own };
    }
  }
}
