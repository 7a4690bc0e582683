/** Line tables of ELF files, as the plugin `coverage` reads them: damaged ones are one line for the user, and what comes out is lcov's format. */
import { collect, lcov } from '../../src/plugins/coverage.js';
import { readLines } from '../../src/plugins/dwarf-lines.js';
import { readElf } from '../../src/plugins/elf-sections.js';
import { concat } from '../../src/util/bytes.js';
import type { Target } from '../target.js';

const text = (...strings: readonly string[]): Uint8Array => new TextEncoder().encode(strings.map((each) => `${each}\0`).join(''));
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
function word(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

/** Of one unit: two lines of one file, and the end. Source: DWARF 5, 6.2. */
function lineTable(version: 4 | 5): Uint8Array {
  const names =
    version === 4
      ? concat([text('folder', ''), text('a.c'), bytes(1, 0, 0), text('')])
      : concat([
          bytes(1, 1, 0x08, 1), // one format: a path, as a string
          text('/src'),
          bytes(2, 1, 0x1f, 2, 0x0b, 2), // a path in .debug_line_str, a directory in a byte
          ...[word(0), bytes(0), word(0), bytes(0)],
        ]);
  const operands = bytes(0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1);
  const rest = concat([bytes(1, ...(version >= 4 ? [1] : []), 1, 0xfb, 14, 13), operands, names]);
  const program = concat([
    bytes(0, 9, 2, 0, 0, 0, 0x80, 0, 0, 0, 0), // set_address
    bytes(3, 5, 1), // advance_line 5, copy
    bytes(13 + 5 + 14 * 4), // a special opcode: 4 bytes, no line
    bytes(2, 4, 0, 1, 1), // advance_pc 4, end_sequence
  ]);
  const head = version === 5 ? bytes(5, 0, 8, 0) : bytes(4, 0);
  const unit = concat([head, word(rest.length), rest, program]);
  return concat([word(unit.length), unit]);
}

const SHT = { progbits: 1, symtab: 2, strtab: 3 } as const;

/** A 64-bit file with these sections. Source: System V ABI, chapter 4. */
function elfWith(
  sections: readonly { readonly name: string; readonly type: number; readonly bytes: Uint8Array; readonly link?: number }[],
): Uint8Array {
  const names = text('', ...sections.map(({ name }) => name), '.shstrtab');
  const all = [{ name: '', type: 0, bytes: bytes() }, ...sections, { name: '.shstrtab', type: SHT.strtab, bytes: names }];
  const body = concat(all.map((each) => each.bytes));
  const file = concat([new Uint8Array(64), body, new Uint8Array(64 * all.length)]);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(40, BigInt(64 + body.length), true);
  [64, all.length, all.length - 1].forEach((value, i) => view.setUint16(58 + 2 * i, value, true));
  let [at, nameAt] = [64, 0];
  for (const [i, { name, type, bytes: contents, link = 0 }] of (all as typeof sections).entries()) {
    const header = 64 + body.length + 64 * i;
    view.setUint32(header, nameAt, true);
    view.setUint32(header + 4, type, true);
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(contents.length), true);
    view.setUint32(header + 40, link, true);
    at += contents.length;
    nameAt += name.length + 1;
  }
  return file;
}

/** A function `f` where the table begins. */
function symbols(): Uint8Array {
  const out = new Uint8Array(48);
  const view = new DataView(out.buffer);
  view.setUint32(24, 1, true);
  out[28] = 0x12; // global, a function
  view.setBigUint64(32, 0x8000_0000n, true);
  view.setBigUint64(40, 8n, true);
  return out;
}

const seed = (version: 4 | 5): Uint8Array =>
  elfWith([
    { name: '.debug_line', type: SHT.progbits, bytes: lineTable(version) },
    { name: '.debug_line_str', type: SHT.progbits, bytes: text('a.c') },
    { name: '.symtab', type: SHT.symtab, bytes: symbols(), link: 4 },
    { name: '.strtab', type: SHT.strtab, bytes: text('', 'f') },
  ]);

const LINE = /^(TN:|SF:.*|FN:\d+,.*|FNDA:\d+,.*|FN[FH]:\d+|DA:\d+,\d+|L[FH]:\d+|end_of_record|)$/;
/** What the two readers say of a file that they cannot use. */
const KNOWN =
  /^(this is no ELF file|the ELF file is damaged|section \S+ is compressed|it has no line table|its line table (is damaged|is of DWARF|has a form))/;

export const lineTableTarget: Target = {
  name: 'line-table',
  seeds: () => [seed(4), seed(5)],
  run(input) {
    let out: string;
    try {
      const elf = readElf(input);
      out = lcov(collect(readLines(elf), elf.functions, () => 1n));
    } catch (error) {
      if (KNOWN.test((error as Error).message)) return;
      throw error;
    }
    for (const line of out.split('\n')) if (!LINE.test(line)) throw new Error(`no line of lcov: ${JSON.stringify(line)}`);
  },
};
