/** The head of a snapshot: what machine it is of. */
import type { BlockBackend } from '../block/backend.js';
import type { MachineState } from '../hw/core/machine.js';
import type { StateSchema } from '../hw/core/vmstate.js';
import { VmStateError } from '../util/errors.js';
import { formatSize } from '../util/size.js';
import type { MachineEntries } from './entries.js';
import { isSchema } from './schema.js';

/** Another snapshot, of which this one has only what is different. */
export interface ParentRef {
  /** Where to look for it: what it was called when this one was made. */
  readonly name: string;
  /** What it is: see SnapshotTools.digest. */
  readonly digest: string;
}

export interface SnapshotHead {
  /** Version of wemu that made it. */
  readonly wemu: string;
  /** When, ms since 1970. */
  readonly date: number;
  readonly machine: string;
  readonly cpus: number;
  /** As `-cpu` named it. */
  readonly cpu?: string;
  /** -icount shift; undefined: time is the host's. */
  readonly icount?: number;
  /** Guest time, ns. */
  readonly clock: string;
  readonly ram: readonly { readonly name: string; readonly size: number }[];
  /** Disks of which it has what was written (`snapshot=on`), their bytes, and what their images were below it (BlockNode.revision). */
  readonly disks?: readonly { readonly id: string; readonly size: number; readonly revision?: string }[];
  /** Undefined: all of memory is in this one. */
  readonly parent?: ParentRef;
  readonly devices: readonly { readonly path: string; readonly type: string; readonly schema: StateSchema }[];
}

export function makeHead(machine: MachineState, entries: MachineEntries, version: string, parent?: ParentRef): SnapshotHead {
  return {
    wemu: version,
    date: Math.floor(machine.env.hostClock.epochMs()),
    machine: machine.type.name,
    cpus: machine.cpus.length,
    cpu: machine.config.cpu,
    icount: machine.clocks.icount?.shift,
    clock: String(machine.clocks.virtualNow),
    ram: machine.ram.blocks.map(({ name, size }) => ({ name, size })),
    disks: changingDrives(machine).map(({ id, node }) => ({ id, size: node.length, revision: node.revision })),
    parent,
    devices: entries.list.map(({ path, type, state, holder }) => ({ path, type, schema: state.schema(holder) })),
  };
}

/** Those of which a snapshot has what was written. */
export const changingDrives = (machine: MachineState): BlockBackend[] =>
  [...machine.backends.drives].filter(({ node }) => node.changes !== undefined);

/** @throws VmStateError if it is none */
export function readHead(value: unknown): SnapshotHead {
  const head = value as Partial<SnapshotHead> | null;
  const isText = (each: unknown): boolean => typeof each === 'string';
  const isCount = (each: unknown): boolean => Number.isSafeInteger(each) && (each as number) >= 0;
  const isFine =
    typeof head === 'object' &&
    head !== null &&
    [head.wemu, head.machine, head.clock].every(isText) &&
    [head.cpus, head.date].every(isCount) &&
    (head.icount === undefined || isCount(head.icount)) &&
    (head.parent === undefined || (isRecord(head.parent) && [head.parent['name'], head.parent['digest']].every(isText))) &&
    [head.ram, head.disks ?? []].every(Array.isArray) &&
    (head.disks ?? []).every(isDisk) &&
    Array.isArray(head.ram) &&
    head.ram.every((each: unknown) => isRecord(each) && isText(each['name']) && isCount(each['size'])) &&
    Array.isArray(head.devices) &&
    head.devices.every((each: unknown) => isRecord(each) && isText(each['path']) && isText(each['type']) && isSchema(each['schema']));
  if (!isFine) throw new VmStateError('the snapshot is damaged: its head');
  return head as SnapshotHead;
}

const isDisk = (each: unknown): boolean =>
  isRecord(each) &&
  typeof each['id'] === 'string' &&
  Number.isSafeInteger(each['size']) &&
  ['string', 'undefined'].includes(typeof each['revision']);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** @throws VmStateError in one line, if the snapshot is of another kind of machine than this */
export function checkMachine(head: SnapshotHead, machine: MachineState, entries: MachineEntries): void {
  const refuse = (what: string): never => {
    throw new VmStateError(`the snapshot is of another machine: ${what}`);
  };
  if (head.machine !== machine.type.name) refuse(`a '${head.machine}', this one is a '${machine.type.name}'`);
  if (head.cpus !== machine.cpus.length) refuse(`it has ${head.cpus} CPUs, this one ${machine.cpus.length} (-smp)`);
  const shift = machine.clocks.icount?.shift;
  if (head.icount !== shift) {
    const text = (value: number | undefined): string => (value === undefined ? 'not -icount' : `-icount shift=${value}`);
    refuse(`its time is ${text(head.icount)}, this one's ${text(shift)}`);
  }
  const { blocks } = machine.ram;
  head.ram.forEach(({ name, size }, i) => {
    const own = blocks[i];
    if (own?.name !== name) refuse(`it has the memory '${name}', this one ${own ? `'${own.name}'` : 'none such'}`);
    if (own.size !== size) refuse(`'${name}' has ${formatSize(size)}, this one's ${formatSize(own.size)} (-m)`);
  });
  if (blocks.length > head.ram.length) refuse(`it lacks the memory '${blocks[head.ram.length].name}'`);
  const [theirDisks, ownDisks] = [head.disks ?? [], changingDrives(machine)];
  for (const [i, { id, node }] of ownDisks.entries()) {
    const found = theirDisks[i] as (typeof theirDisks)[number] | undefined;
    if (found?.id !== id) refuse(`it has ${found ? `the disk '${found.id}'` : 'no disk'}, this one '${id}' (snapshot=on)`);
    else if (found.size !== node.length) refuse(`its disk '${id}' has ${found.size} bytes, this one's ${node.length}`);
    // What the snapshot has of it would be put over what it does not belong to.
    else if (found.revision !== undefined && node.revision !== undefined && found.revision !== node.revision)
      throw new VmStateError(
        `the snapshot does not fit: the image of the disk '${id}' was written to after it was saved, or is another one`,
      );
  }
  if (theirDisks.length > ownDisks.length) refuse(`this one has no disk '${theirDisks[ownDisks.length].id}' (snapshot=on)`);
  const theirs = new Map(head.devices.map(({ path, type }) => [path, type]));
  for (const { path, type, isOptional } of entries.list) {
    const found = theirs.get(path);
    if (found === undefined && isOptional) continue;
    if (found === undefined) refuse(`it has no '${type}' at ${path}`);
    else if (found !== type) refuse(`its device ${path} is a '${found}', this one's a '${type}'`);
    theirs.delete(path);
  }
  for (const [path, type] of theirs) if (!/^serial\d+$/.test(path)) refuse(`this one has no '${type}' at ${path}`);
}
