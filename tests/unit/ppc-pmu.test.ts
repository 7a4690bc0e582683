/** The performance monitor, by the processors' manuals: what counts, to the instruction, in every tier, with and without -icount; and what follows from it. */
import { describe, expect, it } from 'vitest';
import * as X from '../../assembly/target/ppc/shared/oea.js';
import { Machine } from '../../src/system/facade.js';
import type { PpcCpu } from '../../src/target/ppc/cpu.js';
import { ByteReader, ByteWriter } from '../../src/util/bytes.js';
import * as w from '../differential/ppc-system/words.js';
import { finish, handler, log, MSR, run, set, SPR, type Setting } from '../ppc/bare.js';
import { createPpcHost, RAM_SIZE, ROM, ROM_SIZE, type Tier } from '../ppc/machine.js';

const PM = 0x4;
const PMC = [X.SPR_PMC1, X.SPR_PMC2, X.SPR_PMC3, X.SPR_PMC3 + 1];
const { SPR_MMCR0: MMCR0, SPR_MMCR1: MMCR1 } = X;
const SIA = 955;
const ALL = (event: number): readonly [number, number] => [(event << 6) | event, ((event << 27) | (event << 22)) >>> 0];
const INSTRUCTIONS = ALL(X.EVENT_INSTRUCTIONS)[0];
const countAll = (event: number): number[] => [...set(MMCR1, ALL(event)[1]), ...set(MMCR0, ALL(event)[0])];

/** r4 - r3 must be `distance`; a failure ends with the check's number. */
const check = (number: number, distance: number): number[] => [w.subf(5, 3, 4), w.cmpwi(0, 5, distance), w.beq(0, 24), ...finish(number)];
/** Between two reads of a counter there are so many instructions, the first one among them. */
const between = (number: number, spr: number, distance: number, ...words: number[]): number[] => [
  w.mfspr(3, spr),
  ...words,
  w.mfspr(4, spr),
  ...check(number, distance),
];
const nops = (n: number): number[] => Array.from({ length: n }, () => w.nop);

/** System calls come back to the supervisor, after five instructions. */
const BACK = [w.mfspr(10, PMC[0]), w.addi(11, 0, MSR.IP), w.mtspr(SPR.SRR1, 11), w.nop, w.rfi];
/** Traps, to the next instruction, after four. */
const SKIP = [w.mfspr(11, SPR.SRR0), w.addi(11, 11, 4), w.mtspr(SPR.SRR0, 11), w.rfi];
/** Two instructions, and a system call, in another mode. */
const inMode = (msr: number): number[] => [
  w.bl(4), // r12 = here
  w.mflr(12),
  w.addi(12, 12, 7 * 4),
  w.mtspr(SPR.SRR0, 12),
  ...set(SPR.SRR1, msr),
  w.rfi,
  w.nop,
  w.nop,
  w.sc,
];
const OUTSIDE = 8 + BACK.length;
const INSIDE = 3;

/** Each is gone through often enough that code is generated for all of it. */
const rounds = (count: number, body: readonly number[]): number[] => [
  ...w.li32(20, count),
  ...body,
  w.addi(20, 20, -1),
  w.cmpwi(0, 20, 0),
  w.beq(0, 8),
  w.b(-4 * (body.length + 3)),
];

const COUNTERS = { '604': 2, '604e': 4, '750': 4, '755': 4, '7400': 4 } as const;
const MODELS = Object.keys(COUNTERS) as (keyof typeof COUNTERS)[];

