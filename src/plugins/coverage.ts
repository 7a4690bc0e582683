/** Which source lines were executed, and how often: an lcov file against an ELF file's line table. */
import { definePlugin, type Cell } from '../plugin/api.js';
import { readLines, type LineRow } from './dwarf-lines.js';
import { readElf } from './elf-sections.js';

interface SourceFile {
  /** Times that each line was executed. */
  readonly lines: Map<number, bigint>;
  readonly functions: Map<string, { readonly line: number; readonly count: bigint }>;
}

export default definePlugin({
  name: 'coverage',
  description: "tells how often each source line was executed, in lcov's format (genhtml shows it)",
  args: {
    elf: { help: 'the file that the guest runs, compiled with -g' },
    out: { help: 'what is written', default: 'coverage.info' },
  },
  install(api, { elf: name, out }) {
    if (name === undefined) throw new Error("it needs 'elf=FILE'");
    const elf = readElf(api.readFile(name));
    const rows = readLines(elf);
    const cells = new Map<bigint, Cell>();
    const wanted = new Set(rows.flatMap(({ address, isEnd }) => (isEnd ? [] : [address])));
    for (const { address } of elf.functions) wanted.add(address);
    api.onTranslate(({ insns }) => {
      for (const insn of insns) {
        // A line's first instruction tells of the line.
        if (!wanted.has(insn.vaddr)) continue;
        let cell = cells.get(insn.vaddr);
        if (!cell) cells.set(insn.vaddr, (cell = api.cell()));
        insn.add(cell, 1);
      }
    });
    api.onExit(() => {
      const countAt = (address: bigint): bigint => cells.get(address)?.sum() ?? 0n;
      api.writeFile(out, lcov(collect(rows, elf.functions, countAt)));
    });
  },
});

/** By file. A line may have several pieces of code: it was executed as often as the one that was most. */
export function collect(
  rows: readonly LineRow[],
  functions: readonly { readonly name: string; readonly address: bigint }[],
  countAt: (address: bigint) => bigint,
): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  const starts = new Map(functions.map(({ name, address }) => [address, name]));
  for (const { address, file, line, isEnd } of rows) {
    if (isEnd || line === 0) continue;
    let source = files.get(file);
    if (!source) files.set(file, (source = { lines: new Map(), functions: new Map() }));
    const count = countAt(address);
    const before = source.lines.get(line);
    if (before === undefined || count > before) source.lines.set(line, count);
    const name = starts.get(address);
    if (name !== undefined && !source.functions.has(name)) source.functions.set(name, { line, count });
  }
  return files;
}

/** A name is the rest of a line. */
// eslint-disable-next-line no-control-regex
const plain = (name: string): string => name.replace(/[\x00-\x1f\x7f]/g, '?');

/** Source: geninfo(1), "FILES". */
export function lcov(files: ReadonlyMap<string, SourceFile>): string {
  let text = 'TN:\n';
  for (const [name, { lines, functions }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    text += `SF:${plain(name)}\n`;
    for (const [each, { line }] of functions) text += `FN:${line},${plain(each)}\n`;
    for (const [each, { count }] of functions) text += `FNDA:${count},${plain(each)}\n`;
    text += `FNF:${functions.size}\nFNH:${[...functions.values()].filter(({ count }) => count > 0n).length}\n`;
    for (const [line, count] of [...lines].sort(([a], [b]) => a - b)) text += `DA:${line},${count}\n`;
    text += `LF:${lines.size}\nLH:${[...lines.values()].filter((count) => count > 0n).length}\nend_of_record\n`;
  }
  return text;
}
