/** Two small things that "QEMU internals" shows (regions, interrupts). */
import { expect, it } from 'vitest';
import { IrqLine, irqLines } from '../../src/hw/core/irq.js';
import { TestMachine } from '../../src/hw/core/testing.js';
import { MemoryRegion } from '../../src/memory/region.js';
import { KiB } from '../../src/util/size.js';

it('a region of 64 KiB whose write of 42 at offset 0 resets the machine, and which reads 0', () => {
  const m = new TestMachine();
  const region = MemoryRegion.io(m.topology, 'reset', 64 * KiB, {
    read: () => 0,
    write: (offset, value) => offset === 0 && value === 42 && m.requestReset('guest-reset'),
  });
  m.systemMemory.addSubregion(0x1000_0000, region);
  expect(m.addressSpace.read(0x1000_0000)).toBe(0);
  m.addressSpace.write(0x1000_0000, 4, 41);
  m.addressSpace.write(0x1000_0004, 4, 42);
  expect(m.runState.resetRequest).toBeUndefined();
  m.addressSpace.write(0x1000_0000, 4, 42);
  expect(m.runState.resetRequest).toBe('guest-reset');
});

it('lines are an array of one handler; one that leads nowhere does nothing', () => {
  const heard: [number, number][] = [];
  const lines = irqLines((n, level) => void heard.push([n, level]), 3);
  lines[2].raise();
  lines[0].set(1);
  lines[2].lower();
  expect(heard).toEqual([[2, 1], [0, 1], [2, 0]]); // prettier-ignore
  const open = new IrqLine();
  open.raise();
  expect([open.level, open.connected]).toEqual([1, false]);
});
