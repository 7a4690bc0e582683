/** What a PowerPC supervisor sees, where no QEMU can be asked: it does otherwise than the manuals (docs/ppc.md), or, as the 755, it does not start. */
import { describe, expect, it } from 'vitest';
import * as X from '../../assembly/target/ppc/shared/oea.js';
import * as P from '../../assembly/target/ppc/shared/ppc.js';
import { Machine } from '../../src/system/facade.js';
import { ByteReader, ByteWriter } from '../../src/util/bytes.js';
import { PPC_INPUT, type PpcCpu } from '../../src/target/ppc/cpu.js';
import * as w from '../differential/ppc-system/words.js';
import { dbat, enter, finish, handler, handlerAt, log, LOG, MSR, poke, ROM_BLOCK, run, set, SPR, type Setting } from '../ppc/bare.js';
import { createPpcHost, RAM_SIZE, ROM, ROM_SIZE, type Tier } from '../ppc/machine.js';

const TABLE = 0x10_0000;
const DATA = 0x20_0000;

/** A PTE that maps a page of segment `sr` (a value of its register) at `ea`. */
function page(ea: number, sr: number, pte1: number): number[] {
  const vsid = sr & 0xff_ffff;
  const group = TABLE + ((((vsid & 0x7ffff) ^ ((ea >>> 12) & 0xffff)) & 0x3ff) << 6);
  return [
    ...set(SPR.SDR1, TABLE),
    ...w.li32(28, sr),
    w.mtsr(ea >>> 28, 28),
    ...poke(group, (0x8000_0000 | (vsid << 7) | ((ea >>> 22) & 0x3f)) >>> 0),
    ...poke(group + 4, pte1 >>> 0),
    w.isync,
  ];
}
const EA = 0x3012_3000;
const SR = 0x0012_3456;
/** r3 = EA; the rest runs with data translated. */
const withData = (...words: number[]): number[] => [
  ...ROM_BLOCK,
  ...w.li32(3, EA),
  ...enter(MSR.IP | MSR.IR | MSR.DR, ROM + 0x6000),
  ...words,
];
const body = (...words: number[]): Setting => ({ at: { 0x6000: [...words, w.sc] } });

describe('755', () => {
  const blocks = [...set(dbat(7) + 1, DATA | 2), ...set(dbat(7), EA & 0xfffe_0000 | 3), ...poke(DATA + 0x3000, 0x1234)]; // prettier-ignore

  it('has eight blocks of each kind while HID2 says so', async () => {
    const code = [...blocks, ...set(SPR.HID2, X.HID2_HBE), ...withData()];
    const end = await run('755', code, { at: { 0x6000: [w.lwz(4, 0, 3), w.stw(4, 4, 3), w.sc] } });
    expect([end.vector, end.word(DATA + 0x3004)]).toEqual([0xc00, 0x1234]);
    const without = await run('755', [...blocks, ...withData()], body(w.lwz(4, 0, 3)));
    expect([without.vector, without.log[2], without.log[3]]).toEqual([0x300, X.DSISR_NO_PAGE, EA]);
  });

  it('searches the page table itself, or leaves it to software', async () => {
    const mapped = [...page(EA, SR, DATA | 2), ...poke(DATA, 0x55)];
    const hash = await run('755', [...mapped, ...withData()], { at: { 0x6000: [w.lwz(4, 0, 3), w.stw(4, 4, 3), w.sc] } });
    expect([hash.vector, hash.word(DATA + 4)]).toEqual([0xc00, 0x55]);
    const soft = await run('755', [...mapped, ...set(SPR.HID2, X.HID2_SWLEN), ...withData()], body(w.lwz(4, 0, 3)));
    expect([soft.vector, soft.log[0], soft.log[1] >>> 16]).toEqual([0x1100, ROM + 0x6000, 0]);
  });

  it('has SPRG4 to 7', async () => {
    const end = await run('755', [
      ...[276, 277, 278, 279].flatMap((n) => set(n, n)),
      ...[276, 277, 278, 279].flatMap((n, i) => [w.mfspr(4, n), ...log(i, 4)]),
    ]);
    expect(end.log.slice(0, 4)).toEqual([276, 277, 278, 279]);
  });
});

