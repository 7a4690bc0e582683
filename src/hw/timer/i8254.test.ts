import { beforeEach, describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { PcSpeaker } from '../audio/pcspk.js';
import { IsaRig } from '../isa/testing.js';
import { I8254 } from './i8254.js';

const [COUNTER0, CONTROL, PORT61] = [0x40, 0x43, 0x61];
/** ns of so many ticks, and a little. */
const ticks = (count: number): number => Math.ceil((count * 1e9) / 1_193_182) + 1;

let rig: IsaRig;
let edges: number[];
beforeEach(() => {
  rig = new IsaRig();
  edges = [];
  const timer = rig.add(I8254);
  timer.connectGpioOut(
    0,
    rig.line((level) => level !== edges.at(-1) && edges.push(level)),
  );
  rig.add(PcSpeaker, {}, (speaker) => (speaker.timer = timer));
  rig.m.reset();
  edges.length = 0;
});
const program = (n: number, mode: number, count: number, bcd = 0): void => {
  rig.out(CONTROL, (n << 6) | 0x30 | (mode << 1) | bcd);
  rig.out(COUNTER0 + n, count & 0xff);
  rig.out(COUNTER0 + n, count >> 8);
};
const latched = (n: number): number => {
  rig.out(CONTROL, n << 6);
  return rig.in(COUNTER0 + n) | (rig.in(COUNTER0 + n) << 8);
};
/** Read-back of the status. */
const status = (n: number): number => (rig.out(CONTROL, 0xe0 | (2 << n)), rig.in(COUNTER0 + n));

describe('8254', () => {
  it('does not interrupt before it is programmed, nor by a reset', () => {
    rig.m.advance(ticks(0x2_0000));
    expect(edges.filter((level) => level === 1)).toEqual([]);
    program(0, 2, 10);
    rig.m.advance(ticks(25));
    rig.m.reset();
    const before = edges.filter((level) => level === 1).length;
    rig.m.advance(ticks(0x2_0000));
    expect(edges.at(-1)).toBe(0);
    expect(edges.filter((level) => level === 1)).toHaveLength(before);
  });

  it('mode 0: high at the end, and stays', () => {
    program(0, 0, 100);
    expect(edges.at(-1)).toBe(0);
    rig.m.advance(ticks(99));
    expect([edges.at(-1), latched(0)]).toEqual([0, 1]);
    rig.m.advance(ticks(1));
    expect(edges.at(-1)).toBe(1);
    rig.m.advance(ticks(10));
    expect([edges.at(-1), latched(0)]).toEqual([1, 0x1_0000 - 10]);
  });

  it('mode 2: low for the last tick of each period', () => {
    program(0, 2, 10);
    edges.length = 0;
    rig.m.advance(ticks(40));
    expect(edges).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    expect(status(0) & 0xbf).toBe(0xb4); // OUT, both bytes, mode 2
  });

  it('mode 3: half and half, the odd tick high', () => {
    program(0, 3, 5);
    const seen = Array.from({ length: 10 }, () => {
      const now = edges.at(-1);
      rig.m.advance(ticks(1) - 1);
      return now;
    });
    expect(seen.join('')).toBe('1110011100');
  });

  it('mode 4: low for one tick', () => {
    program(0, 4, 3);
    expect(edges).toEqual([1]);
    rig.m.advance(ticks(3));
    expect(edges).toEqual([1, 0]);
    rig.m.advance(ticks(1));
    expect(edges).toEqual([1, 0, 1]);
  });

  it('mode 1 waits for its gate', () => {
    program(2, 1, 4);
    expect([status(2), rig.in(PORT61) & 0x20]).toEqual([0xf2, 0x20]); // OUT, nothing loaded
    rig.out(PORT61, 1);
    expect(rig.in(PORT61) & 0x20).toBe(0);
    rig.m.advance(ticks(4));
    expect([status(2) & 0x40, rig.in(PORT61) & 0x20]).toEqual([0, 0x20]);
  });

  it('a closed gate stops a count, which goes on', () => {
    rig.out(PORT61, 1);
    program(2, 0, 100);
    rig.m.advance(ticks(30));
    rig.out(PORT61, 0);
    rig.m.advance(ticks(500));
    expect(latched(2)).toBe(70);
    rig.out(PORT61, 1);
    rig.m.advance(ticks(30));
    expect(latched(2)).toBe(40);
  });

  it('counts in decimal', () => {
    program(0, 0, 0x0100, 1);
    rig.m.advance(ticks(1));
    expect(latched(0)).toBe(0x99);
    program(0, 0, 0, 1);
    rig.m.advance(ticks(1));
    expect(latched(0)).toBe(0x9999);
  });

  it('latches a count until it has been read, and reads one byte if it is to', () => {
    program(0, 0, 0x1234);
    rig.out(CONTROL, 0);
    rig.m.advance(ticks(50));
    rig.out(CONTROL, 0);
    expect(rig.in(COUNTER0) | (rig.in(COUNTER0) << 8)).toBe(0x1234);
    rig.out(CONTROL, 0x20); // the high byte alone
    rig.out(COUNTER0, 0x12);
    expect([rig.in(COUNTER0), rig.in(COUNTER0)]).toEqual([0x12, 0x12]);
  });

  it('port 61 has the gate, the speaker and the refresh toggle', () => {
    rig.out(PORT61, 3);
    const [a, b] = [rig.in(PORT61), rig.in(PORT61)];
    expect([a & 3, (a ^ b) & 0x10]).toEqual([3, 0x10]);
  });

  it('takes no period of nothing from a snapshot', () => {
    program(0, 2, 100);
    const timer = rig.m.realizedDevices.find((device) => device instanceof I8254)!;
    timer.counters[0].count = 0;
    const w = new ByteWriter();
    timer.vmState!.save(timer, w);
    expect(() => timer.vmState!.check(timer, new ByteReader(w.finish()), 1)).toThrow('i8254_channel: a period of no ticks');
  });
});
