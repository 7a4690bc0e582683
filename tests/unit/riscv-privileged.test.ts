/** What the privileged extensions do, one by one, on a hart that is driven by hand. Sections are of the privileged ISA manual; AIA where it is told. */
import { describe, expect, it } from 'vitest';
import { ENV_INSN_COUNT, ENV_TB_FLAGS } from '../../assembly/shared/layout.js';
import {
  RV_IMSIC,
  RV_OVERFLOWING,
  RV_RNMI_EXCPVEC,
  RV_RNMI_IRQVEC,
  TBF_MASK_SHIFT,
  TBF_MASK_SIGNED,
} from '../../assembly/target/riscv/shared/env.js';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { hartOf, RAM, type Hart } from '../support/riscv-hart.js';

const [U, S, M] = [0, 1, 3];
const csr = (name: string): number => CSR_NUMBERS.get(name)!;
const bit = (n: number): bigint => 1n << BigInt(n);
const [SIE, MIE, SDT, MDT, MXR] = [bit(1), bit(3), bit(24), bit(42), bit(19)];

/** A hart with names for its CSRs. */
function make(extensions: string, base = 'rv64') {
  const hart = hartOf(parseCpuConfig([base, ...extensions.split(' ').map((name) => `${name}=on`)].join(',')));
  const write = (name: string, value: bigint): bigint => hart.write(csr(name), value);
  const read = (name: string): bigint => hart.read(csr(name));
  const isIllegal = (name: string): boolean => hart.csrr(csr(name)) === 'illegal';
  hart.write(csr('mtvec'), 0x8000_1000n);
  hart.write(csr('stvec'), 0x8000_2000n);
  return { hart, write, read, isIllegal };
}

describe('double traps ("Double Trap Control in mstatus")', () => {
  it('a trap that S-mode does not expect is M-mode’s, with its cause in mtval2', () => {
    const { hart, write, read } = make('ssdbltrp');
    write('menvcfg', bit(59));
    write('medeleg', bit(2));
    hart.enter(S, 0x8000_0100n);
    hart.trap(2);
    expect([hart.privilege, hart.pc, read('sstatus') & SDT]).toEqual([S, 0x8000_2000n, SDT]);
    hart.trap(2);
    expect([hart.privilege, hart.pc, read('mcause'), read('mtval2'), read('mepc'), read('scause')]).toEqual([
      M,
      0x8000_1000n,
      16n,
      2n,
      0x8000_2000n,
      2n,
    ]);
    hart.call('helper_mret');
    hart.call('helper_sret');
    expect(read('sstatus') & SDT).toBe(0n);
  });

  it('SDT keeps SIE clear, and is there only if menvcfg says so', () => {
    const { write, read } = make('ssdbltrp');
    expect(write('sstatus', SDT | SIE) & (SDT | SIE)).toBe(SIE);
    write('menvcfg', bit(59));
    expect(write('sstatus', SDT | SIE) & (SDT | SIE)).toBe(SDT);
    expect(write('sstatus', SIE) & (SDT | SIE)).toBe(SIE);
    write('sstatus', SDT);
    write('menvcfg', 0n);
    expect(read('mstatus') & SDT).toBe(0n);
  });

  it('M-mode’s trap sets MDT, its return clears it, and a second trap goes to the handler of RNMIs', () => {
    const { hart, write, read } = make('smdbltrp smrnmi');
    hart.set(RV_RNMI_IRQVEC, 0x8000_3000n);
    expect(read('mstatus') & MDT).toBe(MDT); // from reset on
    expect(write('mstatus', MIE) & (MIE | MDT)).toBe(MIE);
    write('mnstatus', 8n);
    hart.pc = 0x8000_0100n;
    hart.trap(2);
    expect([hart.pc, read('mstatus') & (MIE | MDT)]).toEqual([0x8000_1000n, MDT]);
    hart.trap(3);
    expect([hart.pc, read('mncause'), read('mnepc'), read('mnstatus'), read('mcause')]).toEqual([
      0x8000_3000n,
      3n,
      0x8000_1000n,
      0x1800n,
      2n,
    ]);
    hart.call('helper_mnret');
    expect([hart.pc, read('mnstatus') & 8n]).toEqual([0x8000_1000n, 8n]);
    hart.call('helper_mret');
    expect(read('mstatus') & MDT).toBe(0n);
  });
});

