import { describe, expect, it } from 'vitest';
import { CF_ICOUNT, CF_SINGLE_STEP } from '../../../assembly/shared/layout.js';
import { TBF_FRM_INVALID, TBF_XL32 } from '../../../assembly/target/riscv/shared/env.js';
import { CPUS } from '../../../tests/support/riscv-cpus.js';
import { randomWord, rngOf, rowsOf } from '../../../tests/support/riscv-random.js';
import { TranslateFault } from '../translator.js';
import { TcgContext } from '../../tcg/context.js';
import { formatIr } from '../../tcg/text.js';
import { verify } from '../../tcg/verify.js';
import { riscvIsa } from './index.js';
import { parseCpuConfig } from './config.js';

const S_MODE = 1 | (1 << 3);
const FS_CLEAN = 2 << 5;
const FS_DIRTY = 3 << 5;
const HOST = 0x2000;

interface Options {
  readonly cpu?: string;
  readonly pc?: bigint;
  readonly flags?: number;
  readonly cflags?: number;
  readonly maxInsns?: number;
  readonly nextPage?: () => number;
}

/** Translates words (16-bit ones are the compressed) as one TB and gives its text. */
function translate(words: readonly number[], options: Options = {}) {
  const { cpu = 'max', pc = 0x1000n, flags = S_MODE | FS_DIRTY, cflags = 0, maxInsns = 64, nextPage = () => 0 } = options;
  const frontend = riscvIsa.createFrontend(parseCpuConfig(cpu));
  const ctx = new TcgContext(riscvIsa.globals, riscvIsa.helpers);
  const bytes = new Uint8Array(0x10000);
  const host = HOST + Number(pc & 0xfffn);
  let at = host;
  for (const word of words) {
    const size = (word & 3) === 3 ? 4 : 2;
    for (let i = 0; i < size; i++) bytes[at++] = (word >>> (8 * i)) & 0xff;
  }
  const result = frontend.translate(ctx, { pc, flags, csBase: 0, cflags, maxInsns, bytes, host, nextPage });
  verify(ctx);
  return { ...result, ctx, text: formatIr(ctx) };
}

/** The ops of one instruction (the TB ends after it), without insn_start. */
const irOf = (word: number, options: Options = {}): string[] =>
  translate([word], { maxInsns: 1, ...options })
    .text.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('insn_start'));

const NEXT = ['add_i64 pc, pc, $0x4', 'goto_tb $0x0'];

describe('IR of instructions', () => {
  it.each<[string, number, string[]]>([
    ['add a0,a1,a2', 0x00c58533, ['add_i64 x10, x11, x12', ...NEXT]],
    ['addi x0 has no effect on state', 0x00158013, ['add_i64 tmp0, x11, $0x1', ...NEXT]],
    ['li', 0xfff00513, ['mov_i64 x10, $0xffffffffffffffff', ...NEXT]],
    ['addw', 0x00c5853b, ['add_i64 tmp0, x11, x12', 'ext32s_i64 x10, tmp0', ...NEXT]],
    ['srliw', 0x0045d51b, ['extract_i64 x10, x11, 4, 28', ...NEXT]],
    ['auipc', 0x00001517, ['add_i64 x10, pc, $0x1000', ...NEXT]],
    ['ld', 0x0085b503, ['add_i64 tmp0, x11, $0x8', 'qemu_ld_i64 x10, tmp0, leq, 1', ...NEXT]],
    ['jal', 0x010000ef, ['add_i64 x1, pc, $0x4', 'add_i64 pc, pc, $0x10', 'goto_tb $0x0']],
    ['jal to another page', 0x001010ef, ['add_i64 x1, pc, $0x4', 'add_i64 pc, pc, $0x1800', 'goto_ptr']],
  ])('%s', (_, word, expected) => expect(irOf(word)).toEqual(expected));

  it('a branch has two exits', () => {
    const text = irOf(0x00b50463).join('\n');
    expect(text).toMatchInlineSnapshot(`
      "brcond_i64 x10, x11, eq, $L0
      add_i64 pc, pc, $0x4
      goto_tb $0x1
      set_label $L0
      add_i64 pc, pc, $0x8
      goto_tb $0x0"
    `);
  });

  it('lr.w and sc.w', () => {
    expect(translate([0x100525af, 0x18c526af], { maxInsns: 2 }).text).toMatchInlineSnapshot(`
      "insn_start $0x0
      qemu_ld_i64 tmp0, x10, al+lesl, 1
      mov_i64 load_res, x10
      mov_i64 load_val, tmp0
      mov_i64 x11, tmp0
      insn_start $0x4
      brcond_i64 load_res, x10, eq, $L0
      call sc_probe_write, _, x10, $0x4
      mov_i64 loc0, $0x1
      br $L1
      set_label $L0
      atomic_cmpxchg_i64 tmp1, x10, load_val, x12, al+lesl, 1
      setcond_i64 loc0, tmp1, load_val, ne
      set_label $L1
      mov_i64 x13, loc0
      mov_i64 load_res, $0xffffffffffffffff
      add_i64 pc, pc, $0x8
      goto_tb $0x0"
    `);
  });

  it('div', () => {
    expect(irOf(0x02c5c533).join('\n')).toMatchInlineSnapshot(`
      "div_i64 x10, x11, x12
      add_i64 pc, pc, $0x4
      goto_tb $0x0"
    `);
  });
});