describe('software-loaded TLBs', () => {
  const load = (pte1: number, kind: 'tlbld' | 'tlbli' = 'tlbld'): number[] => [
    ...set(977, (0x8000_0000 | ((SR & 0xff_ffff) << 7) | ((EA >>> 22) & 0x3f)) >>> 0),
    ...set(SPR.RPA, pte1),
    ...set(SPR.SRR1, 0),
    ...w.li32(28, EA),
    w[kind](28),
    ...w.li32(28, SR),
    w.mtsr(EA >>> 28, 28),
    w.isync,
  ];

  it('miss for a store to a page that is clean', async () => {
    const read = await run('603e', [...load(DATA | 0x102), ...withData()], body(w.lwz(4, 0, 3), w.stw(4, 0, 3)));
    expect([read.vector, read.log[0], read.log[1] & 0xf_0000]).toEqual([0x1200, ROM + 0x6004, X.SRR1_STORE | X.SRR1_WAY]);
    const dirty = await run('603e', [...load(DATA | 0x182), ...withData()], body(w.lwz(4, 0, 3), w.stw(4, 0, 3)));
    expect(dirty.vector).toBe(0xc00);
    expect(dirty.tlb.match(/^.* valid .*$/gm)).toEqual(['data TLB 03/64 way:0 valid [00123000 00124000]']);
  });

  it('tell what is to be searched for, with registers of its own', async () => {
    const search = [
      w.addi(1, 0, 77),
      ...[976, 977, 978, 979].flatMap((n, i) => [w.mfspr(26, n), ...log(5 + i, 26)]),
      w.mfmsr(26),
      ...log(9, 26),
      w.addi(26, 0, 0x40),
      w.mtmsr(26),
      ...log(10, 1),
      ...finish(0x110),
    ];
    const end = await run(
      '603e',
      [w.addi(1, 0, 11), ...set(SPR.SDR1, TABLE), ...w.li32(28, SR | 0x4000_0000), w.mtsr(EA >>> 28, 28), ...withData()],
      {
        at: { 0x6000: [w.lwz(4, 8, 3)], [handlerAt(0x1100)]: search },
      },
    );
    const hash = (SR & 0x7ffff) ^ ((EA >>> 12) & 0xffff);
    expect(end.log.slice(5, 9)).toEqual([
      EA + 8,
      (0x8000_0000 | (SR << 7) | ((EA >>> 22) & 0x3f)) >>> 0,
      TABLE + ((hash & 0x3ff) << 6),
      TABLE + ((~hash & 0x3ff) << 6),
    ]);
    // r1 of the search is another one
    expect([end.log[9] & P.MSR_TGPR, end.log[10]]).toEqual([P.MSR_TGPR, 11]);
  });
});

describe('faults by the manual', () => {
  it.each([
    ['a guarded page', DATA | 0x18a, SR, X.SRR1_NO_EXECUTE],
    ['a page that cannot be read', DATA | 0x180, SR | 0x4000_0000, X.SRR1_PROTECTED],
    ['a no-execute segment', DATA | 0x182, SR | 0x1000_0000, X.SRR1_NO_EXECUTE],
    ['a direct-store segment', DATA | 0x182, SR | 0x8000_0000, X.SRR1_NO_EXECUTE],
  ])('fetches from %s', async (_, pte1, sr, why) => {
    const end = await run('750', [...page(EA, sr, pte1), ...enter(MSR.IP | MSR.IR, EA)]);
    expect([end.vector, end.log[0], end.log[1]]).toEqual([0x400, EA, (why | MSR.IP | MSR.IR) >>> 0]);
  });

  it('loads and stores in a direct-store segment', async () => {
    const end = await run('604', [...page(EA, SR | 0x8000_0000, DATA | 0x182), ...withData()], body(w.stw(4, 4, 3)));
    expect([end.vector, end.log[2], end.log[3]]).toEqual([0x300, X.DSISR_DIRECT_STORE | X.DSISR_STORE, EA + 4]);
  });

  it('an access that is not aligned: what DSISR tells is enough to do it', async () => {
    const end = await run('750', [...w.li32(3, DATA), ...w.li32(5, 1), w.lwarx(9, 5, 3)]);
    // bits 29 and 30, 25, and 21 to 24 of the word are 0; then r9 and r5
    expect([end.vector, end.log[2], end.log[3]]).toEqual([0x600, (9 << 5) | 5, DATA + 1]);
  });
});

