// The CSRs of a hart, one row each (or each run of like ones). Numbers and names: privileged specification, chapter 2.
import {
  RV_MARCHID,
  RV_MCAUSE,
  RV_MCOUNTEREN,
  RV_MCOUNTINHIBIT,
  RV_MEDELEG,
  RV_MENVCFG,
  RV_MEPC,
  RV_MHARTID,
  RV_MIDELEG,
  RV_MIE,
  RV_MIMPID,
  RV_MIP,
  RV_MISA,
  RV_MSCRATCH,
  RV_MSTATUS,
  RV_MTVAL,
  RV_MTVEC,
  RV_MVENDORID,
  RV_PMPADDR,
  RV_SATP,
  RV_SCAUSE,
  RV_SCOUNTEREN,
  RV_SENVCFG,
  RV_SEPC,
  RV_SSCRATCH,
  RV_STIMECMP,
  RV_STVAL,
  RV_STVEC,
} from '../../shared/riscv';
import { ALL_INTERRUPTS, COUNTERS, COUNTERS_INHIBITABLE, DELEGABLE_EXCEPTIONS, DELEGABLE_INTERRUPTS, ENVCFG_U } from './bits';

// Who may touch it beyond what its number says (bits 9:8 the least privilege, bits 11:10 = 3 read-only): else an illegal instruction.
export const RULE_ANY = 0;
export const RULE_RV32 = 1;
export const RULE_S = 2; // the hart has S-mode
export const RULE_U = 3; // the hart has U-mode
export const RULE_U_RV32 = 4;
export const RULE_FP = 5; // F, and mstatus.FS not off
export const RULE_COUNTER = 6; // Zicntr or Zihpm, and the counter-enable registers
export const RULE_COUNTER_RV32 = 7;
export const RULE_HPM = 8; // Zihpm
export const RULE_HPM_RV32 = 9;
export const RULE_SSTC = 10;
export const RULE_SSTC_RV32 = 11;
export const RULE_PMP = 12;
export const RULE_SATP = 13; // S-mode, and not trapped by mstatus.TVM

// How it reads and writes. Registers are 64-bit values inside; RV32 sees their lower half, and through an ...h register (UPPER) the upper one.
export const UPPER = 0x80;
export const FIELD = 0; // a cell of the env with a mask of writable bits
export const FFLAGS = 1;
export const FRM = 2;
export const FCSR = 3;
export const COUNTER = 4; // number by the distance from the row's first CSR
export const TIME = 5;
export const HPMEVENT = 6;
export const COUNTINHIBIT = 7;
export const MSTATUS = 8;
export const SSTATUS = 9;
export const TVEC = 10;
export const EPC = 11;
export const INTERRUPTS = 12; // mideleg, mie: a field whose change needs a look at what is pending
export const SIE = 13;
export const MIP = 14;
export const SIP = 15;
export const SATP = 16;
export const MENVCFG = 17;
export const STIMECMP = 18;
export const PMPCFG = 19;
export const PMPADDR = 20;
export const ZERO = 21; // reads zero, ignores writes

export const ROW_CSR = 0;
export const ROW_COUNT = 8;
export const ROW_RULE = 16;
export const ROW_KIND = 24;
export const ROW_FIELD = 32;
export const ROW_WRITABLE = 40;
export const ROW_SIZE = 48;

const NONE: u64 = 0;
const ALL: u64 = 0xffffffffffffffff;

