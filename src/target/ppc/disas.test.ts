import { expect, it } from 'vitest';
import { describeWith } from '../../../tests/support/tools.js';
import { objdump, objdumpFile } from '../../../tests/ppc/objdump.js';
import { seededRng } from '../../../tests/support/riscv-random.js';
import { Decoder } from './decoder.js';
import { flowOf, formatInsn } from './disas.js';
import { INSNS } from './insns.js';
import type { Insn } from './table.js';

const WORDS_A_ROW = 40;

/** Invalid forms, which objdump gives to POWER or to nobody. */
const isOwn = (text: string): boolean => /^(\.long|lux?|stux?|lm|lsx|lsi|stsx|stsi|stm) /.test(text);
const isSpr = (text: string): boolean => /^(mfspr|mtspr|mftb) /.test(text);
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
    const ours = words.map((word, n) => formatInsn(decoder, word, 4 * n, true));
    const differing = new Map<string, string>();
    ours.forEach((text, n) => {
      const name = text.split(' ')[0];
      if (text !== theirs[n] && !isOwn(theirs[n]) && !isSpr(theirs[n]) && !differing.has(name))
        differing.set(name, `${text} | ${theirs[n]}`);
    });
    expect([...differing.values()]).toEqual([]);
  });

  /** Fields as they are where instructions have names of their own, too: zero, 31, all alike, and what is left of 31 or 32. */
  const likelyWord = (row: Insn, rng: () => number): number => {
    const same = rng();
    const draw = (width: number, shift: number, word: number): number => {
      switch (rng() % 6) {
        case 0:
          return 0;
        case 1:
          return ~0;
        case 2:
          return same;
        case 3:
          return 32 - ((word >>> (shift + width)) & 31);
        case 4:
          return 31 - ((word >>> (shift + 2 * width)) & 31);
        default:
          return rng();
      }
    };
    return (
      row.fields.reduce((word, { shift, width }) => word | ((draw(width, shift, word) & ((1 << width) - 1)) << shift), row.value) >>> 0
    );
  };
  const isBranch = (word: number): boolean => decoder.decode(word | 0)?.fields.some(({ name }) => name === 'bo') ?? false;
  const BO_HINT = 1 << 21;

  const DIALECT = '603';
  /** A branch that has no hint has no sign here; nor have those without a name of their own. */
  const withoutSign = (word: number, text: string): string =>
    (isBranch(word) && !(word & BO_HINT)) || /^bc\S* +\d/.test(text) ? text.replace(/^(\w+)[+-]/, '$1') : text;
  const squeezed = (text: string): string => text.replace(/ +/g, ' ');

  it('writes simplified mnemonics as objdump does', () => {
    const words = INSNS.flatMap((row) => {
      const rng = seededRng(row.value);
      return Array.from({ length: 10 * WORDS_A_ROW }, () => likelyWord(row, rng));
    });
    const differing = new Map<string, string>();
    objdump(words, DIALECT).forEach((text, n) => {
      const ours = squeezed(formatInsn(decoder, words[n], 4 * n));
      const theirs = squeezed(withoutLater(withoutSign(words[n], text)));
      if (ours !== theirs && !isOwn(theirs)) differing.set(ours.split(' ')[0], `${ours} | ${theirs}`);
    });
    expect([...differing.values()]).toEqual([]);
  });

  it.each(['guests/ppc.elf', 'guests/cpiom.elf'])('lists %s as objdump does', (path) => {
    const lines = objdumpFile(path, DIALECT);
    const differing = lines.flatMap(({ pc, word, text }) => {
      const [ours, theirs] = [formatInsn(decoder, word, pc), withoutSign(word, text)].map(squeezed);
      return ours === theirs ? [] : [`${pc.toString(16)}: ${ours} | ${theirs}`];
    });
    expect(differing.slice(0, 30)).toEqual([]);
    expect(lines.length).toBeGreaterThan(1000);
  });
});
