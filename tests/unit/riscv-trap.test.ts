import { describe, expect, it } from 'vitest';
import { CPU_INTERRUPT_HARD, ENV_EXIT_REQUEST, ENV_HALTED, ENV_INTERRUPT_REQUEST, EXIT_REQUESTED } from '../../assembly/shared/layout.js';
import { RV_BADADDR } from '../../assembly/target/riscv/shared/env.js';
import { Hart } from '../support/riscv-hart.js';

const M = 3,
  S = 1,
  U = 0;
const MSIP = 3,
  MTIP = 7,
  MEIP = 11,
  SEIP = 9,
  SSIP = 1,
  STIP = 5;
const bit = (n: number) => 1n << BigInt(n);
const INTERRUPT = 1n << 63n;
const lines = (hart: Hart, mask: number, value = mask) => hart.call('riscvUpdateMip', mask, value);
const taken = (hart: Hart) => Boolean(hart.call('riscvExecInterrupt'));

function ready(): Hart {
  const hart = new Hart();
  hart.write(0x305, 0x8000_1000n); // mtvec
  hart.write(0x105, 0x8000_2001n); // stvec, vectored
  hart.write(0x304, 0xfffn); // mie
  hart.pc = 0x8000_0100n;
  return hart;
}

describe('exceptions', () => {
  it('go to M-mode unless delegated, and never down', () => {
    const hart = ready();
    hart.write(0x302, bit(13));
    hart.set(RV_BADADDR, 0x1234n);
    hart.trap(13);
    expect([hart.privilege, hart.pc, hart.read(0x342), hart.read(0x341), hart.read(0x343)]).toEqual([
      M,
      0x8000_1000n,
      13n,
      0x8000_0100n,
      0x1234n,
    ]);
    hart.enter(U, 0x8000_0200n);
    hart.trap(13);
    expect([hart.privilege, hart.pc, hart.read(0x142), hart.read(0x141), hart.read(0x143)]).toEqual([
      S,
      0x8000_2000n,
      13n,
      0x8000_0200n,
      0x1234n,
    ]);
    expect(hart.read(0x100) & 0x100n).toBe(0n); // SPP = U
  });

  it('an environment call takes the cause of its privilege, with no trap value', () => {
    for (const [privilege, cause] of [
      [U, 8n],
      [S, 9n],
      [M, 11n],
    ] as const) {
      const hart = ready();
      hart.set(RV_BADADDR, 0x1234n);
      hart.enter(privilege);
      hart.trap(8);
      expect([hart.read(0x342), hart.read(0x343), (hart.read(0x300) >> 11n) & 3n]).toEqual([cause, 0n, BigInt(privilege)]);
    }
  });

  it('a breakpoint reports its pc, an illegal instruction its bits', () => {
    const hart = ready();
    hart.call('helper_ebreak', 0x8000_0100n);
    hart.call('riscvDoInterrupt');
    expect([hart.read(0x342), hart.read(0x343)]).toEqual([3n, 0x8000_0100n]);
    hart.call('helper_illegal_insn', 0xdeadn);
    hart.call('riscvDoInterrupt');
    expect(hart.read(0x343)).toBe(0xdeadn);
  });

  it('RV32: trap values and pc are 32 bits wide', () => {
    const hart = new Hart({ xlen: 32 });
    hart.write(0x305, 0xffff_fff1n);
    hart.write(0x304, 0x800n);
    hart.write(0x300, 8n);
    lines(hart, 1 << MEIP);
    expect(taken(hart)).toBe(true);
    expect([hart.pc, hart.read(0x342)]).toEqual([0x1cn, 0xffff_ffff_8000_000bn]);
  });
});

describe('returning', () => {
  it('mret: privilege from MPP, MIE from MPIE, MPP to U, MPRV off unless back in M-mode', () => {
    const hart = ready();
    hart.write(0x341, 0x8000_0300n);
    hart.write(0x300, bit(17) | bit(11) | bit(7));
    hart.call('helper_mret');
    expect([hart.privilege, hart.pc]).toEqual([S, 0x8000_0300n]);
    expect(hart.read(0x300) & 0x218_88n & ~0n).toBe(0x88n);
    expect(hart.cause(() => hart.call('helper_mret'))).toBe(2);
    const stays = ready();
    stays.write(0x300, bit(17) | (3n << 11n));
    stays.call('helper_mret');
    expect([stays.privilege, stays.read(0x300) & bit(17)]).toEqual([M, bit(17)]);
  });

  it('sret: privilege from SPP, SIE from SPIE', () => {
    const hart = ready();
    hart.enter(S);
    hart.write(0x141, 0x8000_0400n);
    hart.write(0x100, bit(5));
    hart.call('helper_sret');
    expect([hart.privilege, hart.pc, hart.read(0x100) & 0x122n]).toEqual([U, 0x8000_0400n, 0x22n]);
    expect(hart.cause(() => hart.call('helper_sret'))).toBe(2);
  });
});