const exact = (cpu: keyof typeof COUNTERS): number[] => {
  const spr = PMC[0];
  const on = (bits = 0): number[] => set(MMCR0, INSTRUCTIONS | bits);
  return [
    ...(cpu === '604' ? on() : countAll(X.EVENT_INSTRUCTIONS)),
    ...PMC.slice(0, COUNTERS[cpu]).flatMap((each, n) => between(1 + n, each, 5, ...nops(4))),
    ...(cpu.startsWith('604') ? [] : between(5, spr - 16, 3, ...nops(2))),
    // what is written is what the next instruction reads
    w.addi(3, 0, 1000),
    w.mtspr(spr, 3),
    w.mfspr(4, spr),
    ...check(6, 0),
    w.mtspr(spr, 3),
    w.nop,
    w.mfspr(4, spr),
    ...check(7, 1),
    // a system call is complete, an instruction that traps is not
    ...between(8, spr, 3 + BACK.length, w.sc, w.nop),
    ...between(9, spr, 2 + SKIP.length, w.twi(31, 0, 0), w.nop),
    ...between(10, spr, 3, w.lbz(6, 5, 16), w.nop),
    ...between(11, spr, 3, w.lwz(6, 0, 17), w.stw(6, 4, 17)),
    ...between(12, spr, 2, w.b(8), w.nop),
    // stopped, and started again
    ...between(13, spr, 4, ...on(X.MMCR0_DIS), w.nop, w.nop),
    ...between(14, spr, 1, ...on(), w.nop),
    ...set(MMCR0, 0),
    ...between(15, spr, 0, w.nop),
    // modes
    ...on(X.MMCR0_DP),
    ...between(16, spr, INSIDE, ...inMode(MSR.IP | MSR.PR)),
    ...on(X.MMCR0_DU),
    ...between(17, spr, 1 + OUTSIDE, ...inMode(MSR.IP | MSR.PR)),
    ...on(X.MMCR0_DMS),
    ...between(18, spr, 1 + OUTSIDE, ...inMode(MSR.IP | PM)),
    ...on(X.MMCR0_DMR),
    ...between(19, spr, INSIDE, ...inMode(MSR.IP | PM)),
    ...on(X.MMCR0_DMR | X.MMCR0_DP),
    ...between(20, spr, INSIDE, ...inMode(MSR.IP | MSR.PR | PM)),
    ...between(21, spr, 0, ...inMode(MSR.IP | MSR.PR)),
    ...between(22, spr, 0, ...inMode(MSR.IP | PM)),
  ];
};

const TIERS: readonly Tier[] = ['tci', 'wasm'];
const CLOCKS = [undefined, { shift: 3 }] as const;
const RUNS = TIERS.flatMap((tier) => CLOCKS.map((icount) => ({ tier, icount }) satisfies Setting));

describe.each(RUNS)('counters of instructions are exact: $tier, icount $icount', (setting) => {
  it.each(MODELS)('%s', async (cpu) => {
    const code = [...w.li32(16, 0x8000_03f8), ...w.li32(17, 0x2000), ...rounds(40, exact(cpu))];
    const end = await run(cpu, code, { ...setting, at: { 0xc00: BACK, 0x700: SKIP } });
    expect(end.vector >> 4, 'number of the check that failed').toBe(0);
  });
});

describe('other events', () => {
  /** What PMC2 has counted over 500 rounds of nothing, and how many ticks of the time base those took. */
  const count = async (event: number, bits = 0): Promise<readonly number[]> => {
    const code = [
      ...set(MMCR0, bits | event),
      w.mfspr(21, SPR.TBL),
      w.mfspr(22, PMC[1]),
      ...rounds(500, nops(6)),
      w.mfspr(23, SPR.TBL),
      w.mfspr(24, PMC[1]),
      w.subf(24, 22, 24),
      w.subf(23, 21, 23),
      ...log(0, 24),
      ...log(1, 23),
    ];
    return (await run('755', code, { icount: { shift: 3 } })).log.slice(0, 2);
  };

  it('cycles: those of a bus four times as fast as the time base', async () => {
    const [cycles, ticks] = await count(X.EVENT_CYCLES);
    expect(ticks).toBeGreaterThan(400);
    expect(Math.abs(cycles - 4 * ticks)).toBeLessThan(20);
  });

  it.each([
    [0, 2],
    [1, 512],
  ])('transitions of the bit that RTCSELECT %i names, each %i ticks', async (select, period) => {
    const [transitions, ticks] = await count(X.EVENT_TRANSITIONS, select << 23);
    expect(Math.abs(transitions - ticks / period)).toBeLessThan(3);
    expect(transitions).toBeGreaterThan(0);
  });

  it('what cannot be known holds its value', async () => {
    for (const event of [0, 4, 5, 12, 63]) expect((await count(event))[0]).toBe(0);
  });

  it('changes of MSR[PR] are counted by the 7400', async () => {
    const code = [...set(MMCR0, X.EVENT_SWITCHES), ...inMode(MSR.IP | MSR.PR), ...inMode(MSR.IP | PM), w.mfspr(22, PMC[1]), ...log(0, 22)];
    const at = { 0xc00: BACK };
    expect((await run('7400', code, { at })).log[0]).toBe(2);
    expect((await run('755', code, { at })).log[0]).toBe(0);
  });

  it('a step of the time base by software is none that it has made', async () => {
    const code = [
      ...set(MMCR0, X.EVENT_TRANSITIONS | (3 << 23)),
      ...[0x1_0000, 0, 0x1_0000].flatMap((value) => set(284, value)),
      w.mfspr(22, PMC[1]),
      ...log(0, 22),
    ];
    expect((await run('755', code, { icount: { shift: 3 } })).log[0]).toBe(0);
  });
});

