import { beforeEach, describe, expect, it } from 'vitest';
import { IsaRig } from '../isa/testing.js';
import { I8042 } from './i8042.js';

const [DATA, COMMAND] = [0x60, 0x64];
let rig: IsaRig;
beforeEach(() => {
  rig = new IsaRig();
  rig.add(I8042);
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

  it('survives commands that nobody reads the answers of', () => {
    for (let n = 0; n < 1000; n++) {
      rig.out(COMMAND, n % 0xfe);
      rig.out(DATA, n);
    }
    expect(answers().length).toBeLessThan(64);
  });
});
