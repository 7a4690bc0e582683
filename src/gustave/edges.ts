/** Coverage as AFL has it: counters of edges between blocks, and what is new about them. */
import type { Block, EdgeMap, PluginApi } from '../plugin/api.js';
import { isInRanges, type AddressRange } from '../util/address-range.js';

export const MAP_SIZE = 0x1_0000;

/** 16 bits of a block's address: neighbours are far from one another, and it is the same in every run. */
function locationOf(address: bigint): number {
  const low = Number(address & 0xffff_ffffn);
  const high = Number((address >> 32n) & 0xffff_ffffn);
  let hash = Math.imul((low ^ Math.imul(high, 0x9e37_79b1)) >>> 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

/** What makes a machine's blocks count, those that begin in certain ranges. */
export class EdgeCoverage {
  private map: EdgeMap | undefined;
  private vcpus = 0;
  /** Change it only before its code is translated, or flush that. */
  ranges: readonly AddressRange[] = [];

  /** Before the machine has its CPUs. */
  install(api: PluginApi): void {
    const map = (this.map = api.edgeMap());
    this.vcpus = api.info.vcpus;
    api.onTranslate((block: Block) => {
      if (this.ranges.length > 0 && isInRanges(this.ranges, block.vaddr)) block.edge(map, locationOf(block.vaddr));
    });
  }

  /** A run begins. */
  begin(): void {
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) this.map!.begin(vcpu);
  }
  /** It is over: what it has counted goes to `edges`, and the counters are 0 again. */
  end(edges: Edges): void {
    edges.clear();
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) edges.take(this.map!.counts(vcpu));
  }
}

/** Of one run. */
export class Edges {
  /** By edge: 1 to 255, 0 where the run did not go. */
  readonly bitmap = new Uint8Array(MAP_SIZE);
  /** Those that are not 0: the first `count`. */
  readonly places = new Uint16Array(MAP_SIZE);
  count = 0;

  clear(): void {
    for (let i = 0; i < this.count; i++) this.bitmap[this.places[i]] = 0;
    this.count = 0;
  }

  /** Adds the counters of a CPU, and clears them. Most are 0: 16 are looked at together, which takes 5 us. */
  take(counters: Uint8Array): void {
    const { bitmap } = this;
    const words = new Int32Array(counters.buffer, counters.byteOffset, MAP_SIZE / 4);
    for (let word = 0; word < MAP_SIZE / 4; word += 4) {
      if ((words[word] | words[word + 1] | words[word + 2] | words[word + 3]) === 0) continue;
      for (let at = 4 * word; at < 4 * word + 16; at++) {
        const found = counters[at];
        if (found === 0) continue;
        if (bitmap[at] === 0) this.places[this.count++] = at;
        bitmap[at] = Math.min(bitmap[at] + found, 255);
        counters[at] = 0;
      }
    }
  }
}

/** How often an edge was taken is told apart by a bit each: once, twice, three times, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more often. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, n) => {
  if (n < 4) return [0, 1, 2, 4][n];
  return n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : n < 128 ? 64 : 128;
});

/** What runs have shown up to now. */
export class SeenEdges {
  private readonly seen = new Uint8Array(MAP_SIZE);
  /** Edges that were ever taken. */
  count = 0;

  /** Whether the run has taken an edge for the first time, or as often as none before. It is known from now on. */
  add({ bitmap, places, count }: Edges): boolean {
    let isNew = false;
    for (let i = 0; i < count; i++) {
      const place = places[i];
      const bit = CLASSES[bitmap[place]];
      const seen = this.seen[place];
      if ((seen & bit) !== 0) continue;
      if (seen === 0) this.count++;
      this.seen[place] = seen | bit;
      isNew = true;
    }
    return isNew;
  }
}
