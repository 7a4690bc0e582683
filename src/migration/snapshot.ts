/** Saving a machine, and loading it. The machine stands still meanwhile: its owner sees to that (MachineControl). */
import type { MachineState } from '../hw/core/machine.js';
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { VmStateError } from '../util/errors.js';
import { MachineEntries, type Entry } from './entries.js';
import {
  SectionKind,
  SnapshotReader,
  SnapshotWriter,
  type Checksum,
  type Codec,
  type Section,
  type SnapshotSink,
  type SnapshotSource,
} from './format.js';
import { checkMachine, makeHead, readHead, type SnapshotHead } from './head.js';
import { checkWindow, clearPages, packWindow, unpackWindow, WINDOW, windowScratch } from './ram.js';

const WINDOWS_AT_ONCE = 4;

/** What a host may bring. */
export interface SnapshotTools {
  readonly checksum?: Checksum;
  /** Without it nothing is compressed, and reading it takes longer. */
  readonly codec?: Codec;
}

/** @throws VmStateError if what the machine has cannot be saved now */
export function checkSavable(machine: MachineState): void {
  for (const drive of machine.drives) {
    if (!drive.node.readOnly) throw new VmStateError(`Device '${drive.id}' is writable but does not support snapshots`);
  }
  for (const [id, backend] of machine.backendsOf('pflash')) {
    if ((backend as { readOnly?: boolean }).readOnly !== true)
      throw new VmStateError(`Device 'pflash${id}' is writable but does not support snapshots`);
  }
  const why = machine.semihosting?.unsavable() ?? machine.cpus.map((cpu) => cpu.unsavable()).find((each) => each !== undefined);
  if (why !== undefined) throw new VmStateError(why);
}

/** Bytes of the file. @throws VmStateError if the machine cannot be saved now, and what the sink throws */
export async function saveMachine(machine: MachineState, sink: SnapshotSink, version: string, tools: SnapshotTools = {}): Promise<number> {
  checkSavable(machine);
  const entries = new MachineEntries(machine);
  entries.noteTimers();
  // Before the schemas: what is only there in snapshots is made by saving.
  const payloads = entries.list.map(({ state, holder }) => saved(state, holder));
  const writer = new SnapshotWriter(sink, tools.checksum, tools.codec);
  await writer.begin(makeHead(machine, entries, version));
  for (const [i, payload] of payloads.entries()) await writer.section(SectionKind.Device, i, 0, payload);
  await writeMemory(machine, writer);
  await writer.end();
  return writer.bytes;
}

/** A few windows at a time: the host packs each in a thread of its own. */
async function writeMemory(machine: MachineState, writer: SnapshotWriter): Promise<void> {
  const lanes = Array.from({ length: WINDOWS_AT_ONCE }, () => ({ scratch: windowScratch(), written: Promise.resolve() }));
  let count = 0;
  try {
    for (const [i, block] of machine.ram.blocks.entries()) {
      for (let at = 0; at < block.size; at += WINDOW) {
        const lane = lanes[count % lanes.length];
        await lane.written;
        const payload = packWindow(block, at, lane.scratch);
        if (!payload) continue;
        lane.written = writer.section(SectionKind.Ram, i, at, payload);
        count++;
      }
    }
  } finally {
    await Promise.allSettled(lanes.map(({ written }) => written));
  }
  await Promise.all(lanes.map(({ written }) => written));
}

export function saved(state: Entry['state'], holder: unknown): Uint8Array {
  const out = new ByteWriter();
  state.save(holder, out);
  return out.finish();
}

/** Of what kind of machine a snapshot is; the rest has not been looked at. @throws VmStateError */
export async function snapshotHead(source: SnapshotSource, tools: SnapshotTools = {}): Promise<SnapshotHead> {
  return readHead(await new SnapshotReader(source, tools.checksum, tools.codec).head());
}

/** Hears of the head, and then of each section, which have been found to be whole. @throws VmStateError if anything is not */
export async function readSnapshot(
  source: SnapshotSource,
  tools: SnapshotTools,
  section: (section: Section, head: SnapshotHead) => void,
): Promise<SnapshotHead> {
  const reader = new SnapshotReader(source, tools.checksum, tools.codec);
  const head = readHead(await reader.head());
  for (let next = await reader.next(); next; next = await reader.next()) section(next, head);
  return head;
}

