/**
 * Random accesses to the registers of AIA's controllers on wemu and on QEMU 10 or later, which must agree. Left out, because the manual and QEMU differ
 * (src/hw/intc/aia.test.ts): wires that fall, sources that are not delegated, in S-mode's domain; reserved source modes, and bits that are not there of target, genmsi and
 * the address registers; identities above 255.
 */
import { test } from 'vitest';
import type { Random } from '../support/float-operands.js';
import { describeWith } from '../support/tools.js';
import { compareAccesses, load, readCsr, store, writeCsr, type Access, type Generators } from './accesses.js';
import { findOracle } from './oracle.js';

const ACCESSES = 3000;
const FIRST_VERSION = 10;

const [M, S] = [0x0c00_0000, 0x0d00_0000];
const [MIMSIC, SIMSIC] = [0x2400_0000, 0x2800_0000];
const DELEGATED = 0x400;
/** Odd sources are S-mode's. All wires are low: nothing is told to the devices. */
const SOURCES = [1, 2, 7, 8, 10, 11, 31, 32, 33, 64, 95, 96];
const domainOf = (source: number): number => (source % 2 === 0 ? M : S);
const MODES = [0, 1, 4, 5, 6, 7];
const csr = { mip: 0x344, miselect: 0x350, mireg: 0x351, mtopei: 0x35c, siselect: 0x150, sireg: 0x151, stopei: 0x15c };
const EXTERNAL = 0xa00n;

const DELEGATE = SOURCES.filter((source) => domainOf(source) === S).map((source) => store(M + 4 * source, DELEGATED));
const word = (source: number): number => 4 * (source >>> 5);
const bit = (source: number): number => (1 << (source & 31)) >>> 0;

/** A register of a source or one of its words, and a value. */
const onSource = (r: Random, offset: (source: number) => number, value: (source: number) => number): Access[] => {
  const source = r.pick(SOURCES);
  return [store(domainOf(source) + offset(source), value(source))];
};

/** `target`: a value for it. */
const common = (target: (r: Random) => number): Generators => ({
  'domain configuration': (r) => [store(r.pick([M, S]), r.bits(32))],
  // QEMU keeps what was pending in another mode; the manual wants the bit of a level-sensitive source to be the wire.
  'source configuration': (r) => {
    const source = r.pick(SOURCES);
    const at = domainOf(source) + 4 * source;
    return [store(at, 0), store(at, r.pick(MODES)), store(at + 0x3000, target(r))]; // whose value a source that becomes active does not say
  },
  'set pending': (r) => onSource(r, (n) => 0x1c00 + word(n), bit),
  'set pending by number': (r) =>
    onSource(
      r,
      () => r.pick([0x1cdc, 0x2000]),
      (n) => n,
    ),
  'clear pending': (r) => onSource(r, (n) => 0x1d00 + word(n), bit),
  'clear pending by number': (r) =>
    onSource(
      r,
      () => 0x1ddc,
      (n) => n,
    ),
  'set enable': (r) => onSource(r, (n) => 0x1e00 + word(n), bit),
  'set enable by number': (r) =>
    onSource(
      r,
      () => 0x1edc,
      (n) => n,
    ),
  'clear enable': (r) => onSource(r, (n) => 0x1f00 + word(n), bit),
  'clear enable by number': (r) =>
    onSource(
      r,
      () => 0x1fdc,
      (n) => n,
    ),
  'numbers of no source': (r) => [
    store(r.pick([M, S]) + r.pick([0x1cdc, 0x1ddc, 0x1edc, 0x1fdc, 0x2000]), r.pick([0, 97, 1023, 0xffff_ffff])),
  ],
  words: (r) => {
    const source = r.pick(SOURCES);
    const offsets = [0, 4 * source, 0x1c00 + word(source), 0x1d00 + word(source), 0x1e00 + word(source), 0x1cdc, 0x1f00, 0x1ddc];
    return [load(domainOf(source) + r.pick(offsets))];
  },
  mip: () => [readCsr(csr.mip, EXTERNAL)],
  target: (r) =>
    onSource(
      r,
      (n) => 0x3000 + 4 * n,
      () => target(r),
    ),
});

