/** What binutils makes of instructions: an oracle for the decoder and its texts. Needs riscv64-linux-gnu-objdump: guard with describeWith. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** binutils 2.40 does not know these; older spellings differ. */
export const UNKNOWN_TO_OBJDUMP =
  /^(mnret$|c\.(lbu|lhu|lh|sb|sh|mul|zext|sext|not|mop)|cm\.|mop\.|amocas\.|ssamoswap|amo.*\.[bh]$|fcvt\.(bf16\.s|s\.bf16)|czero\.|fli\.|fminm\.|fmaxm\.|fround|fleq\.|fltq\.|fcvtmod|fmvh|fmvp)/;
const MARCH = 'imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_zbkb_zbkx_zkn_zks_zicbom_zicboz_zawrs_zfh_svinval';

/** binutils 2.40 shows immediate forms by the name of the register form (`add s10,t5,1156`). */
export const normalize = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(add|xor|or|and|sll|srl|sra|slt|ror|bset|bclr|binv|bext|csrr?[wsc])i(u?w?) (.*,-?[0-9x][0-9a-fx]*)$/, '$1$2 $3');

export function objdump(words: readonly { word: number; size: number }[], xlen: number, abi: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-objdump-'));
  try {
    const source = words.map(({ word, size }) => `.insn ${size}, 0x${word.toString(16)}`).join('\n');
    writeFileSync(join(folder, 'a.s'), `${source}\n`);
    const march = `-march=rv${xlen}${MARCH}`;
    const as = spawnSync('riscv64-linux-gnu-as', [march, `-mabi=${abi}`, 'a.s', '-o', 'a.o'], { cwd: folder, encoding: 'utf8' });
    if (as.status !== 0) throw new Error(as.stderr.slice(0, 500));
    const { stdout } = spawnSync('riscv64-linux-gnu-objdump', ['-d', '--no-show-raw-insn', 'a.o'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    // Symbolic targets and comments are objdump's own.
    return stdout
      .split('\n')
      .filter((line) => /^ *[0-9a-f]+:\t/.test(line))
      .map((line) =>
        line
          .replace(/^[^\t]*\t/, '')
          .replace(/\s*<.*>/, '')
          .replace(/\s+#.*/, ''),
      )
      .map((line) => line.replace(/^((?:j|jal|b(?:eq|ne|lt|ge|gt|le)u?z?)\t(?:.*,)?)([0-9a-f]+)$/, '$10x$2'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