describe('interrupts', () => {
  it('come in the order MEI MSI MTI, and SEI SSI STI', () => {
    const hart = ready();
    hart.write(0x300, 8n);
    lines(hart, bit8(MSIP, MTIP, MEIP, SEIP));
    hart.write(0x344, bit(SSIP) | bit(STIP));
    const order: number[] = [];
    for (let i = 0; i < 6; i++) {
      hart.write(0x300, 8n);
      expect(taken(hart)).toBe(true);
      const cause = Number(hart.read(0x342) & 15n);
      order.push(cause);
      hart.write(0x304, hart.read(0x304) & ~bit(cause));
    }
    expect(order).toEqual([MEIP, MSIP, MTIP, SEIP, SSIP, STIP]);
    hart.write(0x300, 8n);
    expect(taken(hart)).toBe(false);
  });

  it('M-mode masks with MIE, lower privileges cannot; delegated ones wait for S-mode or below', () => {
    const hart = ready();
    lines(hart, bit8(MTIP));
    expect(taken(hart)).toBe(false);
    hart.enter(U);
    expect(taken(hart)).toBe(true);
    expect(hart.read(0x342)).toBe(INTERRUPT | 7n);

    const delegated = ready();
    delegated.write(0x303, bit(SSIP));
    delegated.write(0x144, bit(SSIP));
    delegated.write(0x300, 8n);
    expect(taken(delegated)).toBe(false);
    delegated.enter(S);
    expect(taken(delegated)).toBe(false);
    delegated.write(0x100, 2n);
    expect(taken(delegated)).toBe(true);
    expect([delegated.privilege, delegated.pc, delegated.read(0x142)]).toEqual([S, 0x8000_2004n, INTERRUPT | 1n]);
  });

  it('SEIP is the line or what software wrote; a read-modify-write does not make the line stick', () => {
    const hart = ready();
    lines(hart, bit8(SEIP));
    hart.csrrw(0x344, bit(SSIP), bit(SSIP));
    lines(hart, bit8(SEIP), 0);
    expect(hart.read(0x344)).toBe(bit(SSIP));
    hart.csrrw(0x344, bit(SEIP), bit(SEIP));
    lines(hart, bit8(SEIP), 0);
    expect(hart.read(0x344)).toBe(bit(SSIP) | bit(SEIP));
  });

  it('sie and sip show delegated bits only; sip writes SSIP alone', () => {
    const hart = ready();
    hart.write(0x303, bit(SSIP) | bit(STIP));
    expect(hart.read(0x104)).toBe(bit(SSIP) | bit(STIP));
    hart.write(0x144, 0xffffn);
    expect([hart.read(0x144), hart.read(0x344)]).toEqual([bit(SSIP), bit(SSIP)]);
    hart.write(0x104, 0n);
    expect(hart.read(0x304)).toBe(0xaaan & ~(bit(SSIP) | bit(STIP)));
  });

  it('asks running code to leave when one can be taken, and no earlier', () => {
    const hart = ready();
    lines(hart, bit8(MTIP));
    expect([hart.get32(ENV_EXIT_REQUEST), hart.get32(ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_HARD]).toEqual([0, CPU_INTERRUPT_HARD]);
    hart.write(0x300, 8n);
    expect(hart.get32(ENV_EXIT_REQUEST)).toBe(EXIT_REQUESTED);
    lines(hart, bit8(MTIP), 0);
    expect(hart.get32(ENV_INTERRUPT_REQUEST) & CPU_INTERRUPT_HARD).toBe(0);
  });

  it('wfi waits for pending and locally enabled, whatever mstatus says', () => {
    const hart = ready();
    hart.call('helper_wfi');
    expect([hart.get32(ENV_HALTED), hart.call('riscvHasWork')]).toEqual([1, 0]);
    lines(hart, bit8(MTIP));
    expect([hart.call('riscvHasWork'), taken(hart)]).toEqual([1, false]);
    hart.set32(ENV_HALTED, 0);
    hart.call('helper_wfi');
    expect(hart.get32(ENV_HALTED)).toBe(0);
  });

  it('Sstc: stimecmp drives STIP while STCE is set, and only then', () => {
    const hart = ready();
    hart.time = 100n;
    hart.write(0x344, bit(STIP));
    expect(hart.read(0x344)).toBe(bit(STIP));
    hart.write(0x14d, 200n);
    hart.write(0x30a, INTERRUPT);
    expect(hart.read(0x344)).toBe(0n);
    hart.write(0x344, bit(STIP));
    expect(hart.read(0x344)).toBe(0n);
    hart.time = 200n;
    hart.call('riscvTimerTick', 200n);
    expect(hart.read(0x344)).toBe(bit(STIP));
    hart.write(0x14d, 201n);
    expect(hart.read(0x344)).toBe(0n);
    expect(hart.timerUpdates).toBe(3);
  });
});

function bit8(...numbers: number[]): number {
  return numbers.reduce((mask, n) => mask | (1 << n), 0);
}
