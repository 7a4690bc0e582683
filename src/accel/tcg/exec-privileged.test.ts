/** What a guest's supervisor relies on: address spaces, and CSRs, in translated code. */
import { describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import * as rvEnv from '../../../assembly/target/riscv/shared/env.js';
import * as rv from '../../../assembly/target/riscv/shared/riscv.js';
import { Board, RAM, TIERS, addi, csrrs, csrrw, i, wfi } from '../../../tests/support/exec-board.js';
import { ENV } from './env.js';

describe('what is remembered of virtual addresses', () => {
  const [TABLES, CODE_A, CODE_B] = [RAM + 0x1_0000, RAM + 0x1_4000, RAM + 0x1_5000];
  const [V, OTHER] = [0x40_0000, 0x40_1000];
  const leaf = (phys: number) => (BigInt(phys >>> 12) << 10n) | 0xcfn; // V R W X A D

  /** S-mode under Sv39: V holds code of `CODE_A`. */
  const paged = (options: ConstructorParameters<typeof Board>[0] = {}) => {
    const rig = new Board(options).load([addi(2, 2, 1), wfi], CODE_A).load([addi(2, 2, 16), wfi], CODE_B);
    const pte = (table: number, index: number, value: bigint) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      rig.space.writeBytes(TABLES + 0x1000 * table + 8 * index, bytes);
    };
    const pointer = (table: number) => (BigInt((TABLES + 0x1000 * table) >>> 12) << 10n) | 1n;
    pte(0, 0, pointer(1));
    pte(1, V >>> 21, pointer(2));
    const map = (virtual: number, phys: number) => pte(2, (virtual >>> 12) & 0x1ff, leaf(phys));
    map(V, CODE_A);
    map(OTHER, CODE_B);
    rig.cpu.write32(rvEnv.RV_PRIV, 1);
    rig.cpu.write64(rvEnv.RV_SATP, (8n << 60n) | BigInt(TABLES >>> 12));
    rig.cpu.write32(rvEnv.RV_MAX_SATP_MODE, 8);
    (rig.accel.runtime.allExports.riscvPostLoad as (env: number) => void)(rig.cpu.env);
    const run = (at = V) => {
      rig.cpu.set(ENV.halted, 0);
      rig.cpu.set(ENV.pc, BigInt(at));
      rig.finish();
    };
    return { rig, map, run };
  };

  it('goes with a flush of its page', () => {
    const { rig, map, run } = paged();
    run();
    run();
    expect(rig.x(2)).toBe(2n);
    map(V, CODE_B);
    rig.accel.runtime.exports.tlbFlushPage(rig.cpu.env, BigInt(V));
    run();
    expect(rig.x(2)).toBe(18n);
  });

  describe('when another thread has asked for a flush', () => {
    const ask = ({ cpu }: Board): void => {
      cpu.set(ENV.interruptRequest, cpu.get(ENV.interruptRequest) | layout.CPU_INTERRUPT_TLB);
      cpu.set(ENV.exitRequest, layout.EXIT_REQUESTED);
    };
    const isAsked = ({ cpu }: Board): boolean => (cpu.get(ENV.interruptRequest) & layout.CPU_INTERRUPT_TLB) !== 0;

    it('goes before anything more is run', () => {
      const { rig, map, run } = paged();
      run();
      map(V, CODE_B);
      run();
      expect(rig.x(2)).toBe(2n); // nobody has flushed
      ask(rig);
      run();
      expect([rig.x(2), isAsked(rig)]).toEqual([18n, false]);
    });

    it('goes before the host looks where an access would lead', () => {
      const { rig, map } = paged();
      const probe = (): number | undefined => rig.cpu.probe(BigInt(OTHER), 8, layout.TLB_KIND_READ);
      expect(probe()).toBe(CODE_B);
      map(OTHER, CODE_A);
      expect(probe()).toBe(CODE_B);
      ask(rig);
      expect([probe(), isAsked(rig)]).toEqual([CODE_A, false]);
    });
  });

  it('changes with the address space, and goes when another space stores to it', () => {
    const { rig, map, run } = paged();
    const asid = (n: number) => {
      const satp = (8n << 60n) | (BigInt(n) << 44n) | BigInt(TABLES >>> 12);
      (rig.accel.runtime.allExports.riscvCsrWrite as (env: number, csr: number, value: bigint) => void)(rig.cpu.env, 0x180, satp);
    };
    const put = (address: number, word: number) => {
      const oi = (layout.MO_32 << layout.MEMOPIDX_SHIFT) | rv.MMU_S;
      rig.accel.runtime.exports.stSlow(rig.cpu.env, BigInt(address), BigInt(word), oi);
    };
    asid(1);
    run();
    expect(rig.x(2)).toBe(1n);
    put(OTHER, addi(2, 2, 16)); // space 1 may write to the page of CODE_B from now on
    map(V, CODE_B);
    asid(2);
    run();
    run();
    expect(rig.x(2)).toBe(33n);
    asid(1);
    run(); // the page of V was not flushed here
    expect(rig.x(2)).toBe(34n);
    put(OTHER, addi(2, 2, 100)); // by a TLB entry that is older than the code
    asid(2);
    run();
    expect(rig.x(2)).toBe(134n);
  });

  it.each([
    ['tci', {}],
    ['generated code', { wasm: true, hotThreshold: 64 }],
  ])('is not what code is found by: in %s it runs wherever its page is mapped, as it was made once', (_, tier) => {
    const { rig, map, run } = paged(tier);
    // auipc x5, 0; addi; addi; bne x3, x0, .-12; jal x6, .+4; wfi (RISC-V unprivileged specification, chapter 2)
    rig.load([0x00000297, addi(2, 2, 1), addi(3, 3, -1), 0xfe019ae3, 0x0040036f, wfi], CODE_A);
    const made = () => [rig.accel.info().tci.tbs, rig.accel.info().wasm?.regions];
    const rounds = (at: number) => {
      rig.cpu.write64(rvEnv.RV_X + 8 * 3, 500n);
      run(at);
      return [rig.x(5), rig.x(6)];
    };
    expect(rounds(V)).toEqual([BigInt(V), BigInt(V + 20)]);
    const before = made();
    map(OTHER, CODE_A);
    for (const at of [OTHER, V, OTHER]) expect(rounds(at)).toEqual([BigInt(at), BigInt(at + 20)]);
    expect(rig.x(2)).toBe(2000n);
    expect(made()).toEqual(before);
  });

  it('stays when another page is flushed', () => {
    const { rig, map, run } = paged();
    run();
    map(V, CODE_B); // not flushed: the guest may still see the old code, and does
    rig.accel.runtime.exports.tlbFlushPage(rig.cpu.env, BigInt(OTHER));
    run();
    expect(rig.x(2)).toBe(2n);
  });
});

