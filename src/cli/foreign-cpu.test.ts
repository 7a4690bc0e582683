import { expect, it } from 'vitest';
import { OptionError } from '../util/errors.js';
import { machinesWith, withMachines } from './foreign-cpu.js';

it.each([
  ['750', undefined, ['cpiom', '40p']],
  ['G4', undefined, ['cpiom', '40p']],
  ['750', 'virt', ['cpiom', '40p']],
  ['750', '40p', undefined],
  ['rv64', 'cpiom', ['virt', 'spike', 'none']],
  ['z80', undefined, undefined],
])('finds the machines of a %s, from %s', async (model, board, machines) => {
  expect(await machinesWith(model, board)).toEqual(machines);
});

it('says which they are', async () => {
  const unknown = new OptionError("unable to find CPU model '755'");
  expect(await withMachines(unknown, '755,search=hash', undefined)).toMatchObject({
    message: "-cpu: no CPU of this machine: '755' (expected -M cpiom or -M 40p)",
  });
  expect(await withMachines(unknown, '68k', undefined)).toBe(unknown);
  const other = new Error('no');
  expect(await withMachines(other, '755', undefined)).toBe(other);
});
