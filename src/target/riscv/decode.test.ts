import { describe, expect, it } from 'vitest';
import { normalize, objdump, UNKNOWN_TO_OBJDUMP } from '../../../tests/support/objdump.js';
import { CPUS } from '../../../tests/support/riscv-cpus.js';
import { randomWord, rngOf, rowsOf, type RandomConstraints } from '../../../tests/support/riscv-random.js';
import { describeWith } from '../../../tests/support/tools.js';
import { parseCpuConfig, type CpuConfig } from './config.js';
import { CSR_NAMES } from './csr-names.js';
import { Decoder } from './decoder.js';
import { flowOf, formatInsn } from './disas.js';
import { INSNS } from './insns.js';
import { NONE } from './operands.js';
import { BASE, RV32, RV64, checkOverlaps, insn, type Insn } from './table.js';

const decoderOf = (config: CpuConfig): Decoder => new Decoder(config.xlen, config.extensions);
const CONFIGS = Object.fromEntries(Object.entries(CPUS).map(([name, cpu]) => [name, parseCpuConfig(cpu)])) as Record<
  keyof typeof CPUS,
  CpuConfig
>;
const WORDS_A_ROW = 20;

function wordsOf(config: CpuConfig, constraints?: (row: Insn) => RandomConstraints): { name: string; word: number; size: number }[] {
  return rowsOf(config).flatMap((row) => {
    const rng = rngOf(row);
    return Array.from({ length: WORDS_A_ROW }, () => randomWord(rng, row, constraints?.(row)))
      .filter((word) => word !== undefined)
      .map((word) => ({ name: row.name, word, size: row.size }));
  });
}

it('tells what calls and returns', () => {
  const texts = ['jal\t0x80000010', 'jalr\ta5', 'j\t0x4', 'ret', 'mret', 'jr\tt0', 'jr\ta5', 'cm.jalt\t40', 'cm.popret\t{ra},16'];
  const flows = ['call', 'call', undefined, 'return', 'return', 'return', undefined, 'call', 'return'];
  expect(texts.map(flowOf)).toEqual(flows);
});

describe.each(Object.entries(CONFIGS))('decoder of %s', (_, config) => {
  it('finds the row that a word was made from', () => {
    const decoder = decoderOf(config);
    const words = wordsOf(config);
    expect(words.length).toBeGreaterThan(3000);
    for (const { name, word } of words) expect(`${word.toString(16)} ${decoder.decode(word)?.name}`).toBe(`${word.toString(16)} ${name}`);
  });

  it('covers every row with at least one word', () => {
    expect(new Set(wordsOf(config).map(({ name }) => name))).toEqual(new Set(rowsOf(config).map(({ name }) => name)));
  });
});

describe('illegal words', () => {
  const rv64 = decoderOf(CONFIGS.rv64);
  const rv32 = decoderOf(CONFIGS.rv32);

  it.each([
    ['all zeros', 0x0000],
    ['all ones', 0xffffffff],
    ['c.addiw to x0', 0x2005],
    ['c.lui of 0', 0x6201],
    ['c.addi16sp of 0', 0x6101],
    ['c.jr to x0', 0x8002],
    ['c.lwsp to x0', 0x4002],
    ['lr of a byte', 0x1000002f],
    ['amocas.q of an odd register', 0x2a00c0af],
    ['op-fp with the quad format', 0x06000053],
  ])('%s', (_, word) => expect(rv64.decode(word)).toBeUndefined());

  it('an instruction of an extension that is off', () => {
    const sh1add = 0x20b52533;
    expect(rv64.decode(sh1add)?.name).toBe('sh1add');
    expect(decoderOf(parseCpuConfig('rv64,zba=off')).decode(sh1add)).toBeUndefined();
    expect(decoderOf(parseCpuConfig('rv64i')).decode(0x4501)).toBeUndefined();
  });

  it('what is of C and of nothing else', () => {
    const rv64 = decoderOf(parseCpuConfig('rv64'));
    expect(rv64.decode(0x6281)).toBeUndefined(); // c.mop.5
    expect(rv64.decode(0xa002)?.name).toBe('c.fsdsp'); // cm.jt 0
    const zce = decoderOf(parseCpuConfig('rv64,c=off,zce=on'));
    expect(zce.decode(0xa002)?.name).toBe('cm.jt');
    expect(zce.decode(0xb832)).toBeUndefined(); // cm.push with a list of 3
    expect(zce.decode(0xb842)?.name).toBe('cm.push');
  });

  it('RV64 instructions on RV32, and the codes that the two share', () => {
    expect(rv32.decode(0x00b5053b)).toBeUndefined(); // addw
    expect(rv32.decode(0x02051513)).toBeUndefined(); // slli by 32
    expect(rv64.decode(0x02051513)?.name).toBe('slli');
    expect([rv32.decode(0x2001)?.name, rv64.decode(0x2081)?.name]).toEqual(['c.jal', 'c.addiw']);
    expect([rv32.decode(0x6108)?.name, rv64.decode(0x6108)?.name]).toEqual(['c.flw', 'c.ld']);
  });
});

