/** What binutils makes of PowerPC instructions. Needs powerpc-linux-gnu-objdump: guard with describeWith. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Texts of consecutive words from address 0 on, without simplified mnemonics. */
export function objdump(words: readonly number[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-objdump-'));
  try {
    const bytes = new Uint8Array(4 * words.length);
    words.forEach((word, n) => new DataView(bytes.buffer).setUint32(4 * n, word));
    writeFileSync(join(folder, 'a.bin'), bytes);
    const args = ['-D', '-b', 'binary', '-m', 'powerpc:common', '-EB', '-M', '750,raw', '--no-show-raw-insn', 'a.bin'];
    const { stdout } = spawnSync('powerpc-linux-gnu-objdump', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
    const lines = stdout.split('\n').filter((line) => /^ *[0-9a-f]+:\t/.test(line));
    return lines.map((line) => line.replace(/^[^\t]*\t/, '').trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}
