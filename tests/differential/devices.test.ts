/**
 * Random accesses to device registers of the virt board on wemu and on QEMU 10 or later: what each load gives, and whether it traps, must agree.
 * What is left out, because the manual and QEMU differ (src/hw: serial.test.ts, intc.test.ts) or because it tells the time: thresholds other than 0,
 * enable bit 0, MSR, breaks, FCR without bit 0; clocks; fw_cfg's display and directory.
 */
import { test } from 'vitest';
import { describeWith } from '../support/tools.js';
import { compareAccesses, load, SIZES, store, type Generators } from './accesses.js';
import { findOracle } from './oracle.js';

const ACCESSES = 3000;
const FIRST_VERSION = 10;

const PLIC = 0x0c00_0000;
const UART = 0x1000_0000;
const CLINT = 0x0200_0000;
const RTC = 0x0010_1000;
const TEST = 0x0010_0000;
const FW_CFG = 0x1010_0000;
const UART_IRQ = 10;
const RTC_IRQ = 11;
/** Loopback, and a line so slow that nothing times out. */
const SETUP = [
  ...[store(UART + 3, 0x83, 1), store(UART, 0, 1), store(UART + 1, 0xf0, 1), store(UART + 3, 3, 1), store(UART + 4, 0x10, 1)],
  ...[UART_IRQ, RTC_IRQ].map((irq) => store(PLIC + 4 * irq, 1)),
];

const GENERATORS: Generators = {
  'UART transmit': (r) => [store(UART, r.below(256), 1)],
  'UART receive': () => [load(UART, 1)],
  'UART interrupt enable': (r) => [store(UART + 1, r.below(8), 1)],
  'UART status': (r) => [load(UART + r.pick([1, 2, 3, 4, 5, 7]), 1)],
  'UART FIFO control': (r) => [store(UART + 2, r.pick([0, 1, 3, 5, 7].map((low) => (low === 0 ? 0 : low | (r.below(4) << 6)))), 1)],
  'UART scratch': (r) => [store(UART + 7, r.below(256), 1)],
  'UART, unaligned': (r) => [load(UART + r.pick([1, 2]), r.pick([2, 4])), load(UART + 7, r.pick(SIZES))],
  'PLIC priority': (r) => [store(PLIC + 4 * r.pick([UART_IRQ, RTC_IRQ]), r.bits(32))],
  'PLIC enable': (r) => [store(PLIC + 0x2000 + 0x80 * r.below(2), r.below(16) << 9)],
  'PLIC words': (r) => [
    load(PLIC + r.pick([4 * UART_IRQ, 4 * 95, 4 * 96, 0x1000, 0x1004, 0x2080, 0x2084, 0x20_0000, 0x20_1000, 0x10_0000])),
  ],
  'PLIC claim': (r) => [load(PLIC + 0x20_0004 + 0x1000 * r.below(2))],
  'PLIC completion': (r) => [store(PLIC + 0x20_0004 + 0x1000 * r.below(2), r.pick([UART_IRQ, UART_IRQ, RTC_IRQ, RTC_IRQ, 0, 1, 96, -1]))],
  'PLIC, any size': (r) => [load(PLIC + r.below(0x40), r.pick(SIZES)), store(PLIC + 4 * 20 + r.below(8), r.below(8), r.pick([1, 2, 8]))],
  MSIP: (r) => [store(CLINT + r.below(8), r.bits(32), r.pick(SIZES)), load(CLINT + r.below(8), r.pick(SIZES)), store(CLINT, 0)],
  mtimecmp: (r) => [
    store(CLINT + 0x4000 + r.pick([0, 4, 2, 8]), r.bits(64), r.pick(SIZES)),
    load(CLINT + 0x4000 + r.below(16), r.pick(SIZES)),
  ],
  'RTC alarm': (r) => [store(RTC + 0xc, r.pick([0, 0x3000_0000])), store(RTC + 8, r.bits(32))],
  'RTC control': (r) => [store(RTC + r.pick([0x10, 0x14, 0x1c, 0x20]), r.below(4))],
  'RTC words': (r) => [load(RTC + 8 + 4 * r.below(8), r.pick(SIZES))],
  finisher: (r) => [load(TEST + r.below(16), r.pick(SIZES)), store(TEST + 4 + r.below(8), 0x5555, r.pick(SIZES))],
  'fw_cfg selector': (r) => [store(FW_CFG + 8, r.pick([0, 1, 2, 3, 5, 0x0f, 0x3f, 0x40, 0x80, 0xff, 0xbf]) << 8, 2)],
  'fw_cfg data': (r) => [load(FW_CFG + r.pick([0, 0, 0, 1, 4]), r.pick(SIZES))],
  'fw_cfg windows': (r) => [load(FW_CFG + 8 + r.below(16), r.pick(SIZES)), store(FW_CFG + 8, 0, r.pick([1, 4, 8]))],
};

const oracle = findOracle();
const seedBase = Number(process.env.WEMU_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));

const modern = oracle !== undefined && oracle.version >= FIRST_VERSION;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION} or later; WEMU_ORACLE names one)`;

describeWith('riscv64-linux-gnu-gcc', 'registers of devices', () => {
  test.skipIf(!modern)(`answer as QEMU's${without}`, { timeout: 300_000 }, async () => {
    await compareAccesses(oracle!, { machine: 'virt', setup: SETUP, generators: GENERATORS, count: ACCESSES, seed: seedBase });
  });
});
