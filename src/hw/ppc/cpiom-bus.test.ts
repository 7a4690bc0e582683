/** The PCI bus of the CPIOM: who is on it, what of it software can change, and BARs where they make no sense. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPpcHost } from '../../../tests/ppc/machine.js';
import type { TcgHost } from '../../host.js';
import { monitorContext } from '../../monitor/command.js';
import { runLine } from '../../monitor/commands.js';
import { Machine } from '../../system/facade.js';
import { KiB, MiB } from '../../util/size.js';

const [ADDRESS, DATA] = [0x2003_0000, 0x2003_0004];
const MASTER = 0x2003_0024;
const [COMMAND, STATUS, CLASS, LATENCY, HEADER, BAR0] = [0x04, 0x06, 0x08, 0x0d, 0x0e, 0x10];
const SLAVE = 1;
const RAM = 64 * MiB;
const FLASH = 0xfc00_0000;
const NOTHING = 0xffff_ffff;

let host: TcgHost;
let machine: Machine;
beforeEach(() => {
  host = createPpcHost('tci');
  const bios = new Uint8Array(MiB).fill(0x5a);
  machine = Machine.create({ machine: 'cpiom', memory: RAM, bios }, host);
});
afterEach(() => host.close());

const swap = (value: number): number => new DataView(Uint32Array.of(value).buffer).getUint32(0);
const read = (at: number, size: 1 | 2 | 4 = 4): number => machine.state.addressSpace.read(at, size);
const write = (at: number, value: number, size: 1 | 2 | 4 = 4): void => void machine.state.addressSpace.write(at, size, value >>> 0);
/** Of registers that are big-endian. */
const getBig = (at: number): number => swap(read(at));
const setBig = (at: number, value: number): void => write(at, swap(value));
const select = (slot: number, at: number): void => setBig(ADDRESS, 0x8000_0000 | (slot << 11) | (at & 0xfc));
const get = (slot: number, at: number, size: 1 | 2 | 4 = 4): number => (select(slot, at), read(DATA + (at & 3), size));
const put = (slot: number, at: number, value: number, size: 1 | 2 | 4 = 4): void => (select(slot, at), write(DATA + (at & 3), value, size));
const info = async (): Promise<string> => runLine(monitorContext(machine.control, ''), 'info pci');

it('has the bridge at 0.0, of which nothing can be changed', () => {
  const seen = (): number[] => [get(0, 0), get(0, COMMAND, 2), get(0, LATENCY, 1), get(0, HEADER, 1), get(0, BAR0)];
  const expected = [0x4d53_1057, 0x01d6, 0x80, 0, 0x8000_0000];
  expect(seen()).toEqual(expected);
  for (let at = 0; at < 256; at += 4) put(0, at, NOTHING);
  expect(seen()).toEqual(expected);
  machine.state.reset();
  expect(seen()).toEqual(expected);
});

it('has the slave at 1.0, with its own masks', () => {
  expect([get(SLAVE, 0), get(SLAVE, CLASS) >>> 16, get(SLAVE, COMMAND, 2), get(SLAVE, STATUS, 2)]).toEqual([0x4d58_1057, 0x0580, 0x01c2, 0x0480]); // prettier-ignore
  put(SLAVE, COMMAND, 0xffff, 2);
  expect(get(SLAVE, COMMAND, 2)).toBe(0x01c3);
  put(SLAVE, COMMAND, 0, 2);
  expect(get(SLAVE, COMMAND, 2)).toBe(0x0082);
  put(SLAVE, STATUS, 0xffff, 2); // it has no errors to clear
  expect(get(SLAVE, STATUS, 2)).toBe(0x0480);
  machine.state.reset();
  expect(get(SLAVE, COMMAND, 2)).toBe(0x01c2);
});

it('keeps code flash where it is, whatever is written to BAR0', () => {
  const before = [get(SLAVE, BAR0), read(FLASH), read(0xfff0_0000)];
  for (const place of [0, 0x8000_0000, NOTHING]) {
    put(SLAVE, BAR0, place);
    expect([read(FLASH), read(0xfff0_0000)]).toEqual(before.slice(1));
  }
});

it.each([
  ['RAM', 0],
  ['more of RAM', 0x0100_0000],
  ['the registers of the board', 0x2000_0000],
  ['the registers that they are programmed by', ADDRESS],
  ['code flash', FLASH],
  ['the vectors', 0xfff0_0000],
  ['all ones', NOTHING],
  ['one another', 0x9000_0000],
])('BARs onto %s, while they are enabled: what the board has wins', async (_, place) => {
  write(0x0100_0000, 0x1234_5a5a);
  write(0, 0x5a5a_1234);
  const own = (): number[] => [read(0), read(0x0100_0000), read(FLASH + 8), read(0xfff0_0000), get(SLAVE, 0)];
  const before = own();
  for (let bar = 1; bar < 6; bar++) put(SLAVE, BAR0 + 4 * bar, place);
  expect(own()).toEqual(before);
  expect(await info()).toContain('1057:4d58');
  // and back again
  put(SLAVE, BAR0 + 8, 0x9200_0000);
  write(0x9200_0010, 0x1122_3344);
  expect([read(0x9200_0010), get(SLAVE, BAR0 + 8)]).toEqual([0x1122_3344, 0x9200_0000]);
});

it('says that nobody answers, everywhere but at 0.0 and 1.0', () => {
  for (let slot = 2; slot < 32; slot++) {
    put(slot, BAR0, 0);
    expect([get(slot, 0), getBig(MASTER) & 1]).toEqual([NOTHING, 1]);
    setBig(MASTER, 1);
    expect(getBig(MASTER) & 1).toBe(0);
  }
  setBig(ADDRESS, 0x800); // without ENABLE there is no cycle
  expect([read(DATA), getBig(MASTER) & 1]).toEqual([NOTHING, 0]);
});

it('sizes are those of the parts', () => {
  const size = (bar: number): number => (put(SLAVE, BAR0 + 4 * bar, NOTHING), -get(SLAVE, BAR0 + 4 * bar) >>> 0);
  expect([1, 2, 3].map(size)).toEqual([8 * MiB, 64 * KiB, 4 * KiB]);
});
