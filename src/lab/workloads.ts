/** The laboratory's workloads: what runs, in which guest, and how much of it. */

/** Kernels are of the first three kinds. */
export type Kind = 'integer' | 'memory' | 'float' | 'system' | 'boot';

export interface Workload {
  readonly kind: Kind;
  readonly description: string;
  /**
   * How much work takes native QEMU 7.2 some 3 s on a server core of 2023: tenths of the usual work for a kernel of the embedded guest
   * (`scale=`), the number of turns for a Linux program. Fixed, so that runs anywhere can be compared.
   */
  readonly work: number;
  /** The part of it that an interpreter gets; 1 where it is as fast. */
  readonly interpreterShare?: number;
  /** Linux programs: what runs, `%` being the work. `lab` is guests/linux. */
  readonly command?: string;
}

const INTERPRETER_SHARE = 0.1;

// prettier-ignore
export const WORKLOADS = {
  int:       { kind: 'integer', work: 550,  description: 'integer mix' },
  sha256:    { kind: 'integer', work: 200,  description: 'SHA-256 blocks' },
  sieve:     { kind: 'integer', work: 190,  description: 'primes below 2^20' },
  hash:      { kind: 'integer', work: 160,  description: 'hash table, 256 KiB' },
  bytecode:  { kind: 'integer', work: 110,  description: 'bytecode interpreter' },
  fib:       { kind: 'integer', work: 180,  description: 'recursive calls' },
  sort:      { kind: 'integer', work: 190,  description: 'quicksort' },
  chase:     { kind: 'memory',  work: 200,  description: 'pointer chase, 128 KiB', interpreterShare: 0.5 },
  chasemem:  { kind: 'memory',  work: 200,  description: 'pointer chase, 8 MiB', interpreterShare: 1 },
  memcpy:    { kind: 'memory',  work: 190,  description: 'copies of 32 KiB, half of them unaligned' },
  stream:    { kind: 'memory',  work: 2300, description: 'a + 3 b, 768 KiB' },
  matmul:    { kind: 'float',   work: 180,  description: 'double matrix product' },
  matmulfma: { kind: 'float',   work: 180,  description: 'the same with fused multiply-add' },
  nbody:     { kind: 'float',   work: 170,  description: 'double n-body' },

  syscall:   { kind: 'system',  work: 130_000, command: 'lab syscall %',             description: 'read a byte of /dev/zero' },
  pipe:      { kind: 'system',  work: 17_000,  command: 'lab pipe %',                description: 'a word to another process and back' },
  fork:      { kind: 'system',  work: 300,     command: 'lab fork % /bin/busybox true', description: 'fork, exec of busybox, wait' },
  pages:     { kind: 'system',  work: 50,      command: 'lab pages %',               description: 'map 4 MiB, touch each page, unmap' },
  shell:     { kind: 'system',  work: 120_000, description: 'a loop of busybox sh',
               command: "lab run shell /bin/busybox sh -c 'i=0; while [ $i -lt % ]; do i=$((i+1)); done; echo $i'" },

  boot:      { kind: 'boot',    work: 1,         description: "Debian's Linux, from power-on to the first command" },
} as const satisfies Readonly<Record<string, Workload>>;

export type WorkloadName = keyof typeof WORKLOADS;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as WorkloadName[];
export const workload = (name: string): Workload => WORKLOADS[name as WorkloadName];

export const isKernel = (name: string): boolean => ['integer', 'memory', 'float'].includes(workload(name).kind);

/** Names that stand for several workloads. */
export const GROUPS: Readonly<Record<string, (kind: Kind) => boolean>> = {
  all: () => true,
  kernels: (kind) => kind !== 'system' && kind !== 'boot',
  linux: (kind) => kind === 'system' || kind === 'boot',
  integer: (kind) => kind === 'integer',
  memory: (kind) => kind === 'memory',
  float: (kind) => kind === 'float',
  system: (kind) => kind === 'system',
};

/** Workloads by name or group, each once, in the table's order; `unknown` hears of the first name that is neither. */
export function chooseWorkloads(names: readonly string[], unknown: (name: string) => never): WorkloadName[] {
  const wanted = new Set<string>();
  for (const name of names) {
    if (Object.hasOwn(GROUPS, name)) WORKLOAD_NAMES.filter((each) => GROUPS[name](workload(each).kind)).forEach((each) => wanted.add(each));
    else if (Object.hasOwn(WORKLOADS, name)) wanted.add(name);
    else unknown(name);
  }
  return WORKLOAD_NAMES.filter((name) => wanted.has(name));
}

/** The work for a contestant; `share` of the table's amount, at least 1. */
export function workFor(name: string, interpreter: boolean, share = 1): number {
  const { kind, work, interpreterShare } = workload(name);
  if (kind === 'boot') return work;
  const part = interpreter && kind !== 'system' ? (interpreterShare ?? INTERPRETER_SHARE) : 1;
  return Math.max(1, Math.round(work * share * part));
}
