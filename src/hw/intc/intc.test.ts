import { describe, expect, it } from 'vitest';
import { MemTxResult } from '../../memory/access.js';
import { TestMachine } from '../core/testing.js';
import { ClockType } from '../core/clock.js';
import { IrqLine } from '../core/irq.js';
import { RiscvAclintMtimer, RiscvAclintSwi } from './riscv-aclint.js';
import { SifivePlic } from './sifive-plic.js';

const VIRT = {
  'num-sources': 96,
  'num-priorities': 7,
  'pending-base': 0x1000,
  'enable-base': 0x2000,
  'enable-stride': 0x80,
  'context-base': 0x20_0000,
  'context-stride': 0x1000,
  'aperture-size': 0x60_0000,
};

describe('plic', () => {
  const setup = (config = 'MS,MS') => {
    const m = new TestMachine();
    const plic = m.addDevice(SifivePlic, { 'hart-config': config, ...VIRT });
    plic.mmioMap(0, 0);
    const out = [0, 0, 0, 0]; // S of both harts, M of both harts
    out.forEach((_, i) => plic.connectGpioOut(i, new IrqLine((_n, level) => (out[i] = level))));
    const w = (at: number, value: number) => m.addressSpace.write(at, 4, value);
    const r = (at: number) => m.addressSpace.read(at, 4);
    return { m, plic, out, w, r };
  };
  const claim = (context: number) => 0x20_0004 + 0x1000 * context;

  it('gives the source of the highest priority, the lowest number first, to the right context', () => {
    const { plic, out, w, r } = setup();
    w(4 * 5, 3);
    w(4 * 40, 7);
    w(4 * 41, 7);
    w(0x2000 + 0x80 * 3, 1 << 5); // context 3: hart 1 S
    w(0x2004 + 0x80 * 3, (1 << 8) | (1 << 9));
    for (const irq of [41, 5, 40]) plic.gpioIn(irq).raise();
    expect(out).toEqual([0, 1, 0, 0]);
    expect([r(claim(0)), r(claim(3)), r(claim(3)), r(claim(3)), r(claim(3))]).toEqual([0, 40, 41, 5, 0]);
    expect(out).toEqual([0, 0, 0, 0]);
  });

  it('claims what the threshold holds back', () => {
    const { plic, out, w, r } = setup();
    w(4 * 10, 1);
    w(0x2000, 1 << 10);
    w(0x20_0000, 7);
    plic.gpioIn(10).raise();
    expect([out[2], r(claim(0)), r(0x1000)]).toEqual([0, 10, 0]);
  });

  it('keeps a request whose line has fallen', () => {
    const { plic, out, w, r } = setup();
    w(4 * 10, 1);
    w(0x2000, 1 << 10);
    plic.gpioIn(10).raise();
    plic.gpioIn(10).lower();
    expect([out[2], r(0x1000), r(claim(0)), r(0x1000), out[2]]).toEqual([1, 1 << 10, 10, 0, 0]);
    plic.gpioIn(10).raise(); // pending while claimed: heard at completion
    plic.gpioIn(10).lower();
    expect([out[2], r(0x1000), r(claim(0))]).toEqual([0, 1 << 10, 0]);
    w(claim(0), 10);
    expect([out[2], r(claim(0))]).toEqual([1, 10]);
  });

  it('asks again after completion when the line is driven again, not because it is still high', () => {
    const { plic, out, w, r } = setup();
    w(4 * 1, 1);
    w(0x2000, 2);
    plic.gpioIn(1).raise();
    expect([out[2], r(claim(0)), out[2], r(0x1000)]).toEqual([1, 1, 0, 0]);
    w(claim(0), 1);
    expect([out[2], r(0x1000)]).toEqual([0, 0]);
    plic.gpioIn(1).raise();
    expect([out[2], r(0x1000)]).toEqual([1, 2]);
  });

  it('completes from any context, and what is not claimed or does not exist without effect', () => {
    const { plic, out, w, r } = setup();
    w(4 * 10, 1);
    w(0x2000, 1 << 10);
    plic.gpioIn(10).raise();
    expect(r(claim(0))).toBe(10);
    for (const irq of [0, 9, 96, 0xffff_ffff]) w(claim(0), irq);
    plic.gpioIn(10).raise();
    expect(out[2]).toBe(0); // claimed still
    w(claim(3), 10);
    expect(out[2]).toBe(1);
  });

  it.each([1, 2, 8])('has no registers of %i bytes', (size) => {
    const { m } = setup();
    for (const at of [4, 0x1000, 0x2000, 0x20_0000, 0x20_0008]) {
      expect([m.addressSpace.readTx(at, size), m.addressSpace.writeTx(at, size, 1)]).toEqual([MemTxResult.Error, MemTxResult.Error]);
    }
  });

  it('has words that ignore writes: priority 0, pending, enable bit 0, what lies behind the sources', () => {
    const { plic, w, r } = setup();
    plic.gpioIn(40).raise();
    for (const at of [0, 4 * 96, 0x1000, 0x1004, 0x200c, 0x20_0008]) w(at, 0xffff_ffff);
    expect([0, 4 * 96, 0x1000, 0x1004, 0x200c, 0x20_0008].map(r)).toEqual([0, 0, 0, 1 << 8, 0, 0]);
  });

  it('respects threshold, priority 0 and WARL', () => {
    const { plic, out, w, r } = setup();
    w(4 * 2, 0xffff_fff9); // 3 bits: 1
    expect(r(4 * 2)).toBe(1);
    w(0x2000, 0xffff_ffff);
    expect(r(0x2000)).toBe(0xffff_fffe);
    plic.gpioIn(2).raise();
    expect(out[2]).toBe(1);
    w(0x20_0000, 1);
    expect(out[2]).toBe(0);
    w(0x20_0000, 0);
    w(4 * 2, 0);
    expect(out[2]).toBe(0);
  });

  it('refuses a bad hart-config', () => {
    expect(() => setup('MX')).toThrow(/invalid mode 'X'/);
    expect(() => setup('MM')).toThrow(/twice/);
  });
});

