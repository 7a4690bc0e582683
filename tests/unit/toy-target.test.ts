import { beforeAll, describe, expect, it } from 'vitest';
import * as layout from '../../assembly/shared/layout.js';
import { synchronousCodegen } from '../../src/accel/tcg/codegen-sync.js';
import { createTcgHost } from '../../src/host.js';
import { Machine } from '../../src/system/facade.js';
import { TimeoutScheduler } from '../../src/system/scheduler.js';
import { jumpCacheFunction } from '../support/jump-cache.js';
import { asm, li } from '../toy/assembler.js';
import * as toy from '../toy/assembly/shared/toy.js';
import { PAGE_BITS } from '../toy/assembly/shared/traits.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { DEVICE, ToyBoard, toyRuntime, type Tier } from '../toy/board.js';
import { toyIsa } from '../toy/frontend.js';
import { CONSOLE, toyTarget } from '../toy/machine.js';

const { addi, add, div, lw, sw, lhu, bne, jalr, mfs, mts, syscall, rti, wait } = asm;

let wasm: WebAssembly.Module;
beforeAll(async () => void (wasm = await toyRuntime()), 300_000);

const CODE = 0x1000;
const DATA = 0x10_0000;
const TABLE = 0x20_0000;

/** Entries of the page table: the first pages as they are. */
const identity = (pages: number, bits = toy.PTE_VALID | toy.PTE_WRITABLE): number[] =>
  Array.from({ length: pages }, (_, n) => (n << PAGE_BITS) | bits);

const TIERS: [string, Tier][] = [
  ['tci', {}],
  ['generated code', { hotThreshold: 4 }],
  ['generated code, exact budget', { hotThreshold: 4, icount: true }],
];

