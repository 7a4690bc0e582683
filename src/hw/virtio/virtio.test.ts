import { describe, expect, it } from 'vitest';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { AVAIL, DATA, DESC, Driver, INDIRECT, NEXT, RAM, USED, WRITE } from './testing.js';
import { VirtioRng } from './virtio-rng.js';
import { VirtConsole, VirtioSerial, VirtSerialPort } from './virtio-serial.js';
import { needEvent } from './virtqueue.js';

describe('virtio-mmio', () => {
  it('shows an empty slot as device 0', () => {
    const d = new Driver();
    expect([d.r(0), d.r(4), d.r(8), d.r(0xc)]).toEqual([0x7472_6976, 2, 0, 0x554d_4551]);
  });

  it('offers what QEMU offers with force-legacy', () => {
    const d = new Driver(true);
    d.plug(VirtioRng);
    expect([d.r(4), d.r(8), d.r(0x10), d.r(0x34)]).toEqual([1, 4, 0x3900_0000, 0x400]);
    const s = new Driver(true);
    s.plug(VirtioSerial);
    expect([s.r(8), s.r(0x10), s.r(0x104), s.r(0x108)]).toEqual([3, 0x3900_0006, 31, 0xffff_ffff]);
  });

  it('fills a buffer through the legacy registers', () => {
    const d = new Driver(true);
    d.plug(VirtioRng);
    d.w(0x28, 4096);
    d.w(0x30, 0);
    d.w(0x38, 8);
    d.w(0x3c, 4096);
    d.w(0x40, DESC / 4096);
    d.w(0x70, 7);
    d.desc(0, DATA, 16, WRITE);
    d.m.addressSpace.write(DESC + 128 + 4, 2, 0);
    d.m.addressSpace.write(DESC + 128 + 2, 2, 1);
    d.w(0x50, 0);
    expect(d.r(DESC + 4096) >>> 16).toBe(1); // used ring on the next page
    expect([d.r(0x40), d.irq]).toEqual([DESC / 4096, 1]);
  });

  it('takes a driver on a modern transport that has not taken VERSION_1', () => {
    const d = new Driver();
    d.plug(VirtioRng);
    d.w(0x70, 3);
    d.w(0x70, 11);
    expect(d.r(0x70)).toBe(11);
  });
});