describe('resumable non-maskable interrupts ("Smrnmi")', () => {
  it('come when NMIE is set, before all others, and mask all', () => {
    const { hart, write, read } = make('smrnmi');
    hart.set(RV_RNMI_IRQVEC, 0x8000_3000n);
    hart.set(RV_RNMI_EXCPVEC, 0x8000_4000n);
    write('mie', 8n);
    write('mstatus', MIE);
    hart.call('riscvUpdateMip', 8, 8);
    hart.call('riscvUpdateRnmi', 1);
    hart.pc = 0x8000_0100n;
    expect(hart.call('riscvExecInterrupt')).toBe(0);
    write('mnstatus', 8n);
    expect([hart.call('riscvExecInterrupt'), hart.pc, read('mncause'), read('mnepc')]).toEqual([1, 0x8000_3000n, bit(63), 0x8000_0100n]);
    expect(hart.call('riscvExecInterrupt')).toBe(0);
    hart.trap(2); // an exception meanwhile
    expect([hart.pc, read('mcause')]).toEqual([0x8000_4000n, 2n]);
    hart.call('riscvUpdateRnmi', 0);
    write('mstatus', MIE);
    hart.call('helper_mnret');
    expect([hart.pc, hart.call('riscvExecInterrupt'), read('mcause')]).toEqual([0x8000_0100n, 1, bit(63) | 3n]);
  });

  it('software cannot clear NMIE, and below M-mode there is no mnret', () => {
    const { hart, write } = make('smrnmi');
    expect([write('mnstatus', 8n), write('mnstatus', 0n)]).toEqual([8n, 8n]);
    hart.enter(S);
    expect(hart.cause(() => hart.call('helper_mnret'))).toBe(2);
    const without = make('zba');
    expect(without.hart.cause(() => without.hart.call('helper_mnret'))).toBe(2);
  });
});

describe('enhanced PMP ("Smepmp", table 1)', () => {
  const DATA = RAM + 0x1_0000;
  // L R W X; what M-mode and what S-mode may
  const TABLE: [string, string, string][] = [
    ['----', '', ''], ['---x', '', 'x'], ['--w-', 'rw', 'r'], ['--wx', 'rw', 'rw'], ['-r--', '', 'r'], ['-r-x', '', 'rx'], ['-rw-', '', 'rw'], ['-rwx', '', 'rwx'],
    ['l---', '', ''], ['l--x', 'x', ''], ['l-w-', 'x', 'x'], ['l-wx', 'rx', 'x'], ['lr--', 'r', ''], ['lr-x', 'rx', ''], ['lrw-', 'rw', ''], ['lrwx', 'r', 'r'],
  ]; // prettier-ignore
  const rights = (hart: Hart): string =>
    [
      typeof hart.load(BigInt(DATA)) === 'bigint' ? 'r' : '',
      hart.store(BigInt(DATA), 1n) === undefined ? 'w' : '',
      hart.fetch(BigInt(DATA)) === undefined ? 'x' : '',
    ].join('');

  it.each(TABLE)('%s: M-mode %s, S-mode %s', (text, machine, supervisor) => {
    const { hart, write } = make('smepmp');
    const config = ['r', 'w', 'x', '', '', '', '', 'l'].reduce(
      (bits, letter, n) => bits | (letter !== '' && text.includes(letter) ? 1n << BigInt(n) : 0n),
      0x18n,
    );
    write('mseccfg', 5n); // MML, RLB
    write('pmpaddr0', (BigInt(DATA) >> 2n) | 0x1ffn);
    write('pmpcfg0', config);
    expect(rights(hart)).toBe(machine);
    hart.enter(S, BigInt(DATA));
    expect(rights(hart)).toBe(supervisor);
  });

  it('without an entry M-mode may all, with MML no code, with MMWP nothing; both stay', () => {
    const { hart, write } = make('smepmp');
    expect(rights(hart)).toBe('rwx');
    write('mseccfg', 1n);
    expect(rights(hart)).toBe('rw');
    write('mseccfg', 2n);
    expect([write('mseccfg', 0n), rights(hart)]).toEqual([3n, '']);
  });

  it('a locked entry can be changed under RLB only, which then cannot be set again; under MML no code of M-mode comes', () => {
    const { write } = make('smepmp');
    write('mseccfg', 4n);
    write('pmpcfg0', 0x99n);
    expect([write('pmpcfg0', 0x9bn), write('pmpaddr0', 7n), write('mseccfg', 0n)]).toEqual([0x9bn, 7n, 0n]);
    expect([write('pmpcfg0', 0x18n), write('pmpaddr0', 8n), write('mseccfg', 4n)]).toEqual([0x9bn, 7n, 0n]);
    write('mseccfg', 1n);
    for (const code of [0x9cn, 0x9an, 0x9en, 0x9dn]) expect(write('pmpcfg0', 0x9bn | (code << 8n)) >> 8n).toBe(0n);
    expect(write('pmpcfg0', 0x9bn | (0x9fn << 8n)) >> 8n).toBe(0x9fn);
  });
});

