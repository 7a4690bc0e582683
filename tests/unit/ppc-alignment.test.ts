/**
 * What raises an alignment exception, model by model, as their manuals have it (src/target/ppc/families.ts), and what DSISR and DAR tell: in tci and in generated
 * code. QEMU raises for lwarx, and for strings and multiples in little-endian mode, so that no oracle can be asked.
 */
import { describe, expect, it } from 'vitest';
import { encode } from '../ppc/assembler.js';
import * as w from '../differential/ppc-system/words.js';
import { dbat, enter, MSR, ROM_BLOCK, run, set, SPR } from '../ppc/bare.js';
import { ROM, type Tier } from '../ppc/machine.js';

const DATA = 0x20_0000;
/** Where an operand is. */
const AT = DATA + 0x40;
const BODY = 0x6000;
const FP = 0x2000;
const HID0 = { DCE: 0x4000, DLOCK: 0x1000 } as const;

const MODELS = ['603', '603e', '603e7t', '604', '604e', '750', '755', '7400'] as const;
type Model = (typeof MODELS)[number];

const CACHE_ON = set(SPR.HID0, HID0.DCE);
const swapped = (word: number): number => ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

interface Access {
  readonly word: number;
  /** r3. */
  readonly address: number;
  readonly msr?: number;
  /** In big-endian mode, before. */
  readonly setup?: readonly number[];
  readonly cpu: string;
  readonly tier: Tier;
}

/** Three rounds, of which the last one has the address; so that code is generated for it. */
const ROUNDS = 3;
const LOOP = [
  w.addi(3, 7, 0), // an address at which nothing is wrong
  w.addi(6, 6, -1),
  w.cmpwi(0, 6, 0),
  0x4082_0008, // bne over the next one
  w.addi(3, 4, 0),
];

/** The vector that it ends with, 0xc00 if nothing was raised; and, of an alignment exception, DSISR and DAR. */
async function outcome({ cpu, tier, word, address, msr = 0, setup = CACHE_ON }: Access): Promise<number[]> {
  const loop = [...LOOP, word, w.cmpwi(0, 6, 0), 0x4082_0000 | ((-4 * (LOOP.length + 2)) & 0xfffc), w.sc];
  const values = [...w.li32(4, address), ...w.li32(7, (address & ~0xfff) >>> 0), ...w.li32(5, 8), w.addi(6, 0, ROUNDS), w.mtspr(1, 5)];
  const code = [...setup, ...values, ...enter(MSR.IP | FP | msr, ROM + BODY)];
  const end = await run(cpu, code, { tier, at: { [BODY]: (msr & MSR.LE) === 0 ? loop : loop.map(swapped) } });
  if (end.vector !== 0x600) return [end.vector];
  expect(end.log[0]).toBe(ROM + BODY + 4 * LOOP.length);
  return [end.vector, end.log[2], end.log[3]];
}
const NOTHING = [0xc00];

/** DSISR by the table of the PEM (6-12): the instruction's code, rD or rS, rA. */
const dsisr = (code: number, rt: number, ra: number): number => (code << 10) | (rt << 5) | ra;
const R = 29;
const field = (name: string): string => (/^(lf|stf)/.test(name) ? 'frt' : 'rt');
const displaced = (name: string): number => encode(name, { [field(name)]: R, ra: 3, simm: 0 });
const indexed = (name: string): number => encode(name, { [field(name)]: R, ra: 0, rb: 3 });

// prettier-ignore
const WORDS: readonly (readonly [name: string, word: number, code: number, rt: number, ra: number])[] = [
  ['lfs',    displaced('lfs'),   0b00_0_1000, R, 3],
  ['lfsu',   displaced('lfsu'),  0b00_1_1000, R, 3],
  ['lfsx',   indexed('lfsx'),    0b11_0_1000, R, 0],
  ['lfd',    displaced('lfd'),   0b00_0_1001, R, 3],
  ['lfdu',   displaced('lfdu'),  0b00_1_1001, R, 3],
  ['lfdx',   indexed('lfdx'),    0b11_0_1001, R, 0],
  ['stfs',   displaced('stfs'),  0b00_0_1010, R, 3],
  ['stfsx',  indexed('stfsx'),   0b11_0_1010, R, 0],
  ['stfd',   displaced('stfd'),  0b00_0_1011, R, 3],
  ['stfdu',  displaced('stfdu'), 0b00_1_1011, R, 3],
  ['stfdx',  indexed('stfdx'),   0b11_0_1011, R, 0],
  ['stfiwx', indexed('stfiwx'),  0b11_0_1111, R, 0],
  ['lwarx',  indexed('lwarx'),   0b00_0_0000, R, 0],
  ['stwcx.', indexed('stwcx.'),  0b10_0_0010, R, 0],
  ['lmw',    displaced('lmw'),   0b00_0_0111, R, 3],
  ['stmw',   displaced('stmw'),  0b00_1_0111, R, 3],
];

