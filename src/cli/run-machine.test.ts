import { expect, it } from 'vitest';
import { ExitReason } from '../hw/core/cpu.js';
import { createNodeHost } from '../node/host.js';
import { isUserError } from '../util/errors.js';
import { createMachine, exitStatus, runMachine } from './run-machine.js';

it('a failure of the translator is told and ends the run', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  let told = '';
  const machine = createMachine({ machine: 'virt', memory: '16M', bios: 'none', log: { items: [], sink: (text) => (told += text) } }, host);
  machine.cpu().run = () => ExitReason.TranslateFailed;
  expect(await machine.run()).toEqual({ reason: 'host-error', exitCode: 1 });
  expect(told).toBe('wemu: cpu 0: cannot translate code at pc 0x1000\n');
  host.close();
});

it('output that the host cannot write ends the run with one line', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  const code = Uint32Array.of(0x1000_0537, 0x04100593, 0x00b50023, 0x0000_006f); // lui a0,0x10000; li a1,'A'; sb a1,0(a0); j .
  const run = runMachine({ machine: 'virt', memory: '16M', bios: new Uint8Array(code.buffer) }, host, { serials: ['file:/dev/full'] });
  await expect(run).rejects.toThrow("'/dev/full': no space left on device");
  await expect(run).rejects.toSatisfy(isUserError);
});

it.each([
  [0, 0],
  [1, 1],
  [255, 255],
  [256, 0],
  [668, 156],
  [0x7fff_ffff, 255],
  [0x8000_0000, 0],
  [-1, 255],
])('a guest that ends with %i ends the process with %i', (code, status) => {
  expect(exitStatus(code)).toBe(status);
});