describe('pointer masking', () => {
  const flags = (hart: Hart): [mask: number, signed: boolean] => {
    const word = hart.get32(ENV_TB_FLAGS);
    return [(word >>> TBF_MASK_SHIFT) & 3, (word & TBF_MASK_SIGNED) !== 0];
  };
  const pmm = (value: number): bigint => BigInt(value) << 32n;

  it('is that of the mode whose access it is, and virtual addresses keep their sign', () => {
    const { hart, write } = make('smmpm smnpm ssnpm');
    write('mseccfg', pmm(2));
    write('menvcfg', pmm(3));
    expect([flags(hart), write('mseccfg', pmm(1))]).toEqual([[2, false], pmm(2)]);
    write('mstatus', bit(17) | bit(11)); // MPRV, MPP = S
    expect(flags(hart)).toEqual([3, false]);
    write('satp', 8n << 60n);
    expect(flags(hart)).toEqual([3, true]);
    hart.enter(U);
    expect(flags(hart)).toEqual([0, false]);
    write('senvcfg', pmm(2));
    expect(flags(hart)).toEqual([2, true]);
  });

  it('is off where MXR is set', () => {
    const { hart, write } = make('smnpm');
    write('menvcfg', pmm(3));
    hart.enter(S);
    expect(flags(hart)).toEqual([3, false]);
    hart.call('helper_sstatus', ~0n, MXR);
    expect(flags(hart)).toEqual([0, false]);
    hart.call('helper_sstatus', 0n, MXR);
    expect(flags(hart)).toEqual([3, false]);
  });

  it('is not there on RV32', () => {
    const { write } = make('smmpm smnpm ssnpm', 'rv32');
    expect([write('mseccfgh', 3n), write('menvcfgh', 3n) & 3n, write('senvcfg', ~0n)]).toEqual([0n, 0n, 0xf1n]);
  });
});