const STRINGS: typeof WORDS = [
  ['lswi', encode('lswi', { rt: R, ra: 3, nb: 4 }), 0b01_0_1001, R, 3],
  ['lswx', indexed('lswx'), 0b01_0_1000, R, 0],
  ['stswi', encode('stswi', { rt: R, ra: 3, nb: 4 }), 0b01_0_1011, R, 3],
  ['stswx', indexed('stswx'), 0b01_0_1010, R, 0],
  ...WORDS.slice(-2),
];

// prettier-ignore
const INTEGERS: typeof WORDS = [
  ['lwz',    displaced('lwz'),  0b00_0_0000, R, 3],
  ['lwzx',   indexed('lwzx'),   0b11_0_0000, R, 0],
  ['stw',    displaced('stw'),  0b00_0_0010, R, 3],
  ['lhz',    displaced('lhz'),  0b00_0_0100, R, 3],
  ['lhaux',  encode('lhaux', { rt: R, ra: 3, rb: 8 }), 0b11_1_0101, R, 3],
  ['sth',    displaced('sth'),  0b00_0_0110, R, 3],
  ['lwbrx',  indexed('lwbrx'),  0b10_0_1000, R, 0],
  ['sthbrx', indexed('sthbrx'), 0b10_0_1110, R, 0],
];

/** DAR of multiples is the second word's there (MPC603e user's manual, 4.5.6.2). */
const darOf = (cpu: Model, name: string, address: number): number => address + (/^60[3]/.test(cpu) && /^(lmw|stmw)$/.test(name) ? 4 : 0);

