/**
 * Pseudo-instructions that objdump prefers, the first that holds. Source: unprivileged ISA manual, "RISC-V Assembly Programmer's
 * Handbook"; binutils' choices where several would do.
 */
import { FENCE_PAUSE, type Operands } from './operands.js';

export interface Pseudo {
  readonly of: string;
  readonly when: (a: Operands) => boolean;
  readonly name: string;
  readonly syntax: string;
}

const row = (of: string, when: Pseudo['when'], name: string, syntax: string): Pseudo => ({ of, when, name, syntax });

const RA = 1;
const T0 = 5;
const FENCE_ALL = 0xff;
const FENCE_TSO = 0x833;
const RW_CYCLE = 0xc00;

const isLink = (r: number): boolean => r === RA || r === T0;
const same = (a: Operands): boolean => a.rs1 === a.rs2;

const signInjection = (format: string): Pseudo[] => [
  row(`fsgnj.${format}`, same, `fmv.${format}`, 'fd,fs1'),
  row(`fsgnjn.${format}`, same, `fneg.${format}`, 'fd,fs1'),
  row(`fsgnjx.${format}`, same, `fabs.${format}`, 'fd,fs1'),
];

const readCsr = (csr: number, name: string): Pseudo => row('csrrs', (a) => a.csr === csr && a.rs1 === 0, name, 'rd');
const swapCsr = (csr: number, name: string): Pseudo[] => [
  row('csrrw', (a) => a.csr === csr && a.rd === 0, name, 'rs1'),
  row('csrrw', (a) => a.csr === csr, name, 'rd,rs1'),
];
/** binutils names rd, be it x0. */
const swapCsrImm = (csr: number, name: string): Pseudo => row('csrrwi', (a) => a.csr === csr, name, 'rd,imm');

// prettier-ignore
export const PSEUDO: readonly Pseudo[] = [
  row('addi',   (a) => a.rd === 0 && a.rs1 === 0 && a.imm === 0, 'nop', ''),
  row('addi',   (a) => a.rs1 === 0,                'li',     'rd,imm'),
  row('addi',   (a) => a.imm === 0,                'mv',     'rd,rs1'),
  row('addiw',  (a) => a.imm === 0,                'sext.w', 'rd,rs1'),
  row('xori',   (a) => a.imm === -1,               'not',    'rd,rs1'),
  row('andi',   (a) => a.imm === 255,              'zext.b', 'rd,rs1'),
  row('sub',    (a) => a.rs1 === 0,                'neg',    'rd,rs2'),
  row('subw',   (a) => a.rs1 === 0,                'negw',   'rd,rs2'),
  row('sltiu',  (a) => a.imm === 1,                'seqz',   'rd,rs1'),
  row('sltu',   (a) => a.rs1 === 0,                'snez',   'rd,rs2'),
  row('slt',    (a) => a.rs2 === 0,                'sltz',   'rd,rs1'),
  row('slt',    (a) => a.rs1 === 0,                'sgtz',   'rd,rs2'),
  row('add.uw', (a) => a.rs2 === 0,                'zext.w', 'rd,rs1'),
  row('beq',    (a) => a.rs2 === 0,                'beqz',   'rs1,target'),
  row('bne',    (a) => a.rs2 === 0,                'bnez',   'rs1,target'),
  row('blt',    (a) => a.rs2 === 0,                'bltz',   'rs1,target'),
  row('blt',    (a) => a.rs1 === 0,                'bgtz',   'rs2,target'),
  row('bge',    (a) => a.rs1 === 0,                'blez',   'rs2,target'),
  row('bge',    (a) => a.rs2 === 0,                'bgez',   'rs1,target'),
  row('jal',    (a) => a.rd === 0,                 'j',      'target'),
  row('jal',    (a) => a.rd === RA,                'jal',    'target'),
  row('jalr',   (a) => a.rd === 0 && a.rs1 === RA && a.imm === 0, 'ret', ''),
  row('jalr',   (a) => a.rd === 0 && a.imm === 0,  'jr',     'rs1'),
  row('jalr',   (a) => a.rd === 0,                 'jr',     'imm(rs1)'),
  row('jalr',   (a) => a.rd === RA && a.imm === 0, 'jalr',   'rs1'),
  row('jalr',   (a) => a.rd === RA,                'jalr',   'imm(rs1)'),
  row('jalr',   (a) => a.imm === 0,                'jalr',   'rd,rs1'),
  row('fence',  (a) => a.rd === 0 && a.rs1 === 0 && a.imm === FENCE_ALL,   'fence', ''),
  row('fence',  (a) => a.rd === 0 && a.rs1 === 0 && a.imm === FENCE_PAUSE, 'pause', ''),
  row('fence',  (a) => a.rd === 0 && a.rs1 === 0 && (a.imm & 0xfff) === FENCE_TSO, 'fence.tso', ''),
  row('sfence.vma', (a) => a.rs1 === 0 && a.rs2 === 0, 'sfence.vma', ''),
  row('sfence.vma', (a) => a.rs2 === 0,            'sfence.vma', 'rs1'),
  ...signInjection('h'), ...signInjection('s'), ...signInjection('d'),
  row('auipc',  (a) => a.rd === 0,                 'lpad',   'upper'),
  row('mop.rr.7', (a) => a.rd === 0 && a.rs1 === 0 && isLink(a.rs2), 'sspush', 'rs2'),
  row('mop.r.28', (a) => a.rd === 0 && isLink(a.rs1), 'sspopchk', 'rs1'),
  row('mop.r.28', (a) => a.rd !== 0 && a.rs1 === 0, 'ssrdp', 'rd'),
  // CSRs
  row('csrrw', (a) => a.csr === RW_CYCLE && a.rd === 0 && a.rs1 === 0, 'unimp', ''),
  readCsr(0x001, 'frflags'), readCsr(0x002, 'frrm'), readCsr(0x003, 'frcsr'),
  readCsr(0xc00, 'rdcycle'), readCsr(0xc01, 'rdtime'), readCsr(0xc02, 'rdinstret'),
  ...swapCsr(0x001, 'fsflags'), ...swapCsr(0x002, 'fsrm'), ...swapCsr(0x003, 'fscsr'),
  swapCsrImm(0x001, 'fsflagsi'), swapCsrImm(0x002, 'fsrmi'),
  row('csrrs',  (a) => a.rs1 === 0,                'csrr',   'rd,csr'),
  row('csrrw',  (a) => a.rd === 0,                 'csrw',   'csr,rs1'),
  row('csrrs',  (a) => a.rd === 0,                 'csrs',   'csr,rs1'),
  row('csrrc',  (a) => a.rd === 0,                 'csrc',   'csr,rs1'),
  row('csrrwi', (a) => a.rd === 0,                 'csrwi',  'csr,imm'),
  row('csrrsi', (a) => a.rd === 0,                 'csrsi',  'csr,imm'),
  row('csrrci', (a) => a.rd === 0,                 'csrci',  'csr,imm'),
];
