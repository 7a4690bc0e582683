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

const call = (as: ReturnType<typeof setup>['as'], ...words: (number | bigint)[]) => {
  words.forEach((value, i) => as.write64(RAM + 8 * i, BigInt(value)));
  as.write64(0x40, 0n);
  as.write64(0, BigInt(RAM));
};
/** [tohost, fromhost, result]: 0, 1 and the result tell that the call is done. */
const answer = (as: ReturnType<typeof setup>['as']) => [as.read64(0), as.read64(0x40), BigInt.asIntN(64, as.read64(RAM))];

it.each<[string, number[], bigint]>([
  ['openat', [56, -100, RAM, 0], -38n],
  ['close', [57, 1], -38n],
  ['getmainvars', [2011, RAM, 64], -38n],
  ['a number that nothing has', [-1], -38n],
  ['write to a file', [64, 3, RAM + 64, 4], -9n],
  ['write from nowhere', [64, 1, 0x7000_0000, 4], -14n],
  ['read from a file', [63, 3, RAM + 64, 4], -9n],
  ['read of nothing', [63, 0, RAM + 64, 0], 0n],
])('answers every system call: %s', (_, words, result) => {
  const { as } = setup();
  call(as, ...words);
  expect(answer(as)).toEqual([0n, 1n, result]);
});

it('answers a call whose block is not in memory', () => {
  const { as } = setup();
  as.write64(0, 0x7777_7776n);
  expect([as.read64(0), as.read64(0x40)]).toEqual([0n, 1n]);
});

it('reads what is there, waits for what is not, and knows the end', () => {
  const { host, as } = setup();
  const text = (count: number) => Array.from({ length: count }, (_, i) => String.fromCharCode(as.read(RAM + 0x200 + i, 1))).join('');
  call(as, 63, 0, RAM + 0x200, 4);
  expect([as.read64(0), as.read64(0x40)]).toEqual([0n, 0n]); // taken, not done
  host.input(new TextEncoder().encode('hello\n'));
  expect([answer(as), text(4)]).toEqual([[0n, 1n, 4n], 'hell']);
  call(as, 63, 0, RAM + 0x200, 100);
  expect([answer(as), text(2)]).toEqual([[0n, 1n, 2n], 'o\n']);
  call(as, 63, 0, RAM + 0x200, 4);
  host.sendEvent('closed');
  expect(answer(as)).toEqual([0n, 1n, 0n]);
  call(as, 63, 0, RAM + 0x200, 4);
  expect(answer(as)).toEqual([0n, 1n, 0n]);
});

it('does not trust a read that waits: its block or its buffer may be elsewhere when the characters come', () => {
  const { host, as } = setup();
  call(as, 63, 0, 0x7000_0000, 4);
  host.input(Uint8Array.of(1));
  expect(answer(as)).toEqual([0n, 1n, -14n]);
  call(as, 63, 0, RAM + 0x200, 4);
  as.write64(RAM + 24, 0n); // nothing is wanted any more: nothing is taken
  host.input(Uint8Array.of(2, 3));
  expect(as.read64(0x40)).toBe(0n);
  as.write64(RAM + 24, 1n);
  host.input(Uint8Array.of(4));
  expect([answer(as), as.read(RAM + 0x200, 2)]).toEqual([[0n, 1n, 1n], 2]);
});

it('takes tohost and fromhost in halves as QEMU does', () => {
  const { m, host, as } = setup();
  as.write(0, 4, 0x42);
  expect([as.read64(0), host.readText()]).toEqual([0x42n, '']);
  as.write(4, 4, 0x0101_0000);
  expect([as.read64(0), as.read(0x40, 4), as.read(0x44, 4), host.readText()]).toEqual([0n, 0x142, 0x0101_0000, 'B']);
  as.write(0x40, 4, 5); // the low half takes all of it, the high one is added
  expect(as.read64(0x40)).toBe(5n);
  as.write(0x44, 4, 6);
  expect(as.read64(0x40)).toBe(0x6_0000_0005n);
  as.write(0x40, 1, 7);
  as.write(0x42, 2, 9);
  expect([as.read64(0x40), as.read(0x41, 1)]).toEqual([7n, 0]);
  expect(m.logged.filter((line) => line.includes('no register'))).toHaveLength(2);
});

it('ends a program that stores the low half of tohost alone, again and again', () => {
  const { m, as } = setup();
  as.write(0, 4, (3 << 1) | 1);
  expect(m.runState.shutdownRequest).toBeUndefined();
  as.write(0, 4, (3 << 1) | 1);
  expect(m.runState.shutdownRequest).toEqual({ cause: 'guest-shutdown', exitCode: 3 });
});