describe('virtio-rng', () => {
  it('fills chains, direct and indirect, and interrupts', () => {
    const d = new Driver();
    d.plug(VirtioRng);
    d.start(1n << 28n);
    d.desc(0, DATA, 8, WRITE | NEXT, 1);
    d.desc(1, DATA + 0x100, 8, WRITE);
    d.offer(0);
    expect([d.usedIdx(), d.r(USED + 4), d.r(USED + 8), d.irq, d.r(0x60)]).toEqual([1, 0, 16, 1, 1]);
    expect(d.r(DATA + 0x104)).not.toBe(0);
    d.w(0x64, 1);
    expect(d.irq).toBe(0);
    d.desc(2, DATA + 0x200, 16, INDIRECT);
    d.m.addressSpace.write64(DATA + 0x200, BigInt(DATA + 0x300));
    d.w(DATA + 0x208, 4);
    d.w(DATA + 0x20c, WRITE);
    d.offer(2);
    expect([d.usedIdx(), d.r(USED + 12), d.r(USED + 16)]).toEqual([2, 2, 4]);
  });

  it('interrupts by used_event', () => {
    const d = new Driver();
    d.plug(VirtioRng);
    d.start(1n << 29n);
    d.m.addressSpace.write(AVAIL + 4 + 16, 2, 2); // wants to hear of the third
    d.desc(0, DATA, 8, WRITE);
    const irqs = [0, 0, 0, 0].map(() => {
      d.offer(0);
      const level = d.irq;
      d.w(0x64, 1);
      return level;
    });
    expect(irqs).toEqual([1, 0, 1, 0]); // the first: nothing was signalled yet
    expect([needEvent(2, 3, 2), needEvent(2, 2, 1), needEvent(0xffff, 0, 0xffff)]).toEqual([true, false, true]);
  });

  it.each<[string, (d: Driver) => void]>([
    ['a loop', (d) => (d.desc(0, DATA, 8, WRITE | NEXT, 1), d.desc(1, DATA, 8, WRITE | NEXT, 0), d.offer(0))],
    ['a head out of range', (d) => d.offer(9)],
    ['a next out of range', (d) => (d.desc(0, DATA, 8, WRITE | NEXT, 100), d.offer(0))],
    ['an empty buffer', (d) => (d.desc(0, DATA, 0, WRITE), d.offer(0))],
    ['a buffer nowhere', (d) => (d.desc(0, 0x1_0000_0000, 8, WRITE), d.offer(0))],
    ['a buffer beyond 2^53', (d) => (d.desc(0, 2 ** 60, 8, WRITE), d.offer(0))],
    ['a buffer in device registers', (d) => (d.desc(0, 0x50, 4, WRITE), d.offer(0))],
    ['nested indirect tables', (d) => (d.desc(0, DESC + 16, 16, INDIRECT), d.desc(1, DATA, 16, INDIRECT), d.offer(0))],
    ['a crooked indirect table', (d) => (d.desc(0, DATA, 17, INDIRECT), d.offer(0))],
    ['out after in', (d) => (d.desc(0, DATA, 8, WRITE | NEXT, 1), d.desc(1, DATA, 8, 0), d.offer(0))],
    ['an index from nowhere', (d) => (d.m.addressSpace.write(AVAIL + 2, 2, 1000), d.w(0x50, 0))],
  ])('breaks on %s, and works again after a reset', (_, offend) => {
    const d = new Driver();
    const rng = d.plug(VirtioRng);
    d.start(1n << 28n);
    offend(d);
    expect([rng.broken, d.r(0x70) & 0x40, d.usedIdx()]).toEqual([true, 0x40, 0]);
    expect(d.m.logged.some((line) => line.includes('broken'))).toBe(true);
    d.w(0x70, 0);
    expect([rng.broken, d.r(0x70)]).toEqual([false, 0]);
  });

  it('ends although the used ring lies over the available ring', () => {
    const d = new Driver();
    d.plug(VirtioRng);
    d.start();
    d.w(0x44, 0);
    d.w(0xa0, AVAIL);
    d.w(0x44, 1);
    d.desc(0, DATA, 8, WRITE);
    d.offer(0);
  });
});

