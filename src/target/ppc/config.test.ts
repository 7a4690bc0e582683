import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeWith } from '../../../tests/support/tools.js';
import { findModel, parsePpcConfig, ppcCpuHelp } from './config.js';

it('knows models by name, alias and PVR', () => {
  const names = ['755', 'goldfinger', '755_v2.8', 'GoldFinger'].map((name) => findModel(name).name);
  expect(new Set(names)).toEqual(new Set(['755_v2.8']));
  expect(findModel('00083207').name).toBe('755_v2.7');
  expect(findModel('0x00060401').name).toBe('603e_v4.1');
});

it('says who searches the page table', () => {
  expect(parsePpcConfig('603e')).toMatchObject({ model: '603e_v4.1', pvr: 0x6_0401, search: 'software' });
  expect(parsePpcConfig('755')).toMatchObject({ family: '755', search: 'hid2' });
  expect(parsePpcConfig('755,search=hash').search).toBe('hash');
});

it.each([
  ['601', "CPU model '601' is not built: the 601 is not quite a PowerPC"],
  ['601_v2', 'not quite a PowerPC'],
  ['e500_v20', 'BookE or 4xx'],
  ['mpc8540', 'BookE or 4xx'],
  ['405', 'BookE or 4xx'],
  ['970', 'it has 64 bits'],
  ['7455', 'AltiVec'],
  ['750fx', 'registers of its own'],
  ['765', "unable to find CPU model '765'; did you mean"],
  ['99999999', 'unable to find CPU model'],
  ['750,search=software', "'search=software' is nothing that a 750_v3.1 can do"],
  ['755,search=luck', "invalid value 'luck'"],
  ['755,cache=on', "'cache'"],
])('refuses %s in a line', (text, why) => {
  expect(() => parsePpcConfig(text)).toThrow(why);
});

describeWith('qemu-system-ppc', "the list of '-cpu help'", () => {
  it("has QEMU's lines, in its order", () => {
    const { stdout } = spawnSync('qemu-system-ppc', ['-cpu', 'help'], { encoding: 'utf8' });
    const theirs = stdout.split('\n').map((line) => line.replace(/^(PowerPC| ) ?/, '').trim());
    const ours = ppcCpuHelp().split('\n').slice(1, -1).map((line) => line.trim()); // prettier-ignore
    expect(theirs.filter((line) => ours.includes(line))).toEqual(ours);
  });
});
