import { describe, expect, it } from 'vitest';
import { TBF_FRM_INVALID, TBF_FS_SHIFT, RV_BINS } from '../../assembly/target/riscv/shared/env.js';
import { RVX_I, RVX_M, RVX_ZKR, MMU_S, MMU_S_SUM } from '../../assembly/target/riscv/shared/riscv.js';
import { ENV_INSN_COUNT, ENV_MMU_IDX, ENV_TB_FLAGS } from '../../assembly/shared/layout.js';
import { EXTENSIONS, Hart } from '../support/riscv-hart.js';

const ONES = (1n << 64n) - 1n;
const M = 3,
  S = 1,
  U = 0;

describe('WARL fields keep legal values only', () => {
  // prettier-ignore
  it.each<[string, number, bigint, bigint]>([
    ['mstatus',       0x300, ONES,                        0x8000000a007e79aan],
    ['mstatus.MPP=2', 0x300, 2n << 11n,                   0x0000000a00000000n],
    ['sstatus',       0x100, ONES,                        0x80000002000c6122n],
    ['misa',          0x301, 0n,                          0x800000000014112dn],
    ['medeleg',       0x302, ONES,                        0xb3ffn],
    ['mideleg',       0x303, ONES,                        0x222n],
    ['mie',           0x304, ONES,                        0xaaan],
    ['mtvec',         0x305, 0x80000101n,                 0x80000101n],
    ['mtvec mode 2',  0x305, 0x80000102n,                 0n],
    ['mcounteren',    0x306, ONES,                        0x7ffffn],
    ['scounteren',    0x106, ONES,                        0x7ffffn],
    ['mcountinhibit', 0x320, ONES,                        0x7fffdn],
    ['mepc',          0x341, ONES,                        ONES - 1n],
    ['menvcfg CBIE=2', 0x30a, 0x20n,                      0n],
    ['pmpaddr0',      0x3b0, ONES,                        0x3fffffffffffffn],
    ['menvcfg',       0x30a, ONES,                        0xe0000000000000f1n],
    ['senvcfg',       0x10a, ONES,                        0xf1n],
    ['satp sv39',     0x180, 0x8000000000080000n,         0x8000000000080000n],
    ['satp mode 7',   0x180, 0x7000000000080000n,         0n],
    ['satp mode 11',  0x180, 0xb000000000080000n,         0n],
    ['pmpcfg0 W=1 R=0', 0x3a0, 0x1an,                     0x18n],
    ['pmpcfg0 bits 6:5', 0x3a0, 0x7fn,                    0x1fn],
    ['fcsr',          0x003, ONES,                        0xffn],
    ['mhartid',       0xf14, ONES,                        0n],
  ])('%s', (_name, csr, value, expected) => {
    expect(new Hart().write(csr, value)).toBe(expected);
  });

  it('MPP 2 leaves the old MPP', () => {
    const hart = new Hart();
    hart.write(0x300, 1n << 11n);
    expect(hart.write(0x300, 2n << 11n) & 0x1800n).toBe(1n << 11n);
  });

  it('a CSR that is not there is illegal, and so is one above the privilege, and writing a read-only one', () => {
    const hart = new Hart();
    for (const csr of [0x000, 0x7a0, 0x747, 0x015, 0x3a1, 0x3c0, 0x312, 0x310, 0x200]) expect(hart.csrr(csr)).toBe('illegal');
    expect(hart.csrr(0xf14)).toBe(0n);
    expect(hart.csrrw(0xf14, 0n)).toBe('illegal');
    hart.enter(S);
    expect(hart.csrr(0x300)).toBe('illegal');
    expect(hart.csrr(0x100)).not.toBe('illegal');
    hart.enter(U);
    expect(hart.csrr(0x100)).toBe('illegal');
  });

  it('a hart without S and U has no supervisor registers', () => {
    const hart = new Hart({ extensions: [RVX_I, RVX_M] });
    for (const csr of [0x100, 0x180, 0x302, 0x303, 0x306, 0x001]) expect(hart.csrr(csr)).toBe('illegal');
    expect(hart.write(0x300, 0n) & 0x1800n).toBe(0x1800n);
  });
});

