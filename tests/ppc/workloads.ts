/** The kernels of the embedded guest, built for PowerPC, on the board of this folder and on qemu-ppc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseElf } from '../../src/hw/core/elf.js';
import { branch } from './assembler.js';
import { PpcBoard, type Tier } from './board.js';

/** Names and rounds for a tenth of the usual work, in the order of guests/embedded/kernels.c. */
export const ROUNDS = {
  ...{ int: 1_800_000, sha256: 18_000, sieve: 3, hash: 1_800_000, chase: 2_000_000, chasemem: 100_000, memcpy: 70, stream: 12 },
  ...{ bytecode: 150_000, fib: 11, sort: 9, matmul: 6, matmulfma: 6, nbody: 11_000 },
} as const;
export type Workload = keyof typeof ROUNDS;
export const WORKLOADS = Object.keys(ROUNDS) as Workload[];

const FLAGS = [
  ...['-O2', '-mcpu=750', '-mno-altivec', '-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie'],
  ...['-ffp-contract=off', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
  ...['-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none,-Ttext=0x10000000,--section-start=.results=0x20000000'],
];
const source = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const SYSTEM_CALL = 0xc00;
const SLOTS = 32;

let built: Uint8Array | undefined;
function build(): Uint8Array {
  if (built) return built;
  const folder = mkdtempSync(join(tmpdir(), 'wemu-ppc-'));
  try {
    const files = ['tests/ppc/workloads/main.c', 'guests/embedded/kernels.c'].map(source);
    execFileSync('powerpc-linux-gnu-gcc', [...FLAGS, ...files, '-lgcc', '-o', 'a.elf'], { cwd: folder });
    return (built = readFileSync(join(folder, 'a.elf')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const parse = (file: Uint8Array): ReturnType<typeof parseElf> => parseElf('workloads', file, { littleEndian: false, bits: [32] });

/** The program that runs so many tenths of the usual work of each. */
export function program(names: readonly Workload[], scale: number): Uint8Array {
  const file = Uint8Array.from(build());
  const { segments, symbols } = parse(file);
  const wanted = symbols.find('wanted')!.address;
  const segment = segments.find(({ address, memorySize }) => wanted >= address && wanted < address + memorySize)!;
  const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset + Number(wanted) - segment.address);
  for (let n = 0; n < SLOTS; n++) view.setUint32(4 * n, 0);
  for (const name of names) view.setUint32(4 * WORKLOADS.indexOf(name), ROUNDS[name] * scale);
  return file;
}

export type Sums = Record<string, string>;

function sumsOf(results: Uint8Array, names: readonly Workload[]): Sums {
  const view = new DataView(results.buffer, results.byteOffset);
  const at = (name: Workload): bigint => view.getBigUint64(8 * WORKLOADS.indexOf(name));
  return Object.fromEntries(names.map((name) => [name, at(name).toString(16).padStart(16, '0')]));
}

export interface Run {
  readonly sums: Sums;
  readonly instructions: number;
  readonly ms: number;
}

export function runHere(names: readonly Workload[], scale: number, tier: Tier): Run {
  const { segments, symbols, entry } = parse(program(names, scale));
  const page = 0x1_0000;
  const ram = segments.map(({ address, memorySize }): [number, number] => {
    const first = address & -page;
    return [first, ((address + memorySize + page - 1) & -page) - first];
  });
  const board = new PpcBoard(ram, tier);
  try {
    for (const { address, bytes } of segments) board.space.writeBytes(address, bytes);
    const started = performance.now();
    board.load(SYSTEM_CALL, [branch(0)]).run(Number(entry), SYSTEM_CALL);
    const ms = performance.now() - started;
    const results = board.bytes(Number(symbols.find('results')!.address), 8 * SLOTS);
    return { sums: sumsOf(results, names), instructions: board.cpu.instructionCount, ms };
  } finally {
    board.close();
  }
}

/** On qemu-ppc. */
export function runThere(command: readonly string[], names: readonly Workload[], scale: number): Sums {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-ppc-'));
  try {
    const file = join(folder, 'a.elf');
    writeFileSync(file, program(names, scale), { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(command[0], [...command.slice(1), '-cpu', '750', file]);
    if (status !== 0) throw new Error(`${command[0]}: status ${status}: ${stderr.toString()}`);
    return sumsOf(stdout, names);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
