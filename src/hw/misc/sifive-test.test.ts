import { expect, it } from 'vitest';
import { TestMachine } from '../core/testing.js';
import { SifiveTest } from './sifive-test.js';

const after = (value: number, offset = 0, size: 2 | 4 = 4) => {
  const m = new TestMachine();
  m.addDevice(SifiveTest).mmioMap(0, 0);
  m.addressSpace.write(offset, size, value);
  return m;
};

it.each([
  [0x5555, { cause: 'guest-shutdown', exitCode: 0 }],
  [0x0007_3333, { cause: 'guest-panic', exitCode: 7 }],
])('0x%x ends the machine', (value, request) => {
  expect(after(value).runState.shutdownRequest).toEqual(request);
});

it('takes a status from the upper half, so none from a halfword', () => {
  expect(after(0x0007_5555).runState.shutdownRequest).toEqual({ cause: 'guest-shutdown', exitCode: 7 });
  expect(after(0x3333).runState.shutdownRequest).toEqual({ cause: 'guest-panic', exitCode: 0 });
  expect(after(0x3333, 0, 2).runState.shutdownRequest).toEqual({ cause: 'guest-panic', exitCode: 0 });
  expect(after(0x0001_7777).runState.resetRequest).toBe('guest-reset');
});

it('0x7777 resets, other values and places do nothing', () => {
  expect(after(0x7777).runState.resetRequest).toBe('guest-reset');
  for (const m of [after(0x1234), after(0x5555, 4)]) {
    expect(m.runState.hasRequest).toBe(false);
    expect(m.logged).toHaveLength(1);
  }
});