describe('virtio-serial', () => {
  it('is a console on port 0, with and without the control queue', () => {
    const d = new Driver();
    const host = new RingBufferChardev('c');
    const serial = d.plug(VirtioSerial);
    d.m.realize(d.m.newDevice(VirtConsole, { chardev: host }), { bus: serial.bus });
    d.start(0n, [0, 1]);
    d.m.addressSpace.writeBytes(DATA, new TextEncoder().encode('hello'));
    d.desc(0, DATA, 5, 0, 0, 1);
    d.offer(0, 1);
    expect([host.readText(), d.usedIdx(1)]).toEqual(['hello', 1]);
    host.input(new TextEncoder().encode('abcdef'));
    expect(d.usedIdx(0)).toBe(0);
    d.desc(0, DATA + 0x100, 4, WRITE);
    d.offer(0);
    expect([d.r(DATA + 0x100), d.r(USED + 8)]).toEqual([0x6463_6261, 4]);
    d.offer(0);
    expect([d.r(DATA + 0x100) & 0xffff, d.usedIdx()]).toEqual([0x6665, 2]);
  });

  it('leaves output in its queue while the backend takes nothing', () => {
    const d = new Driver();
    const host = new RingBufferChardev('c');
    const serial = d.plug(VirtioSerial);
    d.m.realize(d.m.newDevice(VirtConsole, { chardev: host }), { bus: serial.bus });
    d.start(0n, [0, 1]);
    d.m.addressSpace.writeBytes(DATA, new TextEncoder().encode('hello'));
    d.desc(0, DATA, 5, 0, 0, 1);
    host.congested(true);
    d.offer(0, 1);
    expect([host.readText(), d.usedIdx(1)]).toEqual(['', 0]);
    host.congested(false);
    expect([host.readText(), d.usedIdx(1)]).toEqual(['hello', 1]);
    host.congested(true);
    d.offer(0, 1);
    d.m.reset(); // the queue is gone
    host.congested(false);
    expect(host.readText()).toBe('');
  });

  it('announces its ports to a multiport driver', () => {
    const d = new Driver();
    const serial = d.plug(VirtioSerial);
    d.m.realize(d.m.newDevice(VirtConsole, { chardev: new RingBufferChardev('c') }), { bus: serial.bus });
    d.start(2n, [0, 1, 2, 3]);
    for (let i = 0; i < 4; i++) {
      d.desc(i, DATA + 0x20000 + 16 * i, 16, WRITE, 0, 2);
      d.offer(i, 2);
    }
    const tell = (id: number, event: number, value: number) => {
      d.w(DATA, id);
      d.w(DATA + 4, event | (value << 16));
      d.desc(0, DATA, 8, 0, 0, 3);
      d.offer(0, 3);
    };
    tell(0xffff_ffff, 0, 1);
    tell(0, 3, 1);
    const events = [0, 1, 2].map((i) => d.r(DATA + 0x20000 + 16 * i + 4) & 0xffff);
    expect([d.usedIdx(2), events]).toEqual([3, [1, 4, 6]]); // PORT_ADD, CONSOLE_PORT, PORT_OPEN
  });

  it('tells the driver of ports that come and go', () => {
    const d = new Driver();
    const serial = d.plug(VirtioSerial);
    let told = 0;
    /** Port and event of what it was told since last time. */
    const news = () => {
      const from = told;
      told = d.usedIdx(2);
      return Array.from({ length: told - from }, (_, i) => {
        const at = DATA + 0x20000 + 16 * (from + i);
        return [d.r(at), d.r(at + 4) & 0xffff];
      });
    };
    d.start(2n, [0, 1, 2, 3]);
    for (let i = 0; i < 8; i++) {
      d.desc(i, DATA + 0x20000 + 16 * i, 16, WRITE, 0, 2);
      d.offer(i, 2);
    }
    const host = new RingBufferChardev('c');
    const plug = (nr: number) => d.m.realize(d.m.newDevice(VirtSerialPort, { chardev: host, nr }), { bus: serial.bus });
    const port = plug(4);
    expect(news()).toEqual([
      [4, 1],
      [4, 6],
    ]); // PORT_ADD, PORT_OPEN
    const value = () => d.r(DATA + 0x20000 + 16 * (told - 1) + 4) >>> 16;
    host.closed();
    expect([news(), value()]).toEqual([[[4, 6]], 0]);
    host.opened();
    expect([news(), value()]).toEqual([[[4, 6]], 1]);
    expect(() => plug(5)).toThrow("'c' is already in use");
    expect(news()).toEqual([
      [5, 1],
      [5, 2],
    ]); // PORT_ADD, PORT_REMOVE
    port.unrealizeDevice();
    expect(news()).toEqual([[4, 2]]);
    expect([serial.bus.children.length, host.isAttached]).toEqual([1, false]);
    plug(4);
  });

  it('walks long chains a part at a time, and all of them in the end', () => {
    const d = new Driver();
    d.plug(VirtioSerial);
    d.start(1n << 28n, [1]);
    const table = RAM + 0x6_0000;
    for (let i = 0; i < 1024; i++) {
      d.m.addressSpace.write64(table + 16 * i, BigInt(DATA));
      d.w(table + 16 * i + 8, 1);
      d.w(table + 16 * i + 12, i === 1023 ? 0 : NEXT | ((i + 1) << 16));
    }
    for (let i = 0; i < 8; i++) {
      d.desc(i, table, 16 * 1024, INDIRECT, 0, 1);
      d.m.addressSpace.write(AVAIL + 0x10000 + 4 + 2 * i, 2, i);
    }
    d.m.addressSpace.write(AVAIL + 0x10000 + 2, 2, 8);
    d.w(0x50, 1);
    expect(d.usedIdx(1)).toBe(4);
    d.m.advance(1);
    expect(d.usedIdx(1)).toBe(8);
  });

  it('sends long output in slices', () => {
    const d = new Driver();
    let sent = 0;
    const host = new RingBufferChardev('c');
    host.write = (bytes) => void (sent += bytes.length);
    const serial = d.plug(VirtioSerial);
    d.m.realize(d.m.newDevice(VirtConsole, { chardev: host }), { bus: serial.bus });
    d.start(0n, [1]);
    d.desc(0, RAM, 0x4_0000, 0, 0, 1);
    d.offer(0, 1);
    expect([sent, d.usedIdx(1)]).toEqual([0x1_0000, 0]);
    d.m.advance(10);
    d.m.advance(10);
    d.m.advance(10);
    expect([sent, d.usedIdx(1)]).toEqual([0x4_0000, 1]);
  });
});