describe.each<Tier>(['tci', 'wasm'])('AltiVec instructions, in %s', (tier) => {
  const [vaddfp, lvx, stvewx, dst, dssall] = [0x1022_180a, 0x7c20_18ce, 0x7c20_198e, 0x7c04_1aac, 0x7e00_066c];
  const VEC = 0x0200_0000;
  it.each([vaddfp, lvx, stvewx])('%x', async (word) => {
    const code = (msr: number): number[] => [...enter(MSR.IP | msr, ROM + 0x6000)];
    const absent = await run('7400', code(0), { ...body(word), tier });
    expect([absent.vector, absent.log[0], absent.log[1]]).toEqual([0xf20, ROM + 0x6000, MSR.IP]);
    // enabled, they are still not there
    const enabled = await run('7400', code(VEC), { ...body(word), tier });
    expect([enabled.vector, enabled.log[1], enabled.log[4]]).toEqual([0x700, P.PROGRAM_ILLEGAL | MSR.IP | VEC, MSR.IP]);
    expect((await run('750', code(0), { ...body(word), tier })).vector).toBe(0x700);
  });
  it('of data streams are hints', async () => {
    const code = enter(MSR.IP, ROM + 0x6000);
    expect((await run('7400', code, { ...body(dst, dssall), tier })).vector).toBe(0xc00);
    expect((await run('750', code, { ...body(dst), tier })).vector).toBe(0x700);
  });
});

describe.each<Tier>(['tci', 'wasm'])('external control, in %s', (tier) => {
  const [eciwx, ecowx] = [0x7c80_1a6c, 0x7c80_1b6c]; // of r4, at r3
  const EAR_E = 0x8000_0000;
  const at = (address: number, ear: number): number[] => [...w.li32(3, address), ...set(282, ear), ...enter(MSR.IP, ROM + 0x6000)];
  it.each([
    ['eciwx', eciwx, X.DSISR_EXTERNAL_CONTROL],
    ['ecowx', ecowx, X.DSISR_EXTERNAL_CONTROL | X.DSISR_STORE],
  ])('%s is for those whom EAR lets', async (_, word, status) => {
    const end = await run('604', at(DATA, 0), { ...body(word), tier });
    expect([end.vector, end.log[0], end.log[2], end.log[3]]).toEqual([0x300, ROM + 0x6000, status, DATA]);
    expect((await run('604,alignment=qemu', at(DATA, 0), { ...body(word), tier })).vector).toBe(0xc00);
  });
  it('moves a word', async () => {
    const code = [...poke(DATA, 0x1234), ...at(DATA, EAR_E)];
    const end = await run('750', code, { tier, at: { 0x6000: [eciwx, w.addi(3, 3, 4), ecowx, w.sc] } });
    expect([end.vector, end.word(DATA + 4)]).toEqual([0xc00, 0x1234]);
  });
  it.each([
    ['750', 0x600],
    ['603e7t', 0x600],
    ['603e', 0xc00],
  ] as const)('one that is not aligned, of a %s', async (cpu, vector) => {
    for (const word of [eciwx, ecowx]) {
      const end = await run(cpu, at(DATA + 2, EAR_E), { ...body(word), tier });
      expect(end.vector).toBe(vector);
      // bits 15 to 21 of DSISR by the table of the PEM (6-12)
      if (vector === 0x600)
        expect([end.log[2], end.log[3]]).toEqual([((word === eciwx ? 0b10_1_0100 : 0b10_1_0110) << 10) | (4 << 5), DATA + 2]);
    }
  });
});

