import { beforeEach, describe, expect, it } from 'vitest';
import { IsaRig } from '../isa/testing.js';
import type { IrqLine } from '../core/irq.js';
import { createI8259Pair, I8259 } from './i8259.js';

let rig: IsaRig;
let master: I8259;
let output = 0;
let lines: readonly IrqLine[];
const [COMMAND, MASK, SLAVE_COMMAND, SLAVE_MASK] = [0x20, 0x21, 0xa0, 0xa1];
const EOI = 0x20;

beforeEach(() => {
  rig = new IsaRig();
  master = createI8259Pair(
    rig.bus,
    (properties) => rig.add(I8259, properties),
    rig.line((level) => (output = level)),
  );
  rig.m.reset();
  ({ lines } = rig.bus);
});

/** As a PC's firmware does: vectors, who is where, mode; all inputs on. */
function initialize(icw4 = 1): void {
  for (const [command, mask, vector, where] of [[COMMAND, MASK, 0x08, 4], [SLAVE_COMMAND, SLAVE_MASK, 0x70, 2]] as const) // prettier-ignore
    for (const [port, value] of [[command, 0x11], [mask, vector], [mask, where], [mask, icw4], [mask, 0]] as const) rig.out(port, value); // prettier-ignore
}
const requests = (): number => (rig.out(COMMAND, 0x0a), rig.in(COMMAND));
const inService = (): number => (rig.out(COMMAND, 0x0b), rig.in(COMMAND));

describe('8259A', () => {
  it('takes an edge once, by the vector that ICW2 says, and serves it until EOI', () => {
    initialize();
    lines[1].raise();
    expect([output, requests()]).toEqual([1, 2]);
    expect(master.acknowledge()).toBe(0x09);
    expect([output, requests(), inService()]).toEqual([0, 0, 2]);
    rig.out(COMMAND, EOI);
    expect([output, inService()]).toEqual([0, 0]); // the line is still high
    lines[1].lower();
    lines[1].raise();
    expect(output).toBe(1);
  });

  it('lets only what is more important in between', () => {
    initialize();
    lines[4].raise();
    master.acknowledge();
    lines[6].raise();
    expect(output).toBe(0);
    lines[0].raise();
    expect([output, master.acknowledge(), inService()]).toEqual([1, 0x08, 0x11]);
    rig.out(COMMAND, EOI);
    expect([output, inService()]).toEqual([0, 0x10]);
    rig.out(COMMAND, 0x60 | 4);
    expect([output, master.acknowledge()]).toEqual([1, 0x0e]);
  });

  it('asks the slave for what comes by input 2', () => {
    initialize();
    lines[12].raise();
    expect([output, master.acknowledge(), inService()]).toEqual([1, 0x74, 4]);
    rig.out(SLAVE_COMMAND, EOI);
    rig.out(COMMAND, EOI);
    expect(inService()).toBe(0);
  });

  it('answers with its lowest input if nobody asks any more', () => {
    initialize();
    expect(master.acknowledge()).toBe(0x0f);
    expect(inService()).toBe(0);
  });

  it('masks inputs, which wait', () => {
    initialize();
    rig.out(MASK, 0x08);
    lines[3].raise();
    expect([output, rig.in(MASK), requests()]).toEqual([0, 8, 8]);
    rig.out(MASK, 0);
    expect(output).toBe(1);
  });

  it('follows the level where ELCR says so, and of inputs that may', () => {
    initialize();
    rig.out(0x4d0, 0xff);
    expect(rig.in(0x4d0)).toBe(0xf8);
    rig.out(0x4d1, 0xff);
    expect(rig.in(0x4d1)).toBe(0xde);
    lines[5].raise();
    master.acknowledge();
    rig.out(COMMAND, EOI);
    expect(output).toBe(1);
    lines[5].lower();
    expect(output).toBe(0);
  });

  it('ends by itself, and rotates', () => {
    initialize(3);
    rig.out(COMMAND, 0x80); // rotate in automatic EOI
    lines[0].raise();
    expect([master.acknowledge(), inService()]).toEqual([0x08, 0]);
    lines[0].lower();
    lines[0].raise();
    lines[7].raise();
    expect([master.acknowledge(), master.acknowledge()]).toEqual([0x0f, 0x08]);
  });

  it('sets priorities, and rotates by command', () => {
    initialize();
    rig.out(COMMAND, 0xc0 | 3); // 3 is the lowest
    lines[3].raise();
    lines[4].raise();
    expect(master.acknowledge()).toBe(0x0c);
    rig.out(COMMAND, 0xa0); // rotate on EOI: 4 is the lowest
    lines[4].lower();
    lines[4].raise();
    expect([master.acknowledge(), inService()]).toEqual([0x0b, 8]);
  });

  it('is polled', () => {
    initialize();
    lines[6].raise();
    rig.out(COMMAND, 0x0c);
    expect([rig.in(COMMAND), output, inService()]).toEqual([0x86, 0, 0x40]);
    rig.out(COMMAND, EOI);
    rig.out(COMMAND, 0x0c);
    expect(rig.in(COMMAND)).toBe(0);
  });

  it('in special mask mode leaves aside what is masked and in service', () => {
    initialize();
    lines[2 + 1].raise();
    master.acknowledge();
    rig.out(MASK, 0x08);
    lines[5].raise();
    expect(output).toBe(0);
    rig.out(COMMAND, 0x68);
    expect([output, master.acknowledge()]).toEqual([1, 0x0d]);
    rig.out(COMMAND, EOI); // not of input 3, which is masked
    expect(inService()).toBe(8);
  });

  it('tells its state as QEMU does', () => {
    initialize();
    lines[1].raise();
    expect(master.interruptText).toBe('pic0: irr=02 imr=00 isr=00 hprio=0 irq_base=08 rr_sel=0 elcr=00 fnm=0\n');
  });
});