/**
 * Makes the machine what it was when the snapshot was made. All of the snapshot is looked at before anything is changed, so the machine is as it was if
 * this throws a VmStateError. `isFresh`: the machine has just been made, without its boot images (MachineConfig.incoming), and is of no use if this
 * throws: then the snapshot is read once.
 */
export async function loadMachine(
  machine: MachineState,
  source: SnapshotSource,
  tools: SnapshotTools = {},
  isFresh = false,
): Promise<void> {
  checkSavable(machine); // a disk would be another one than the guest knows
  const entries = new MachineEntries(machine);
  const { blocks } = machine.ram;
  const payloads: Uint8Array[] = [];
  /** Windows that the snapshot has, by block. */
  const windows = blocks.map(() => new Set<number>());
  let isChecked = false;
  const look = ({ kind, index, offset, payload }: Section, head: SnapshotHead): void => {
    if (!isChecked) checkMachine(head, machine, entries);
    isChecked = true;
    if (kind === SectionKind.Device) payloads[index] = payload.slice();
    else if (kind === SectionKind.Ram && index < blocks.length) {
      checkWindow(blocks[index].size, offset, payload);
      if (windows[index].has(offset)) throw new VmStateError('the snapshot is damaged: a window of RAM comes twice');
      windows[index].add(offset);
      if (isFresh) unpackWindow(blocks[index], offset, payload, true);
    } else throw new VmStateError(`the snapshot is damaged: a section of kind ${kind} for ${index}`);
  };
  const head = await readSnapshot(source, tools, look);
  if (!isChecked) checkMachine(head, machine, entries);
  const inputs = inputsOf(head, entries, payloads);
  // From here on nothing may refuse.
  if (!isFresh) {
    blocks.forEach((block, i) => {
      for (let at = 0; at < block.size; at += WINDOW) if (!windows[i].has(at)) clearPages(block, at, at + WINDOW);
    });
    await readSnapshot(source, tools, ({ kind, index, offset, payload }) => {
      if (kind === SectionKind.Ram) unpackWindow(blocks[index], offset, payload, false);
    });
  }
  machine.accelerator?.flush?.();
  loadEntries(entries, inputs);
  machine.ramReplaced();
  if (!machine.clocks.icount) for (const device of machine.realizedDevices) device.newGeneration();
}

/** What each entry is loaded from, all of it looked at. @throws VmStateError */
function inputsOf({ devices }: SnapshotHead, entries: MachineEntries, payloads: readonly Uint8Array[]): (LoadInput | undefined)[] {
  const byPath = new Map(devices.map(({ path, schema }, i) => [path, { version: schema.version, payload: payloads[i] }]));
  return entries.list.map(({ path, state, holder }) => {
    const found = byPath.get(path);
    if (!found) return undefined; // it is optional
    const { version, payload } = found;
    if (!payload) throw new VmStateError(`the snapshot is damaged: '${path}' is missing`);
    const input = new ByteReader(payload);
    try {
      state.check(holder, input, version);
      if (input.remaining > 0) throw new VmStateError(`${input.remaining} bytes too many`);
    } catch (error) {
      throw error instanceof VmStateError ? new VmStateError(`the snapshot does not fit: ${path}: ${error.message}`) : error;
    }
    return { version, payload };
  });
}

export interface LoadInput {
  readonly version: number;
  readonly payload: Uint8Array;
}

/** One for each entry, in their order. */
export function loadEntries(entries: MachineEntries, inputs: readonly (LoadInput | undefined)[]): void {
  entries.list.forEach(({ state, holder }, i) => {
    const input = inputs[i];
    if (input) state.load(holder, new ByteReader(input.payload), input.version);
  });
  entries.armTimers();
}

/** A number that is another one if anything of the machine's state is, RAM and time included. */
export function machineDigest(machine: MachineState, checksum: Checksum = crc32): number {
  const entries = new MachineEntries(machine);
  entries.noteTimers();
  const sums = new ByteWriter();
  for (const { state, holder } of entries.list) sums.u32(checksum(saved(state, holder)));
  const scratch = windowScratch();
  for (const block of machine.ram.blocks) {
    for (let at = 0; at < block.size; at += WINDOW) {
      const payload = packWindow(block, at, scratch);
      sums.u32(payload ? checksum(payload) : 0);
    }
  }
  return checksum(sums.finish());
}
