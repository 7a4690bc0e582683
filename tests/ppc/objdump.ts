/** What binutils makes of PowerPC instructions. Needs powerpc-linux-gnu-objdump: guard with describeWith. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isLine = (line: string): boolean => /^ *[0-9a-f]+:\t/.test(line);
function run(args: readonly string[], cwd: string): string[] {
  const { status, stdout, stderr } = spawnSync('powerpc-linux-gnu-objdump', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter(isLine);
}

/** Texts of consecutive words from address 0 on: without simplified mnemonics, or as a processor of that name has them. */
export function objdump(words: readonly number[], dialect = 'raw'): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-objdump-'));
  try {
    const bytes = new Uint8Array(4 * words.length);
    words.forEach((word, n) => new DataView(bytes.buffer).setUint32(4 * n, word));
    writeFileSync(join(folder, 'a.bin'), bytes);
    const args = ['-D', '-b', 'binary', '-m', 'powerpc:common', '-EB', '-M', dialect, '--no-show-raw-insn', 'a.bin'];
    return run(args, folder).map((line) => line.replace(/^[^\t]*\t/, '').trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The code of a program: address, word, text. */
export function objdumpFile(path: string, dialect: string): { pc: number; word: number; text: string }[] {
  return run(['-d', '-M', dialect, path], '.').map((line) => {
    const [at, code, text] = line.trim().split('\t');
    return {
      pc: parseInt(at, 16),
      word: parseInt(code.replaceAll(' ', ''), 16),
      text: text.replace(/\b([0-9a-f]+) <.*/, '0x$1').trim(),
    };
  });
}