describe('MSR', () => {
  it('is all of what mtmsr gives', async () => {
    const end = await run('750', [...w.li32(3, 0x1_1042), w.mtmsr(3), w.mfmsr(4), ...log(0, 4)]);
    expect(end.log[0]).toBe(0x1_1042);
  });

  it('keeps IP, ILE and ME in an exception, and ILE in rfi', async () => {
    // the handler is little-endian by then: rfi goes there, and back
    const end = await run('750', [...w.li32(3, MSR.ILE | MSR.ME | MSR.IP), w.mtmsr(3), ...enter(MSR.IP, ROM + 0x6000)], {
      at: { 0x6000: [w.mfmsr(4), ...log(0, 4), ...finish(7)] },
    });
    expect([end.vector, end.log[0]]).toEqual([0x70, MSR.ILE | MSR.IP]);
  });
});

describe('debug registers', () => {
  it.each<Tier>(['tci', 'wasm'])('IABR stops before an instruction, in %s', async (tier) => {
    const bne = 0x4082_0000;
    const loop = [w.addi(3, 3, 1), w.cmpwi(0, 3, 50), bne | (-8 & 0xfffc), w.nop, w.nop];
    const end = await run('750', [w.addi(3, 0, 0), ...set(SPR.IABR, (ROM + 0x6010) | 2), ...enter(MSR.IP, ROM + 0x6000)], {
      tier,
      at: { 0x6000: loop },
    });
    expect([end.vector, end.log[0]]).toEqual([0x1300, ROM + 0x6010]);
  });

  it('IABR is for one state of translation', async () => {
    const code = [...set(SPR.IABR, (ROM + 0x6004) | 3), ...enter(MSR.IP, ROM + 0x6000)];
    expect((await run('750', code, body(w.nop, w.nop))).vector).toBe(0xc00);
  });

  it.each([
    ['a store', 2, w.stw(4, 0, 3), 0x300, X.DSISR_DABR | X.DSISR_STORE],
    ['a load', 1, w.lwz(4, 0, 3), 0x300, X.DSISR_DABR],
    ['no load, if it is for stores', 2, w.lwz(4, 0, 3), 0xc00, 0],
  ])('DABR stops %s', async (_, kinds, insn, vector, status) => {
    const end = await run('750', [...w.li32(3, DATA + 4), ...set(SPR.DABR, DATA | kinds), ...enter(MSR.IP, ROM + 0x6000)], body(insn));
    expect([end.vector, end.log[2]]).toEqual([vector, status]);
    if (vector === 0x300) expect(end.log[3]).toBe(DATA + 4);
  });
});

describe('time', () => {
  const TICKS = 1000;
  /** Counts in r3 until the decrementer comes; notes the time base before and in the handler. */
  const counting = [
    ...set(SPR.DEC, TICKS),
    w.mfspr(4, SPR.TBL),
    ...log(5, 4),
    w.addi(3, 0, 0),
    ...w.li32(5, MSR.IP | MSR.EE),
    w.mtmsr(5),
    w.addi(3, 3, 1),
    w.b(-4),
  ];
  const counted = [w.mfspr(4, SPR.TBL), ...log(6, 4), ...log(7, 3), ...handler(0x900)];

  it('comes to the decrementer at the same instruction in every engine', async () => {
    const ends = await Promise.all(
      (['tci', 'wasm'] as const).map((tier) => run('750', counting, { tier, icount: { shift: 3 }, at: { [handlerAt(0x900)]: counted } })),
    );
    for (const {
      vector,
      log: [, , , , , before, after],
    } of ends) {
      expect(vector).toBe(0x900);
      expect(after - before).toBeGreaterThanOrEqual(TICKS);
      expect(after - before).toBeLessThan(TICKS + 10);
    }
    expect(ends[1].log).toEqual(ends[0].log);
  });

  it.each<Tier>(['tci', 'wasm'])('naps until then, in %s', async (tier) => {
    const napping = [...set(SPR.HID0, 0x0040_0000), ...set(SPR.DEC, TICKS), ...w.li32(5, 0x4_0000 | MSR.IP | MSR.EE), w.mtmsr(5), w.nop];
    const end = await run('750', napping, { tier, icount: { shift: 0 } });
    expect([end.vector, end.log[1]]).toEqual([0x900, MSR.IP | MSR.EE]);
  });

  it('goes through zero without an exception while it is masked, and has it afterwards', async () => {
    const code = [
      ...set(SPR.DEC, 0),
      ...set(SPR.DEC, 0x8000_0000),
      ...set(SPR.DEC, 0x7fff_ffff),
      ...w.li32(5, MSR.IP | MSR.EE),
      w.mtmsr(5),
      w.nop,
    ];
    expect((await run('750', code)).vector).toBe(0x900);
  });
});

