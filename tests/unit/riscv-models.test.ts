/** What harts do without the modes that they do not have (privileged ISA manual, sections 3.1.6, 3.1.8, 3.1.9 and 3.3.2), on every CPU model. */
import { describe, expect, it } from 'vitest';
import { hasExtension, parseCpuConfig } from '../../src/target/riscv/config.js';
import { CPU_MODELS } from '../../src/target/riscv/models.js';
import { RVX_S, RVX_SSCOFPMF, RVX_U } from '../../assembly/target/riscv/shared/riscv.js';
import { hartOf } from '../support/riscv-hart.js';

const ONES = (1n << 64n) - 1n;
const MSTATUS = 0x300,
  MIE = 0x304,
  MTVEC = 0x305,
  MIDELEG = 0x303,
  MIP = 0x344,
  MCAUSE = 0x342;
const MPP_SHIFT = 11n;
const [U, S, M] = [0, 1, 3];

const CPUS = [...CPU_MODELS.map(({ name }) => name), 'rv64i,zicsr=on,u=on', 'rv32i,zicsr=on,u=on', 'rv64,s=off,svadu=off,sstc=off'];

describe.each(CPUS)('-cpu %s', (cpu) => {
  const config = parseCpuConfig(cpu);
  const hasS = hasExtension(config, RVX_S);
  const hasU = hasExtension(config, RVX_U);
  const modes = [M, ...(hasS ? [S] : []), ...(hasU ? [U] : [])];

  it('takes the interrupts that it has and no others, whatever lines are driven', () => {
    const hart = hartOf(config);
    hart.write(MIE, ONES);
    hart.write(MIP, ONES);
    hart.call('riscvUpdateMip', 0xffff, 0xffff);
    const overflow = hasExtension(config, RVX_SSCOFPMF) ? [13n] : [];
    const expected = hasS ? [11n, 3n, 7n, 9n, 1n, 5n, ...overflow] : [11n, 3n, 7n];
    expect(hart.read(MIP)).toBe(expected.reduce((mask, n) => mask | (1n << n), 0n));
    const causes: bigint[] = [];
    for (let i = 0; i < 16; i++) {
      hart.write(MSTATUS, 8n);
      if (!hart.call('riscvExecInterrupt')) break;
      const cause = hart.read(MCAUSE) & 0xffn;
      causes.push(cause);
      hart.write(MIE, hart.read(MIE) & ~(1n << cause));
    }
    expect(causes).toEqual(expected);
  });

  it('traps to M-mode and returns only to modes that there are', () => {
    const hart = hartOf(config);
    hart.write(MTVEC, 0x8000_1000n);
    for (const mode of [M, 2, S, U]) {
      hart.pc = 0x8000_0100n;
      hart.trap(2);
      const before = (hart.read(MSTATUS) >> MPP_SHIFT) & 3n;
      expect(before).toBe(BigInt(hart.privilege));
      hart.write(MSTATUS, BigInt(mode) << MPP_SHIFT);
      hart.call('helper_mret');
      expect(hart.privilege).toBe(modes.includes(mode) ? mode : Number(before));
      expect((hart.read(MSTATUS) >> MPP_SHIFT) & 3n).toBe(BigInt(hasU ? U : M));
      hart.trap(8);
      expect([hart.privilege, hart.pc]).toEqual([M, 0x8000_1000n]);
      hart.write(MSTATUS, BigInt(M) << MPP_SHIFT);
      hart.call('helper_mret');
    }
  });

  it('delegates nothing without S-mode, and has no sret and no sfence.vma', () => {
    const hart = hartOf(config);
    expect(hart.cause(() => hart.call('helper_sfence_vma', 0n, 0n, 0n)) === 2).toBe(!hasS);
    expect(hart.csrrw(MIDELEG, ONES) === 'illegal').toBe(!hasS);
    expect(hart.cause(() => hart.call('helper_sret')) === 2).toBe(!hasS);
  });
});
