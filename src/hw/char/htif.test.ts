import { expect, it } from 'vitest';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { TestMachine } from '../core/testing.js';
import { Htif } from './htif.js';

const RAM = 0x1_0000;
const setup = () => {
  const m = new TestMachine();
  const host = new RingBufferChardev('c');
  m.systemMemory.addSubregion(RAM, m.newRam('ram', 0x1000));
  const htif = m.addDevice(Htif, { chardev: host });
  htif.mmioMap(0, 0);
  htif.mmioMap(1, 0x40);
  return { m, host, as: m.addressSpace };
};

it('reads a character when one comes', () => {
  const { host, as } = setup();
  as.write64(0, 1n << 56n);
  expect([as.read64(0), as.read64(0x40)]).toEqual([0n, 0n]);
  host.input(Uint8Array.of(0x41, 0x42));
  expect(as.read64(0x40)).toBe((1n << 56n) | 0x141n);
  as.write64(0, 1n << 56n);
  expect(as.read64(0x40)).toBe((1n << 56n) | 0x142n);
});

it('serves write and exit of the proxy kernel, and nothing at bad addresses', () => {
  const { m, host, as } = setup();
  as.writeBytes(RAM + 0x100, new TextEncoder().encode('hi\n'));
  [64n, 1n, BigInt(RAM + 0x100), 3n].forEach((value, i) => as.write64(RAM + 8 * i, value));
  as.write64(0, BigInt(RAM));
  expect([host.readText(), as.read64(RAM), as.read64(0x40)]).toEqual(['hi\n', 3n, 1n]);
  as.write64(RAM, 64n);
  as.write64(RAM + 16, 0xffff_ffff_ffff_ff00n);
  as.write64(0, BigInt(RAM));
  expect(BigInt.asIntN(64, as.read64(RAM))).toBe(-14n);
  as.write64(0, 0x7777_7776n);
  expect(m.logged.some((line) => line.includes('not in memory'))).toBe(true);
  [93n, 4n].forEach((value, i) => as.write64(RAM + 8 * i, value));
  as.write64(0, BigInt(RAM));
  expect(m.runState.shutdownRequest).toEqual({ cause: 'guest-shutdown', exitCode: 4 });
});
