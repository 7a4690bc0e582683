import { afterEach, describe, expect, it } from 'vitest';
import * as w from '../../../tests/differential/ppc-system/words.js';
import { createPpcHost, type Tier } from '../../../tests/ppc/machine.js';
import type { TcgHost } from '../../host.js';
import { Machine } from '../../system/facade.js';
import type { MachineOptions } from '../../system/machine-options.js';
import { MiB } from '../../util/size.js';
import { ClockType } from '../core/clock.js';
import { ppcCpuHelp } from '../../target/ppc/config.js';
import { CpiomMachine } from './cpiom.js';

const INTC = 0x2001_0000;
const [PENDING, ENABLE, MASK, PRIORITY, ACTIVE] = [0, 4, 8, 12, 16];
const ITN = INTC + 0x40;
const FREEZE = INTC + 0x60;
const TIMERS = 0x2002_0000;
const [CTRL, PRESCAL, STATUS, TICK, ACK] = [0, 4, 8, 12, 16];
const LOG = 0x1000;
const TBL = 268;
const NOTHING = 0x3000_0000;
const EE = [...w.li32(28, 0x8040), w.mtmsr(28)];

const poke = (address: number, value: number): number[] => [...w.li32(27, address), ...w.li32(28, value), w.stw(28, 0, 27)];
/** A word of the log. */
const log = (n: number, r: number): number[] => [...w.li32(27, LOG + 4 * n), w.stw(r, 0, 27)];
const peek = (address: number, n: number): number[] => [...w.li32(27, address), w.lwz(26, 0, 27), ...log(n, 26)];
/** Goes where nothing is: a machine check that is not enabled. */
const finish = [...w.li32(3, NOTHING), w.mtspr(9, 3), 0x4e80_0420];

let host: TcgHost | undefined;
afterEach(() => host?.close());

/** Runs `code`, and `handler` at an interrupt, to the end; the words that the guest has noted. */
async function run(
  words: number,
  code: readonly number[],
  {
    handler = finish,
    prepare,
    tier = 'tci',
    ...options
  }: Partial<MachineOptions> & { handler?: readonly number[]; prepare?: (board: CpiomMachine) => void; tier?: Tier } = {},
): Promise<number[]> {
  const rom = new DataView(new ArrayBuffer(MiB));
  const put = (offset: number, list: readonly number[]): void => list.forEach((word, n) => rom.setUint32(offset + 4 * n, word));
  put(0x100, [w.b(0x4000 - 0x100)]);
  put(0x500, [w.b(0x8000 - 0x500)]);
  put(0x4000, [...code, ...finish]);
  put(0x8000, handler);
  host = createPpcHost(tier);
  const machine = Machine.create({ machine: 'cpiom', bios: new Uint8Array(rom.buffer), icount: { shift: 0 }, ...options }, host);
  prepare?.(machine.state as CpiomMachine);
  expect(await machine.run()).toMatchObject({ reason: 'guest-panic', exitCode: 1 });
  return Array.from({ length: words }, (_, n) => new DataView(machine.readPhysical(LOG + 4 * n, 4).buffer).getUint32(0));
}

/** A big-endian ELF file of 32 bits whose only segment is code at the reset vector. */
function elf(machine: number, code: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(84 + 4 * code.length));
  [0x7f45_4c46, 0x0102_0100, 0, 0, 0x0002_0000 | machine, 1, 0xfff0_0100, 52, 0, 0, 0x0034_0020, 0x0001_0000].forEach((word, n) => header.setUint32(4 * n, word)); // prettier-ignore
  [1, 84, 0xfff0_0100, 0xfff0_0100, 4 * code.length, 4 * code.length, 5, 4].forEach((word, n) => header.setUint32(52 + 4 * n, word));
  code.forEach((word, n) => header.setUint32(84 + 4 * n, word));
  return new Uint8Array(header.buffer);
}

describe('the board', () => {
  it('takes firmware as an ELF file', async () => {
    expect(await run(1, [], { bios: elf(20, [...w.li32(4, 0x1234), ...log(0, 4), ...finish]) })).toEqual([0x1234]);
  });

  it('has a 755 with eight blocks of each kind', async () => {
    expect(await run(2, [w.mfspr(3, 1011), w.mfspr(4, 287), ...log(0, 3), ...log(1, 4)])).toEqual([0x4_0000, 0x8_3208]);
  });

  it.each<[string, Partial<MachineOptions>, string]>([
    ['another processor', { cpu: '604' }, 'a 604 does not fit this board'],
    ['a kernel', { kernel: new Uint8Array(4) }, 'this board has no loader'],
    ['too much memory', { memory: '1G' }, 'at most 512 MiB of SDRAM'],
    ['firmware that is too long', { bios: new Uint8Array(MiB + 1) }, '1048577 bytes at 0xfff00000 do not fit below 0x100000000'],
    ['firmware that is empty', { bios: new Uint8Array(0) }, "'firmware': the file is empty"],
    ['firmware of another processor', { bios: elf(0xf3, []) }, 'wrong machine type 243 (this machine runs 20)'],
    ['no firmware', { bios: 'none' }, 'give an image of up to 1 MiB with -bios FILE'],
    ['firmware that the host has not', { bios: 'default' }, "unable to find firmware 'cpiom.bin'"],
  ])('refuses %s', async (_, options, why) => {
    await expect(run(0, [], options)).rejects.toThrow(why);
  });
});

