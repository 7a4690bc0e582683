import { test } from 'vitest';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { EXTENSIONS } from '../../src/target/riscv/extensions.js';
import { KINDS, BASE_EXTENSIONS } from './kinds.js';
import { findOracle, knownExtensions, runOracle } from './oracle.js';
import { randomProgram, listing } from './program.js';
import { firstDifferences, describeDifference } from './compare.js';
import { SLOT } from './slot.js';
test('oracle', async () => {
  const oracles = [findOracle()!];
  process.env.WEMU_ORACLE = 'chroot /opt/trixie qemu-system-riscv64';
  oracles.push(findOracle()!);
  for (const kind of KINDS) {
    const wanted = [...BASE_EXTENSIONS, ...kind.extensions];
    const on = knownExtensions(oracles[0], wanted);
    const off = EXTENSIONS.map((e) => e.name).filter((n) => !on.includes(n));
    const config = parseCpuConfig([`rv${kind.xlen}`, ...off.map(n=>n+'=off'), ...on.map((n) => n + '=on')].join(','));
    let t = Date.now();
    const program = randomProgram(kind, config, 1, { blocks: 200, runs: 4 });
    const gen = Date.now() - t;
    const outs = [];
    for (const o of oracles) { t = Date.now(); outs.push(await runOracle(o, { xlen: kind.xlen, on, off, elf: program.elf, size: program.slots.length })); console.log(kind.name, gen, 'ms gen', Date.now() - t, 'ms', program.instructions, program.elf.length); }
    const v = new DataView(outs[0].buffer, outs[0].byteOffset);
    const traps = program.blockOf.map((_, i) => v.getUint32(i * program.slotSize + SLOT.trapCount, true));
    console.log('traps', traps.reduce((a, b) => a + b), traps.slice(0, 20).join());
    const diffs = firstDifferences(program, outs[0], outs[1], 7);
    if (diffs.length) { console.log('slot', diffs[0].slot, diffs.map((d) => describeDifference(d, ['7.2', '10'])).slice(0, 10).join('\n'));
    if (diffs[0].slot>=0) console.log(listing(program, program.blocks[program.blockOf[diffs[0].slot]]).join('\n')); }
    if (kind.xlen===64) console.log(listing(program, program.blocks[0]).slice(0,12).join('\n'));
  }
});