const DIRECT: Generators = {
  ...common((r) => r.below(8)),
  'read target': (r) => [load(r.pick([M, S]) + 0x3000 + 4 * 97)],
  delivery: (r) => [store(r.pick([M, S]) + 0x4000, r.below(4))],
  force: (r) => [store(r.pick([M, S]) + 0x4004, r.below(2))],
  threshold: (r) => [store(r.pick([M, S]) + 0x4008, r.pick([0, 0, r.below(8)]))],
  'delivery words': (r) => [load(r.pick([M, S]) + 0x4000 + 4 * r.below(7))],
  claim: (r) => [load(r.pick([M, S]) + 0x401c)],
};

const ADDRESSES = [store(M + 0x1bc0, MIMSIC / 4096), store(M + 0x1bc4, 0), store(M + 0x1bc8, SIMSIC / 4096), store(M + 0x1bcc, 0)];
const FILES = [
  [csr.miselect, csr.mireg, csr.mtopei],
  [csr.siselect, csr.sireg, csr.stopei],
] as const;
const ARRAYS = [0x80, 0x82, 0x84, 0x86, 0xc0, 0xc2, 0xc4, 0xc6];

const MESSAGES: Generators = {
  ...common((r) => 1 + r.below(255)),
  genmsi: (r) => [store(r.pick([M, S]) + 0x3000, r.below(256))],
  'read genmsi': (r) => [load(r.pick([M, S]) + 0x3000)],
  addresses: (r) => [load(M + 0x1bc0 + 4 * r.below(4))],
  message: (r) => [store(r.pick([MIMSIC, SIMSIC]), r.pick([r.below(256), 256, 0xffff_ffff]))],
  'message, big-endian': (r) => [store(r.pick([MIMSIC, SIMSIC]) + 4, r.below(256) * 0x100_0000)],
  'page of messages': (r) => [
    load(r.pick([MIMSIC, SIMSIC]) + r.pick([0, 4, 8, 0xffc])),
    store(r.pick([MIMSIC, SIMSIC]) + r.pick([8, 0xffc]), 5),
  ],
  'file array': (r) => {
    const [select, register] = r.pick(FILES);
    return [writeCsr(select, r.pick(ARRAYS)), ...(r.below(2) ? [writeCsr(register, r.bits(64) & r.bits(64))] : []), readCsr(register)];
  },
  'file delivery': (r) => {
    const [select, register] = r.pick(FILES);
    return [writeCsr(select, 0x70), writeCsr(register, r.below(4)), readCsr(register)];
  },
  'file threshold': (r) => {
    const [select, register] = r.pick(FILES);
    return [writeCsr(select, 0x72), writeCsr(register, r.pick([0, 0, r.below(256)])), readCsr(register)];
  },
  'no register': (r) => {
    const [select, register] = r.pick(FILES);
    return [writeCsr(select, r.pick([0, 0x2f, 0x31, 0x6f, 0x81, 0xc3])), readCsr(register), writeCsr(register, 1)];
  },
  top: (r) => [readCsr(r.pick(FILES)[2])],
  claim: (r) => {
    const top = r.pick(FILES)[2];
    return [readCsr(top), writeCsr(top, 0)];
  },
};

const oracle = findOracle();
const seed = Number(process.env.WEMU_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));
const modern = oracle !== undefined && oracle.version >= FIRST_VERSION;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION} or later; WEMU_ORACLE names one)`;

describeWith('riscv64-linux-gnu-gcc', 'advanced interrupt architecture', () => {
  test.skipIf(!modern)(`lines answer as QEMU's${without}`, { timeout: 300_000 }, async () => {
    const setup = DELEGATE;
    await compareAccesses(oracle!, { machine: 'virt,aia=aplic', setup, generators: DIRECT, count: ACCESSES, seed });
  });
  test.skipIf(!modern)(`messages answer as QEMU's${without}`, { timeout: 300_000 }, async () => {
    const setup = [...ADDRESSES, ...DELEGATE];
    await compareAccesses(oracle!, { machine: 'virt,aia=aplic-imsic', setup, generators: MESSAGES, count: ACCESSES, seed });
  });
});