describe('trace', () => {
  it.each([
    ['isync', w.isync],
    ['sync', w.sync],
    ['the time base', w.mftb(3, 268)],
    ['a counter', w.mfspr(3, X.SPR_PMC1)],
  ])('comes after %s, with and without -icount', async (_, word) => {
    for (const icount of [undefined, { shift: 3 }]) {
      const end = await run('750', enter(MSR.IP | P.MSR_SE, ROM + 0x6000), { icount, ...body(word, w.nop) });
      expect([end.vector, end.log[0]]).toEqual([0xd00, ROM + 0x6004]);
    }
  });
});

describe('the thermal unit', () => {
  const [THRM1, THRM2, THRM3] = [1020, 1021, 1022];
  const VALID = 1;
  const BELOW = 4;
  const TIN = 0x8000_0000;
  const TIV = 0x4000_0000;
  const threshold = (degrees: number): number => degrees << 23;
  const read = async (...words: number[]): Promise<readonly number[]> =>
    (await run('750', [...words, ...[THRM1, THRM2].flatMap((spr, n) => [w.mfspr(4, spr), ...log(n, 4)])])).log.slice(0, 2);

  it('answers who waits for TIV, in whatever order it was turned on', async () => {
    const on = set(THRM3, (8000 << 1) | 1);
    const warm = set(THRM1, threshold(20) | VALID);
    const cold = set(THRM2, threshold(100) | VALID);
    const both = [(TIN | TIV | threshold(20) | VALID) >>> 0, TIV | threshold(100) | VALID];
    expect(await read(...on, ...warm, ...cold)).toEqual(both);
    expect(await read(...warm, ...cold, ...on)).toEqual(both);
    // the other way round
    const below = set(THRM1, threshold(100) | BELOW | VALID);
    expect((await read(...on, ...below))[0]).toBe((TIN | TIV | threshold(100) | BELOW | VALID) >>> 0);
  });

  it('has nothing to tell while it is off, or a threshold is not valid', async () => {
    expect(await read(...set(THRM1, threshold(20) | VALID))).toEqual([threshold(20) | VALID, 0]);
    expect(await read(...set(THRM3, 1), ...set(THRM1, threshold(20)))).toEqual([threshold(20), 0]);
  });

  it('answers again after each change, by what it is asked last', async () => {
    const again = [...set(THRM3, 1), ...set(THRM1, threshold(20) | VALID), ...set(THRM1, threshold(30) | VALID)];
    expect((await read(...again))[0]).toBe(TIV | threshold(30) | VALID);
  });
});

