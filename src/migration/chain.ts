/** A snapshot together with those that it builds on, down to one that has all of memory: to its reader it is as if all were in one file. */
import { ByteWriter } from '../util/bytes.js';
import { SnapshotError, VmStateError } from '../util/errors.js';
import {
  directSource,
  SectionKind,
  SnapshotReader,
  type DirectSource,
  type Section,
  type SnapshotSource,
  type SnapshotTools,
} from './format.js';
import { readHead, type ParentRef, type SnapshotHead } from './head.js';
import { applyDelta, checkDelta, checkPlace, checkWindow, packWindow, unpackWindow, WINDOW, windowScratch } from './ram.js';
import { inPlace, type OpenSnapshot, type Soon } from './store.js';

/** Snapshots that build on one another, at most: each is a file that is open. */
export const MOST_LINKS = 64;

/** Looks for what a snapshot builds on; undefined: there is none of that name. */
export type FindParent = (parent: ParentRef) => Soon<OpenSnapshot | undefined>;

/** One file. */
export interface Link {
  /** Undefined: the one that was asked for. */
  readonly name?: string;
  readonly head: SnapshotHead;
  readonly sections: readonly Section[];
  readonly reader: SnapshotReader;
  /** Undefined: this host makes none. */
  readonly digest: string | undefined;
}

/** A window of memory as far as one file has it. */
interface Layer {
  readonly link: Link;
  readonly section: Section;
}

export class SnapshotChain {
  /** By block, by offset: the layers of a window, the lowest first. */
  private readonly windows: readonly ReadonlyMap<number, readonly Layer[]>[];
  private readonly merged = new Uint8Array(WINDOW);
  private readonly scratch = windowScratch();

  /** The snapshot, its parent, and so on. */
  private constructor(
    readonly links: readonly Link[],
    private readonly opened: readonly OpenSnapshot[],
  ) {
    this.windows = this.head.ram.map(() => new Map<number, Layer[]>());
    for (const link of [...links].reverse()) within(link, () => this.addWindows(link));
  }

  /** The heads of all files have been looked at; payloads are when they are read. @throws VmStateError, and what the sources throw */
  static async open(source: SnapshotSource, tools: SnapshotTools, find?: FindParent): Promise<SnapshotChain> {
    const opened: OpenSnapshot[] = [];
    try {
      const links = [await readLink(await directSource(source), tools)];
      for (let parent = links[0].head.parent; parent; parent = links.at(-1)!.head.parent) {
        if (links.length === MOST_LINKS) throw new VmStateError(`more than ${MOST_LINKS} snapshots build on one another`);
        links.push(await openParent(parent, links[0].head, tools, find, opened));
      }
      return new SnapshotChain(links, opened);
    } catch (error) {
      for (const each of opened) each.close();
      throw error;
    }
  }

  get head(): SnapshotHead {
    return this.links[0].head;
  }
  get digest(): string | undefined {
    return this.links[0].digest;
  }

  /** Nobody reads it any more. What was asked for is its opener's to close. */
  close(): void {
    for (const each of this.opened) each.close();
  }

  /** Of each device, in the order of the description; undefined: it has none. Parents' are looked at, too. @throws VmStateError */
  devices(): (Uint8Array | undefined)[] {
    const payloads: (Uint8Array | undefined)[] = this.head.devices.map(() => undefined);
    for (const link of this.links) {
      for (const section of link.sections) {
        if (section.kind === SectionKind.Ram || section.kind === SectionKind.Delta) continue;
        const payload = within(link, () => link.reader.payload(section));
        if (link === this.links[0] && section.kind === SectionKind.Device) payloads[section.index] = payload.slice();
      }
    }
    return payloads;
  }

  /** Where a block has windows that may not be zero. */
  offsets(block: number): Iterable<number> {
    return this.windows[block].keys();
  }

