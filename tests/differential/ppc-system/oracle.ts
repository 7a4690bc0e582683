/** QEMU as the oracle of a PowerPC supervisor: `qemu-system-ppc -M 40p`, or what WEMU_PPC_ORACLE says. The board has RAM at 0 and ROM where processors begin. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DONE, DONE_AT, RECORD, RECORDS } from './program.js';

export interface PpcOracle {
  readonly command: readonly string[];
  readonly version: number;
  readonly root: string;
}

/** A QEMU whose guest got lost must not outlive the test. */
const TIMEOUT_S = 120;
const POLL_MS = 20;
const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

export function findPpcOracle(): PpcOracle | undefined {
  const command = (process.env.WEMU_PPC_ORACLE ?? 'qemu-system-ppc').split(' ');
  const { stdout, status } = spawnSync(command[0], [...command.slice(1), '--version'], { encoding: 'utf8' });
  const match = status === 0 ? /version (\d+)\.(\d+)/.exec(stdout) : null;
  if (match === null) return undefined;
  return { command, version: Number(match[1]) + Number(match[2]) / 100, root: command[0] === 'chroot' ? command[1] : '' };
}

/** Runs a ROM to its end, and gives back the records of `count` actions. */
export async function runPpcOracle(
  oracle: PpcOracle,
  cpu: string,
  rom: Uint8Array,
  count: number,
  devices: readonly string[] = [],
): Promise<Uint8Array> {
  const folder = mkdtempSync(join(oracle.root === '' ? tmpdir() : join(oracle.root, 'tmp'), 'wemu-ppc-'));
  try {
    writeFileSync(join(folder, 'rom.bin'), rom);
    await converse(oracle, cpu, folder.slice(oracle.root.length), count * RECORD, devices);
    return readFileSync(join(folder, 'records.bin'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function converse(oracle: PpcOracle, cpu: string, folder: string, size: number, devices: readonly string[]): Promise<void> {
  const options = `-M 40p -cpu ${cpu} -m 64 -bios ${folder}/rom.bin -display none -vga none -serial none -net none -monitor stdio`;
  const added = devices.flatMap((device) => ['-device', device]);
  const child = spawn('timeout', ['-s', 'KILL', String(TIMEOUT_S), ...oracle.command, ...options.split(' '), ...added]);
  return new Promise((resolve, reject) => {
    let output = '';
    let isDone = false;
    const say = (command: string): void => void child.stdin.write(`${command}\n`);
    const ask = (): void => say(`xp /1wx ${hex(DONE_AT)}`);
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (isDone || !/\(qemu\) $/.test(output)) return;
      if (output.includes(`: ${hex(DONE)}`)) {
        isDone = true;
        say('stop');
        say(`pmemsave ${hex(RECORDS)} ${size} "${folder}/records.bin"`);
        say('quit');
      } else {
        output = '';
        setTimeout(ask, POLL_MS);
      }
    });
    child.on('exit', (code) => {
      if (code === 0 && isDone) resolve();
      else reject(new Error(`oracle: ended with ${code}: ${output.slice(-500)}`));
    });
  });
}