const ENABLE = X.MMCR0_ENINT | X.MMCR0_PMC1INTCONTROL;
const E = (offset: number): number => ROM + 0x4000 + offset;
const ee = [...w.li32(9, MSR.IP | MSR.EE), w.mtmsr(9)];
/** PMC1 counts so many instructions until it is negative. */
const soon = (n: number, bits = ENABLE, pmc = 0): number[] => [
  ...set(PMC[pmc], X.MMCR0_DIS - n),
  ...set(MMCR0, (INSTRUCTIONS | bits) >>> 0),
];
const registers = (...sprs: number[]): number[] => sprs.flatMap((spr, i) => [w.mfspr(26, spr), ...log(5 + i, 26)]);
/** The usual handler, and MMCR0, SIA and counters as words 5 to 8. */
const NOTES = [...registers(MMCR0, SIA, PMC[0], PMC[1]), ...handler(0xf00)];
const AT = { 0xf00: [w.b(0x2_0000 - 0xf00)], 0x2_0000: NOTES };

describe.each(RUNS)('interrupts: $tier, icount $icount', (setting) => {
  it.each(MODELS)('%s: after the instruction that makes a counter negative', async (cpu) => {
    const end = await run(cpu, [...soon(20), ...ee, ...nops(5000)], { ...setting, at: AT });
    expect([end.vector, end.log[1] & 0xffff, end.log[5]]).toEqual([0xf00, MSR.IP | MSR.EE, (INSTRUCTIONS | ENABLE) & ~X.MMCR0_ENINT]);
    const [at] = end.log;
    if (setting.icount !== undefined) expect([at, end.log[6]]).toEqual([E(4 * 26), E(4 * 25)]);
    else expect(at).toBeGreaterThanOrEqual(E(4 * 26));
    expect(at).toBeLessThan(E(4 * 3000));
    // and goes on
    expect(end.log[7]).toBeGreaterThanOrEqual(X.MMCR0_DIS);
  });

  it('in a loop, by what another counter has', async () => {
    const enable = X.MMCR0_ENINT | X.MMCR0_PMCINTCONTROL;
    const end = await run('755', [...soon(100_000, enable, 1), ...ee, w.b(0)], { ...setting, at: AT });
    expect([end.vector, end.log[0]]).toEqual([0xf00, E(4 * 9)]);
    expect(end.log[8] - X.MMCR0_DIS).toBeLessThan(setting.icount === undefined ? 10_000 : 20);
  });

  it('wait for MSR[EE], and come before the decrementer', async () => {
    const end = await run('750', [...soon(10), ...nops(3000), ...set(SPR.DEC, 0x8000_0000), ...nops(10), ...ee, ...nops(10)], {
      ...setting,
      at: AT,
    });
    expect([end.vector, end.log[0]]).toEqual([0xf00, E(4 * (6 + 3000 + 3 + 10 + 3))]);
    // asked for, though, when it happened
    expect(end.log[6]).toBeLessThan(E(4 * 3000));
  });

  const TIMED = {
    cycles: [...set(PMC[0], X.MMCR0_DIS - 40_000), ...set(MMCR0, ENABLE | (X.EVENT_CYCLES << 6))],
    'transitions of the time base': set(MMCR0, (X.MMCR0_ENINT | X.MMCR0_INTONBITTRANS | (2 << 23)) >>> 0),
    'counted transitions': [...set(PMC[0], X.MMCR0_DIS - 20), ...set(MMCR0, ENABLE | (X.EVENT_TRANSITIONS << 6) | (1 << 23))],
  } as const;
  it.each(Object.entries(TIMED))('by %s', async (_, what) => {
    const end = await run('755', [...what, ...ee, w.b(0)], { ...setting, at: AT });
    expect([end.vector, end.log[0]]).toEqual([0xf00, E(4 * (what.length + 3))]);
  });
  it.each(Object.entries(TIMED))('by %s, to a processor that dozes', async (_, what) => {
    const doze = [...set(SPR.HID0, 0x0080_0000), ...w.li32(9, MSR.IP | MSR.EE | 0x4_0000), w.mtmsr(9), w.b(0)];
    const end = await run('755', [...what, ...doze], { ...setting, at: AT });
    expect([end.vector, end.log[0]]).toEqual([0xf00, E(4 * (what.length + 6))]);
  });
});

