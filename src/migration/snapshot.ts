/** Loading a machine, and looking at it as a whole. It stands still meanwhile: its owner sees to that (MachineControl). */
import { BlockError, type DiskReplacement } from '../block/node.js';
import type { MachineState } from '../hw/core/machine.js';
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { VmStateError } from '../util/errors.js';
import { byName } from './by-name.js';
import { SnapshotChain, type FindParent } from './chain.js';
import { MachineEntries } from './entries.js';
import { directSource, roomFor, SnapshotReader, type Checksum, type Section, type SnapshotSource, type SnapshotTools } from './format.js';
import { changingDrives, checkMachine, readHead, type SnapshotHead } from './head.js';
import { checkSavable, saved } from './image.js';
import { PendingMemory } from './pending.js';
import { clearPages, packWindow, unpackWindow, WINDOW, windowScratch } from './ram.js';

/** Of what kind of machine a snapshot is; the rest has not been looked at. @throws VmStateError */
export async function snapshotHead(source: SnapshotSource, tools: SnapshotTools = {}): Promise<SnapshotHead> {
  return readHead(new SnapshotReader(await directSource(source), tools.checksum, tools.codec).head());
}

/** Hears of each section of one file, which have been found to be whole. @throws VmStateError if anything is not */
export async function readSnapshot(
  source: SnapshotSource,
  tools: SnapshotTools,
  each: (section: Section & { readonly payload: Uint8Array }, head: SnapshotHead) => void,
): Promise<SnapshotHead> {
  const reader = new SnapshotReader(await directSource(source), tools.checksum, tools.codec);
  const head = readHead(reader.head());
  for (const section of reader.sections()) each({ ...section, payload: reader.payload(section) }, head);
  return head;
}

export interface LoadOptions {
  /** The machine has just been made, without its boot images (MachineConfig.incoming): its memory is zero, and it is of no use if this throws. */
  readonly isFresh?: boolean;
  /** Looks for what the snapshot builds on; default: nothing is found. */
  readonly parents?: FindParent;
  /**
   * Memory is read when it is used, if the machine is fresh. `released` is called when nothing more is read, whatever has come of it; `failed` if that is not
   * possible any more: then guest code has ended by a HostError, and so has whatever else asked for those bytes.
   */
  readonly lazy?: { released?(): void; failed?(error: Error): void };
}

/** Of what was loaded. */
export interface Loaded {
  readonly head: SnapshotHead;
  readonly digest: string | undefined;
  readonly links: number;
  /** Undefined: all of memory is there. */
  readonly pending: PendingMemory | undefined;
}

/**
 * Makes the machine what it was when the snapshot was made. All of the snapshot is looked at before anything is changed, and read once, so the machine is as it
 * was if this throws a VmStateError, or what the source throws: but for one that is fresh.
 */
export async function loadMachine(
  machine: MachineState,
  source: SnapshotSource,
  tools: SnapshotTools = {},
  { isFresh = false, parents, lazy }: LoadOptions = {},
): Promise<Loaded> {
  checkSavable(machine, true); // a disk would be another one than the guest knows
  const chain = await SnapshotChain.open(source, tools, parents);
  const { head, digest, links } = chain;
  let pending: PendingMemory | undefined;
  let disks: DiskReplacement[] = [];
  try {
    const entries = new MachineEntries(machine);
    checkMachine(head, machine, entries);
    const inputs = inputsOf(chain, entries);
    disks = await newDisks(machine, chain);
    if (isFresh && lazy)
      pending = new PendingMemory(machine, chain, () => lazy.released?.(), (error) => lazy.failed?.(error)); // prettier-ignore
    else if (isFresh) readInto(machine, chain);
    else replaceMemory(machine, chain);
    for (const disk of disks.splice(0)) disk.commit();
    machine.accelerator?.flush?.();
    loadEntries(entries, inputs);
    machine.ramReplaced();
  } catch (error) {
    pending?.end();
    throw error;
  } finally {
    for (const disk of disks) disk.discard();
    if (!pending) chain.close();
  }
  if (!machine.clocks.icount) for (const device of machine.realizedDevices) device.newGeneration();
  return { head, digest, links: links.length, pending };
}

/** What was written to disks when the snapshot was made. @throws VmStateError */
async function newDisks(machine: MachineState, chain: SnapshotChain): Promise<DiskReplacement[]> {
  const drives = changingDrives(machine);
  const disks = drives.map(({ node }) => node.changes!.replace());
  try {
    for (const { index, offset, payload } of chain.disks()) {
      const problem = drives[index].node.changes!.problem(offset, payload);
      if (problem !== undefined) throw new VmStateError(`the snapshot is damaged: ${problem}`);
      await disks[index].put(offset, payload);
    }
    return disks;
  } catch (error) {
    for (const disk of disks) disk.discard();
    throw error instanceof BlockError ? new VmStateError(`cannot write what is in the snapshot: ${error.message}`) : error;
  }
}

/** Memory that is zero. */
function readInto({ ram: { blocks } }: MachineState, chain: SnapshotChain): void {
  blocks.forEach((block, i) => {
    for (const offset of chain.offsets(i)) {
      const payload = chain.window(i, offset);
      if (payload) unpackWindow(block, offset, payload, true);
    }
  });
}

/** All of it is there before any of it is put in place. @throws VmStateError if there is no room for it, too */
function replaceMemory({ ram: { blocks } }: MachineState, chain: SnapshotChain): void {
  const windows = blocks.map((_, i) => {
    const found = new Map<number, Uint8Array>();
    for (const offset of chain.offsets(i)) {
      const payload = chain.window(i, offset);
      if (!payload) continue;
      const copy = roomFor(payload.length, 'what is in the snapshot');
      copy.set(payload);
      found.set(offset, copy);
    }
    return found;
  });
  // From here on nothing may refuse.
  blocks.forEach((block, i) => {
    for (let offset = 0; offset < block.size; offset += WINDOW) {
      const payload = windows[i].get(offset);
      if (payload) unpackWindow(block, offset, payload, false);
      else clearPages(block, offset, offset + WINDOW);
    }
  });
}

/** What each entry is loaded from, all of it looked at. @throws VmStateError */
function inputsOf(chain: SnapshotChain, entries: MachineEntries): (LoadInput | undefined)[] {
  const payloads = chain.devices();
  const byPath = new Map(chain.head.devices.map(({ path, schema }, i) => [path, { schema, payload: payloads[i] }]));
  return entries.list.map(({ path, state, holder }) => {
    const found = byPath.get(path);
    if (!found) return undefined; // it is optional
    const { schema } = found;
    const { version } = schema;
    if (!found.payload) throw new VmStateError(`the snapshot is damaged: '${path}' is missing`);
    try {
      const payload = byName(schema, found.payload, state.schema(holder), () => saved(state, holder));
      const input = new ByteReader(payload);
      state.check(holder, input, version);
      if (input.remaining > 0) throw new VmStateError(`${input.remaining} bytes too many`);
      return { version, payload };
    } catch (error) {
      throw error instanceof VmStateError ? new VmStateError(`the snapshot does not fit: ${path}: ${error.message}`) : error;
    }
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
      const payload = packWindow(block, at, () => scratch);
      sums.u32(payload ? checksum(payload) : 0);
    }
  }
  return checksum(sums.finish());
}