describe.each(TIERS)('CSRs in translated code, %s', (_tier, tier) => {
  const [SSTATUS, SSCRATCH, SEPC, SIP] = [0x100, 0x140, 0x141, 0x144];
  const csrrc = (rd: number, csr: number, rs1: number) => i(0x73, 3, rd, rs1, csr);
  const csrrsi = (rd: number, csr: number, imm: number) => i(0x73, 6, rd, imm, csr);
  const csrrci = (rd: number, csr: number, imm: number) => i(0x73, 7, rd, imm, csr);
  const SIE = 2;

  const again = (rig: Board, privilege: number, pending = 0n): Board => {
    rig.cpu.set(ENV.halted, 0);
    rig.cpu.set(ENV.pc, BigInt(RAM));
    rig.cpu.write32(rvEnv.RV_PRIV, privilege);
    rig.cpu.write64(rvEnv.RV_SOFT_MIP, pending);
    (rig.accel.runtime.allExports.riscvPostLoad as (env: number) => void)(rig.cpu.env);
    return rig.finish();
  };

  it('swap a register with a cell, and keep what is legal', () => {
    const rig = new Board(tier).load([
      addi(6, 0, 0x123), csrrw(0, SSCRATCH, 6), addi(6, 0, 0x77), csrrw(6, SSCRATCH, 6), csrrs(8, SSCRATCH, 6), csrrc(9, SSCRATCH, 6),
      csrrs(10, SSCRATCH, 0), csrrw(0, SEPC, 6), csrrs(7, SEPC, 0), wfi,
    ]); // prettier-ignore
    for (let round = 0; round < 20; round++) {
      again(rig, 3);
      expect([6, 7, 8, 9, 10].map(rig.x), `round ${round}`).toEqual([0x123n, 0x122n, 0x77n, 0x177n, 0x54n]);
    }
  });

  it('show of sstatus what the manual lets be seen, and change SIE', () => {
    const rig = new Board(tier).load([csrrsi(0, SSTATUS, 31), csrrci(5, SSTATUS, 29), csrrci(6, SSTATUS, SIE), csrrs(7, SSTATUS, 0), wfi]);
    for (let round = 0; round < 20; round++) {
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_1888n); // UXL and SXL; MPP, MPIE and MIE are not seen
      again(rig, 1);
      expect([5, 6, 7].map(rig.x), `round ${round}`).toEqual([0x2_0000_0002n, 0x2_0000_0002n, 0x2_0000_0000n]);
      expect(rig.cpu.read64(rvEnv.RV_MSTATUS)).toBe(0xa_0000_1888n);
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_6000n); // FS dirty
      again(rig, 1);
      expect(rig.x(7), `round ${round}`).toBe(0x8000_0002_0000_6000n);
    }
  });

  it.each([
    ['by immediate', csrrsi(0, SSTATUS, SIE)],
    ['by register', csrrs(0, SSTATUS, 6)],
  ])('a pending interrupt is taken as soon as it is enabled, %s', (_how, enable) => {
    const handler = RAM + 0x100;
    const rig = new Board(tier)
      .load([addi(6, 0, SIE), addi(3, 0, 1), enable, addi(3, 3, 1), wfi])
      .load([csrrs(10, SEPC, 0), csrrw(0, SIP, 0), wfi], handler);
    rig.cpu.write64(rvEnv.RV_MIDELEG, 2n);
    rig.cpu.write64(rvEnv.RV_MIE, 2n);
    rig.cpu.write64(rvEnv.RV_STVEC, BigInt(handler));
    for (let round = 0; round < 20; round++) {
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_0000n);
      again(rig, 1, 2n);
      expect([rig.x(3), rig.x(10)], `round ${round}`).toEqual([1n, BigInt(RAM + 12)]);
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_0000n);
      again(rig, 1); // nothing pending: goes on
      expect(rig.x(3)).toBe(2n);
    }
  });
});