  /** A window as packWindow makes it, good until the next call; undefined: all of it is zero. @throws VmStateError, and what the sources throw */
  window(block: number, offset: number): Uint8Array | undefined {
    const layers = this.windows[block].get(offset) ?? [];
    const memory = { size: Math.min(WINDOW, this.head.ram[block].size - offset), bytes: this.merged };
    if (layers.length > 1) this.merged.fill(0);
    for (const { link, section } of layers) {
      const payload = within(link, () => link.reader.payload(section));
      if (section.kind === SectionKind.Ram) {
        within(link, () => checkWindow(memory.size, 0, payload));
        if (layers.length === 1) return payload;
        unpackWindow(memory, 0, payload, true);
      } else {
        within(link, () => checkDelta(memory.size, 0, payload));
        if (layers.length === 1) this.merged.fill(0);
        applyDelta(memory, 0, payload);
      }
    }
    return layers.length === 0 ? undefined : packWindow(memory, 0, () => this.scratch);
  }

  /** What was written to disks, of the snapshot itself. The payload is good until the next. @throws VmStateError */
  *disks(): Generator<{ index: number; offset: number; payload: Uint8Array }, void> {
    const [{ sections, reader }] = this.links;
    for (const section of sections) if (section.kind === SectionKind.Disk) yield { ...section, payload: reader.payload(section) };
  }

  private addWindows(link: Link): void {
    const { head, sections } = link;
    const kind = head.parent ? SectionKind.Delta : SectionKind.Ram;
    const seen = new Set<string>();
    for (const section of sections) {
      const { index, offset } = section;
      if (section.kind === SectionKind.Device && index < head.devices.length) continue;
      const isDisk = section.kind === SectionKind.Disk && index < (head.disks?.length ?? 0);
      if (!isDisk && (section.kind !== kind || index >= head.ram.length)) damaged(`a section of kind ${section.kind} for ${index}`);
      const place = `${section.kind} ${index} ${offset}`;
      if (seen.has(place)) damaged(`a window of ${isDisk ? 'a disk' : 'RAM'} comes twice`);
      seen.add(place);
      if (isDisk) continue;
      checkPlace(head.ram[index].size, offset);
      const windows = this.windows[index] as Map<number, Layer[]>;
      windows.set(offset, [...(windows.get(offset) ?? []), { link, section }]);
    }
  }
}

const damaged = (what: string): never => {
  throw new VmStateError(`the snapshot is damaged: ${what}`);
};

/** What is wrong with a parent is said of it. */
function within<T>({ name }: { readonly name?: string }, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw name !== undefined && error instanceof VmStateError ? new VmStateError(`its parent '${name}': ${error.message}`) : error;
  }
}

async function readLink(source: DirectSource, tools: SnapshotTools, name?: string): Promise<Link> {
  const told = new ByteWriter();
  const reader = new SnapshotReader(source, tools.checksum, tools.codec, (bytes) => told.bytes(bytes));
  const { head, sections } = within({ name }, () => ({ head: readHead(reader.head()), sections: [...reader.sections()] }));
  return { name, head, sections, reader, digest: await tools.digest?.(told.finish()) };
}

async function openParent(
  parent: ParentRef,
  child: SnapshotHead,
  tools: SnapshotTools,
  find: FindParent | undefined,
  opened: OpenSnapshot[],
): Promise<Link> {
  const { name, digest } = parent;
  if (!tools.digest) throw new VmStateError(`it builds on the snapshot '${name}', which this host cannot check`);
  const found = await find?.(parent);
  if (!found) throw new VmStateError(`it builds on the snapshot '${name}', which is not there`);
  const file = await inPlace(found);
  opened.push(file);
  const link = await readLink(file, tools, name);
  if (link.digest !== digest)
    throw new VmStateError(`it builds on a snapshot '${name}' that was another one (its digest is not ${digest})`);
  if (JSON.stringify(link.head.ram) !== JSON.stringify(child.ram)) throw new VmStateError(`its parent '${name}' has other memory`);
  return link;
}

/** What reading one may throw: it is damaged, or it cannot be read. */
export const isBroken = (error: unknown): error is Error => error instanceof VmStateError || error instanceof SnapshotError;
