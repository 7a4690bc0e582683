/** Small RISC-V programs, built when a test runs. Needs riscv64-linux-gnu-gcc: guard with describeWith. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Compiles a C file that needs no library, and links it by the file `script`. `defines`: `NAME=VALUE`. */
export function compile(file: string, script: string, defines: readonly string[] = []): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-guest-'));
  try {
    const flags =
      '-O2 -ffreestanding -nostdlib -nostartfiles -static -no-pie -mcmodel=medany -march=rv64gc -mabi=lp64d -fno-stack-protector ' +
      '-Wl,--build-id=none,--no-warn-rwx-segments';
    const output = join(folder, 'guest.elf');
    const args = [...flags.split(' '), '-T', script, ...defines.map((define) => `-D${define}`), '-o', output, file];
    const { status, stderr } = spawnSync('riscv64-linux-gnu-gcc', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cannot compile: ${stderr}`);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Assembles and links at 0x8000_0000, entry `_start`. */
export function assemble(source: string, march = 'rv64gc'): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-guest-'));
  try {
    writeFileSync(join(folder, 'guest.S'), source);
    const abi = march.startsWith('rv32') ? 'ilp32d' : 'lp64d';
    const flags = [
      '-nostdlib',
      '-static',
      '-no-pie',
      `-march=${march}`,
      `-mabi=${abi}`,
      '-Wl,-N,-Ttext=0x80000000,--build-id=none,--no-warn-rwx-segments',
    ];
    const { status, stderr } = spawnSync('riscv64-linux-gnu-gcc', [...flags, '-o', 'guest.elf', 'guest.S'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`cannot assemble: ${stderr}`);
    return readFileSync(join(folder, 'guest.elf'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
