/** Caches as sets of blocks: what hits, what misses, and what is thrown out. */

export const POLICIES = ['lru', 'fifo', 'rand'] as const;
export type Policy = (typeof POLICIES)[number];

export interface CacheShape {
  /** Bytes of all, and of a block; blocks of a set. */
  readonly size: number;
  readonly block: number;
  readonly ways: number;
}

/** Undefined: there can be such a cache. */
export function shapeProblem({ size, block, ways }: CacheShape): string | undefined {
  if (size === 0 || block === 0 || ways === 0) return 'sizes are above 0';
  if (size % block !== 0) return 'cache size must be divisible by block size';
  if (size % (block * ways) !== 0) return 'cache size must be divisible by set size (assoc * block size)';
  const isPower = (n: number): boolean => Number.isInteger(Math.log2(n));
  return isPower(block) && isPower(size / (block * ways)) ? undefined : 'block size and number of sets are powers of two';
}

const EMPTY = -1;

export class Cache {
  accesses = 0;
  misses = 0;
  private readonly sets: number;
  /** By set, then by way: the block there, and when it was used (lru) or came (fifo). */
  private readonly blocks: Float64Array;
  private readonly times: Float64Array;
  private clock = 0;
  private seed = 1;

  constructor(
    private readonly shape: CacheShape,
    private readonly policy: Policy,
  ) {
    this.sets = shape.size / (shape.block * shape.ways);
    this.blocks = new Float64Array(this.sets * shape.ways).fill(EMPTY);
    this.times = new Float64Array(this.sets * shape.ways);
  }

  /** False: it misses, and the block is there from now on. */
  access(address: number): boolean {
    const { ways, block } = this.shape;
    this.accesses++;
    const wanted = Math.floor(address / block);
    const first = (wanted % this.sets) * ways;
    const { blocks, times } = this;
    let victim = first;
    for (let way = first; way < first + ways; way++) {
      if (blocks[way] === wanted) {
        if (this.policy === 'lru') times[way] = ++this.clock;
        return true;
      }
      if (blocks[victim] !== EMPTY && (blocks[way] === EMPTY || times[way] < times[victim])) victim = way;
    }
    this.misses++;
    if (this.policy === 'rand' && blocks[victim] !== EMPTY) victim = first + (this.random() % ways);
    blocks[victim] = wanted;
    times[victim] = ++this.clock;
    return false;
  }

  /** Marsaglia's xorshift: runs repeat. */
  private random(): number {
    let x = this.seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.seed = x >>> 0);
  }
}
