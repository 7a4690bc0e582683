import { test } from 'vitest';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { Assembler } from './assembler.js';
import { elfImage } from './elf.js';
test('x', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  const a = new Assembler(0x80000000, 32);
  a.li(5, 0x12345); a.li(6, -1); const l = a.place({}); a.j(l);
  const m = Machine.create({ machine: 'virt', cpu: 'rv32', memory: 128<<20, bios: 'none', kernel: elfImage(32, 0x80000000, [{address: 0x80000000, bytes: a.finish()}]) }, host);
  m.state.vmStart();
  const cpu = m.cpu();
  for (let i = 0; i < 8; i++) { const r = cpu.run(1); console.log(r, cpu.pc.toString(16), m.readRegister('mcause'), m.readRegister('mepc').toString(16), m.readRegister('t0').toString(16)); }
});
