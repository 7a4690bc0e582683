import { beforeEach, expect, it } from 'vitest';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { TestMachine } from '../../system/testing.js';
import { IrqLine } from '../core/irq.js';
import { SerialMm } from './serial-mm.js';

const [THR, IER, FCR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7];
let m: TestMachine;
let host: RingBufferChardev;
let irq: number;
const read = (register: number) => m.addressSpace.read(register, 1);
const write = (register: number, value: number) => m.addressSpace.write(register, 1, value);
const type = (text: string) => host.input(new TextEncoder().encode(text));

beforeEach(() => {
  m = new TestMachine();
  host = new RingBufferChardev('c');
  irq = 0;
  const uart = m.addDevice(SerialMm, { chardev: host });
  uart.mmioMap(0, 0);
  uart.connectIrq(0, new IrqLine((_, level) => (irq = level)));
  m.reset();
});

it('has the power-on values of the data sheet', () => {
  expect([IER, FCR, LCR, LSR, SCR].map(read)).toEqual([0, 0x01, 0, 0x60, 0]);
  expect(read(MSR)).toBe(0xb0);
});

it('transmits at once and interrupts when THR is empty', () => {
  write(IER, 2);
  expect([irq, read(FCR)]).toEqual([1, 0x02]);
  expect([irq, read(FCR)]).toEqual([0, 0x01]); // reading IIR took it back
  write(THR, 0x48);
  expect([irq, host.readText(), read(LSR)]).toEqual([1, 'H', 0x60]);
});

it('receives without FIFO one byte at a time', () => {
  write(IER, 1);
  type('ab');
  expect([irq, read(FCR), read(LSR) & 1]).toEqual([1, 0x04, 1]);
  expect([read(THR), read(THR), read(LSR) & 1, irq]).toEqual([0x61, 0x62, 0, 0]);
});

it('interrupts at the trigger level, and after four character times below it', () => {
  write(FCR, 0x81); // trigger 8
  write(IER, 1);
  type('abc');
  expect([irq, read(FCR)]).toEqual([0, 0xc1]);
  m.advance(5e6); // 9600 baud: 4 characters are 4.2 ms
  expect([irq, read(FCR)]).toEqual([1, 0xcc]);
  expect([read(THR), irq]).toEqual([0x61, 0]);
  type('defghij');
  expect([irq, read(FCR)]).toEqual([1, 0xc4]);
});

it('holds back what the FIFO cannot take', () => {
  write(FCR, 0x01);
  type('0123456789abcdefXYZ');
  let text = '';
  for (let i = 0; i < 30 && read(LSR) & 1; i++) text += String.fromCharCode(read(THR));
  expect([text, read(LSR) & 2]).toEqual(['0123456789abcdefXYZ', 0]);
});

it('loops back data and modem lines', () => {
  write(MCR, 0x1f);
  write(THR, 0x55);
  expect([read(THR), host.readText(), read(MSR)]).toEqual([0x55, '', 0xf0]);
});

it('keeps the divisor behind DLAB', () => {
  write(LCR, 0x83);
  write(THR, 0x34);
  write(IER, 0x12);
  expect([read(THR), read(IER)]).toEqual([0x34, 0x12]);
  write(LCR, 0x03);
  expect([read(IER), host.readText()]).toEqual([0, '']);
});

it('reports a break', () => {
  write(IER, 4);
  host.sendEvent('break');
  expect([irq, read(FCR), read(LSR) & 0x11, read(LSR) & 0x10, irq]).toEqual([1, 0x06, 0x11, 0, 0]);
});

it('takes word accesses as its low byte', () => {
  m.addressSpace.write(SCR - 3, 4, 0x1234_5601); // offset 4: MCR
  expect(read(MCR)).toBe(1);
});

it('takes waiting input after a reset, and after what was read in loopback', () => {
  type('abc');
  expect(read(THR)).toBe(0x61); // b is in the register, c waits
  m.reset();
  expect([read(LSR) & 1, read(THR)]).toEqual([1, 0x63]);
  type('de');
  write(MCR, 0x10);
  expect(read(THR)).toBe(0x64);
  write(MCR, 0);
  expect([read(LSR) & 1, read(THR)]).toEqual([1, 0x65]);
});