describe('state enables ("Smstateen")', () => {
  it('S-mode has what mstateen0 gives it', () => {
    const { hart, write, isIllegal } = make('smstateen sscsrind ssaia');
    const names = ['senvcfg', 'sstateen0', 'sstateen3', 'siselect', 'stopi'];
    expect(names.filter(isIllegal)).toEqual([]);
    hart.enter(S);
    expect(names.filter(isIllegal)).toEqual(names);
    for (const [register, n, name] of [
      ['mstateen0', 62, 'senvcfg'],
      ['mstateen0', 63, 'sstateen0'],
      ['mstateen3', 63, 'sstateen3'],
      ['mstateen0', 60, 'siselect'],
      ['mstateen0', 59, 'stopi'],
    ] as const) {
      write(register, bit(n));
      expect(isIllegal(name), name).toBe(false);
      write(register, 0n);
      expect(isIllegal(name), name).toBe(true);
    }
  });
});

describe('counters', () => {
  const INSTRUCTIONS = 2n;
  const [OF, MINH, SINH, UINH] = [bit(63), bit(62), bit(61), bit(60)];
  const LCOFI = bit(13);
  /** The hart executes `count` instructions. */
  const advance = (hart: Hart, count: number): void => hart.set(ENV_INSN_COUNT, hart.get(ENV_INSN_COUNT) + BigInt(count));

  it('overflow sets OF and LCOFIP once, and is no more than the distance away', () => {
    const { hart, write, read } = make('sscofpmf');
    write('mhpmevent3', INSTRUCTIONS);
    write('mhpmcounter3', -1000n);
    expect(hart.call('riscvOverflowDistance')).toBe(1000);
    advance(hart, 999);
    hart.call('riscvSettleOverflows');
    expect([read('mip') & LCOFI, read('scountovf')]).toEqual([0n, 0n]);
    advance(hart, 1);
    hart.call('riscvSettleOverflows');
    expect([read('mip') & LCOFI, read('scountovf'), read('mhpmevent3'), read('mhpmcounter3'), hart.get32(RV_OVERFLOWING)]).toEqual([
      LCOFI,
      8n,
      OF | INSTRUCTIONS,
      0n,
      0,
    ]);
    write('mip', 0n);
    write('mhpmcounter3', -10n); // OF is set still
    expect([hart.get32(RV_OVERFLOWING), read('mip')]).toEqual([0, 0n]);
  });

  it('S-mode sees the overflows that mcounteren gives it, and may have the interrupt', () => {
    const { hart, write, read } = make('sscofpmf');
    write('mhpmevent4', OF);
    write('mideleg', LCOFI);
    write('mip', LCOFI);
    hart.enter(S);
    expect([hart.csrr(csr('scountovf')), read('sip')]).toEqual([0n, LCOFI]);
    write('mcounteren', 0x10n);
    expect([hart.csrr(csr('scountovf')), hart.csrrw(csr('sip'), 0n), read('sip')]).toEqual([0x10n, LCOFI, 0n]);
  });

  it.each([
    ['mcycle', 'mcyclecfg', 'smcntrpmf', 0n],
    ['minstret', 'minstretcfg', 'smcntrpmf', 0n],
    ['mhpmcounter5', 'mhpmevent5', 'sscofpmf', INSTRUCTIONS],
  ])('%s stands still in the modes that %s leaves out', (counter, config, extension, event) => {
    const { hart, write, read } = make(extension);
    const counted = (mode: number): bigint => {
      hart.enter(mode);
      const before = read(counter);
      advance(hart, 100);
      const after = read(counter);
      hart.trap(2);
      return after - before;
    };
    write(config, event);
    expect([M, S, U].map(counted)).toEqual([100n, 100n, 100n]);
    for (const [inhibit, expected] of [
      [MINH, [0n, 100n, 100n]],
      [SINH, [100n, 0n, 100n]],
      [UINH | MINH, [0n, 100n, 0n]],
    ] as const) {
      write(config, event | inhibit);
      expect([M, S, U].map(counted)).toEqual(expected);
    }
  });

  it('S-mode has delegated counters behind siselect ("Smcdeleg")', () => {
    const { hart, write, read, isIllegal } = make('smcdeleg sscsrind ssccfg sscofpmf smcntrpmf smcsrind');
    hart.enter(S);
    write('siselect', 0x43n);
    expect(['sireg', 'sireg2', 'scountinhibit'].map(isIllegal)).toEqual([true, true, true]);
    write('menvcfg', bit(60));
    write('mcounteren', 0xdn);
    hart.csrrw(csr('sireg2'), INSTRUCTIONS | MINH | UINH);
    hart.csrrw(csr('sireg'), 77n);
    expect([read('mhpmevent3'), read('mhpmcounter3'), read('sireg2')]).toEqual([INSTRUCTIONS | UINH, 77n, INSTRUCTIONS | UINH]);
    expect(['sireg3', 'sireg4', 'sireg5', 'sireg6'].map(isIllegal)).toEqual([true, true, true, true]);
    hart.csrrw(csr('scountinhibit'), ~0n);
    expect([read('mcountinhibit'), read('scountinhibit')]).toEqual([0xdn, 0xdn]);
    for (const select of [0x41n, 0x44n]) {
      write('siselect', select); // time; a counter that is not delegated
      expect(isIllegal('sireg')).toBe(true);
    }
    write('siselect', 0x40n);
    hart.csrrw(csr('sireg2'), ~0n);
    expect(read('mcyclecfg')).toBe(SINH | UINH);
  });
});

