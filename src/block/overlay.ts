/** `snapshot=on`: what the guest writes goes to a store of its own, and the image below stays as it is, until somebody commits it. */
import { BlockError, LEAF, LEAF_SECTORS, SECTOR, type BlockNode, type DiskChanges, type DiskReplacement } from './node.js';

const BITMAP = LEAF_SECTORS / 8;
/** A bit for each sector that is in the store, in leaves that are there if one of theirs is. */
type SectorMap = Map<number, Uint8Array>;

export class Overlay implements BlockNode, DiskChanges {
  readonly driver: string;
  readonly filename: string;
  readonly length: number;
  private map: SectorMap = new Map();
  private store: BlockNode;
  /** Requests that are not done. */
  private underWay = 0;
  /** Hears when there is none. */
  private idle = (): void => {};
  /** While the image below is written. */
  private committing: Promise<void> | undefined;

  constructor(
    private readonly base: BlockNode,
    /** Room for what is written, zeros at first; as long as the base. */
    private readonly makeStore: (length: number) => BlockNode,
    readonly readOnly = false,
  ) {
    this.store = makeStore(base.length);
    ({ driver: this.driver, filename: this.filename, length: this.length } = base);
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.request(async () => {
      for (let at = 0; at < into.length;) {
        const { stored, length } = this.run(offset + at, into.length - at);
        await (stored ? this.store : this.base).read(offset + at, into.subarray(at, at + length));
        at += length;
      }
    });
  }
  // A sector counts as stored once it is there: a write that fails leaves the old contents.
  write(offset: number, from: Uint8Array): Promise<void> {
    return this.request(async () => {
      await this.store.write(offset, from);
      this.mark(offset, from.length);
    });
  }
  writeZeroes(offset: number, length: number): Promise<void> {
    return this.request(async () => {
      await this.store.writeZeroes(offset, length, true);
      this.mark(offset, length);
    });
  }
  discard(offset: number, length: number): Promise<void> {
    return this.request(async () => {
      for (let at = 0; at < length;) {
        const run = this.run(offset + at, length - at);
        if (run.stored) await this.store.discard(offset + at, run.length);
        at += run.length;
      }
    });
  }
  /** It ends with the machine: there is nothing to keep. */
  async flush(): Promise<void> {}
  close(): void {
    this.store.close();
    this.base.close();
  }

  private async request(work: () => Promise<void>): Promise<void> {
    while (this.committing) await this.committing;
    this.underWay++;
    try {
      await work();
    } finally {
      if (--this.underWay === 0) this.idle();
    }
  }

  // ---- commit

  async commit(): Promise<void> {
    while (this.committing) await this.committing;
    if (this.readOnly || !this.base.writer) throw new BlockError('EPERM');
    let done = (): void => {};
    this.committing = new Promise((resolve) => (done = resolve));
    try {
      if (this.underWay > 0) await new Promise<void>((resolve) => (this.idle = resolve));
      await this.writeDown(this.base.writer());
    } finally {
      this.committing = undefined;
      done();
    }
  }
  /** All of it is below, and stays there, before any of it goes here. */
  private async writeDown(image: BlockNode): Promise<void> {
    try {
      const piece = new Uint8Array(LEAF);
      for (const leaf of this.leaves())
        await eachRun(sectorsOf(this.map.get(leaf / LEAF)!), async (first, count) => {
          const bytes = piece.subarray(0, count * SECTOR);
          await this.store.read(leaf + first * SECTOR, bytes);
          await image.write(leaf + first * SECTOR, bytes);
        });
      await image.flush();
      const store = this.makeStore(this.length);
      this.store.close();
      this.store = store;
      this.map = new Map();
    } finally {
      image.close();
    }
  }

  // ---- for snapshots

  /** Of the image below. */
  get revision(): string | undefined {
    return this.base.revision;
  }
  get changes(): DiskChanges {
    return this;
  }
  leaves(): number[] {
    return [...this.map.keys()].sort((a, b) => a - b).map((leaf) => leaf * LEAF);
  }
  async pack(leaf: number): Promise<Uint8Array> {
    const bitmap = this.map.get(leaf / LEAF) ?? new Uint8Array(BITMAP);
    const numbers = sectorsOf(bitmap);
    const out = new Uint8Array(BITMAP + numbers.length * SECTOR);
    out.set(bitmap);
    await eachRun(numbers, (first, count, at) => {
      const from = BITMAP + at * SECTOR;
      return this.store.read(leaf + first * SECTOR, out.subarray(from, from + count * SECTOR));
    });
    return out;
  }
  problem(leaf: number, bytes: Uint8Array): string | undefined {
    if (leaf % LEAF !== 0 || leaf >= this.length) return `a piece at byte ${leaf} of a disk of ${this.length}`;
    const numbers = sectorsOf(bytes.subarray(0, BITMAP));
    if (bytes.length !== BITMAP + numbers.length * SECTOR) return `a piece of a disk with ${bytes.length} bytes`;
    return numbers.some((sector) => leaf + sector * SECTOR >= this.length) ? 'a sector behind the end of a disk' : undefined;
  }
  replace(): DiskReplacement {
    const store = this.makeStore(this.length);
    const map: SectorMap = new Map();
    return {
      put: async (leaf, bytes) => {
        const bitmap = bytes.slice(0, BITMAP);
        await eachRun(sectorsOf(bitmap), (first, count, at) => {
          const from = BITMAP + at * SECTOR;
          return store.write(leaf + first * SECTOR, bytes.subarray(from, from + count * SECTOR));
        });
        map.set(leaf / LEAF, bitmap);
      },
      commit: () => {
        this.store.close();
        this.store = store;
        this.map = map;
      },
      discard: () => store.close(),
    };
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

/** Numbers of the sectors of a leaf. */
const sectorsOf = (bitmap: Uint8Array): number[] =>
  Array.from({ length: LEAF_SECTORS }, (_, n) => n).filter((n) => ((bitmap[n >> 3] >> (n & 7)) & 1) === 1);

/** Sectors that follow one another go together; `at` counts those before. */
async function eachRun(numbers: readonly number[], each: (first: number, count: number, at: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < numbers.length;) {
    let end = at + 1;
    while (end < numbers.length && numbers[end] === numbers[end - 1] + 1) end++;
    await each(numbers[at], end - at, at);
    at = end;
  }
}
