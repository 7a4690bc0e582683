/**
 * What a guest may do to the PCI bus of 40p that makes no sense: I/O BARs on the interrupt controllers, on the registers that they are programmed by, on
 * themselves, memory BARs anywhere, all while they are enabled; configuration cycles, by either mechanism, to who is not there. A ROM asks wemu, in both
 * engines, and QEMU 10 or later.
 */
import { expect, test } from 'vitest';
import { Random } from '../support/float-operands.js';
import { describeWith } from '../support/tools.js';
import { findPpcOracle, runPpcOracle } from './ppc-system/oracle.js';
import { build, FIELDS, RECORD, WINDOW, type Action, type Field } from './ppc-system/program.js';
import { runPpcWemu } from './ppc-system/wemu.js';

const FIRST_VERSION = 10;
const TIERS = [
  ['tci', 4000],
  ['wasm', 600],
] as const;

const DEVICES = ['pci-testdev,addr=4,membar=1M', 'pci-testdev,addr=5,membar=64K', 'virtio-rng-pci,addr=6'];
const [TESTDEV, OTHER, RNG] = [4, 5, 6];
const SLOTS = [TESTDEV, OTHER, RNG];

const PORTS = 0x8000_0000;
const ADDRESS = PORTS + 0xcf8;
const DATA = PORTS + 0xcfc;
const DIRECT = 0x8080_0000;
const MEMORY = 0xc000_0000;
const RAM = WINDOW;
const [COMMAND, BAR0] = [0x04, 0x10];
const MSR_IP = 0x40;

interface Access {
  readonly address: number;
  readonly size: 1 | 2 | 4;
  /** Undefined: a load. */
  readonly value?: number;
}
/** Little-endian, as PCI is. */
const WORDS = { 1: [87, 215], 2: [790, 918], 4: [534, 662] } as const;
const load = (address: number, size: Access['size'] = 4): Access => ({ address, size });
const store = (address: number, value: number, size: Access['size'] = 4): Access => ({ address, size, value });
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** r5 = what is loaded, of zero; or r4 is stored. */
const action = ({ address, size, value }: Access): Action => ({
  text: value === undefined ? `load, ${size} bytes at ${hex(address)}` : `store of ${hex(value)}, ${size} bytes at ${hex(address)}`,
  setup: [],
  registers: [address, value ?? 0, 0],
  msr: MSR_IP,
  body: [((31 << 26) | ((value === undefined ? 5 : 4) << 21) | (3 << 11) | (WORDS[size][Number(value !== undefined)] << 1)) >>> 0],
  after: [],
});

const select = (slot: number, at: number, bus = 0): Access =>
  store(ADDRESS, (0x8000_0000 | (bus << 16) | (slot << 11) | (at & 0xfc)) >>> 0);
const put = (slot: number, at: number, value: number): Access[] => [select(slot, at), store(DATA, value)];
const get = (slot: number, at: number): Access[] => [select(slot, at), load(DATA)];
const bar = (slot: number, n: number, value: number): Access[] => put(slot, BAR0 + 4 * n, value);
/** Ports go away from the registers by which they were put there; how these answer until then. */
const restore = (slot: number): Access[] => {
  const config = DIRECT + (0x800 << slot);
  return [
    ...[load(ADDRESS), load(DATA), load(PORTS + 0x21, 1), load(PORTS + 0xa1, 1), load(PORTS + 0x1000)],
    ...[store(config + COMMAND, 6, 2), load(config + BAR0 + 4), store(config + BAR0 + 4, 0x1001), load(PORTS + 0x21, 1)],
  ];
};

const PORT_PLACES = [0, 1, 0x21, 0x61, 0x3f9, 0x1001, 0xcf9, 0xcfd, 0xff01, 0xffe1, 0x1_0001, 0x80_0001, 0xffff_ffff, 0x3f7f_ff01];
const MEMORY_PLACES = [0, 0x1000, 0x10_0000, 0x10_0000, 0x8000_0000, 0x8050_0000, 0xc000_0000, 0x3eff_f000, 0x3f00_0000, 0xfff0_0000, 0xffff_ffff, 0xffff_fff0]; // prettier-ignore
const seen = (r: Random): number =>
  r.pick([
    ...[MEMORY, MEMORY + 0x1000, MEMORY + 0x10_0000, MEMORY + 0x10_0004, 0xfeff_f000, 0xfeff_fffc, RAM, 0xfff0_0100],
    ...[PORTS + 0x1000, PORTS + 0xff00, PORTS + 0xff80, PORTS + 0x1_1000],
  ]);

