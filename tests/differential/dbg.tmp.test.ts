import { test } from 'vitest';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { KINDS } from './kinds.js';
import { randomProgram, listing } from './program.js';
import { SLOT, MEMORY } from './slot.js';
test('x', async () => {
  const config = parseCpuConfig('rv64');
  for (const n of ['pmp, RV64', 'traps, RV64']) {
  const p = randomProgram(KINDS.find(k=>k.name===n)!, config, 5, { blocks: 15, runs: 4 });
  const host = await createNodeHost({ backend: 'tci' });
  const m = Machine.create({ machine: 'virt', cpu: 'rv64', memory: 128<<20, bios: 'none', kernel: p.elf }, host);
  m.state.vmStart();
  m.cpu().run(100000);
  const mem = m.readPhysical(MEMORY.slots, p.slots.length); const v = new DataView(mem.buffer);
  for (let i = 0; i < p.blockOf.length; i++) { const c = v.getUint32(i * p.slotSize + SLOT.trapCount, true); if (c > 60 || i===0) { console.log(n, 'slot', i, 'traps', c, 'block', p.blocks[p.blockOf[i]].address.toString(16), p.blocks[p.blockOf[i]].end.toString(16));
    for (let t = 0; t < Math.min(c,20); t++) console.log([0,8,16,24].map(o => v.getBigUint64(i * p.slotSize + SLOT.traps + 32*t + o, true).toString(16)).join(' '));
    console.log(listing(p, p.blocks[p.blockOf[i]]).join('\n'));
    console.log(Array.from({length:32},(_, r) => 'x'+r+'='+new DataView(p.slots.buffer).getBigUint64(i*p.slotSize+8*r,true).toString(16)).join(' '));
    if (i) break; } }
  }
});