describe('what an interrupt stops and starts', () => {
  /** PMC1 becomes negative 10 instructions after MMCR0 is set: what PMC1 and PMC2 are after 30, what they count in the next 22, and MMCR0's bits then. */
  const states = async (cpu: string, bits: number): Promise<readonly number[]> => {
    const code = [
      ...set(PMC[1], 0),
      ...soon(10, bits),
      ...nops(30),
      w.mfspr(3, PMC[0]),
      w.mfspr(4, PMC[1]),
      ...nops(20),
      w.mfspr(5, PMC[0]),
      w.mfspr(6, PMC[1]),
      w.mfspr(7, MMCR0),
      ...[3, 4, 5, 6, 7].flatMap((r, i) => log(i, r)),
    ];
    const [pmc1, pmc2, later1, later2, mmcr0] = (await run(cpu, code, { icount: { shift: 3 } })).log;
    return [pmc1, pmc2, later1 - pmc1, later2 - pmc2, (mmcr0 & ~INSTRUCTIONS) >>> 0];
  };
  const DIS = X.MMCR0_DIS;
  const DISCOUNT = X.MMCR0_DISCOUNT;
  const TRIGGER = X.MMCR0_PMCTRIGGER;
  const PMC1INT = X.MMCR0_PMC1INTCONTROL;
  const PMCINT = X.MMCR0_PMCINTCONTROL;
  /** If nothing is stopped; PMC2, that begins when PMC1 is negative. */
  const ON = [DIS + 20, 31, 22, 22] as const;
  const TRIGGERED = [DIS + 20, 21, 22, 22] as const;
  const OFF = [DIS, 10, 0, 0] as const;

  it.each(['604', '750', '755'])('%s: in itself', async (cpu) => {
    expect(await states(cpu, ENABLE)).toEqual([...ON, PMC1INT]);
    expect(await states(cpu, ENABLE | DISCOUNT)).toEqual([...OFF, PMC1INT | DISCOUNT]);
    expect(await states(cpu, PMC1INT | DISCOUNT)).toEqual([...ON, PMC1INT | DISCOUNT]);
    expect(await states(cpu, TRIGGER)).toEqual([...TRIGGERED, TRIGGER]);
    expect(await states(cpu, ENABLE | TRIGGER)).toEqual([...TRIGGERED, PMC1INT | TRIGGER]);
    // PMC2 goes on
    expect(await states(cpu, ENABLE | DISCOUNT | TRIGGER)).toEqual([DIS, 21, 0, 22, PMC1INT | DISCOUNT | TRIGGER]);
    expect(await states(cpu, ENABLE | DISCOUNT | PMCINT)).toEqual([DIS, 31, 0, 22, PMC1INT | DISCOUNT | PMCINT]);
  });

  it('7400: to be seen in MMCR0', async () => {
    expect(await states('7400', ENABLE)).toEqual([...ON, PMC1INT]);
    expect(await states('7400', ENABLE | DISCOUNT)).toEqual([...OFF, (DIS | PMC1INT | DISCOUNT) >>> 0]);
    expect(await states('7400', PMC1INT | DISCOUNT)).toEqual([...OFF, (DIS | PMC1INT | DISCOUNT) >>> 0]);
    expect(await states('7400', TRIGGER)).toEqual([...TRIGGERED, 0]);
    expect(await states('7400', ENABLE | TRIGGER)).toEqual([...TRIGGERED, PMC1INT]);
  });

  it('a write of MMCR0 ends it', async () => {
    const code = [
      ...soon(10, ENABLE | DISCOUNT),
      ...nops(30),
      ...set(PMC[0], 0),
      ...set(MMCR0, INSTRUCTIONS),
      ...nops(5),
      w.mfspr(3, PMC[0]),
      ...log(0, 3),
    ];
    expect((await run('755', code, { icount: { shift: 3 } })).log[0]).toBe(5);
  });
});