const GENERATORS: Readonly<Record<string, (r: Random) => Access[]>> = {
  'memory BAR': (r) => bar(r.pick(SLOTS), r.pick([0, 1, 2, 4]), r.pick(MEMORY_PLACES)),
  'half of a wide BAR': (r) => bar(r.pick([TESTDEV, RNG]), r.pick([3, 5]), r.pick([0, 0, 1, 0x8000_0000, 0xffff_ffff])),
  'size of a BAR': (r) => {
    const [slot, n] = [r.pick(SLOTS), r.below(6)];
    return [...bar(slot, n, 0xffff_ffff), load(DATA)];
  },
  'I/O BAR': (r) => {
    const slot = r.pick([TESTDEV, OTHER]);
    return [...put(slot, COMMAND, 7), ...bar(slot, 1, r.pick(PORT_PLACES)), ...restore(slot)];
  },
  command: (r) => put(r.pick(SLOTS), COMMAND, r.pick([0, 2, 2, 3, 6, 7])),
  'configuration space': (r) => get(r.pick([0, 0, 11, ...SLOTS]), r.below(0x100)),
  'who is not there': (r) => [
    select(r.pick([2, 7, 30, 31]), r.below(0x100), r.below(3)),
    load(DATA),
    store(DATA, Number(r.bits(32))),
    load(DATA),
  ],
  'another bus': (r) => [select(r.pick(SLOTS), BAR0, r.pick([1, 255])), store(DATA, MEMORY), load(DATA)],
  'no cycle': () => [store(ADDRESS, 0x800), load(DATA), store(DATA, 0x1234_5678)],
  'address lines': (r) => [load(DIRECT + (1 << r.pick([11, 12, 16, 17, 18, 20])) + (r.below(0x100) & -4))],
  'several address lines, or none': (r) => [load(DIRECT + (r.pick([0, 3, 0x41, 0x60, 0x3ff]) << 12) + (r.below(0x100) & -4))],
  'who may be behind': (r) => [load(seen(r), r.pick([1, 2, 4]))],
  'a store to who may be behind': (r) => [store(r.pick([MEMORY, MEMORY + 0x10_0000, MEMORY + 4]), r.below(3), r.pick([1, 4]))],
  RAM: () => [load(RAM + 0x100)],
};

const hexWord = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const oracle = findPpcOracle();
const modern = oracle !== undefined && oracle.version >= FIRST_VERSION;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION} or later; WEMU_PPC_ORACLE names one)`;

describeWith('qemu-system-ppc', 'bad input to PCI on 40p', () => {
  test.skipIf(!modern).each(TIERS)(`answers as in QEMU, %s${without}`, { timeout: 300_000 }, async (tier, count) => {
    const seed = Number(process.env.WEMU_SEED ?? Math.floor(Math.random() * 2 ** 31) | 1);
    const random = new Random(seed | 1);
    const accesses: Access[] = [store(RAM + 0x100, 0x5a5a_1234), ...SLOTS.flatMap((slot) => put(slot, COMMAND, 7))];
    while (accesses.length < count) accesses.push(...GENERATORS[random.pick(Object.keys(GENERATORS))](random));
    const { rom, actions } = build(accesses.map(action), { search: false, vectors: [0x100, 0x200, 0x300, 0x600, 0x700, 0xc00] });
    const theirs = await runPpcOracle(oracle!, '604', rom, actions.length, DEVICES);
    const { records } = runPpcWemu(tier, '604', rom, actions.length, { machine: '40p', devices: DEVICES });
    const texts = (bytes: Uint8Array): string[] => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const word = (n: number, field: Field): string => hexWord(view.getUint32(n * RECORD + 4 * FIELDS.indexOf(field)));
      return actions.map(({ text }, n) => `${n} ${text}: ${word(n, 'r5')}, vector ${word(n, 'vector')}`);
    };
    const [expected, own] = [texts(theirs), texts(records)];
    const first = own.findIndex((line, n) => line !== expected[n]);
    const from = Math.max(0, first - 20);
    expect(own.slice(from, first + 1), `WEMU_SEED=${seed}`).toEqual(expected.slice(from, first + 1));
  });
});
