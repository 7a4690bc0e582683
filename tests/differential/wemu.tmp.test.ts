import { test } from 'vitest';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { EXTENSIONS } from '../../src/target/riscv/extensions.js';
import { KINDS, BASE_EXTENSIONS } from './kinds.js';
import { findOracle, knownExtensions, runOracle } from './oracle.js';
import { randomProgram, prefixProgram, listing } from './program.js';
import { firstDifferences, describeDifference } from './compare.js';
import { cpuOption, runWemu, type Backend } from './wemu.js';
const backend = (process.env.B ?? 'tci') as Backend;
const oracle = findOracle()!;
for (const kind of KINDS) test(kind.name, async () => {
    const wanted = [...BASE_EXTENSIONS, ...kind.extensions];
    const on = knownExtensions(oracle, wanted);
    const off = EXTENSIONS.map((e) => e.name).filter((n) => !on.includes(n));
    const config = parseCpuConfig(cpuOption({xlen: kind.xlen, on, off}));
    const run = async (p: any): Promise<Uint8Array[]> => { const r = { xlen: kind.xlen, on, off, elf: p.elf, size: p.slots.length };
      const t = Date.now(); const a = await runWemu(backend, r); const t2 = Date.now(); const b = await runOracle(oracle, r); console.log(kind.name, 'wemu', t2 - t, 'qemu', Date.now() - t2, p.instructions);
      return [a, b]; };
    const program = randomProgram(kind, config, Number(process.env.S ?? 1), { blocks: Number(process.env.N ?? 200), runs: 4 });
    const outs = await run(program);
    const diffs = firstDifferences(program, outs[0], outs[1], oracle.version);
    if (!diffs.length) { console.log(kind.name, 'AGREE'); return; }
    console.log(kind.name, 'slot', diffs[0].slot, diffs.map((d) => describeDifference(d, ['wemu', 'qemu'])).slice(0, 10).join('\n'));
    const pre = prefixProgram(program, diffs[0].slot);
    const pouts = await run(pre);
    const pd = firstDifferences(pre, pouts[0], pouts[1], oracle.version);
    const block = program.blocks[program.blockOf[diffs[0].slot]];
    console.log('prefix', pd[0]?.slot, pd.map((d) => describeDifference(d, ['wemu', 'qemu'])).slice(0, 10).join('\n'), '\n', pd.length ? listing(program, block).slice(Math.max(0, pd[0].slot-2), pd[0].slot).join('\n') : listing(program, block).join('\n'));
});
