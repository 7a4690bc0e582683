import { test } from 'vitest';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { EXTENSIONS } from '../../src/target/riscv/extensions.js';
import { KINDS, BASE_EXTENSIONS } from './kinds.js';
import { findOracle, knownExtensions, runOracle } from './oracle.js';
import { randomProgram, prefixProgram, listing } from './program.js';
import { firstDifferences, describeDifference } from './compare.js';
test('oracle', async () => {
  const oracles = [findOracle()!];
  process.env.WEMU_ORACLE = 'chroot /opt/trixie qemu-system-riscv64';
  oracles.push(findOracle()!);
  for (const kind of KINDS) {
    if (/atomic/.test(kind.name)) continue;
    const wanted = [...BASE_EXTENSIONS, ...kind.extensions];
    const on = knownExtensions(oracles[0], wanted);
    const off = EXTENSIONS.map((e) => e.name).filter((n) => !on.includes(n));
    const config = parseCpuConfig([`rv${kind.xlen}`, ...off.map(n=>n+'=off'), ...on.map((n) => n + '=on')].join(','));
    const run = async (p: any) => { const outs = []; for (const o of oracles) outs.push(await runOracle(o, { xlen: kind.xlen, on, off, elf: p.elf, size: p.slots.length })); return outs; };
    const program = randomProgram(kind, config, 1, { blocks: 200, runs: 4 });
    const outs = await run(program);
    const diffs = firstDifferences(program, outs[0], outs[1], 7);
    if (!diffs.length) continue;
    console.log(kind.name, diffs.map((d) => describeDifference(d, ['7.2', '10'])).slice(0, 10).join('\n'));
    const pre = prefixProgram(program, diffs[0].slot);
    const pouts = await run(pre);
    const pd = firstDifferences(pre, pouts[0], pouts[1], 7);
    console.log('prefix', pd[0]?.slot, pd.map((d) => describeDifference(d, ['7.2', '10'])).slice(0, 10).join('\n'), '\n', pd.length ? listing(program, program.blocks[program.blockOf[diffs[0].slot]]).slice(Math.max(0, pd[0].slot-2), pd[0].slot).join('\n') : '');
  }
});