describe('the table', () => {
  const row = (name: string, pattern: string, needs = BASE) => insn(name, pattern, NONE, needs, () => {});

  it.each([32, 64] as const)('is whole in the CPUs that the tests go over, on RV%i', (xlen) => {
    const tested = new Set(
      Object.values(CONFIGS)
        .filter((config) => config.xlen === xlen)
        .flatMap(rowsOf),
    );
    const possible = INSNS.filter(({ needs }) => needs.xlen === 0 || needs.xlen === xlen);
    expect(possible.filter((each) => !tested.has(each)).map(({ name }) => name)).toEqual([]);
  });

  it('has no two instructions that overlap', () => {
    expect(() => checkOverlaps(INSNS)).not.toThrow();
  });

  it('knows which patterns overlap', () => {
    const a = row('a', '000 imm:5 rd:5 010');
    expect(() => checkOverlaps([a, row('b', '0 imm:10 00010')])).toThrow('instructions a and b overlap');
    expect(() => checkOverlaps([a, row('b', '001 imm:5 rd:5 010')])).not.toThrow();
    expect(() => checkOverlaps([row('a', '000 imm:5 rd:5!2 010'), row('b', '000 imm:5 00010 010')])).not.toThrow();
    expect(() => checkOverlaps([row('a', '000 imm:5 rd:5 010', RV32), row('b', '000 imm:5 rd:5 010', RV64)])).not.toThrow();
  });

  it('refuses patterns of a wrong width', () => {
    expect(() => row('a', '000 imm:5')).toThrow('instruction a: pattern has 8 bits');
    expect(() => row('a', '00x')).toThrow();
  });

  it('has no two rows of a name for one XLEN', () => {
    for (const xlen of [32, 64]) {
      const names = INSNS.filter((each) => each.needs.xlen === 0 || each.needs.xlen === xlen).map((each) => each.name);
      expect(names.length).toBe(new Set(names).size);
    }
  });
});

describe('pseudo-instructions', () => {
  const decoder = decoderOf(CONFIGS.rv64);
  it.each([
    [0x00100513, 'li\ta0,1', 'addi\ta0,zero,1'],
    [0x8082, 'ret', 'jalr\tzero,0(ra)'],
    [0x00000013, 'nop', 'addi\tzero,zero,0'],
    [0x0ff0000f, 'fence', 'fence\tiorw,iorw'],
  ])('%i', (word, pseudo, plain) => {
    expect(formatInsn(decoder, word, 0n)).toBe(pseudo);
    expect(formatInsn(decoder, word, 0n, { pseudo: false })).toBe(plain);
  });
});

/** What objdump has a spelling for: CSRs by name, fences of something without reserved fields, no hints, exact conversions that round to nearest. */
const UNNAMED_CSRS = /[1-9]\d$|^[ms]ireg[2-6]$|^m(cycle|instret)cfgh?$|^mn|^scountinhibit$|^jvt$|^ssp$|^medelegh$/;
const NAMED_CSRS = [...CSR_NAMES.keys()].filter((csr) => !UNNAMED_CSRS.test(CSR_NAMES.get(csr)!));
const spelled = (row: Insn): RandomConstraints => ({
  fields: {
    csr: (rng) => NAMED_CSRS[rng() % NAMED_CSRS.length],
    ...(row.name === 'fence' && { fm: () => 0, pred: (rng) => rng() | 1, succ: (rng) => rng() | 1, rs1: () => 0, rd: () => 0 }),
    ...(row.name === 'auipc' && { rd: (rng) => rng() | 1 }), // lpad
    ...(row.name === 'fence.i' && { imm: () => 0, rs1: () => 0, rd: () => 0 }),
    ...(/^c\.(addi|slli|srli|srai)$/.test(row.name) && { imm: (rng) => rng() | 1, shamt: (rng) => rng() | 1 }),
    ...(row.size === 2 && { rd: (rng, width) => (rng() % ((1 << width) - 1)) + 1 }), // hints print as c.li, c.mv, ...
    ...(row.format.syntax.includes('exactrm') && { rm: () => 0 }),
  },
});

describeWith('riscv64-linux-gnu-objdump', 'objdump', () => {
  it.each([
    [CONFIGS.rv64, 'lp64d'],
    [CONFIGS.rv32, 'ilp32d'],
  ] as const)('prints the same', (config, abi) => {
    const words = wordsOf(config, spelled).filter(({ name }) => !UNKNOWN_TO_OBJDUMP.test(name));
    const lines = objdump(words, config.xlen, abi);
    expect(lines.length).toBe(words.length);
    const decoder = decoderOf(config);
    const differences: string[] = [];
    let pc = 0n;
    words.forEach(({ name, word, size }, i) => {
      const ours = formatInsn(decoder, word, pc);
      if (normalize(ours) !== normalize(lines[i]))
        differences.push(`${name} ${word.toString(16)} at ${pc.toString(16)}: '${ours}', objdump '${lines[i]}'`);
      pc += BigInt(size);
    });
    expect(differences).toEqual([]);
  });
});
