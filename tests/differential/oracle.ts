/**
 * QEMU as the oracle. The command is `qemu-system-riscv64`, or what WEMU_ORACLE says (`chroot DIR qemu-system-riscv64` works too); for RV32 the 64
 * in its name becomes 32.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DONE, MEMORY } from './slot.js';

export interface Oracle {
  readonly command: readonly string[];
  /** Major and minor version, as 7.02. */
  readonly version: number;
  /** Folder that the command sees as `/`. */
  readonly root: string;
}

/** Older QEMUs lack extensions, or call them otherwise. */
const RENAMED: Record<string, string> = { zfh: 'Zfh', zfhmin: 'Zfhmin', zicsr: 'Zicsr', zifencei: 'Zifencei' };
/** Options that such a QEMU has. Svnapot and Svpbmt are not asked of it: with either it takes all reserved bits of PTEs. */
const KNOWN_TO_7 = 'i m a f d c s u zicsr zifencei zfh zfhmin zba zbb zbc zbs zbkb zbkx sstc svinval'.split(' ');
/** In every such QEMU, without an option. */
const ALWAYS_IN_7 = ['zicntr', 'zihpm', 'svadu'];
export const FIRST_MODERN = 9;
/** A QEMU whose guest got lost must not outlive the test, even if that is killed: coreutils' timeout ends it. (A program takes 2 s; on a busy machine, ten times that.) */
const TIMEOUT_S = 300;
const POLL_MS = 20;
const done = `0x${DONE.toString(16).padStart(8, '0')}`;

/** The installed oracle, or undefined. */
export function findOracle(): Oracle | undefined {
  const command = (process.env.WEMU_ORACLE ?? 'qemu-system-riscv64').split(' ');
  const { stdout, status } = spawnSync(command[0], [...command.slice(1), '--version'], { encoding: 'utf8' });
  const match = status === 0 ? /version (\d+)\.(\d+)/.exec(stdout) : null;
  if (match === null) return undefined;
  return { command, version: Number(match[1]) + Number(match[2]) / 100, root: command[0] === 'chroot' ? command[1] : '' };
}

/** Those of `extensions` that the oracle knows. */
export const knownExtensions = (oracle: Oracle | undefined, extensions: readonly string[]): string[] =>
  extensions.filter((name) => oracle === undefined || oracle.version >= FIRST_MODERN || [...KNOWN_TO_7, ...ALWAYS_IN_7].includes(name));

function cpuOption(oracle: Oracle, xlen: number, on: readonly string[], off: readonly string[]): string {
  const modern = oracle.version >= FIRST_MODERN;
  const option = (name: string, value: string): string[] => {
    if (!modern && !KNOWN_TO_7.includes(name)) return [];
    return [`${modern ? name : (RENAMED[name] ?? name)}=${value}`];
  };
  // Hardware sets A and D, as older QEMUs always do.
  const svade = modern ? ['svade=off'] : [];
  return [`rv${xlen}`, 'h=off', ...svade, ...off.flatMap((name) => option(name, 'off')), ...on.flatMap((name) => option(name, 'on'))].join(
    ',',
  );
}

export interface OracleRun {
  /** `-M`; default virt. */
  readonly machine?: string;
  /** `-device`, each. */
  readonly devices?: readonly string[];
  readonly xlen: 32 | 64;
  readonly on: readonly string[];
  readonly off: readonly string[];
  readonly elf: Uint8Array;
  /** Bytes wanted from MEMORY.slots on. */
  readonly size: number;
}

/** Runs the program to its end and gives back the slots. `signal` ends it early. */
export async function runOracle(oracle: Oracle, run: OracleRun, signal?: AbortSignal): Promise<Uint8Array> {
  const folder = mkdtempSync(join(oracle.root === '' ? tmpdir() : join(oracle.root, 'tmp'), 'wemu-differential-'));
  try {
    writeFileSync(join(folder, 'program.elf'), run.elf);
    await converse(oracle, run, folder.slice(oracle.root.length), signal);
    return readFileSync(join(folder, 'slots.bin'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts QEMU, waits in its monitor until the guest says that it is done, saves the memory, quits. (The test finisher of QEMU 7 ends the process at
 * once, so the guest leaves a mark in memory instead.)
 */
function converse(
  oracle: Oracle,
  { machine: board = 'virt', devices = [], xlen, on, off, size }: OracleRun,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const [program, ...first] = oracle.command.map((word) => word.replace(/riscv64$/, `riscv${xlen}`));
  const machine = ['-M', board, '-m', '128', '-bios', 'none', '-cpu', cpuOption(oracle, xlen, on, off)];
  const host = ['-monitor', 'stdio', '-display', 'none', '-serial', 'none', ...devices.flatMap((device) => ['-device', device])];
  const child = spawn('timeout', [
    '-s',
    'KILL',
    String(TIMEOUT_S),
    program,
    ...first,
    ...machine,
    '-kernel',
    `${folder}/program.elf`,
    ...host,
  ]);
  signal?.addEventListener('abort', () => void child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    let output = '';
    let asked = false;
    let saved = false;
    const say = (command: string): void => void child.stdin.write(`${command}\n`);
    const fail = (why: string): void => {
      child.kill('SIGTERM');
      reject(new Error(`oracle: ${why}: ${output.slice(-500)}`));
    };
    let poll: NodeJS.Timeout | undefined;
    child.on('error', (error) => fail(error.message));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (saved) return;
      if (output.includes(`: ${done}`)) {
        saved = true;
        // The mark may be seen before what was stored ahead of it (RISC-V and some hosts order stores loosely); a vCPU that is stopped has stored all.
        say('stop');
        say(`pmemsave 0x${MEMORY.slots.toString(16)} ${size} "${folder}/slots.bin"`);
        say('quit');
      } else if (/: 0x00000000/.test(output) || (!asked && output.includes('(qemu)'))) {
        asked = true;
        output = '';
        poll = setTimeout(() => say(`xp /1wx 0x${MEMORY.done.toString(16)}`), POLL_MS);
      }
    });
    child.on('exit', (code) => {
      clearTimeout(poll);
      if (code === 0 && saved) resolve();
      else reject(new Error(`oracle: ended with ${code ?? `its time of ${TIMEOUT_S} s used up`}: ${output.slice(-500)}`));
    });
  });
}
