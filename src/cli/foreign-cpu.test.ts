import { expect, it } from 'vitest';
import { OptionError, UnknownCpuModel } from '../util/errors.js';
import { machinesWith, withMachines } from './foreign-cpu.js';

it.each([
  ['750', undefined, ['40p']],
  ['G4', undefined, ['40p']],
  ['755', undefined, ['cpiom', '40p']],
  ['goldfinger', 'virt', ['cpiom', '40p']],
  ['750', '40p', undefined],
  ['rv64', 'cpiom', ['virt', 'spike', 'none']],
  ['z80', undefined, undefined],
])('finds the machines of a %s, from %s', async (model, board, machines) => {
  expect(await machinesWith(model, board)).toEqual(machines);
});

it('says which they are', async () => {
  expect(await withMachines(new UnknownCpuModel('755', ''), undefined)).toMatchObject({
    message: "-cpu: no CPU of this machine: '755' (expected -M cpiom or -M 40p)",
  });
  const unknown = new UnknownCpuModel('68k', '');
  expect(await withMachines(unknown, undefined)).toBe(unknown);
  // whatever it says
  const other = new OptionError("unable to find CPU model '755'");
  expect(await withMachines(other, undefined)).toBe(other);
});
