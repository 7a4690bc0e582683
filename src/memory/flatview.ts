/** The tree of regions, flattened: disjoint ranges in ascending order, each of one terminating region. */
import type { MemoryRegion } from './region.js';

export interface FlatRange {
  /** Guest-physical address. */
  readonly start: number;
  readonly size: number;
  readonly region: MemoryRegion;
  /** Offset in `region` of the first byte. */
  readonly offset: number;
  readonly readonly: boolean;
  /** ROM device in ROM mode: reads come from memory. */
  readonly romd: boolean;
}

interface Clip {
  start: number;
  end: number;
}

export class FlatView {
  constructor(readonly ranges: readonly FlatRange[]) {}

  /** The range that holds `address`, found by bisection. */
  find(address: number): FlatRange | undefined {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const range = this.ranges[middle];
      if (address < range.start) high = middle - 1;
      else if (address >= range.start + range.size) low = middle + 1;
      else return range;
    }
    return undefined;
  }

  static render(root: MemoryRegion): FlatView {
    const ranges: FlatRange[] = [];
    render(ranges, root, 0, { start: 0, end: root.size }, false, 0);
    return new FlatView(merge(ranges));
  }
}

/** A chain of aliases deeper than this is a loop. */
const MAX_DEPTH = 64;

function render(out: FlatRange[], region: MemoryRegion, base: number, clip: Clip, readonly: boolean, depth: number): void {
  if (!region.enabled) return;
  if (depth > MAX_DEPTH) throw new Error(`memory region '${region.name}' contains itself`);
  const start = Math.max(base, clip.start);
  const end = Math.min(base + region.size, clip.end);
  if (start >= end) return;
  readonly ||= region.readonly;
  if (region.alias) return render(out, region.alias, base - region.aliasOffset, { start, end }, readonly, depth + 1);
  // Subregions lie above the region that contains them, the first in the list on top of all.
  for (const sub of region.subregions) render(out, sub.region, base + sub.offset, { start, end }, readonly, depth + 1);
  if (region.kind !== 'container') fillGaps(out, region, base, { start, end }, readonly);
}

/** Puts `region` wherever nothing of higher priority is yet. `out` stays sorted. */
function fillGaps(out: FlatRange[], region: MemoryRegion, base: number, clip: Clip, readonly: boolean): void {
  const piece = (start: number, end: number): FlatRange => ({
    start,
    size: end - start,
    region,
    offset: start - base,
    readonly,
    romd: region.kind === 'romd' && region.romd,
  });
  let at = clip.start;
  let i = 0;
  while (i < out.length && at < clip.end) {
    const range = out[i];
    if (range.start + range.size <= at) {
      i++;
      continue;
    }
    if (range.start > at) {
      const end = Math.min(range.start, clip.end);
      out.splice(i, 0, piece(at, end));
      at = end;
      i++;
      continue;
    }
    at = range.start + range.size;
    i++;
  }
  if (at < clip.end) out.splice(i, 0, piece(at, clip.end));
}

function merge(ranges: readonly FlatRange[]): FlatRange[] {
  const out: FlatRange[] = [];
  for (const range of ranges) {
    const last = out.at(-1);
    const joins =
      last &&
      last.region === range.region &&
      last.start + last.size === range.start &&
      last.offset + last.size === range.offset &&
      last.readonly === range.readonly;
    if (joins) out[out.length - 1] = { ...last, size: last.size + range.size };
    else out.push(range);
  }
  return out;
}
