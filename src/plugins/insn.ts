/** Counts instructions, as QEMU's `insn`. */
import { definePlugin, type Cell } from '../plugin/api.js';

export default definePlugin({
  name: 'insn',
  description: 'counts guest instructions, of each vCPU and of all',
  args: {
    inline: { help: 'count in the code itself; off: by a callback before each instruction', default: true },
    sizes: { help: 'tell how many translated instructions have which size', default: false },
    match: { help: "count only instructions whose disassembly begins so, such as 'lw' or 'amo'" },
  },
  install(api, { inline, sizes, match }) {
    const count = api.cell();
    const counted: (readonly [string, Cell])[] = [];
    const cellOf = new Map<string, Cell>();
    const bySize: number[] = [];
    const vcpus: number[] = [];

    /** With `match`, one for each instruction's name. */
    const matching = (text: string): Cell => {
      const name = text.split(' ')[0];
      let cell = cellOf.get(name);
      if (!cell) {
        cellOf.set(name, (cell = api.cell()));
        counted.push([name, cell]);
      }
      return cell;
    };
    api.onVcpuInit(({ index }) => void vcpus.push(index));
    api.onTranslate(({ insns }) => {
      for (const insn of insns) {
        if (sizes) bySize[insn.size] = (bySize[insn.size] ?? 0) + 1;
        const isMatch = match === undefined || insn.disassembly.startsWith(match);
        if (!isMatch) continue;
        const cells = match === undefined ? [count] : [count, matching(insn.disassembly)];
        for (const cell of cells) {
          if (inline) insn.add(cell, 1);
          else insn.onExec(({ index }) => cell.set(index, cell.get(index) + 1n));
        }
      }
    });
    api.onExit(() => {
      for (const vcpu of vcpus) api.outs(`cpu ${vcpu} insns: ${count.get(vcpu)}\n`);
      api.outs(`total insns: ${count.sum()}\n`);
      for (const [name, cell] of counted) api.outs(`${name}: ${cell.sum()}\n`);
      if (sizes) bySize.forEach((found, size) => api.outs(`len ${size} bytes: ${found} insns\n`));
    });
  },
});
