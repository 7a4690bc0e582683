import { describe, expect, it } from 'vitest';
import { ConfigSpace } from './config-space.js';
import { CAPABILITY_LIST, CONFIG_SIZE, STATUS } from './regs.js';

describe('configuration space', () => {
  it('is little-endian, byte by byte', () => {
    const config = new ConfigSpace(CONFIG_SIZE);
    config.define(0, 4, 0x1234_5678);
    expect([...config.bytes.subarray(0, 4)]).toEqual([0x78, 0x56, 0x34, 0x12]);
    expect([config.read(0, 2), config.read(2, 2), config.read(3, 1), config.read(1, 4)]).toEqual([0x5678, 0x1234, 0x12, 0x0012_3456]);
  });

  it('takes what can be written, clears by ones what is cleared so, and keeps the rest', () => {
    const config = new ConfigSpace(CONFIG_SIZE);
    config.define(8, 4, 0xff00_00ff, 0x0000_ff0f, 0xff00_0000);
    config.write(8, 0x0f00_5a5a, 4);
    expect(config.get(8, 4)).toBe(0xf000_5afa);
    config.write(11, 0xff, 1);
    expect(config.get(8, 4)).toBe(0x0000_5afa);
  });

  it('ends where it ends', () => {
    const config = new ConfigSpace(CONFIG_SIZE);
    config.write(0xfe, 0x1122_3344, 4);
    expect(config.read(0xfe, 4)).toBe(0xffff_3344);
    expect(config.bytes).toHaveLength(CONFIG_SIZE);
  });

  it('lists capabilities, the last one first, and says in the status that there are some', () => {
    const config = new ConfigSpace(CONFIG_SIZE);
    expect(config.get(STATUS, 2)).toBe(0);
    expect([config.addCapability(0x05, 14), config.addCapability(0x11, 12), config.addCapability(0x09, 16, 0x80)]).toEqual([
      0x40, 0x50, 0x80,
    ]);
    const list: number[] = [];
    for (let at = config.get(CAPABILITY_LIST, 1); at !== 0; at = config.get(at + 1, 1)) list.push(config.get(at, 1));
    expect(list).toEqual([0x09, 0x11, 0x05]);
    expect(config.get(STATUS, 2)).toBe(0x10);
    config.write(0x40, 0xffff_ffff, 4);
    expect(config.get(0x40, 2)).toBe(0x0005);
    expect(() => config.addCapability(0x09, 0x80)).toThrow(/no room/);
    expect(() => config.addCapability(0x09, 16, 0x44)).toThrow(/no room/);
  });

  it('knows what software cannot have made of it', () => {
    const config = new ConfigSpace(CONFIG_SIZE);
    config.define(0, 4, 0x1234_5678);
    config.define(4, 2, 0, 0x7);
    const next = config.bytes.slice();
    next[4] = 0x07;
    next[STATUS] = 0x08;
    expect(config.differenceFrom(next)).toBeUndefined();
    next[4] = 0x08;
    expect(config.differenceFrom(next)).toMatch(/byte 0x4 of the configuration space/);
  });
});
