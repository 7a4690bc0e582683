import { expect, it } from 'vitest';
import { describeWith } from '../../../tests/support/tools.js';
import { objdump } from '../../../tests/ppc/objdump.js';
import { seededRng } from '../../../tests/support/riscv-random.js';
import { Decoder } from './decoder.js';
import { flowOf, formatInsn } from './disas.js';
import { INSNS } from './insns.js';
import type { Insn } from './table.js';

const WORDS_A_ROW = 40;

/** Invalid forms, which objdump gives to POWER or to nobody, and special registers, which it names. */
const isOwn = (text: string): boolean => /^(\.long|lux?|stux?|lm|lsx|lsi|stsx|stsi|stm|mfspr|mtspr|mftb) /.test(text);
/** Fields that are reserved on these processors, and mean something on later ones. */
const withoutLater = (text: string): string =>
  text
    .replace(/^(sync|sc) .*/, '$1')
    .replace(/^(tlbie .*?),.*/, '$1')
    .replace(/^((?:lwarx|dcb\w+|bclrl?|bcctrl?|mtmsr|mfcr|mtfsf\.?) .*?)(,0|,-1)+$/, '$1')
    .replace(/^(mtfsfi\.? +\d,\d+),0$/, '$1');

it('tells what calls and returns', () => {
  const decoder = new Decoder();
  const words = {
    bl: 0x4800_0011,
    b: 0x4800_0010,
    blr: 0x4e80_0020,
    bctrl: 0x4e80_0421,
    bctr: 0x4e80_0420,
    rfi: 0x4c00_0064,
    here: 0x429f_0005,
    no: 0,
  };
  const flows = Object.entries(words).map(([name, word]) => `${name} ${flowOf(decoder, word) ?? '-'}`);
  expect(flows).toEqual(['bl call', 'b -', 'blr return', 'bctrl call', 'bctr -', 'rfi return', 'here -', 'no -']);
});

describeWith('powerpc-linux-gnu-objdump', 'the disassembler', () => {
  const decoder = new Decoder();
  const randomWord = (row: Insn, rng: () => number): number =>
    row.fields.reduce((word, { shift, width }) => word | ((rng() & ((1 << width) - 1)) << shift), row.value) >>> 0;

  it('writes what objdump writes', () => {
    const words = INSNS.flatMap((row) => {
      const rng = seededRng(row.value);
      return Array.from({ length: WORDS_A_ROW }, () => randomWord(row, rng));
    });
    const theirs = objdump(words).map(withoutLater);
    const ours = words.map((word, n) => formatInsn(decoder, word, 4 * n));
    const differing = new Map<string, string>();
    ours.forEach((text, n) => {
      const name = text.split(' ')[0];
      if (text !== theirs[n] && !isOwn(theirs[n]) && !differing.has(name)) differing.set(name, `${text} | ${theirs[n]}`);
    });
    expect([...differing.values()]).toEqual([]);
  });
});