describe('registers', () => {
  it('user mode reads the copies, and writes none', async () => {
    const user = (word: number): Promise<number> =>
      run('755', [...set(SIA, 0x1234), ...set(SPR.SRR0, ROM + 0x7000), ...set(SPR.SRR1, MSR.IP | MSR.PR), w.rfi], {
        at: { 0x7000: [word, w.sc] },
      }).then((end) => end.vector);
    for (const spr of [MMCR0, ...PMC, SIA, MMCR1]) {
      expect(await user(w.mfspr(3, spr - 16))).toBe(0xc00);
      expect(await user(w.mtspr(spr - 16, 3))).toBe(0x700);
      expect(await user(w.mfspr(3, spr))).toBe(0x700);
    }
  });

  it('a debugger and a snapshot see values, and counting goes on from them', () => {
    const rom = new DataView(new ArrayBuffer(ROM_SIZE));
    [...countAll(X.EVENT_INSTRUCTIONS), w.b(0)].forEach((word, n) => rom.setUint32(0x100 + 4 * n, word));
    const hosts = [createPpcHost('tci'), createPpcHost('tci')];
    const [cpu, other] = hosts.map((host) => {
      const options = { machine: 'ppcbare', cpu: '755', memory: RAM_SIZE, bios: new Uint8Array(rom.buffer), icount: { shift: 3 } };
      return Machine.create(options, host).cpu() as PpcCpu;
    });
    const counters = (of: PpcCpu): unknown[] => ['pmc1', 'pmc2', 'pmc3', 'pmc4'].map((name) => of.readRegister(name));
    cpu.reset();
    cpu.run(6);
    cpu.run(1000);
    expect(cpu.readRegister('pmc1')).toBe(1000n);
    expect(cpu.writeRegister('pmc1', 5n)).toBe(true);
    expect(cpu.readRegister('upmc1')).toBe(5n);
    cpu.run(100);
    // MMCR1 was set three instructions before
    expect(counters(cpu)).toEqual([105n, 1100n, 1103n, 1103n]);

    const out = new ByteWriter();
    cpu.vmState!.save(cpu, out);
    other.vmState!.load(other, new ByteReader(out.finish()), 2);
    expect(counters(other)).toEqual([105n, 1100n, 1103n, 1103n]);
    for (const each of [cpu, other]) each.run(10);
    expect(counters(cpu)).toEqual([115n, 1110n, 1113n, 1113n]);
    expect(counters(other)).toEqual([115n, 1110n, 1113n, 1113n]);
    cpu.reset();
    expect(counters(cpu)).toEqual([0n, 0n, 0n, 0n]);
    for (const host of hosts) host.close();
  });
});