describe('AIA', () => {
  it('priorities of interrupts are bytes behind miselect and siselect, of those that there are', () => {
    const { write, isIllegal } = make('smaia ssaia');
    write('mideleg', bit(1) | bit(5) | bit(9));
    write('miselect', 0x30n);
    expect(write('mireg', ~0n)).toBe(0xff00_ff00_ff00_ff00n);
    write('miselect', 0x32n);
    expect(write('mireg', ~0n)).toBe(0xff00n); // not MEI's
    write('siselect', 0x32n);
    expect(write('sireg', ~0n)).toBe(0n);
    write('siselect', 0x31n);
    expect(isIllegal('sireg')).toBe(true);
  });

  it('decide which interrupt comes first, and what mtopi shows', () => {
    const { hart, write, read } = make('smaia ssaia');
    write('mie', ~0n);
    hart.call('riscvUpdateMip', 0x88, 0x88); // MSI, MTI
    expect(read('mtopi')).toBe(0x3_00ffn);
    write('miselect', 0x30n);
    write('mireg', 5n << 56n);
    expect(read('mtopi')).toBe(0x7_0005n);
    write('mstatus', MIE);
    expect([hart.call('riscvExecInterrupt'), read('mcause') & 0xffn]).toEqual([1, 7n]);
  });

  it('mvien gives S-mode interrupts of mvip in place of those of mip', () => {
    const { hart, write, read } = make('smaia ssaia');
    write('mvien', bit(9) | bit(1));
    write('mvip', bit(9) | bit(1));
    expect([read('sip'), read('mip'), read('stopi')]).toEqual([bit(9) | bit(1), 0n, 0n]);
    write('sie', ~0n);
    expect([read('sie'), read('mie'), read('stopi')]).toEqual([bit(9) | bit(1), 0n, 0x9_00ffn]);
    hart.enter(U);
    expect([hart.call('riscvExecInterrupt'), hart.privilege, read('scause') & 0xffn]).toEqual([1, S, 9n]);
  });

  it('there is nothing behind 0x70 without an IMSIC, and with mvien’s SEI nothing for S-mode', () => {
    const { hart, write, isIllegal } = make('smaia ssaia');
    write('miselect', 0x70n);
    write('siselect', 0x70n);
    expect(['mireg', 'sireg', 'mtopei', 'stopei'].map(isIllegal)).toEqual([true, true, true, true]);
    hart.set32(RV_IMSIC, 1);
    expect(['mireg', 'sireg', 'mtopei', 'stopei'].map(isIllegal)).toEqual([false, false, false, false]);
    write('mvien', bit(9));
    hart.enter(S);
    expect(['sireg', 'stopei'].map(isIllegal)).toEqual([true, true]);
  });
});