// prettier-ignore
const ROWS: usize = memory.data<u64>([
  // CSR  count rule               kind           field             writable
  // Unprivileged floating-point, counters and timers
  0x001,  1,    RULE_FP,           FFLAGS,        0,                NONE,
  0x002,  1,    RULE_FP,           FRM,           0,                NONE,
  0x003,  1,    RULE_FP,           FCSR,          0,                NONE,
  0xc00,  1,    RULE_COUNTER,      COUNTER,       0,                NONE, // cycle
  0xc01,  1,    RULE_COUNTER,      TIME,          0,                NONE,
  0xc02,  17,   RULE_COUNTER,      COUNTER,       2,                NONE, // instret, hpmcounter3 to 18
  0xc80,  1,    RULE_COUNTER_RV32, COUNTER | UPPER, 0,              NONE,
  0xc81,  1,    RULE_COUNTER_RV32, TIME | UPPER,  0,                NONE,
  0xc82,  17,   RULE_COUNTER_RV32, COUNTER | UPPER, 2,              NONE,
  // Supervisor
  0x100,  1,    RULE_S,            SSTATUS,       RV_MSTATUS,       NONE,
  0x104,  1,    RULE_S,            SIE,           RV_MIE,           NONE,
  0x105,  1,    RULE_S,            TVEC,          RV_STVEC,         ALL,
  0x106,  1,    RULE_S,            FIELD,         RV_SCOUNTEREN,    COUNTERS,
  0x10a,  1,    RULE_S,            FIELD,         RV_SENVCFG,       ENVCFG_U,
  0x140,  1,    RULE_S,            FIELD,         RV_SSCRATCH,      ALL,
  0x141,  1,    RULE_S,            EPC,           RV_SEPC,          ALL,
  0x142,  1,    RULE_S,            FIELD,         RV_SCAUSE,        ALL,
  0x143,  1,    RULE_S,            FIELD,         RV_STVAL,         ALL,
  0x144,  1,    RULE_S,            SIP,           RV_MIP,           NONE,
  0x14d,  1,    RULE_SSTC,         STIMECMP,      RV_STIMECMP,      ALL,
  0x15d,  1,    RULE_SSTC_RV32,    STIMECMP | UPPER, RV_STIMECMP,   ALL,
  0x180,  1,    RULE_SATP,         SATP,          RV_SATP,          ALL,
  // Machine information
  0xf11,  1,    RULE_ANY,          FIELD,         RV_MVENDORID,     NONE,
  0xf12,  1,    RULE_ANY,          FIELD,         RV_MARCHID,       NONE,
  0xf13,  1,    RULE_ANY,          FIELD,         RV_MIMPID,        NONE,
  0xf14,  1,    RULE_ANY,          FIELD,         RV_MHARTID,       NONE,
  0xf15,  1,    RULE_ANY,          ZERO,          0,                NONE, // mconfigptr: no configuration data structure
  // Machine trap setup and handling
  0x300,  1,    RULE_ANY,          MSTATUS,       RV_MSTATUS,       NONE,
  0x301,  1,    RULE_ANY,          FIELD,         RV_MISA,          NONE, // writes are ignored: extensions are fixed
  0x302,  1,    RULE_S,            FIELD,         RV_MEDELEG,       DELEGABLE_EXCEPTIONS,
  0x303,  1,    RULE_S,            INTERRUPTS,    RV_MIDELEG,       DELEGABLE_INTERRUPTS,
  0x304,  1,    RULE_ANY,          INTERRUPTS,    RV_MIE,           ALL_INTERRUPTS,
  0x305,  1,    RULE_ANY,          TVEC,          RV_MTVEC,         ALL,
  0x306,  1,    RULE_U,            FIELD,         RV_MCOUNTEREN,    COUNTERS,
  0x310,  1,    RULE_RV32,         MSTATUS | UPPER, RV_MSTATUS,     NONE,
  0x340,  1,    RULE_ANY,          FIELD,         RV_MSCRATCH,      ALL,
  0x341,  1,    RULE_ANY,          EPC,           RV_MEPC,          ALL,
  0x342,  1,    RULE_ANY,          FIELD,         RV_MCAUSE,        ALL,
  0x343,  1,    RULE_ANY,          FIELD,         RV_MTVAL,         ALL,
  0x344,  1,    RULE_ANY,          MIP,           RV_MIP,           NONE,
  0x30a,  1,    RULE_U,            MENVCFG,       RV_MENVCFG,       ALL,
  0x31a,  1,    RULE_U_RV32,       MENVCFG | UPPER, RV_MENVCFG,     ALL,
  // Physical memory protection
  0x3a0,  4,    RULE_PMP,          PMPCFG,        0,                ALL,
  0x3b0,  16,   RULE_PMP,          PMPADDR,       RV_PMPADDR,       ALL,
  // Machine counters
  0x320,  1,    RULE_ANY,          COUNTINHIBIT,  RV_MCOUNTINHIBIT, COUNTERS_INHIBITABLE,
  0x323,  29,   RULE_ANY,          HPMEVENT,      3,                ALL,
  0xb00,  1,    RULE_ANY,          COUNTER,       0,                ALL,
  0xb02,  1,    RULE_ANY,          COUNTER,       2,                ALL,
  0xb03,  16,   RULE_HPM,          COUNTER,       3,                ALL,
  0xb80,  1,    RULE_RV32,         COUNTER | UPPER, 0,              ALL,
  0xb82,  1,    RULE_RV32,         COUNTER | UPPER, 2,              ALL,
  0xb83,  16,   RULE_HPM_RV32,     COUNTER | UPPER, 3,              ALL,
  ALL,    0,    0,                 0,             0,                0,
]);

/** Row number + 1 of each of the 4096 CSR numbers, 0: no such CSR. */
const INDEX: usize = memory.data(4096);
let indexed = false;

/** The row of a CSR, or 0 if there is none with that number. */
export function csrRow(csr: u32): usize {
  if (!indexed) {
    for (let row = ROWS, number: u8 = 1; load<u64>(row) != ALL; row += ROW_SIZE, number++) {
      const first = load<u64>(row, ROW_CSR) as usize;
      for (let i: usize = 0; i < (load<u64>(row, ROW_COUNT) as usize); i++) store<u8>(INDEX + first + i, number);
    }
    indexed = true;
  }
  const number = load<u8>(INDEX + csr);
  return number == 0 ? 0 : ROWS + (number - 1) * ROW_SIZE;
}
