/**
 * Where the machine's thread spends its time, by samples. The thread tells what it does in one word of the shared memory (ENV_ACTIVITY), and a
 * sampler on a thread of its own looks at it about once a millisecond and counts, by activity and guest pc, in a shared table. Only a machine that
 * is profiled tells anything: its imports, its way into the exec loop, and its helpers are wrapped.
 */
import { ENV_ACTIVITY, ENV_LAST_TB, ENV_PC, TB_PC } from '../../../assembly/shared/layout.js';
import type { ProfileInfo } from '../jit-info.js';

/** Low bits of the word; above them the env of the vCPU (0: none is in a slice). */
export const Activity = {
  Other: 0,
  Guest: 1,
  Helper: 2,
  Mmio: 3,
  Translation: 4,
  Codegen: 5,
} as const;
export type Activity = (typeof Activity)[keyof typeof Activity];
const ACTIVITY_MASK = 7;

/** What a sample is counted as: ProfileInfo's shares. */
const KINDS = ['other', 'generated', 'helpers', 'mmio', 'translation', 'codegen', 'tci'] as const;
const TCI = KINDS.indexOf('tci');
/** Kinds that are time of the guest code at the pc. */
const OF_FUNCTIONS = new Set(['generated', 'tci', 'helpers', 'mmio']);

/** What a sampler needs. */
export interface ProfileRequest {
  readonly memory: WebAssembly.Memory;
  /** Address of the word. */
  readonly cell: number;
  readonly table: SharedArrayBuffer;
  readonly intervalMs: number;
}

/** Starts sampling on another thread; returns what ends it. */
export type StartProfiler = (request: ProfileRequest) => () => void;

const BUCKETS = 1 << 15;
/** Words of a bucket: pc (low, high), kind + 1, count. */
const BUCKET = 4;
const TABLE_BYTES = 4 * BUCKET * BUCKETS;
const INTERVAL_MS = 1;
const SHOWN_FUNCTIONS = 20;
/** Code without symbols is told apart by this many bytes. */
const RANGE_BITS = 8n;

/** Takes one sample. It looks at words that another thread is writing: a pc may be torn, and is then counted somewhere odd. */
export function takeSample(words: Int32Array, cell: number, table: Int32Array): void {
  const state = words[cell >> 2];
  const env = state & ~ACTIVITY_MASK;
  let kind: number = state & ACTIVITY_MASK;
  let [lo, hi] = [0, 0];
  if (kind !== Activity.Other) {
    const tb = words[(env + ENV_LAST_TB) >> 2];
    const pc = (tb === 0 ? env + ENV_PC : tb + TB_PC) >> 2;
    [lo, hi] = [words[pc], words[pc + 1]];
    if (kind === Activity.Guest && tb !== 0) kind = TCI;
  }
  const hash = Math.imul(lo ^ Math.imul(hi, 0x85eb_ca6b) ^ (kind << 28), 0x9e37_79b1);
  for (let n = 0; n < BUCKETS; n++) {
    const at = (((hash >>> 17) + n) & (BUCKETS - 1)) * BUCKET;
    if (table[at + 2] === 0) {
      [table[at], table[at + 1]] = [lo, hi];
      table[at + 2] = kind + 1;
    } else if (table[at] !== lo || table[at + 1] !== hi || table[at + 2] !== kind + 1) continue;
    table[at + 3]++;
    return;
  }
}

export class Profile {
  private readonly table = new SharedArrayBuffer(TABLE_BYTES);
  private readonly counts = new Int32Array(this.table);
  private readonly words: Int32Array;
  /** Address of the word. */
  readonly cell: number;
  readonly stop: () => void;

  /** `env`: of the first vCPU; its word tells of all. */
  constructor(memory: WebAssembly.Memory, env: number, start: StartProfiler) {
    this.words = new Int32Array(memory.buffer);
    this.cell = env + ENV_ACTIVITY;
    this.stop = start({ memory, cell: this.cell, table: this.table, intervalMs: INTERVAL_MS });
  }

  /** Runs `body` as an activity of a vCPU (0: the one that is at work). */
  during<T>(activity: Activity, env: number, body: () => T): T {
    const { words } = this;
    const at = this.cell >> 2;
    const before = words[at];
    words[at] = (env || before & ~ACTIVITY_MASK) | activity;
    try {
      return body();
    } finally {
      words[at] = before;
    }
  }

  info(symbolAt: (pc: bigint) => string | undefined): ProfileInfo {
    const { counts } = this;
    const kinds = KINDS.map(() => 0);
    const functions = new Map<string, number>();
    for (let at = 0; at < counts.length; at += BUCKET) {
      const count = counts[at + 3];
      if (count === 0) continue;
      const kind = counts[at + 2] - 1;
      kinds[kind] += count;
      if (!OF_FUNCTIONS.has(KINDS[kind])) continue;
      const pc = (BigInt(counts[at + 1] >>> 0) << 32n) | BigInt(counts[at] >>> 0);
      const name = symbolAt(pc) ?? rangeOf(pc);
      functions.set(name, (functions.get(name) ?? 0) + count);
    }
    const samples = kinds.reduce((sum, count) => sum + count, 0);
    const share = (count: number): number => (samples === 0 ? 0 : count / samples);
    const guest = [...functions.values()].reduce((sum, count) => sum + count, 0);
    return {
      samples,
      intervalMs: INTERVAL_MS,
      shares: Object.fromEntries(KINDS.map((name, kind) => [name, share(kinds[kind])])) as unknown as ProfileInfo['shares'],
      functions: [...functions]
        .sort((a, b) => b[1] - a[1])
        .slice(0, SHOWN_FUNCTIONS)
        .map(([name, count]) => ({ name, samples: count, share: count / guest })),
    };
  }
}

function rangeOf(pc: bigint): string {
  const first = (pc >> RANGE_BITS) << RANGE_BITS;
  return `0x${first.toString(16)}-0x${(first + (1n << RANGE_BITS) - 1n).toString(16)}`;
}