describe('clint', () => {
  const setup = () => {
    const m = new TestMachine();
    const mtimer = m.addDevice(RiscvAclintMtimer, { 'num-harts': 2 });
    mtimer.mmioMap(0, 0);
    const out = [0, 0];
    out.forEach((_, i) => mtimer.connectGpioOut(i, new IrqLine((_n, level) => (out[i] = level))));
    m.reset();
    return { m, mtimer, out };
  };

  it('counts 10 MHz of guest time, readable in words and doublewords', () => {
    const { m } = setup();
    m.advance(1_000_000);
    expect(m.addressSpace.read64(0x7ff8)).toBe(10_000n);
    expect([m.addressSpace.read(0x7ff8, 4), m.addressSpace.read(0x7ffc, 4)]).toEqual([10_000, 0]);
    m.addressSpace.write(0x7ffc, 4, 5);
    expect(m.addressSpace.read64(0x7ff8)).toBe((5n << 32n) + 10_000n);
  });

  it('takes mtime and mtimecmp in halves, each half alone', () => {
    const { m, out } = setup();
    m.addressSpace.write64(0, 0x1122_3344_5566_7788n);
    m.addressSpace.write(4, 4, 0xa5a5_a5a5);
    expect(m.addressSpace.read64(0)).toBe(0xa5a5_a5a5_5566_7788n);
    m.addressSpace.write(0, 4, 0x5a5a_5a5a);
    expect([m.addressSpace.read(0, 4), m.addressSpace.read(4, 4), out[0]]).toEqual([0x5a5a_5a5a, 0xa5a5_a5a5, 0]);
    m.addressSpace.write(0x7ffc, 4, 0xffff_ffff); // mtime passes mtimecmp,
    expect(out[0]).toBe(1);
    m.addressSpace.write(0x7ffc, 4, 0); // and is set back
    expect(out[0]).toBe(0);
    m.addressSpace.write(0x7ff8, 4, 77);
    expect(m.addressSpace.read64(0x7ff8)).toBe(77n);
  });

  it('raises each hart’s line when mtime reaches mtimecmp', () => {
    const { m, out } = setup();
    m.addressSpace.write64(0, 50n);
    m.addressSpace.write(8, 4, 80);
    m.addressSpace.write(12, 4, 0);
    expect(out).toEqual([0, 0]);
    m.advance(5_000);
    expect(out).toEqual([1, 0]);
    m.advance(3_000);
    expect(out).toEqual([1, 1]);
    m.addressSpace.write64(0, 0xffff_ffff_ffff_ffffn);
    expect(out).toEqual([0, 1]);
  });

  it('arms no timer for what lies beyond the clock: idle icount time would jump there', () => {
    const { m } = setup();
    for (const at of [0, 8]) m.addressSpace.write64(at, 0xffff_ffff_ffff_ffffn);
    expect(m.clocks.deadline(ClockType.Virtual)).toBe(undefined);
    m.addressSpace.write64(0, 70n);
    expect(m.clocks.deadline(ClockType.Virtual)).toBe(7_000n);
  });

  it.each([
    ['of 93 days', 80_000_000_000_000n],
    ['of 248 days', 214_748_364_800_000n],
    ['of 290 years', 91_000_000_000_000_000n],
  ])('keeps a deadline %s to the tick', (_, ticks) => {
    const { m, out } = setup();
    m.addressSpace.write64(8, 0xffff_ffff_ffff_ffffn);
    m.advance(150); // in the middle of a tick
    m.addressSpace.write64(0, ticks);
    const deadline = m.clocks.deadline(ClockType.Virtual)!;
    expect(deadline).toBe(ticks * 100n);
    m.clocks.setVirtual(deadline - 1n);
    m.clocks.runTimers();
    expect([out[0], m.addressSpace.read64(0x7ff8)]).toEqual([0, ticks - 1n]);
    m.advance(1);
    expect([out[0], m.addressSpace.read64(0x7ff8)]).toEqual([1, ticks]);
  });

  it('keeps a deadline of a frequency that no number of ns fits', () => {
    const m = new TestMachine();
    const mtimer = m.addDevice(RiscvAclintMtimer, { 'timebase-freq': 32_768 });
    mtimer.mmioMap(0, 0);
    m.reset();
    m.addressSpace.write64(0, 3n);
    expect(m.clocks.deadline(ClockType.Virtual)).toBe(91_553n); // 3 * 30517.578125, rounded up
    m.advance(91_553);
    expect(m.addressSpace.read64(0x7ff8)).toBe(3n);
  });

  it('has software interrupts', () => {
    const m = new TestMachine();
    const swi = m.addDevice(RiscvAclintSwi, { 'num-harts': 2 });
    swi.mmioMap(0, 0);
    let level = 0;
    swi.connectGpioOut(1, new IrqLine((_, l) => (level = l)));
    m.addressSpace.write(4, 4, 0xffff_ffff);
    expect([level, m.addressSpace.read(4, 4), m.addressSpace.read(0, 4)]).toEqual([1, 1, 0]);
    m.addressSpace.write(4, 4, 2);
    expect(level).toBe(0);
  });
});
