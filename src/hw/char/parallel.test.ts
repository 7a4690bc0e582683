import { expect, it } from 'vitest';
import { Chardev } from '../../chardev/chardev.js';
import { OptionError } from '../../util/errors.js';
import { IsaRig } from '../isa/testing.js';
import { ParallelIsa } from './parallel.js';

const [DATA, STATUS, CONTROL] = [0x378, 0x379, 0x37a];
const IRQ = 7;
const [SELECTED, STROBE, INTERRUPT, INPUT] = [0x0c, 0x01, 0x10, 0x20];

class Printer extends Chardev {
  printed = '';
  hasRoom = true;
  insisted = 0;
  override get writable(): boolean {
    return this.hasRoom;
  }
  override write(bytes: Uint8Array): void {
    this.printed += new TextDecoder().decode(bytes);
  }
  override insist(): void {
    this.insisted++;
  }
}

function port(): { rig: IsaRig; printer: Printer } {
  const [rig, printer] = [new IsaRig(), new Printer('p', 'test')];
  rig.add(ParallelIsa, {}, (device) => void (device.chardev = printer));
  rig.m.reset();
  return { rig, printer };
}
const print = (rig: IsaRig, text: string): void => {
  for (const byte of new TextEncoder().encode(text)) {
    rig.out(DATA, byte);
    rig.out(CONTROL, SELECTED | STROBE);
    rig.out(CONTROL, SELECTED);
  }
};

it('prints a byte where STROBE begins, once', () => {
  const { rig, printer } = port();
  print(rig, 'ab');
  rig.out(CONTROL, SELECTED | STROBE);
  rig.out(CONTROL, SELECTED | STROBE);
  rig.out(CONTROL, STROBE); // reset: nothing is printed
  expect(printer.printed).toBe('abb');
});

it('is busy, acknowledges with a pulse, and is ready', () => {
  const { rig } = port();
  expect(rig.in(STATUS)).toBe(0xd9);
  rig.out(CONTROL, 0); // INIT: no timeout any more
  expect(rig.in(STATUS)).toBe(0xd8);
  print(rig, 'a');
  expect([rig.in(STATUS), rig.in(STATUS), rig.in(STATUS), rig.in(STATUS)]).toEqual([0x58, 0x18, 0xd8, 0xd8]);
});

it('stays busy while the printer takes no more', () => {
  const { rig, printer } = port();
  printer.hasRoom = false;
  print(rig, 'a');
  const { insisted } = printer;
  expect([rig.in(STATUS), rig.in(STATUS), rig.in(STATUS)].map((status) => status & 0xc0)).toEqual([0x40, 0x40, 0x40]);
  expect(printer.insisted).toBe(insisted + 3);
  printer.hasRoom = true;
  expect([rig.in(STATUS), rig.in(STATUS), rig.in(STATUS)].map((status) => status & 0xc0)).toEqual([0x40, 0, 0xc0]);
});

it('interrupts at the end of STROBE, if that is enabled, until the status is read', () => {
  const { rig } = port();
  print(rig, 'a');
  expect(rig.levels[IRQ]).toBe(0);
  rig.out(CONTROL, SELECTED | INTERRUPT | STROBE);
  rig.out(CONTROL, SELECTED | INTERRUPT);
  expect(rig.levels[IRQ]).toBe(1);
  rig.in(STATUS);
  expect(rig.levels[IRQ]).toBe(0);
});

it('reads what was written; as an input, what nobody drives', () => {
  const { rig } = port();
  rig.out(DATA, 0x5a);
  expect([rig.in(DATA), rig.in(CONTROL), rig.in(CONTROL + 1)]).toEqual([0x5a, 0xcc, 0xff]);
  rig.out(CONTROL, SELECTED | INPUT);
  expect([rig.in(DATA), rig.in(CONTROL)]).toEqual([0xff, 0xec]);
});

it('has three places, and needs a chardev', () => {
  const { rig } = port();
  const add = (): ParallelIsa => rig.add(ParallelIsa, {}, (device) => void (device.chardev = new Printer('q', 'test')));
  expect([add().iobase, add().iobase]).toEqual([0x278, 0x3bc]);
  expect(add).toThrow(new OptionError('Max. supported number of parallel ports is 3.', 'isa-parallel'));
  expect(() => rig.add(ParallelIsa)).toThrow("Can't create parallel device, empty char device");
});
