/** One comparison from seed to verdict: make a program, run it on both sides, say where they part. */
import { EXTENSIONS, withImplied } from '../../src/target/riscv/extensions.js';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { describeDifference, firstDifferences, type Difference } from './compare.js';
import { X_NAMES } from '../../src/target/riscv/disas.js';
import { misjudged } from './differences.js';
import { BASE_EXTENSIONS, type Kind } from './kind.js';
import { knownExtensions, runOracle, type Oracle } from './oracle.js';
import { listing, prefixProgram, randomProgram, type Program, type Size } from './program.js';
import { SLOT } from './slot.js';
import { cpuOption, runWemu, type Backend, type WemuEnd } from './wemu.js';

/** Who is compared: wemu in a backend with QEMU, or with its own interpreter where there is no QEMU. */
export interface Session {
  readonly kind: Kind;
  readonly backend: Backend;
  readonly oracle: Oracle | undefined;
}

/** Blocks whose failure is shown; the others are counted. */
const LISTED_DIFFERENCES = 12;
const CONTEXT_LINES = 3;

/** The CPU for both sides: with these extensions and what they imply, as far as the oracle knows them, and no others; but nothing of `without`. */
export function cpuFeatures(
  oracle: Oracle | undefined,
  xlen: 32 | 64,
  extensions: readonly string[],
  without: readonly string[] = [],
): { xlen: 32 | 64; on: string[]; off: string[] } {
  const on = knownExtensions(
    oracle,
    extensions.filter((name) => !without.includes(name)),
  );
  const all = withImplied(on, xlen, (name) => without.includes(name));
  return { xlen, on, off: EXTENSIONS.map((extension) => extension.name).filter((name) => !all.has(name)) };
}

const features = ({ kind, oracle }: Session): ReturnType<typeof cpuFeatures> =>
  cpuFeatures(oracle, kind.xlen, [...BASE_EXTENSIONS, ...kind.extensions], kind.without);

/** What a session leaves out because its oracle does not know it, or gets it wrong: extensions that the kind is about, instructions and CSRs. */
export function untested(session: Session): { readonly extensions: readonly string[]; readonly rows: readonly string[] } {
  const { on } = features(session);
  return { extensions: session.kind.extensions.filter((name) => !on.includes(name)), rows: [...misjudged(versionOf(session))] };
}

/** The version that the table of differences is asked for; no QEMU is like a faultless one. */
const versionOf = ({ oracle }: Session): number => oracle?.version ?? Infinity;

async function runBoth(session: Session, program: Program): Promise<[ours: WemuEnd, theirs: Uint8Array]> {
  const run = { ...features(session), elf: program.elf, size: program.slots.length };
  if (session.oracle === undefined) return [await runWemu(session.backend, run), (await runWemu('tci', run)).slots];
  const abort = new AbortController();
  const theirs = runOracle(session.oracle, run, abort.signal);
  try {
    return [await runWemu(session.backend, run), await theirs];
  } catch (error) {
    abort.abort();
    await theirs.catch(() => undefined);
    throw error;
  }
}

export interface Outcome {
  /** Random instructions in all runs of all blocks. */
  readonly random: number;
  /** All that were executed, those of the scaffold and its trap handlers too. */
  readonly executed: number;
  /** What differs, for a human; undefined: nothing. */
  readonly failure?: string;
}

export async function compareOnce(session: Session, seed: number, size: Size): Promise<Outcome> {
  const config = parseCpuConfig(cpuOption(features(session)));
  const program = randomProgram(session.kind, config, seed, size, misjudged(versionOf(session)));
  const [ours, theirs] = await runBoth(session, program);
  const differences = firstDifferences(program, ours.slots, theirs, versionOf(session));
  const counts = { random: program.instructions, executed: ours.executed };
  return differences.length === 0 ? counts : { ...counts, failure: await report(session, program, differences) };
}

async function report(session: Session, program: Program, differences: readonly Difference[]): Promise<string> {
  const names = [
    `wemu ${session.backend}`,
    session.oracle === undefined ? 'wemu tci' : `QEMU ${session.oracle.version.toFixed(2)}`,
  ] as const;
  const { slot } = differences[0];
  const say = (list: readonly Difference[]): string[] =>
    list.slice(0, LISTED_DIFFERENCES).map((difference) => `  ${describeDifference(difference, names)}`);
  const head = [
    `seed ${program.seed}, kind '${session.kind.name}', slot ${slot}, block ${program.blockOf[slot] ?? '?'}:`,
    ...say(differences),
  ];
  if (slot < 0) return head.join('\n');
  const block = program.blocks[program.blockOf[slot]];
  const lines = listing(program, block);
  const prefix = prefixProgram(program, slot);
  const [ours, theirs] = await runBoth(session, prefix);
  const shorter = firstDifferences(prefix, ours.slots, theirs, versionOf(session));
  // Prefix 0 has nops only; prefix k has the first k instructions.
  if (shorter.length === 0) return [...head, 'the block alone does not differ; all of it:', ...lines].join('\n');
  let count = shorter[0].slot;
  while (block.code[count]?.joined) count++;
  const culprit = count > 0 ? lines.slice(Math.max(0, count - CONTEXT_LINES), count) : ['(before the first instruction)'];
  const inputs = registers(program, slot, block.code.slice(0, count).at(-1)?.word);
  return [
    ...head,
    `it begins with the last of these, instruction ${count} of the block:`,
    ...culprit.map((line) => `  ${line}`),
    ...inputs,
    ...say(shorter),
  ].join('\n');
}

/** What the registers that the last instruction may name held when the block began. */
function registers(program: Program, slot: number, word = 0): string[] {
  const view = new DataView(program.slots.buffer, program.slots.byteOffset + slot * program.slotSize);
  const named = [...new Set([(word >>> 15) & 31, (word >>> 20) & 31])];
  const values = named.map((r) => `${X_NAMES[r]} 0x${view.getBigUint64(SLOT.x + 8 * r, true).toString(16)}`);
  return [`  (at the start of the block ${values.join(', ')})`];
}