describe('RV32 sees halves', () => {
  it('sign-extends, and reaches the upper half through the h register', () => {
    const hart = new Hart({ xlen: 32 });
    expect(hart.write(0x340, 0x80000000n)).toBe(0xffffffff80000000n);
    expect(hart.read(0x301)).toBe(0x4014112dn);
    hart.write(0x31a, ONES);
    expect(hart.write(0x30a, ONES)).toBe(0xf1n);
    expect(hart.read(0x31a)).toBe(0xffffffffe0000000n);
    expect(hart.csrr(0x3a1)).toBe(0n);
    expect(hart.write(0x3a1, 0x1f000000n)).toBe(0x1f000000n);
    hart.write(0xb80, 1n);
    hart.write(0xb00, 5n);
    expect([hart.read(0xb80), hart.read(0xb00)]).toEqual([1n, 5n]);
    expect(hart.write(0x300, 0x6000n)).toBe(0xffffffff80006000n);
    expect(hart.write(0x310, ONES)).toBe(0n);
  });
});

describe('access is gated', () => {
  it('counters by mcounteren, then scounteren', () => {
    const hart = new Hart();
    hart.time = 77n;
    hart.enter(S);
    expect(hart.csrr(0xc01)).toBe('illegal');
    hart.write(0x306, 2n);
    expect(hart.csrr(0xc01)).toBe(77n);
    expect(hart.csrr(0xc00)).toBe('illegal');
    hart.enter(U);
    expect(hart.csrr(0xc01)).toBe('illegal');
    hart.write(0x106, 2n);
    expect(hart.csrr(0xc01)).toBe(77n);
  });

  it('stimecmp by menvcfg.STCE and mcounteren.TM', () => {
    const hart = new Hart();
    expect(hart.csrr(0x14d)).toBe(0n);
    hart.enter(S);
    expect(hart.csrr(0x14d)).toBe('illegal');
    hart.write(0x30a, 1n << 63n);
    expect(hart.csrr(0x14d)).toBe('illegal');
    hart.write(0x306, 2n);
    expect(hart.csrr(0x14d)).toBe(0n);
  });

  it('fcsr by mstatus.FS; a write makes it dirty', () => {
    const hart = new Hart();
    expect(hart.csrr(0x003)).toBe('illegal');
    hart.write(0x300, 1n << 13n);
    expect(hart.csrr(0x003)).toBe(0n);
    expect(hart.read(0x300) >> 63n).toBe(0n);
    hart.csrrw(0x002, 5n);
    expect(hart.read(0x300) >> 63n).toBe(1n);
    expect(hart.get32(ENV_TB_FLAGS) & (3 << TBF_FS_SHIFT)).toBe(3 << TBF_FS_SHIFT);
    expect(hart.get32(ENV_TB_FLAGS) & TBF_FRM_INVALID).toBe(TBF_FRM_INVALID);
    expect(hart.csrr(0x003)).toBe(0xa0n);
  });

  it('satp and sfence.vma by TVM, wfi by TW, sret by TSR', () => {
    const hart = new Hart();
    hart.enter(S);
    const traps = () => [
      hart.csrr(0x180) === 'illegal',
      hart.cause(() => hart.call('helper_sfence_vma', 0n, 0n, 0n)) === 2,
      hart.cause(() => hart.call('helper_wfi')) === 2,
      hart.cause(() => hart.call('helper_sret')) === 2,
    ];
    hart.write(0x300, (1n << 20n) | (1n << 21n) | (1n << 22n) | (hart.read(0x300) | 0x100n));
    expect(traps()).toEqual([true, true, true, true]);
    hart.write(0x300, 0x100n);
    expect(traps()).toEqual([false, false, false, false]);
  });
});