describe('the interrupt controller', () => {
  const lines =
    (...numbers: number[]) =>
    (board: CpiomMachine): void =>
      numbers.forEach((n) => board.intc.gpioIn(n, 'ITN').set(1));

  it('names the most important line that is enabled and not masked', async () => {
    const code = [
      ...peek(ITN + PENDING, 0),
      ...poke(ITN + ENABLE, 0x8c),
      ...peek(ITN + PENDING, 1),
      ...peek(ITN + ACTIVE, 2),
      ...poke(ITN + PRIORITY, 4),
      ...peek(ITN + ACTIVE, 3),
      ...poke(ITN + MASK, 0x80),
      ...peek(ITN + ACTIVE, 4),
      ...poke(ITN + MASK, 0xff),
      ...peek(ITN + ACTIVE, 5),
      ...peek(INTC + ACTIVE, 6),
    ];
    expect(await run(7, code, { prepare: lines(3, 4, 7) })).toEqual([0, 0x88, 3, 7, 3, 0xffff_ffff, 0xffff_ffff]);
  });

  it('interrupts, unless it is frozen', async () => {
    const code = [...poke(FREEZE, 1), ...poke(ITN + ENABLE, 1 << 3), ...EE, ...poke(LOG, 1), ...poke(FREEZE, 0), ...poke(LOG, 2)];
    expect(await run(2, code, { prepare: lines(3), handler: [...poke(LOG + 4, 3), ...finish] })).toEqual([1, 3]);
  });
});

describe('an NMI', () => {
  /** How often the guest has been at its start when the tick comes; the NMI is injected before that. */
  async function starts(enabled: number): Promise<number> {
    const [CMPWI_R26_2, BNE] = [0x2c1a_0002, 0x4082_0000];
    const count = [...w.li32(27, LOG), w.lwz(26, 0, 27), w.addi(26, 26, 1), w.stw(26, 0, 27)];
    const again = [CMPWI_R26_2, BNE | (4 * (finish.length + 1)), ...finish];
    const tick = [...poke(ITN + ENABLE, 1), ...poke(TIMERS + CTRL, 1), ...poke(TIMERS + TICK, 1000), ...EE];
    const [found] = await run(1, [...count, ...again, ...poke(INTC + ENABLE, enabled), ...tick, w.b(0)], {
      prepare: (board) => board.clocks.timer(ClockType.Virtual, () => board.injectNmi()).startNs(20_000),
    });
    return found;
  }

  it('is line 0 of RST, and resets the processor where that is enabled', async () => {
    expect(await starts(1)).toBe(2);
    expect(await starts(0)).toBe(1);
  });
});

describe('DMA', () => {
  it('gives up a chain that does not end', async () => {
    const DMA = 0x2004_0000;
    const chain = 0x9000;
    const descriptor = [0xa000, 0xb000, 0, chain].flatMap((value, n) => poke(chain + 4 * n, value));
    const start = [...poke(ITN + ENABLE, 1 << 3), ...poke(DMA + 0x0c, chain), ...poke(DMA + 0x10, 7), ...peek(DMA + 0x14, 0)];
    const handler = [...peek(DMA + 0x14, 1), ...poke(DMA + 0x18, 0xe), ...peek(DMA + 0x14, 2), ...finish];
    expect(await run(3, [...descriptor, ...start, ...EE, w.b(0)], { handler })).toEqual([1, 2 | 4 | 8, 0]);
  });
});

describe('the tick timer', () => {
  const start = [...poke(ITN + ENABLE, 1), ...poke(TIMERS + CTRL, 1)];
  const handler = [
    w.mfspr(4, TBL),
    ...log(1, 4),
    ...peek(TIMERS + STATUS, 2),
    ...poke(TIMERS + ACK, 1),
    ...peek(TIMERS + STATUS, 3),
    ...finish,
  ];

  it.each([
    ['tci', 0],
    ['tci', 3],
    ['wasm', 0],
  ] as const)('interrupts when its count is over, in %s, prescaled by %i', async (tier, scale) => {
    const code = [...start, ...poke(TIMERS + PRESCAL, scale), ...poke(TIMERS + TICK, 100), w.mfspr(3, TBL), ...log(0, 3), ...EE, w.b(0)];
    const [from, to, ...status] = await run(4, code, { handler, tier });
    expect(to - from).toBeGreaterThanOrEqual(100 * (scale + 1) - 1);
    expect(to - from).toBeLessThanOrEqual(100 * (scale + 1) + 2);
    expect(status).toEqual([1, 0]);
  });

  it('expires at once at 0', async () => {
    expect((await run(3, [...start, ...EE, ...poke(TIMERS + TICK, 0), w.b(0)], { handler }))[2]).toBe(1);
  });

  it('takes no count while it is not active, and keeps the one it had', async () => {
    const code = [
      ...poke(TIMERS + TICK, 1000),
      ...peek(TIMERS + TICK, 0),
      ...poke(TIMERS + CTRL, 1),
      ...poke(TIMERS + TICK, 1000),
      ...poke(TIMERS + CTRL, 0),
      ...peek(TIMERS + TICK, 1),
      ...peek(TIMERS + TICK, 2),
    ];
    const [before, stopped, still] = await run(3, code);
    expect(before).toBe(0);
    expect(stopped).toBeGreaterThan(980);
    expect(still).toBe(stopped);
  });
});

it('lists the CPU models that it takes', () => {
  const { takesCpu } = CpiomMachine.type.ext;
  const listed = ppcCpuHelp(takesCpu).trimEnd().split('\n').slice(1).map((line) => line.trim().split(' ')[0]); // prettier-ignore
  expect(listed).toHaveLength(25);
  expect(listed).toEqual(expect.arrayContaining(['745_v2.8', '755', 'goldfinger']));
  expect(listed.filter((name) => takesCpu?.(name) !== true)).toEqual([]);
  expect(ppcCpuHelp().split('\n').length).toBeGreaterThan(90);
});