describe.each(TIERS)('a second target, in %s', (_name, tier) => {
  const board = (): ToyBoard => new ToyBoard(wasm, tier);
  const hasRegions = (machine: ToyBoard): void => {
    if (tier.hotThreshold === undefined) expect(machine.regions).toBe(0);
    else expect(machine.regions).toBeGreaterThan(0);
    expect(machine.accel.info().wasm?.lastError ?? '').toBe('');
  };

  it('counts', () => {
    const machine = board()
      .load(CODE, [...li(1, 10_000), add(2, 2, 1), addi(1, 1, -1), bne(1, 0, -2), wait])
      .run(CODE);
    expect(machine.r(2)).toBe(50_005_000);
    expect(machine.cpu.instructionCount).toBe(2 + 3 * 10_000 + 1);
    hasRegions(machine);
  });

  it('has registers of 32 bits', () => {
    const machine = board()
      .load(CODE, [...li(1, 0xffff_ffff), ...li(3, 100), addi(1, 1, 1), add(2, 2, 1), addi(1, 1, -1), addi(3, 3, -1), bne(3, 0, -4), wait])
      .run(CODE);
    expect([machine.r(1), machine.r(2)]).toEqual([0xffff_ffff, 0]);
    hasRegions(machine);
  });

  it('keeps memory big-endian, over page ends too', () => {
    // r5 += halfword at r2, which moves by 3
    const loop = [lhu(4, 2, 0), add(5, 5, 4), addi(2, 2, 3), addi(3, 3, -1), bne(3, 0, -4), wait];
    const machine = board().load(CODE, [...li(2, DATA), ...li(3, 4000), ...loop]);
    const bytes = Uint8Array.from({ length: 12_002 }, (_, n) => (n * 7) & 255);
    machine.space.writeBytes(DATA, bytes);
    const data = new DataView(bytes.buffer);
    let sum = 0;
    for (let n = 0; n < 4000; n++) sum += data.getUint16(3 * n);
    expect(machine.run(CODE).r(5)).toBe(sum);
    hasRegions(machine);
  });

  it('stores, and loads what it stored', () => {
    const fill = [sw(3, 2, 0), lw(4, 2, 0), add(5, 5, 4), addi(2, 2, 4), addi(3, 3, -1), bne(3, 0, -5), wait];
    const machine = board()
      .load(CODE, [...li(2, DATA), ...li(3, 3000), ...fill])
      .run(CODE);
    expect(machine.r(5)).toBe((3000 * 3001) / 2);
    expect([machine.word(DATA), machine.word(DATA + 4 * 2999)]).toEqual([3000, 1]);
    hasRegions(machine);
  });

  it('asks devices, whose registers are little-endian', () => {
    const machine = board()
      .load(CODE, [...li(2, DEVICE), ...li(3, 50), lw(4, 2, 4), sw(3, 2, 8), addi(3, 3, -1), bne(3, 0, -3), wait])
      .run(CODE);
    expect(machine.r(4)).toBe(0x0803_0201);
    expect(machine.writes.slice(0, 2)).toEqual([[8, 50 * 2 ** 24], [8, 49 * 2 ** 24]]); // prettier-ignore
    expect(machine.writes.length).toBe(50);
    hasRegions(machine);
  });

  it('divides by its own rules: a zero divisor traps, a quotient that is too large is the largest', () => {
    const machine = board()
      // the handler gives the divisor that was missing
      .handler(toy.CAUSE_DIVIDE, [addi(7, 7, 1), mfs(8, toy.EPC), addi(3, 0, -1), rti])
      .load(CODE, [
        ...li(2, 0x8000_0000),
        ...li(3, 99),
        div(4, 2, 3),
        add(5, 5, 4),
        addi(3, 3, -1),
        bne(3, 6, -3),
        ...li(6, -2),
        div(4, 2, 3),
        wait,
      ])
      .run(CODE);
    // 99 divisors down to 1; r3 = 0 = r6 ends the loop; then -1
    let sum = 0;
    for (let n = 99; n >= 1; n--) sum = (sum + Math.trunc(-(2 ** 31) / n)) >>> 0;
    expect(machine.r(5)).toBe(sum);
    expect([machine.r(4), machine.r(7), machine.r(8)]).toEqual([0x7fff_ffff, 1, CODE + 4 * 10]);
    hasRegions(machine);
  });

  it('faults in the middle of hot code, with every register as it was', () => {
    // every 64th address is odd: its handler makes it even again
    const loop = [
      lw(4, 2, 0),
      add(5, 5, 4),
      addi(2, 2, 4),
      addi(6, 6, -1),
      bne(6, 0, -4),
      addi(2, 2, 1),
      ...li(6, 64),
      addi(3, 3, -1),
      bne(3, 0, -9),
      wait,
    ];
    const words = Array.from({ length: 64 * 40 }, (_, n) => n ^ 0x1234_0000);
    const machine = board()
      .load(DATA, words)
      .handler(toy.CAUSE_ALIGNMENT, [mfs(10, toy.ADDRESS), mfs(11, toy.EPC), addi(2, 2, -1), addi(9, 9, 1), rti])
      .load(CODE, [...li(2, DATA), ...li(6, 64), ...li(3, 40), ...loop])
      .run(CODE);
    expect(machine.r(5)).toBe(words.reduce((sum, word) => (sum + word) >>> 0, 0));
    expect([machine.r(9), machine.r(10), machine.r(11)]).toEqual([39, DATA + 4 * 64 * 39 + 1, CODE + 4 * 6]);
    hasRegions(machine);
  });

  it('walks its page table, and goes on where a page was missing', () => {
    // the handler maps the page of the fault as it is: TABLE[address >> 13] = address & ~0x1fff | 3, by dividing
    const handler = [
      ...[
        mfs(8, toy.ADDRESS),
        ...li(9, 1 << PAGE_BITS),
        div(10, 8, 9),
        add(11, 10, 10),
        add(11, 11, 11),
        ...li(12, TABLE),
        add(11, 11, 12),
      ],
      ...[
        add(12, 10, 10),
        ...Array.from({ length: PAGE_BITS - 1 }, () => add(12, 12, 12)),
        addi(12, 12, 3),
        sw(12, 11, 0),
        mfs(13, toy.TABLE),
        mts(toy.TABLE, 13),
        addi(14, 14, 1),
        rti,
      ],
    ];
    const on = [...li(7, TABLE), mts(toy.TABLE, 7), addi(7, 0, toy.STATUS_TRANSLATION), mts(toy.STATUS, 7)];
    const machine = board()
      .load(TABLE, identity(4))
      .handler(toy.CAUSE_PAGE, handler)
      .load(CODE, [...on, ...li(2, DATA), ...li(3, 5000), sw(3, 2, 0), addi(2, 2, 4), addi(3, 3, -1), bne(3, 0, -3), wait])
      .run(CODE);
    expect(machine.r(14)).toBe(3); // 20,000 bytes
    expect(machine.word(TABLE + 4 * (DATA >>> PAGE_BITS))).toBe(DATA | 3);
    expect([machine.word(DATA), machine.word(DATA + 4 * 4999)]).toEqual([5000, 1]);
    expect(machine.traps.every((trap) => trap === `${toy.CAUSE_PAGE} at ${(CODE + 4 * 9).toString(16)}`)).toBe(true);
    hasRegions(machine);
  });

  it('tells which of two pages an access could not reach', () => {
    const on = [...li(7, TABLE), mts(toy.TABLE, 7), addi(7, 0, toy.STATUS_TRANSLATION), mts(toy.STATUS, 7)];
    const machine = board()
      .load(TABLE, identity(2))
      .handler(toy.CAUSE_PAGE, [mfs(8, toy.ADDRESS), wait])
      .load(CODE, [...on, ...li(2, 0x3fff), lhu(3, 2, 0), wait])
      .run(CODE);
    expect(machine.r(8)).toBe(0x4000);
  });

  it('raises a bus error where nothing is, and a trap for what is no instruction', () => {
    const machine = board()
      .handler(toy.CAUSE_BUS, [mfs(8, toy.ADDRESS), mfs(9, toy.EPC), addi(9, 9, 4), mts(toy.EPC, 9), rti])
      .handler(toy.CAUSE_ILLEGAL, [mfs(10, toy.EPC), wait])
      .load(CODE, [...li(2, 0x8000_0000), sw(2, 2, 4), 0xdead_beef])
      .run(CODE);
    expect([machine.r(8), machine.r(10)]).toEqual([0x8000_0004, CODE + 12]);
    expect(machine.traps).toEqual([`${toy.CAUSE_BUS} at 1008`, `${toy.CAUSE_ILLEGAL} at 100c`]);
  });

  it('calls over pages and into the upper half', () => {
    const subroutine = toy.VECTORS + 0x8000;
    const machine = board()
      .load(subroutine, [addi(5, 5, 3), jalr(15, 15, 0)])
      .load(CODE, [...li(2, subroutine), ...li(3, 5000), jalr(15, 2, 0), addi(3, 3, -1), bne(3, 0, -2), wait])
      .run(CODE);
    expect(machine.r(5)).toBe(15_000);
    hasRegions(machine);
    // both are where generated code, which stays inside while they are there, looks for them
    const { memory } = machine.accel.runtime;
    const { buffer } = memory;
    const cellOf = jumpCacheFunction(memory, toyIsa.traits);
    for (const pc of [subroutine, CODE + 4 * 5]) {
      const [tb] = new Uint32Array(buffer, cellOf(machine.cpu.env, BigInt(pc)), 1);
      expect(tb).not.toBe(0);
      expect(new DataView(buffer).getBigUint64(tb + layout.TB_PC, true)).toBe(BigInt(pc));
    }
  });

  it('has code for each base of its data, at the same pc and under the same flags', () => {
    const other = DATA + 0x8000;
    const swap = [add(6, 4, 0), add(4, 5, 0), add(5, 6, 0), addi(9, 0, 8)];
    // eight times each, from the same block to one or the other, by their key alone
    const count = [mts(toy.BASE, 4), lw(8, 0, 0), addi(8, 8, 1), sw(8, 0, 0), mts(toy.BASE, 0), addi(9, 9, -1), bne(9, 0, -6)];
    const again = [addi(3, 3, -1), bne(3, 0, -12), wait];
    const on = [addi(7, 0, toy.STATUS_BASED), mts(toy.STATUS, 7)];
    // late enough for both to be known when code is made
    const machine = new ToyBoard(wasm, { ...tier, hotThreshold: tier.hotThreshold && 64 })
      .load(CODE, [...li(4, DATA), ...li(5, other), ...li(3, 501), ...on, ...swap, ...count, ...again])
      .run(CODE);
    expect([machine.word(DATA), machine.word(other)]).toEqual([8 * 250, 8 * 251]);
    hasRegions(machine);
  });

  it('makes system calls in a loop', () => {
    const machine = board()
      .handler(toy.CAUSE_SYSCALL, [addi(5, 5, 1), mfs(9, toy.EPC), addi(9, 9, 4), mts(toy.EPC, 9), rti])
      .load(CODE, [...li(3, 1000), syscall, addi(3, 3, -1), bne(3, 0, -2), wait])
      .run(CODE);
    expect([machine.r(5), machine.traps.length]).toEqual([1000, 1000]);
    hasRegions(machine);
  });

  it('takes an interrupt in the middle of a loop, and goes on', () => {
    const machine = board()
      .handler(toy.CAUSE_INTERRUPT, [mfs(11, toy.EPC), ...li(8, DEVICE), sw(8, 8, 0x10), addi(10, 10, 1), rti])
      .load(CODE, [
        addi(7, 0, toy.STATUS_INTERRUPTS),
        mts(toy.STATUS, 7),
        ...li(3, 20_000),
        add(4, 4, 3),
        addi(3, 3, -1),
        bne(3, 0, -2),
        mts(toy.STATUS, 0),
        wait,
      ]);
    machine.onWrite = () => machine.setLine(0);
    machine.cpu.set(ENV.pc, BigInt(CODE));
    for (let n = 0; n < 5; n++) {
      expect(machine.cpu.exec(3000)).toBe(layout.EXEC_BUDGET);
      machine.setLine(1);
    }
    machine.goOn();
    expect([machine.r(4), machine.r(10)]).toEqual([(20_000 * 20_001) / 2, 5]);
    expect([CODE + 16, CODE + 20, CODE + 24]).toContain(machine.r(11));
    hasRegions(machine);
  });

  it('takes an interrupt that a device raises, right behind the store', () => {
    const loop = [sw(3, 2, 0), addi(4, 4, 1), addi(3, 3, -1), bne(3, 0, -3), wait];
    const machine = board()
      .handler(toy.CAUSE_INTERRUPT, [...li(8, DEVICE), sw(8, 8, 0x10), addi(10, 10, 1), rti])
      .load(CODE, [addi(7, 0, toy.STATUS_INTERRUPTS), mts(toy.STATUS, 7), ...li(2, DEVICE), ...li(3, 200), ...loop]);
    machine.onWrite = () => machine.setLine(machine.writes.at(-1)![0] === 0 ? 1 : 0);
    machine.run(CODE);
    expect([machine.r(4), machine.r(10)]).toEqual([200, 200]);
  });

  it('wakes from its wait', () => {
    const machine = board()
      .load(CODE, [wait, addi(5, 5, 1), wait])
      .run(CODE);
    expect(machine.r(5)).toBe(0);
    machine.setLine(1);
    // interrupts are off: it goes on, and no wait lasts while the line is up
    expect(machine.cpu.exec(2)).toBe(layout.EXEC_BUDGET);
    expect(machine.r(5)).toBe(1);
  });

  it('runs the code that it has just written', () => {
    // the instruction at `patched` adds 1, then 2, then 3, ...
    const patched = CODE + 4 * 7;
    const machine = board()
      .load(CODE, [
        ...li(2, patched),
        lw(3, 2, 0),
        ...li(6, 300),
        addi(3, 3, 1),
        sw(3, 2, 0),
        addi(5, 5, 0),
        addi(6, 6, -1),
        bne(6, 0, -4),
        wait,
      ])
      .run(CODE);
    expect(machine.r(5)).toBe((300 * 301) / 2);
    expect(machine.accel.info().tb.invalidated).toBeGreaterThan(250);
  });

  it('runs code that a device has written, though it was hot', () => {
    const loop = [addi(5, 5, 1), addi(6, 6, -1), bne(6, 0, -2), wait];
    const machine = board()
      .load(CODE, [...li(6, 5000), ...loop])
      .run(CODE);
    machine.load(CODE + 8, [addi(5, 5, 2)]).run(CODE);
    expect(machine.r(5)).toBe(15_000);
    hasRegions(machine);
  });
});

