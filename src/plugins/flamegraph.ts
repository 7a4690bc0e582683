/** Where the guest's instructions go, by who called whom: a flame graph, and the stacks that it is made from. */
import { definePlugin } from '../plugin/api.js';
import { CallStack, collapsed, totalOf, type BlockFacts } from './call-stack.js';
import { flameSvg } from './flame-svg.js';

export default definePlugin({
  name: 'flamegraph',
  description: 'follows calls and returns, and draws how many instructions each function and its callees took',
  args: {
    svg: { help: 'the picture', default: 'flamegraph.svg' },
    stacks: { help: "a file for the stacks ('a;b;c COUNT' a line), for other tools" },
  },
  install(api, { svg, stacks }) {
    const root = new CallStack().root;
    const stackOf: CallStack[] = [];
    api.onVcpuInit(({ index }) => void (stackOf[index] = new CallStack(root)));
    api.onDiscontinuity(['interrupt', 'exception'], ({ index }, kind, from) => stackOf[index].trap(from, kind === 'interrupt'));
    api.onTranslate((block) => {
      const { vaddr, symbol, insns } = block;
      const last = insns[insns.length - 1];
      const facts: BlockFacts = {
        start: vaddr,
        next: last.vaddr + BigInt(last.size),
        name: symbol ?? `0x${vaddr.toString(16)}`,
        insns: insns.length,
        end: last.flow ?? 'other',
      };
      block.onExec(({ index }) => stackOf[index].enter(facts));
    });
    api.onExit(() => {
      if (stacks !== undefined) api.writeFile(stacks, collapsed(root));
      api.writeFile(svg, flameSvg(root, `${totalOf(root)} guest instructions (${api.info.target})`));
    });
  },
});