describe('writing', () => {
  it('csrrw touches the bits of the mask and gives the old value', () => {
    const hart = new Hart();
    hart.write(0x340, 0xf0n);
    expect(hart.csrrw(0x340, 0x0fn, 0x3cn)).toBe(0xf0n);
    expect(hart.read(0x340)).toBe(0xccn);
  });

  it('SUM and MPRV choose the mmu index', () => {
    const hart = new Hart();
    hart.write(0x300, (1n << 17n) | (1n << 11n));
    expect(hart.get32(ENV_MMU_IDX)).toBe(MMU_S);
    hart.write(0x300, (1n << 17n) | (1n << 11n) | (1n << 18n));
    expect(hart.get32(ENV_MMU_IDX)).toBe(MMU_S_SUM);
    hart.write(0x300, 1n << 18n);
    expect(hart.get32(ENV_MMU_IDX)).toBe(M);
  });

  it('a CSR instruction that traps reports its own bits', () => {
    const hart = new Hart();
    hart.setPhys32(0x8000_0100, 0x7a002573); // csrr a0, tselect
    hart.pc = 0x8000_0100n;
    hart.call('helper_csrr', 0x7a0n);
    hart.call('riscvDoInterrupt');
    expect([hart.read(0x342), hart.read(0x343)]).toEqual([2n, 0x7a002573n]);
    expect(hart.get(RV_BINS)).toBe(ONES);
  });

  it('counters count instructions, stand still when inhibited, and go on from there', () => {
    const hart = new Hart();
    hart.write(0xb02, 100n);
    hart.set(ENV_INSN_COUNT, 50n);
    expect(hart.read(0xc02)).toBe(150n);
    hart.write(0x320, 4n);
    hart.set(ENV_INSN_COUNT, 90n);
    expect(hart.read(0xb02)).toBe(150n);
    hart.write(0x320, 0n);
    hart.set(ENV_INSN_COUNT, 95n);
    expect(hart.read(0xb02)).toBe(155n);
    hart.write(0xb03, 7n);
    hart.set(ENV_INSN_COUNT, 100n);
    expect(hart.read(0xb03)).toBe(7n);
    hart.write(0x323, 2n);
    hart.set(ENV_INSN_COUNT, 103n);
    expect(hart.read(0xb03)).toBe(10n);
  });
});

describe('bit manipulation', () => {
  it.each([
    ['helper_clmul', [0xffn, 0xffn], 0x5555n],
    ['helper_clmulh', [1n << 63n, 6n], 3n],
    ['helper_clmulr', [1n << 63n, 3n], 3n],
    ['helper_orc_b', [0x0100_0000_8000_0010n], 0xff00_0000_ff00_00ffn],
    ['helper_brev8', [0x0102_0304_8000_00f0n], 0x8040_c020_0100_000fn],
    ['helper_zip', [0xffff0000n], 0xffffffffaaaaaaaan],
    ['helper_unzip', [0xaaaaaaaan], 0xffffffffffff0000n],
    ['helper_xperm4', [0xfedcba9876543210n, 0x0123456789abcdefn], 0x0123456789abcdefn],
    ['helper_xperm8', [0x8877665544332211n, 0x0001020704ff0803n], 0x1122338855000044n],
  ])('%s', (name, args, expected) => {
    expect(new Hart().call(name, ...args)).toBe(expected);
  });
});

describe('seed (Zkr)', () => {
  const SEED = 0x015;
  const MSECCFG = 0x747;
  const [USEED, SSEED] = [1n << 8n, 1n << 9n];
  const hart = (): Hart => new Hart({ extensions: [...EXTENSIONS.rv64, RVX_ZKR] });

  it('gives 16 bits to instructions that write', () => {
    expect(hart().csrrw(SEED, 0n)).toBe(0x8000_0001n); // OPST = ES16; the host of these tests answers 1
    expect(hart().csrr(SEED)).toBe('illegal');
    expect(new Hart().csrrw(SEED, 0n)).toBe('illegal');
  });

  it.each([
    ['U', U, USEED],
    ['S', S, SSEED],
  ])('is given to %s-mode by mseccfg', (_, mode, bit) => {
    for (const value of [0n, USEED, SSEED, USEED | SSEED]) {
      const h = hart();
      h.write(MSECCFG, value);
      h.enter(mode);
      expect(h.csrrw(SEED, 0n) === 'illegal').toBe((value & bit) === 0n);
    }
  });
});
