/** The blocks that run most often, as QEMU's `hotblocks`. */
import { definePlugin, type Cell } from '../plugin/api.js';

interface Counted {
  readonly pc: bigint;
  readonly insns: number;
  readonly symbol: string | undefined;
  readonly cell: Cell;
  translations: number;
}

export default definePlugin({
  name: 'hotblocks',
  description: 'tells which translated blocks were executed most often',
  args: {
    inline: { help: 'count in the code itself; off: by a callback before each block', default: true },
    limit: { help: 'tell of so many blocks; 0: of all', default: 20 },
  },
  install(api, { inline, limit }) {
    const blocks = new Map<string, Counted>();
    api.onTranslate((block) => {
      const { vaddr: pc, insns, symbol } = block;
      const key = `${pc} ${insns.length}`;
      let found = blocks.get(key);
      if (!found) blocks.set(key, (found = { pc, insns: insns.length, symbol, cell: api.cell(), translations: 0 }));
      found.translations++;
      const { cell } = found;
      if (inline) block.add(cell, 1);
      else block.onExec(({ index }) => cell.set(index, cell.get(index) + 1n));
    });
    api.onExit(() => {
      const counted = [...blocks.values()].map((block) => ({ ...block, count: block.cell.sum() }));
      counted.sort((a, b) => (a.count === b.count ? 0 : a.count < b.count ? 1 : -1));
      api.outs(`collected ${counted.length} entries in the hash table\npc, tcount, icount, ecount\n`);
      for (const { pc, translations, insns, count, symbol } of counted.slice(0, limit === 0 ? undefined : limit))
        api.outs(
          `0x${pc.toString(16).padStart(16, '0')}, ${translations}, ${insns}, ${count}${symbol === undefined ? '' : `, ${symbol}`}\n`,
        );
    });
  },
});
