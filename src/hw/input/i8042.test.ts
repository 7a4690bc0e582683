import { beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../core/keys.js';
import { IsaRig } from '../isa/testing.js';
import { I8042 } from './i8042.js';

const [DATA, COMMAND] = [0x60, 0x64];
let rig: IsaRig;
let controller: I8042;
beforeEach(() => {
  rig = new IsaRig();
  controller = rig.add(I8042);
  rig.m.reset();
});
/** All that there is to read. */
function answers(): number[] {
  const bytes: number[] = [];
  while (rig.in(COMMAND) & 1) bytes.push(rig.in(DATA));
  return bytes;
}
const ask = (command: number, ...data: number[]): number[] => {
  rig.out(COMMAND, command);
  for (const byte of data) rig.out(DATA, byte);
  return answers();
};
const keyboard = (...bytes: number[]): number[] => {
  for (const byte of bytes) rig.out(DATA, byte);
  return answers();
};
const mouse = (...bytes: number[]): number[] => bytes.flatMap((byte) => ask(0xd4, byte));

describe('8042', () => {
  it('tests itself, and tells its command byte', () => {
    expect([ask(0xaa), ask(0x20), ask(0xab), ask(0xa9), ask(0xc0)]).toEqual([[0x55], [0x07], [0], [0], [0x80]]);
    ask(0x60, 0x47);
    expect(ask(0x20)).toEqual([0x47]);
  });

  it('turns keyboard and mouse off and on', () => {
    rig.out(COMMAND, 0xa7);
    rig.out(COMMAND, 0xad);
    expect(ask(0x20)).toEqual([0x33]);
    rig.out(COMMAND, 0xa8);
    rig.out(COMMAND, 0xae);
    expect(ask(0x20)).toEqual([0x03]);
  });

  it('interrupts for each byte, by whose it is', () => {
    rig.out(DATA, 0xee);
    expect([rig.levels[1], rig.levels[12], rig.in(COMMAND) & 0x21]).toEqual([1, 0, 1]);
    expect([rig.in(DATA), rig.levels[1]]).toEqual([0xee, 0]);
    rig.out(COMMAND, 0xd4);
    rig.out(DATA, 0xf2);
    expect([rig.levels[1], rig.levels[12], rig.in(COMMAND) & 0x21]).toEqual([0, 1, 0x21]);
  });

  it('says as either what it is told to', () => {
    expect([ask(0xd2, 0x12), ask(0xd3, 0x34)]).toEqual([[0x12], [0x34]]);
  });

  it('has a gate for A20, and resets the machine', () => {
    expect(ask(0xd0)).toEqual([3]);
    ask(0xd1, 1);
    expect(ask(0xd0)).toEqual([1]);
    rig.out(COMMAND, 0xfe);
    expect(rig.m.runState.resetRequest).toBe('guest-reset');
  });

  it('a keyboard answers', () => {
    expect(keyboard(0xff)).toEqual([0xfa, 0xaa]);
    expect(keyboard(0xf2)).toEqual([0xfa, 0xab, 0x83]);
    expect(keyboard(0xf0, 0)).toEqual([0xfa, 0xfa, 2]);
    expect(keyboard(0xed, 7)).toEqual([0xfa, 0xfa]);
    expect(keyboard(0x01)).toEqual([0xfe]);
  });

  it('a mouse answers', () => {
    expect(mouse(0xff)).toEqual([0xfa, 0xaa, 0]);
    expect(mouse(0xe8, 3, 0xf3, 40, 0xf4, 0xe9)).toEqual([0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0x20, 3, 40]);
    expect(mouse(0xeb)).toEqual([0xfa, 8, 0, 0]);
  });

  describe('keys', () => {
    const press = (...keys: Key[]): number[] => {
      for (const key of keys) controller.keyboard.key(key, true);
      for (const key of [...keys].reverse()) controller.keyboard.key(key, false);
      return answers();
    };
    const translate = (on: boolean): void => {
      rig.out(COMMAND, 0x60);
      rig.out(DATA, on ? 0x43 : 0x03);
    };

    it('are sent in the scan code set that was chosen, or translated', () => {
      expect([press('a'), press('up')]).toEqual([
        [0x1c, 0xf0, 0x1c],
        [0xe0, 0x75, 0xe0, 0xf0, 0x75],
      ]);
      translate(true);
      expect([press('a'), press('up'), press('f7')]).toEqual([
        [0x1e, 0x9e],
        [0xe0, 0x48, 0xe0, 0xc8],
        [0x41, 0xc1],
      ]);
      translate(false);
      keyboard(0xf0, 1);
      expect(press('a')).toEqual([0x1e, 0x9e]);
      keyboard(0xf0, 3);
      expect(press('ctrl')).toEqual([0x11, 0xf0, 0x11]);
    });

    it('interrupt, one byte after the other', () => {
      translate(true);
      controller.keyboard.key('a', true);
      expect([rig.levels[1], rig.in(DATA), rig.levels[1]]).toEqual([1, 0x1e, 0]);
      controller.keyboard.key('a', false); // f0 is no byte of its own
      expect([rig.levels[1], rig.in(DATA), rig.levels[1], rig.in(COMMAND) & 1]).toEqual([1, 0x9e, 0, 0]);
    });

    it('that go with others have other codes: Print, Pause', () => {
      expect(press('print')).toEqual([0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12]);
      expect(press('ctrl', 'print')).toEqual([0x14, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xf0, 0x14]);
      expect(press('alt', 'print')).toEqual([0x11, 0x84, 0xf0, 0x84, 0xf0, 0x11]);
      expect(press('pause')).toEqual([0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
      expect(press('ctrl', 'pause')).toEqual([0x14, 0xe0, 0x7e, 0xe0, 0xf0, 0x7e, 0xf0, 0x14]);
      expect(press('lang1')).toEqual([]);
    });

    it('wait while the keyboard is off, and are lost where there is no room, or it does not scan', () => {
      rig.out(COMMAND, 0xad);
      for (let n = 0; n < 20; n++) controller.keyboard.key('a', false);
      expect(answers()).toEqual([]);
      rig.out(COMMAND, 0xae);
      expect(answers()).toEqual(Array(8).fill([0xf0, 0x1c]).flat());
      keyboard(0xf5);
      expect(press('a')).toEqual([]);
    });
  });

  it('survives commands that nobody reads the answers of', () => {
    for (let n = 0; n < 1000; n++) {
      rig.out(COMMAND, n % 0xfe);
      rig.out(DATA, n);
    }
    expect(answers().length).toBeLessThan(64);
  });
});
