/** One comparison from seed to verdict: a program, both emulators, where they part. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder } from '../../../src/target/ppc/decoder.js';
import { formatInsn } from '../../../src/target/ppc/disas.js';
import { PpcBoard, type Tier } from '../../ppc/board.js';
import { which } from '../../support/tools.js';
import { isAllowed } from './differences.js';
import { fieldName, makeProgram, MEMORY, SLOT, type Kind, type Program } from './program.js';

/** QEMU for user mode; `WEMU_PPC_USER_ORACLE` names another, with words before it as `chroot FOLDER`. */
export interface Oracle {
  readonly command: readonly string[];
  /** Where its / is. */
  readonly root: string;
  readonly version: number;
}

export function findOracle(): Oracle | undefined {
  const words = process.env.WEMU_PPC_USER_ORACLE?.split(' ') ?? [which('qemu-ppc') ?? ''];
  if (words[0] === '') return undefined;
  const root = words[0] === 'chroot' ? words[1] : '';
  const { stdout } = spawnSync(words[0], [...words.slice(1), '--version'], { encoding: 'utf8' });
  const version = /version (\d+)\.(\d+)/.exec(stdout ?? '');
  return version === null ? undefined : { command: words, root, version: Number(version[1]) };
}

/** The CPU of both sides: it has the floating-point unit and no more. QEMU raises few alignment exceptions (docs/ppc.md). */
const MODEL = '750';
const SYSTEM_CALL = 0xc00;
const SPIN = 0x4800_0000;
const MOST_OUTPUT = 1 << 28;

export function runOracle({ command, root }: Oracle, program: Program): Uint8Array {
  const folder = mkdtempSync(join(root === '' ? tmpdir() : join(root, 'tmp'), 'wemu-ppc-'));
  try {
    const file = join(folder, 'program.elf');
    writeFileSync(file, program.image);
    chmodSync(file, 0o755);
    const [executable, ...first] = command;
    const { status, signal, stdout, stderr } = spawnSync(executable, [...first, '-cpu', MODEL, file.slice(root.length)], {
      maxBuffer: MOST_OUTPUT,
    });
    if (status !== 0) throw new Error(`oracle: ended with ${status ?? signal}: ${stderr.toString().slice(-500)}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function runWemu(tier: Tier, program: Program): Uint8Array {
  const board = new PpcBoard(
    [
      [MEMORY.code, program.code.length],
      [MEMORY.slots, program.slots.length],
      [MEMORY.window, 0x2000],
    ],
    tier,
    `${MODEL},alignment=${program.kind.alignment ?? 'qemu'}`,
  );
  try {
    board.space.writeBytes(MEMORY.code, program.code);
    board.space.writeBytes(MEMORY.slots, program.slots);
    board.load(SYSTEM_CALL, [SPIN]).run(MEMORY.code, SYSTEM_CALL);
    return board.bytes(MEMORY.slots, program.slots.length);
  } finally {
    board.close();
  }
}

export interface Difference {
  readonly slot: number;
  readonly what: string;
  readonly ours: number;
  readonly theirs: number;
}

/** Differences of the first slot that has any. */
export function firstDifferences(program: Program, ours: Uint8Array, theirs: Uint8Array, version: number): Difference[] {
  if (theirs.length !== ours.length) throw new Error(`oracle: ${theirs.length} bytes of ${ours.length}`);
  const [a, b] = [ours, theirs].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const found: Difference[] = [];
  for (let at = 0; at < ours.length; at += 4) {
    const difference = { slot: Math.floor(at / SLOT.size), what: fieldName(at), ours: a.getUint32(at), theirs: b.getUint32(at) };
    if (difference.ours === difference.theirs || isAllowed(difference, version)) continue;
    if (found.length > 0 && found[0].slot !== difference.slot) break;
    found.push(difference);
  }
  return found;
}

const LISTED = 10;
const CONTEXT = 4;
const hex = (value: number): string => value.toString(16).padStart(8, '0');
const show = ({ what, ours, theirs }: Difference): string => `  ${what}: wemu ${hex(ours)}, QEMU ${hex(theirs)}`;

export interface Sizes {
  readonly blocks: number;
  readonly runs: number;
  readonly units: number;
}

export interface Outcome {
  /** Random instructions that were executed, at least: without loops' further rounds. */
  readonly random: number;
  readonly failure?: string;
}

export function compareOnce(kind: Kind, oracle: Oracle, tier: Tier, seed: number, sizes: Sizes): Outcome {
  const program = makeProgram(kind, seed, sizes);
  const random = program.blockOf.reduce((sum, block) => sum + program.blocks[block].length, 0);
  const differences = firstDifferences(program, runWemu(tier, program), runOracle(oracle, program), oracle.version);
  return differences.length === 0 ? { random } : { random, failure: report(program, oracle, tier, differences) };
}

/** The first instruction after which the two differ, found by running every beginning of the block. */
function report(program: Program, oracle: Oracle, tier: Tier, differences: readonly Difference[]): string {
  const { slot } = differences[0];
  const block = program.blocks[program.blockOf[slot]];
  const decoder = new Decoder();
  const lines = block.map((word, n) => `  ${hex(word)}  ${formatInsn(decoder, word, 4 * n)}`);
  const head = [`kind '${program.kind.name}', slot ${slot}:`, ...differences.slice(0, LISTED).map(show)];
  const initial = program.slots.slice(slot * SLOT.size, (slot + 1) * SLOT.size);
  const beginnings = makeProgram(
    {
      ...program.kind,
      unit: (() => {
        let count = 0;
        return () => block.slice(0, count++);
      })(),
      fill: (view, at) => new Uint8Array(view.buffer).set(initial, at),
    },
    0,
    { blocks: block.length + 1, runs: 1, units: 1 },
  );
  const shorter = firstDifferences(beginnings, runWemu(tier, beginnings), runOracle(oracle, beginnings), oracle.version);
  if (shorter.length === 0) return [...head, 'no beginning of the block alone differs; all of it:', ...lines].join('\n');
  const count = shorter[0].slot;
  return [
    ...head,
    `after instruction ${count}:`,
    ...lines.slice(Math.max(0, count - CONTEXT), count),
    ...shorter.slice(0, LISTED).map(show),
  ].join('\n');
}
