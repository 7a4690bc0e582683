/** `snapshot=on`: what the guest writes goes to a store of its own, and the image below stays as it is. */
import { SECTOR, type BlockNode } from './node.js';

/** Sectors of a leaf of the map. */
const LEAF_SECTORS = 2048;

export class Overlay implements BlockNode {
  readonly readOnly = false;
  readonly driver: string;
  readonly filename: string;
  readonly length: number;
  /** A bit for each sector that is in the store, in leaves that are there if one of theirs is. */
  private readonly map = new Map<number, Uint8Array>();

  constructor(
    private readonly base: BlockNode,
    /** As long as the base. */
    private readonly store: BlockNode,
  ) {
    ({ driver: this.driver, filename: this.filename, length: this.length } = base);
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length;) {
      const { stored, length } = this.run(offset + at, into.length - at);
      await (stored ? this.store : this.base).read(offset + at, into.subarray(at, at + length));
      at += length;
    }
  }
  // A sector counts as stored once it is there: a write that fails leaves the old contents.
  async write(offset: number, from: Uint8Array): Promise<void> {
    await this.store.write(offset, from);
    this.mark(offset, from.length);
  }
  async writeZeroes(offset: number, length: number): Promise<void> {
    await this.store.writeZeroes(offset, length, true);
    this.mark(offset, length);
  }
  async discard(offset: number, length: number): Promise<void> {
    for (let at = 0; at < length;) {
      const run = this.run(offset + at, length - at);
      if (run.stored) await this.store.discard(offset + at, run.length);
      at += run.length;
    }
  }
  /** It ends with the machine: there is nothing to keep. */
  async flush(): Promise<void> {}
  close(): void {
    this.store.close();
    this.base.close();
  }

  /** How far from `offset` on, at most `most`, it is all stored, or none of it. */
  private run(offset: number, most: number): { stored: boolean; length: number } {
    const first = offset / SECTOR;
    const end = first + most / SECTOR;
    const stored = this.isStored(first);
    let sector = first + 1;
    while (sector < end) {
      const rest = LEAF_SECTORS - (sector % LEAF_SECTORS);
      if (!stored && !this.map.has(Math.floor(sector / LEAF_SECTORS))) sector += rest;
      else if (this.isStored(sector) === stored) sector++;
      else break;
    }
    return { stored, length: (Math.min(sector, end) - first) * SECTOR };
  }

  private isStored(sector: number): boolean {
    const bit = sector % LEAF_SECTORS;
    const leaf = this.map.get(Math.floor(sector / LEAF_SECTORS));
    return leaf !== undefined && ((leaf[bit >> 3] >> (bit & 7)) & 1) === 1;
  }

  private mark(offset: number, length: number): void {
    for (let sector = offset / SECTOR, end = sector + length / SECTOR; sector < end; sector++) {
      const index = Math.floor(sector / LEAF_SECTORS);
      let leaf = this.map.get(index);
      if (!leaf) this.map.set(index, (leaf = new Uint8Array(LEAF_SECTORS / 8)));
      const bit = sector % LEAF_SECTORS;
      leaf[bit >> 3] |= 1 << (bit & 7);
    }
  }
}