describe('inputs', () => {
  const EMCP = 0x8000_0000;
  const waiting = (hid0: number, msr: number): number[] => [
    ...set(SPR.HID0, hid0),
    ...w.li32(5, msr),
    w.mtmsr(5),
    ...poke(LOG + 60, 1),
    w.addi(3, 3, 1),
    w.b(0),
  ];
  const pulse =
    (input: number) =>
    (cpu: PpcCpu): void =>
      cpu.gpioIn(input).set(1);

  it('an interrupt, once it is enabled', async () => {
    const end = await run('755', waiting(0, MSR.IP | MSR.EE), { started: pulse(PPC_INPUT.interrupt) });
    expect([end.vector, end.log[1]]).toEqual([0x500, MSR.IP | MSR.EE]);
  });
  it('system management comes before it', async () => {
    const started = (cpu: PpcCpu): void => [PPC_INPUT.interrupt, PPC_INPUT.smi].forEach((input) => cpu.gpioIn(input).set(1));
    expect((await run('755', waiting(0, MSR.IP | MSR.EE), { started })).vector).toBe(0x1400);
  });
  it('a machine check, if HID0 lets it in', async () => {
    const later = (cpu: PpcCpu): void => {
      cpu.writeRegister('hid0', BigInt(EMCP));
      cpu.writeRegister('msr', BigInt(MSR.ME | MSR.IP));
      cpu.gpioIn(PPC_INPUT.machineCheck).set(1);
    };
    const end = await run('755', [w.b(0)], { started: later });
    expect([end.vector, end.log[1], end.log[4]]).toEqual([0x200, X.SRR1_MCP | MSR.ME | MSR.IP, MSR.IP]);
  });
  it('which comes before a soft reset, and an external interrupt after both', async () => {
    const later = (cpu: PpcCpu): void => {
      cpu.writeRegister('hid0', BigInt(EMCP));
      cpu.writeRegister('msr', BigInt(MSR.ME | MSR.IP | MSR.EE));
      for (const input of [PPC_INPUT.interrupt, PPC_INPUT.softReset, PPC_INPUT.machineCheck]) cpu.gpioIn(input).set(1);
    };
    // the handler of the reset, which tells where it came from
    const end = await run('755', [w.b(0)], { started: later, at: { 0x100: handler(0x100) } });
    expect([end.vector, end.log[0]]).toEqual([0x100, ROM + 0x200]);
  });
  it('which stops all while ME is clear', async () => {
    const later = (cpu: PpcCpu): void => {
      cpu.writeRegister('hid0', BigInt(EMCP));
      cpu.gpioIn(PPC_INPUT.machineCheck).set(1);
    };
    const end = await run('755', [w.b(0)], { started: later });
    expect([end.vector, end.state.split('\n')[0]]).toEqual([-1, 'guest-panic']);
  });
});

describe('snapshots', () => {
  const machineOf = (cpu: string): { machine: Machine; close: () => void } => {
    const host = createPpcHost('tci');
    const machine = Machine.create({ machine: 'ppcbare', cpu, memory: RAM_SIZE, bios: new Uint8Array(ROM_SIZE) }, host);
    return { machine, close: () => host.close() };
  };
  const save = (cpu: PpcCpu): Uint8Array => {
    const out = new ByteWriter();
    cpu.vmState!.save(cpu, out);
    return out.finish();
  };

  it('have all registers, and are no other model’s', () => {
    const machines = ['755', '755', '604'].map(machineOf);
    const [from, to, other] = machines.map(({ machine }) => machine.cpu() as PpcCpu);
    const names = from.registers().map(([name]) => name).filter((name) => !/^(tb[lu]|dec|pvr|hid1|fpscr)$/.test(name)); // prettier-ignore
    for (const [n, name] of names.entries()) from.writeRegister(name, BigInt(0x1111_0000 + 4 * n));
    const image = save(from);
    to.vmState!.check(to, new ByteReader(image), 2);
    to.vmState!.load(to, new ByteReader(image), 2);
    for (const name of names) expect([name, to.readRegister(name)]).toEqual([name, from.readRegister(name)]);
    expect(() => other.vmState!.check(other, new ByteReader(image), 2)).toThrow(
      'cpu: the CPU is another one: its PVR is 0x83208, here 0x40103',
    );
    for (const { close } of machines) close();
  });
});