describe('RV32', () => {
  const rv32 = { cpu: 'max32', flags: S_MODE | FS_DIRTY | TBF_XL32, pc: 0xffff_f000n };

  it('sign-extends registers, zero-extends addresses and pc', () => {
    expect(irOf(0x00c58533, rv32).slice(0, 2)).toEqual(['add_i64 tmp0, x11, x12', 'ext32s_i64 x10, tmp0']);
    expect(irOf(0x0045a503, rv32).slice(0, 3)).toEqual([
      'add_i64 tmp0, x11, $0x4',
      'ext32u_i64 tmp0, tmp0',
      'qemu_ld_i64 x10, tmp0, lesl, 1',
    ]);
    expect(irOf(0x00000517, rv32)).toEqual(['mov_i64 x10, pc', 'ext32s_i64 x10, x10', 'add_i64 pc, pc, $0x4', 'goto_tb $0x0']);
    expect(irOf(0x0000106f, rv32)).toEqual(['add_i64 pc, pc, $0x1000', 'ext32u_i64 pc, pc', 'goto_ptr']);
  });
});

describe('ends of a TB', () => {
  const NOP = 0x13;

  it('the number of instructions asked for', () => {
    expect(translate([NOP, NOP, NOP], { maxInsns: 2 })).toMatchObject({ size: 8, icount: 2 });
    expect(translate([NOP, NOP, NOP], { cflags: 1 })).toMatchObject({ size: 4, icount: 1 });
  });

  it('the page end, with an instruction across it left to the next TB', () => {
    expect(translate([NOP, NOP], { pc: 0x1ff8n })).toMatchObject({ size: 8, icount: 2 });
    const { size, icount, text } = translate([NOP, NOP], { pc: 0x1ffan });
    expect({ size, icount }).toEqual({ size: 4, icount: 1 });
    expect(text).toContain('goto_tb');
  });

  it('an instruction across pages is alone, or a fault', () => {
    expect(translate([0x8593, NOP], { pc: 0x1ffen, nextPage: () => HOST + 0x1000 })).toMatchObject({ size: 4, icount: 1 });
    expect(() => translate([0x0593], { pc: 0x1ffen })).toThrow(TranslateFault);
  });

  it('single steps are not linked', () => {
    expect(irOf(NOP, { cflags: CF_SINGLE_STEP | 1 }).at(-1)).toBe('exit_tb $0x0');
  });

  it('a CSR write, an illegal instruction', () => {
    expect(translate([0x10051073, NOP])).toMatchObject({ icount: 1 });
    const { icount, text } = translate([NOP, 0xffffffff, NOP]);
    expect(icount).toBe(2);
    expect(text).toMatch(/call .*illegal_insn.*\$0xffffffff/);
  });

  it.each([
    ['instret', 0xc02],
    ['hpmcounter31', 0xc1f],
    ['mcycle', 0xb00],
    ['minstret', 0xb02],
    ['mhpmcounter3', 0xb03],
    ['minstreth', 0xb82],
  ])('a read of %s, which counts instructions', (_, csr) => {
    const read = ((csr << 20) | 0x2573) >>> 0; // csrr a0
    for (const cflags of [0, CF_ICOUNT]) expect(translate([read, NOP], { maxInsns: 2, cflags })).toMatchObject({ icount: 1 });
  });

  it.each([
    ['time', 0xc01],
    ['timeh', 0xc81],
  ])('a read of %s in icount mode only', (_, csr) => {
    const read = ((csr << 20) | 0x2573) >>> 0; // csrr a0
    expect(translate([read, NOP], { maxInsns: 2 })).toMatchObject({ icount: 2 });
    expect(translate([read, NOP], { maxInsns: 2, cflags: CF_ICOUNT })).toMatchObject({ icount: 1 });
  });
});

describe('floating point', () => {
  const FADD_S = 0x00c5f553;
  const FADD_RM5 = 0x00c5d553;

  it('is illegal while FS is off, and with a reserved rounding mode', () => {
    expect(irOf(FADD_S, { flags: S_MODE })[0]).toContain('illegal_insn');
    expect(irOf(FADD_RM5)[0]).toContain('illegal_insn');
    expect(irOf(FADD_S, { flags: S_MODE | FS_DIRTY | TBF_FRM_INVALID })[0]).toContain('illegal_insn');
    expect(irOf(FADD_S)[0]).toContain('fadd_s');
  });

  it('marks FS dirty once a TB, after what may fault, and does not link such a TB', () => {
    const { text } = translate([0x0005a507, 0x0045a587], { maxInsns: 2, flags: S_MODE | FS_CLEAN });
    expect(text.match(/st32_i64/g)).toHaveLength(2);
    expect(text.indexOf('st32_i64')).toBeGreaterThan(text.indexOf('qemu_ld'));
    expect(text).toContain('goto_ptr');
    expect(translate([0x0005a507], { maxInsns: 1 }).text).not.toContain('st32_i64');
  });
});

describe('misaligned jump targets without C', () => {
  const noC = { cpu: 'rv64,c=off' };
  it('raise, with the target as the trap value', () => {
    expect(irOf(0x002000ef, noC).join()).toMatch(/add_i64 (tmp\d), pc, \$0x2,st_i64 \1.*raise_exception/);
    expect(irOf(0x002000ef).join()).not.toContain('raise_exception');
    expect(irOf(0x000580e7, noC).join()).toContain('raise_exception');
  });
});

describe('every row', () => {
  it.each(Object.values(CPUS))('of %s gives IR that the verifier accepts', (cpu) => {
    const config = parseCpuConfig(cpu);
    const flags = S_MODE | FS_CLEAN | (config.xlen === 32 ? TBF_XL32 : 0);
    for (const row of rowsOf(config)) {
      const rng = rngOf(row);
      for (let i = 0; i < 4; i++) {
        const word = randomWord(rng, row);
        if (word !== undefined) expect(() => translate([word], { cpu, flags, maxInsns: 1 })).not.toThrow();
      }
    }
  });
});
