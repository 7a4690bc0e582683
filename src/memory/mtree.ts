/** The texts of `info mtree` and `info mtree -f`. */
import type { AddressSpace } from './address-space.js';
import type { FlatRange } from './flatview.js';
import { isA, type QObject } from '../qom/object.js';
import { ADDRESS_SPACE_SIZE, type MemoryRegion } from './region.js';

const hex = (n: number): string => n.toString(16).padStart(16, '0');
/** The last address of a range; the end of "everything" reads as QEMU's 2^64 - 1. */
const last = (start: number, size: number): string =>
  start + size >= ADDRESS_SPACE_SIZE ? 'f'.repeat(16) : hex(size === 0 ? start : start + size - 1);

const kindOf = (region: MemoryRegion): string => {
  if (region.kind === 'container') return 'i/o';
  if (region.kind === 'ram' && region.readonly) return 'rom';
  return region.kind === 'romd' && !region.romd ? 'i/o' : region.kind;
};

/** An address space by one of its names. */
export interface NamedSpace {
  readonly name: string;
  readonly space: AddressSpace;
}

export interface MtreeOptions {
  /** Whose each region is. */
  readonly owner?: boolean;
  /** Regions that are turned off, too. */
  readonly disabled?: boolean;
  /** Of flat views: how accesses find their region. */
  readonly dispatch?: boolean;
}

/** Spaces of which `key` is the same, in the order of their first one. */
function groupBy<Key>(spaces: readonly NamedSpace[], key: (root: MemoryRegion) => Key): Map<Key, NamedSpace[]> {
  const groups = new Map<Key, NamedSpace[]>();
  for (const each of spaces) {
    const which = key(each.space.root);
    groups.set(which, [...(groups.get(which) ?? []), each]);
  }
  return groups;
}

/** The tree of each address space, then every region that is seen through aliases. */
export function mtreeText(spaces: readonly NamedSpace[], options: MtreeOptions = {}): string {
  const trees = new Trees(options);
  const parts = [...groupBy(spaces, (root) => root)].map(
    ([root, group]) => group.map(({ name }) => `address-space: ${name}\n`).join('') + trees.show(root, 0, 0, 1),
  );
  // What these show may have aliases of more.
  for (const region of trees.aliased) parts.push(`memory-region: ${region.name}\n${trees.show(region, 0, 0, 1)}`);
  return parts.map((part) => `${part}\n`).join('');
}

class Trees {
  readonly aliased = new Set<MemoryRegion>();
  constructor(private readonly options: MtreeOptions) {}

  show(region: MemoryRegion, base: number, priority: number, level: number): string {
    const isShown = region.enabled || this.options.disabled === true;
    const head = `${'  '.repeat(level)}${hex(base)}-${last(base, region.size)} (prio ${priority}, `;
    const tail = `${region.enabled ? '' : ' [disabled]'}${this.options.owner ? ownerText(region) : ''}\n`;
    if (region.alias) {
      this.aliased.add(region.alias);
      if (!isShown) return '';
      const from = region.aliasOffset;
      return `${head}${kindOf(region.alias)}): alias ${region.name} @${region.alias.name} ${hex(from)}-${last(from, region.size)}${tail}`;
    }
    const own = isShown ? `${head}${kindOf(region)}): ${region.name}${tail}` : '';
    const below = [...region.subregions].sort((a, b) => a.offset - b.offset || b.priority - a.priority);
    return own + below.map((s) => this.show(s.region, base + s.offset, s.priority, level + 1)).join('');
  }
}

function ownerText(region: MemoryRegion): string {
  const [role, object] = region.owner ? ['owner', region.owner] : ['parent', region.qomParent];
  return object ? ` ${role}:{${nameOf(object)}}` : '';
}

function nameOf(object: QObject): string {
  const isDevice = isA(object.type, 'device');
  if (isDevice && object.id !== undefined) return `dev id=${object.id}`;
  const path = object.canonicalPath;
  return `${isDevice ? 'dev' : 'obj'} ${path === undefined ? `type=${object.type.name}` : `path=${path}`}`;
}

/** The region that all of a space is, behind aliases and containers with nothing else in them: spaces where it is the same share a view. */
function viewRoot(region: MemoryRegion): MemoryRegion | undefined {
  if (!region.enabled) return undefined;
  const { alias } = region;
  if (alias) return region.aliasOffset === 0 && region.size >= alias.size ? viewRoot(alias) : region;
  if (region.kind !== 'container') return region;
  const enabled = region.subregions.filter((s) => s.region.enabled);
  if (enabled.length === 0) return undefined;
  const [only] = enabled;
  return enabled.length === 1 && only.offset === 0 && region.size >= only.region.size ? viewRoot(only.region) : region;
}

/** The flat views, one for every set of address spaces that see the same. */
export function flatViewText(spaces: readonly NamedSpace[], options: MtreeOptions = {}): string {
  return [...groupBy(spaces, viewRoot)]
    .map(([root, group], i) => {
      const names = group.map(({ name, space }) => ` AS "${name}", root: ${space.root.name}\n`).join('');
      const { ranges } = group[0].space.flatView();
      const lines = ranges.map((range) => rangeLine(range, options)).join('') + (options.dispatch ? dispatchText(ranges) : '');
      return `FlatView #${i}\n${names} Root memory region: ${root?.name ?? '(none)'}\n${ranges.length ? lines : '  No rendered FlatView\n'}\n`;
    })
    .join('');
}

function rangeLine(range: FlatRange, { owner }: MtreeOptions): string {
  const { region } = range;
  const kind =
    region.ramBlock && (range.readonly || (region.kind === 'romd' && range.romd))
      ? region.kind === 'romd'
        ? 'romd'
        : 'rom'
      : kindOf(region);
  const offset = range.offset ? ` @${hex(range.offset)}` : '';
  return `  ${hex(range.start)}-${last(range.start, range.size)} (prio ${region.priority}, ${kind}): ${region.name}${offset}${owner ? ownerText(region) : ''}\n`;
}

/** What is looked up by bisection, in its order. */
function dispatchText(ranges: readonly FlatRange[]): string {
  const rows = ranges.map(({ start, size, region }, i) => `      #${i} @${hex(start)}..${last(start, size)} ${region.name}\n`);
  return `  Dispatch\n    Physical sections\n${rows.join('')}`;
}
