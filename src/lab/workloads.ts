/** The laboratory's workloads: what runs, in which guest, and how much of it. */

/** Kernels compute: they are of the first three kinds, bare metal (the embedded guest), as programs of Linux and on PowerPC, from the same source. Real programs are Debian's. */
export type Kind = 'integer' | 'memory' | 'float' | 'system' | 'boot' | 'real';

/** What runs them: the embedded guest, guests/ppc, Linux with busybox and guests/linux, Linux with a Debian root and guests/real. */
export type Guest = 'bare-metal' | 'ppc' | 'linux' | 'real';

/** As QEMU's programs are called. */
export const ARCHITECTURES = ['riscv64', 'ppc'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export interface Workload {
  readonly kind: Kind;
  readonly description: string;
  /** Where kind and command do not tell. */
  readonly guest?: Guest;
  /**
   * How much work takes native QEMU 7.2 some 3 s (10 s for PowerPC's floating point) on a server core of 2023: tenths of the usual work for a kernel of the embedded guest
   * and that on PowerPC (`scale=`), the number of turns for a Linux program, or a real one. Fixed, so that runs anywhere can be compared.
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

  'linux-int':       { kind: 'integer', work: 550, command: 'lab kernel linux-int int %',             description: 'int, under Linux' },
  'linux-sha256':    { kind: 'integer', work: 200, command: 'lab kernel linux-sha256 sha256 %',       description: 'sha256, under Linux' },
  'linux-sieve':     { kind: 'integer', work: 77,  command: 'lab kernel linux-sieve sieve %',         description: 'sieve, under Linux' },
  'linux-hash':      { kind: 'integer', work: 160, command: 'lab kernel linux-hash hash %',           description: 'hash, under Linux' },
  'linux-bytecode':  { kind: 'integer', work: 110, command: 'lab kernel linux-bytecode bytecode %',   description: 'bytecode, under Linux' },
  'linux-fib':       { kind: 'integer', work: 180, command: 'lab kernel linux-fib fib %',             description: 'fib, under Linux' },
  'linux-sort':      { kind: 'integer', work: 190, command: 'lab kernel linux-sort sort %',           description: 'sort, under Linux' },
  'linux-chase':     { kind: 'memory',  work: 200, command: 'lab kernel linux-chase chase %',         description: 'chase, under Linux', interpreterShare: 0.5 },
  'linux-chasemem':  { kind: 'memory',  work: 82,  command: 'lab kernel linux-chasemem chasemem %',   description: 'chasemem, under Linux', interpreterShare: 1 },
  'linux-memcpy':    { kind: 'memory',  work: 190, command: 'lab kernel linux-memcpy memcpy %',       description: 'memcpy, under Linux' },
  'linux-stream':    { kind: 'memory',  work: 174, command: 'lab kernel linux-stream stream %',       description: 'stream, under Linux' },
  'linux-matmul':    { kind: 'float',   work: 180, command: 'lab kernel linux-matmul matmul %',       description: 'matmul, under Linux' },
  'linux-matmulfma': { kind: 'float',   work: 180, command: 'lab kernel linux-matmulfma matmulfma %', description: 'matmulfma, under Linux' },
  'linux-nbody':     { kind: 'float',   work: 170, command: 'lab kernel linux-nbody nbody %',         description: 'nbody, under Linux' },

  'ppc-int':       { kind: 'integer', guest: 'ppc', work: 300, description: 'int, on PowerPC' },
  'ppc-sha256':    { kind: 'integer', guest: 'ppc', work: 300, description: 'sha256, on PowerPC' },
  'ppc-sieve':     { kind: 'integer', guest: 'ppc', work: 200, description: 'sieve, on PowerPC' },
  'ppc-hash':      { kind: 'integer', guest: 'ppc', work: 75, description: 'hash, on PowerPC' },
  'ppc-bytecode':  { kind: 'integer', guest: 'ppc', work: 180, description: 'bytecode, on PowerPC' },
  'ppc-fib':       { kind: 'integer', guest: 'ppc', work: 180, description: 'fib, on PowerPC' },
  'ppc-sort':      { kind: 'integer', guest: 'ppc', work: 150, description: 'sort, on PowerPC' },
  'ppc-chase':     { kind: 'memory',  guest: 'ppc', work: 200, description: 'chase, on PowerPC', interpreterShare: 0.5 },
  'ppc-chasemem':  { kind: 'memory',  guest: 'ppc', work: 90, description: 'chasemem, on PowerPC', interpreterShare: 1 },
  'ppc-memcpy':    { kind: 'memory',  guest: 'ppc', work: 150, description: 'memcpy, on PowerPC' },
  'ppc-stream':    { kind: 'memory',  guest: 'ppc', work: 900, description: 'stream, on PowerPC' },
  'ppc-matmul':    { kind: 'float',   guest: 'ppc', work: 160, description: 'matmul, on PowerPC' },
  'ppc-matmulfma': { kind: 'float',   guest: 'ppc', work: 200, description: 'matmulfma, on PowerPC' },
  'ppc-nbody':     { kind: 'float',   guest: 'ppc', work: 120, description: 'nbody, on PowerPC' },

  'real-python':  { kind: 'real', work: 5,  description: 'Python: JSON, regular expressions, hashes, objects' },
  'real-pystart': { kind: 'real', work: 5,  description: 'Python, started for a line' },
  'real-perl':    { kind: 'real', work: 6,  description: 'Perl: hashes, strings, regular expressions' },
  'real-lua':     { kind: 'real', work: 10, description: 'Lua: tables, closures, strings' },
  'real-gcc':     { kind: 'real', work: 1,  description: 'gcc -O2 of a file' },
  'real-gxx':     { kind: 'real', work: 1,  description: 'g++ -O1 of templates' },
  'real-make':    { kind: 'real', work: 3,  description: 'make of a program of small files' },
  'real-openssl': { kind: 'real', work: 3,  description: 'ciphers, hashes, RSA signatures of openssl' },
  'real-sqlite':  { kind: 'real', work: 8,  description: 'a database: an index, a join, sums' },
  'real-awk':     { kind: 'real', work: 6,  description: 'awk: arrays, fields, strings' },
  'real-text':    { kind: 'real', work: 3,  description: 'sed, sort, uniq, grep, tr in pipes' },
  'real-forks':   { kind: 'real', work: 3,  description: 'a shell that starts processes' },
  'real-pack':    { kind: 'real', work: 2,  description: 'gzip, bzip2, xz, zstd, there and back' },
  'real-git':     { kind: 'real', work: 2,  description: 'git: commits, differences, a merge, a pack' },
  'real-bc':      { kind: 'real', work: 10, description: 'bc: numbers of many digits' },
  'real-files':   { kind: 'real', work: 2,  description: 'find, tar, diff, xargs on a tree' },
} as const satisfies Readonly<Record<string, Workload>>;

export type WorkloadName = keyof typeof WORKLOADS;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as WorkloadName[];
export const workload = (name: string): Workload => WORKLOADS[name as WorkloadName];

export const KERNEL_KINDS: readonly Kind[] = ['integer', 'memory', 'float'];
function guestFor({ kind, command, guest }: Workload): Guest {
  if (guest !== undefined) return guest;
  if (kind === 'real') return 'real';
  return command !== undefined || kind === 'boot' ? 'linux' : 'bare-metal';
}

export const guestOf = (name: string): Guest => guestFor(workload(name));
export const isBareMetal = (name: string): boolean => guestOf(name) === 'bare-metal';
const architectureFor = (guest: Guest): Architecture => (guest === 'ppc' ? 'ppc' : 'riscv64');
export const architectureOf = (name: string): Architecture => architectureFor(guestOf(name));
/** Guests without an operating system: a process a workload, which it ends by itself. */
export const FREESTANDING: readonly Guest[] = ['bare-metal', 'ppc'];
export const isFreestanding = (guest: Guest): boolean => FREESTANDING.includes(guest);

const isOfKind =
  (...kinds: readonly Kind[]) =>
  (each: Workload): boolean =>
    kinds.includes(each.kind) && architectureFor(guestFor(each)) === 'riscv64';

/** Names that stand for several workloads; those by kind are of riscv64. */
export const GROUPS: Readonly<Record<string, (workload: Workload) => boolean>> = {
  all: () => true,
  kernels: isOfKind(...KERNEL_KINDS),
  'bare-metal': (each) => guestFor(each) === 'bare-metal',
  programs: (each) => KERNEL_KINDS.includes(each.kind) && guestFor(each) === 'linux',
  linux: (each) => guestFor(each) === 'linux',
  ppc: (each) => guestFor(each) === 'ppc',
  integer: isOfKind('integer'),
  memory: isOfKind('memory'),
  float: isOfKind('float'),
  system: isOfKind('system'),
  real: isOfKind('real'),
};

/** Workloads by name or group, each once, in the table's order; `unknown` hears of the first name that is neither. */
export function chooseWorkloads(names: readonly string[], unknown: (name: string) => never): WorkloadName[] {
  const wanted = new Set<string>();
  for (const name of names) {
    if (Object.hasOwn(GROUPS, name)) WORKLOAD_NAMES.filter((each) => GROUPS[name](workload(each))).forEach((each) => wanted.add(each));
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
