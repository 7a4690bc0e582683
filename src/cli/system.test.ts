import { expect, it } from 'vitest';
import { ExitReason } from '../hw/core/cpu.js';
import { createNodeHost } from '../node/host.js';
import { createMachine } from './system.js';

it('a failure of the translator is told and ends the run', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  let told = '';
  const machine = createMachine({ machine: 'virt', memory: '16M', bios: 'none', log: { items: [], sink: (text) => (told += text) } }, host);
  machine.cpu().run = () => ExitReason.TranslateFailed;
  expect(await machine.run()).toEqual({ reason: 'host-error', exitCode: 1 });
  expect(told).toBe('wemu: cpu 0: cannot translate code at pc 0x1000\n');
  host.close();
});