describe.each<Tier>(['tci', 'wasm'])('alignment exceptions, in %s', (tier) => {
  describe.each(MODELS)('of a %s', (cpu) => {
    const raised = (name: string, [code, rt, ra]: readonly number[], address: number): number[] => [
      0x600,
      dsisr(code, rt, ra),
      darOf(cpu, name, address),
    ];

    it.each(WORDS)('%s that is not word-aligned', async (name, word, ...told) => {
      for (const by of [1, 2]) expect(await outcome({ cpu, tier, word, address: AT + by })).toEqual(raised(name, told, AT + by));
      expect(await outcome({ cpu, tier, word, address: AT + 4 })).toEqual(NOTHING);
    });

    it('none of integers, in big-endian mode', async () => {
      for (const [, word] of INTEGERS) expect(await outcome({ cpu, tier, word, address: AT + 1 })).toEqual(NOTHING);
    });

    it.each(STRINGS)('%s in little-endian mode', async (name, word, ...told) => {
      // the first round raises already
      const first = AT & ~0xfff;
      expect(await outcome({ cpu, tier, word, address: AT, msr: MSR.LE })).toEqual(raised(name, told, first));
    });

    const splits = !['603', '603e', '604'].includes(cpu);
    it.each(INTEGERS)(`%s that is not aligned in little-endian mode: ${splits ? 'none' : 'one'}`, async (name, word, ...told) => {
      const wanted = splits ? NOTHING : raised(name, told, AT + 1);
      expect(await outcome({ cpu, tier, word, address: AT + 1, msr: MSR.LE })).toEqual(wanted);
      expect(await outcome({ cpu, tier, word, address: AT, msr: MSR.LE })).toEqual(NOTHING);
    });
    it(`a doubleword that is word-aligned in little-endian mode: ${splits ? 'none' : 'one'}`, async () => {
      const wanted = splits ? NOTHING : [0x600, dsisr(0b00_0_1001, R, 3), AT + 4];
      expect(await outcome({ cpu, tier, word: displaced('lfd'), address: AT + 4, msr: MSR.LE })).toEqual(wanted);
    });

    const dcbz = w.dcbz(0, 3);
    const DCBZ = [0x600, dsisr(0b10_1_1111, 0, 0), AT + 3];
    it.each([
      ['on', HID0.DCE, NOTHING],
      ['off', 0, cpu.startsWith('603') ? NOTHING : 'first'],
      ['locked', HID0.DCE | HID0.DLOCK, ['604', '604e', '7400'].includes(cpu) ? 'first' : NOTHING],
    ])('dcbz while the data cache is %s', async (_, hid0, wanted) => {
      const first = [0x600, dsisr(0b10_1_1111, 0, 0), (AT & ~0xfff) >>> 0];
      const seen = await outcome({ cpu, tier, word: dcbz, address: AT + 3, setup: set(SPR.HID0, hid0) });
      expect(seen).toEqual(wanted === 'first' ? first : wanted);
    });

    it.each([
      ['written through', 0x40, true],
      ['not cached', 0x20, true],
      ['cached', 0x10, false],
    ])('dcbz in a block that is %s', async (_, wimg, raises) => {
      const block = [...CACHE_ON, ...ROM_BLOCK, ...set(dbat(1) + 1, DATA | wimg | 2), ...set(dbat(1), DATA | 3)];
      // the first page of the window is an ordinary one
      const seen = await outcome({ cpu, tier, word: dcbz, address: AT + 3, msr: MSR.IR | MSR.DR, setup: block });
      expect(seen).toEqual(raises ? [0x600, DCBZ[1], (AT & ~0xfff) >>> 0] : NOTHING);
    });
  });

  it('dcbz in a page: when it is said to be written through, and not before it is mapped', async () => {
    const [ea, table, sr] = [0x3012_3000, 0x10_0000, 0x12_3456];
    const hash = ((sr & 0x7ffff) ^ ((ea >>> 12) & 0xffff)) & 0x3ff;
    const pte1 = (wimg: number): number[] => [...w.li32(28, DATA | wimg | 0x182), ...w.li32(27, table + 64 * hash + 4), w.stw(28, 0, 27)];
    const pte0 = [
      ...w.li32(28, (0x8000_0000 | (sr << 7) | ((ea >>> 22) & 0x3f)) >>> 0),
      ...w.li32(27, table + 64 * hash),
      w.stw(28, 0, 27),
    ];
    const supervisor = [...set(SPR.SDR1, table), ...w.li32(28, sr), w.mtsr(ea >>> 28, 28)];
    const data = [...set(dbat(1) + 1, 2), ...set(dbat(1), 0x7f), ...w.li32(3, ea), ...enter(MSR.IP | MSR.IR | MSR.DR, ROM + BODY)];
    const body = [w.dcbz(0, 3), w.dcbz(0, 3), ...pte1(0x40), w.tlbie(3), w.sync, w.dcbz(0, 3), w.sc];
    const code = [...CACHE_ON, ...ROM_BLOCK, ...supervisor, ...pte1(0), ...pte0, ...data];
    const end = await run('604', code, { tier, at: { [BODY]: body } });
    expect([end.vector, end.log[0], end.log[2], end.log[3]]).toEqual([0x600, ROM + BODY + 4 * 9, dsisr(0b10_1_1111, 0, 0), ea]);
    const absent = await run('604', [...CACHE_ON, ...ROM_BLOCK, ...supervisor, ...data], { tier, at: { [BODY]: body } });
    expect([absent.vector, absent.log[2], absent.log[3]]).toEqual([0x300, 0x4200_0000, ea]);
  });

  it('are as few as QEMU has, if they are to be', async () => {
    const cpu = '750,alignment=qemu';
    for (const [name, word] of WORDS.filter(([each]) => each !== 'lwarx'))
      expect([name, await outcome({ cpu, tier, word, address: AT + 1 })]).toEqual([name, NOTHING]);
    expect(await outcome({ cpu, tier, word: w.dcbz(0, 3), address: AT, setup: set(SPR.HID0, 0) })).toEqual(NOTHING);
    expect(await outcome({ cpu, tier, word: indexed('lwarx'), address: AT + 1 })).toEqual([0x600, dsisr(0, R, 0), AT + 1]);
  });
});
