/** The texts of `info mtree` and `info mtree -f`. */
import type { AddressSpace } from './address-space.js';
import type { FlatRange } from './flatview.js';
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

/** The tree of each address space, then every region that is only seen through aliases. */
export function mtreeText(spaces: readonly AddressSpace[], showDisabled = false): string {
  const aliased: MemoryRegion[] = [];
  const shown = new Set<MemoryRegion>();
  const parts: string[] = [];
  const show = (root: MemoryRegion): string => {
    shown.add(root);
    return tree(root, 0, 0, 1, aliased, shown, showDisabled);
  };
  for (const space of spaces) parts.push(`address-space: ${space.name}\n${show(space.root)}`);
  for (let i = 0; i < aliased.length; i++) {
    if (shown.has(aliased[i])) continue;
    parts.push(`memory-region: ${aliased[i].name}\n${show(aliased[i])}`);
  }
  return parts.map((part) => `${part}\n`).join('');
}

function tree(
  region: MemoryRegion,
  base: number,
  priority: number,
  level: number,
  aliased: MemoryRegion[],
  shown: Set<MemoryRegion>,
  all: boolean,
): string {
  if (!region.enabled && !all) return '';
  shown.add(region);
  const head = `${'  '.repeat(level)}${hex(base)}-${last(base, region.size)} (prio ${priority}, `;
  const tail = `${region.enabled ? '' : ' [disabled]'}\n`;
  if (region.alias) {
    aliased.push(region.alias);
    const from = region.aliasOffset;
    return `${head}${kindOf(region.alias)}): alias ${region.name} @${region.alias.name} ${hex(from)}-${last(from, region.size)}${tail}`;
  }
  const own = `${head}${kindOf(region)}): ${region.name}${tail}`;
  const below = [...region.subregions].sort((a, b) => a.offset - b.offset || b.priority - a.priority);
  return own + below.map((s) => tree(s.region, base + s.offset, s.priority, level + 1, aliased, shown, all)).join('');
}

/** The flat views, one for every set of address spaces with the same root. */
export function flatViewText(spaces: readonly AddressSpace[]): string {
  const byRoot = new Map<MemoryRegion, AddressSpace[]>();
  for (const space of spaces) byRoot.set(space.root, [...(byRoot.get(space.root) ?? []), space]);
  return [...byRoot]
    .map(([root, users], i) => {
      const names = users.map((s) => ` AS "${s.name}", root: ${s.root.name}\n`).join('');
      const ranges = users[0].flatView().ranges;
      return `FlatView #${i}\n${names} Root memory region: ${root.name}\n${ranges.length ? ranges.map(rangeLine).join('') : '  No rendered FlatView\n'}\n`;
    })
    .join('');
}

function rangeLine(range: FlatRange): string {
  const { region } = range;
  const kind =
    region.ramBlock && (range.readonly || (region.kind === 'romd' && range.romd))
      ? region.kind === 'romd'
        ? 'romd'
        : 'rom'
      : kindOf(region);
  return `  ${hex(range.start)}-${last(range.start, range.size)} (prio 0, ${kind}): ${region.name}${range.offset ? ` @${hex(range.offset)}` : ''}\n`;
}