it('a host is given it as a target, and makes machines of it', async () => {
  const host = createTcgHost({
    wasm: (target) => {
      expect(target).toBe(toyTarget);
      return wasm;
    },
    targets: [toyTarget],
    codegen: synchronousCodegen,
    tuning: { threshold: 4 },
    clock: { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() },
    scheduler: new TimeoutScheduler(),
  });
  // prints "abc", 100 times, and ends with 3
  const print = [addi(3, 0, 0x61), sw(3, 2, 0), addi(3, 3, 1), bne(3, 4, -2), addi(5, 5, -1), bne(5, 0, -5)];
  const words = [...li(2, CONSOLE), addi(4, 0, 0x64), addi(5, 0, 100), ...print, addi(3, 0, 3), sw(3, 2, 4), bne(2, 0, 0)];
  const kernel = new Uint8Array(4 * words.length);
  words.forEach((word, n) => new DataView(kernel.buffer).setUint32(4 * n, word));
  let output = '';
  const log: string[] = [];
  const machine = Machine.create(
    {
      machine: 'toyboard',
      memory: 0x40_0000,
      kernel,
      serial: (bytes) => void (output += new TextDecoder().decode(bytes)),
      log: { items: ['in_asm'], sink: (text) => log.push(text) },
    },
    host,
  );
  expect(await machine.run()).toMatchObject({ reason: 'guest-shutdown', exitCode: 3 });
  expect(output).toBe('abc'.repeat(100));
  expect(machine.state.cpus[0].readRegister('r5')).toBe(0n);
  expect(log.join('')).toContain('0x1010:  01300061  addi');
  await machine.close();
  host.close();
});

it('a runtime has one target: no other asks it for a helper or a clock', () => {
  const names = WebAssembly.Module.exports(wasm).map(({ name }) => name);
  expect(names.filter((name) => /^helper_(?!plugin_)/.test(name)).sort()).toEqual([
    'helper_mfs',
    'helper_mts',
    'helper_rti',
    'helper_trap',
    'helper_wait',
  ]);
  const imports = WebAssembly.Module.imports(wasm).filter(({ module }) => module === 'target');
  expect(imports.map(({ name }) => name)).toEqual(['logTrap']);
});

it('a vCPU that lacks what its target asks for is not made', () => {
  const machine = new ToyBoard(wasm);
  expect(() => machine.accel.createVcpu('toy', undefined, {})).toThrow("the runtime calls 'logTrap', which a vCPU of 'toy' does not have");
});
