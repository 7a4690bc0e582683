/** Small RISC-V programs, built when a test runs. Needs riscv64-linux-gnu-gcc: guard with describeWith. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
