// The CSRs of a hart, one row each (or each run of like ones). Numbers and names: privileged specification, chapter 2.
import {
  RV_JVT, RV_MARCHID, RV_MCAUSE, RV_MCONTEXT, RV_MCOUNTEREN, RV_MCOUNTINHIBIT, RV_MEDELEG, RV_MENVCFG, RV_MEPC, RV_MHARTID, RV_MIDELEG, RV_MIE, RV_MIMPID,
  RV_MIP, RV_MISA, RV_MISELECT, RV_MNCAUSE, RV_MNEPC, RV_MNSCRATCH, RV_MNSTATUS, RV_MSECCFG, RV_MSTATEEN, RV_MTVAL2, RV_MVIEN, RV_MVIP, RV_MSCRATCH,
  RV_MSTATUS, RV_MTVAL, RV_MTVEC, RV_MVENDORID, RV_PMPADDR, RV_SATP, RV_SCAUSE, RV_SCOUNTEREN, RV_SENVCFG, RV_SEPC, RV_SISELECT, RV_SSP, RV_SSTATEEN,
  RV_SSCRATCH, RV_STIMECMP, RV_STVAL, RV_STVEC,
} from './shared/env';
import { RVX_SDTRIG, RVX_SMAIA, RVX_SMCNTRPMF, RVX_SMRNMI, RVX_SMSTATEEN, RVX_SSAIA, RVX_SSCCFG, RVX_SSCOFPMF } from './shared/riscv';
import { arenaAllocPermanent } from '../../core/arena';
import { lock, unlock } from '../../core/engine';

// Who may touch it beyond what its number says (bits 9:8 the least privilege, bits 11:10 = 3 read-only): else an illegal instruction.
export const RULE_ANY = 0;
export const RULE_RV32 = 1;
export const RULE_S = 2; // the hart has S-mode
export const RULE_U = 3; // the hart has U-mode
export const RULE_U_RV32 = 4;
export const RULE_FP = 5; // F, and mstatus.FS not off
export const RULE_COUNTER = 6; // Zicntr or Zihpm, and the counter-enable registers
export const RULE_COUNTER_RV32 = 7;
export const RULE_SSTC = 8;
export const RULE_SSTC_RV32 = 9;
export const RULE_PMP = 10;
export const RULE_SATP = 11; // S-mode, and not trapped by mstatus.TVM
export const RULE_S_RV32 = 12;
export const RULE_SENVCFG = 13; // S-mode, and given to it by mstateen0
export const RULE_SSTATEEN = 14;
export const RULE_SISELECT = 15;
export const RULE_SIREG = 16; // there is a register of that number
export const RULE_MISELECT = 17;
export const RULE_MIREG = 18;
export const RULE_STOPEI = 19;
export const RULE_MTOPEI = 20;
export const RULE_SAIA = 21; // given to S-mode by mstateen0
export const RULE_SAIA_RV32 = 22;
export const RULE_DBLTRP = 23; // Ssdbltrp or Smdbltrp
export const RULE_MSECCFG = 24; // an extension that has a field there
export const RULE_MSECCFG_RV32 = 25;
export const RULE_SCOUNTINHIBIT = 26; // counters are delegated
export const RULE_ZCMT = 27; // given by the state enables
export const RULE_SSP = 29; // there is a shadow stack, or it is M-mode's to make one
export const RULE_SEED = 28; // written to, and given by mseccfg
/** Above the rule: the minor version of the privileged architecture that brought the CSR, if it was not there from 1.10 on. */
export const VERSION_SHIFT = 8;
const V11 = 11 << VERSION_SHIFT;
const V12 = 12 << VERSION_SHIFT;
const V13 = 13 << VERSION_SHIFT;
/** Above that: the extension that it belongs to, RVX_* + 1. */
export const EXTENSION_SHIFT = 16;
const SMSTATEEN = (RVX_SMSTATEEN + 1) << EXTENSION_SHIFT;
const SSCOFPMF = (RVX_SSCOFPMF + 1) << EXTENSION_SHIFT;
const SMCNTRPMF = (RVX_SMCNTRPMF + 1) << EXTENSION_SHIFT;
const SMRNMI = (RVX_SMRNMI + 1) << EXTENSION_SHIFT;
const SSCCFG = (RVX_SSCCFG + 1) << EXTENSION_SHIFT;
const SMAIA = (RVX_SMAIA + 1) << EXTENSION_SHIFT;
const SSAIA = (RVX_SSAIA + 1) << EXTENSION_SHIFT;
const SDTRIG = (RVX_SDTRIG + 1) << EXTENSION_SHIFT;

// How it reads and writes; which bits there are depends on the hart (warl.ts). Registers are 64-bit values inside; RV32 sees their lower half, and through
// an ...h register (UPPER) the upper one.
export const UPPER = 0x80;
export const FIELD = 0; // a cell of the env, every bit of it writable
export const CONSTANT = 1; // a cell of the env that ignores writes
export const ZERO = 2; // reads zero, ignores writes
export const FFLAGS = 3;
export const FRM = 4;
export const FCSR = 5;
export const COUNTER = 6; // number by the distance from the row's first CSR
export const TIME = 7;
export const HPMEVENT = 8;
export const COUNTINHIBIT = 9;
export const COUNTEREN = 10;
export const MSTATUS = 11;
export const SSTATUS = 12;
export const TVEC = 13;
export const EPC = 14;
export const MEDELEG = 15;
export const MIDELEG = 16;
export const MIE = 17;
export const SIE = 18;
export const MIP = 19;
export const SIP = 20;
export const SATP = 21;
export const MENVCFG = 22;
export const SENVCFG = 23;
export const STIMECMP = 24;
export const PMPCFG = 25;
export const PMPADDR = 26;
export const MSTATEEN = 27;
export const SSTATEEN = 28;
export const SCOUNTOVF = 29;
export const SCOUNTINHIBIT = 30;
export const SELECT = 31; // miselect, siselect
export const INDIRECT = 32; // mireg, sireg and their like (csr_indirect.ts)
export const TOPEI = 33;
export const TOPI = 34;
export const MVIEN = 35;
export const MVIP = 36;
export const MSECCFG = 37;
export const MNSTATUS = 38;
export const SEED = 39;
export const TRIGGER = 40; // tselect, tdata1, tdata2, tinfo (trigger.ts)
export const MCONTEXT = 41;
export const SSP = 42;

export const ROW_CSR = 0;
export const ROW_COUNT = 8;
export const ROW_RULE = 16;
export const ROW_KIND = 24;
export const ROW_FIELD = 32;
export const ROW_SIZE = 40;

const END: u64 = u64.MAX_VALUE;
const CSRS: usize = 4096;

// prettier-ignore
const ROWS: usize = memory.data<u64>([
  // CSR  count rule               kind               field
  // Unprivileged floating-point, table jumps, counters and timers
  0x001,  1,    RULE_FP,           FFLAGS,            0,
  0x002,  1,    RULE_FP,           FRM,               0,
  0x003,  1,    RULE_FP,           FCSR,              0,
  0x011,  1,    RULE_SSP,          SSP,               RV_SSP,
  0x015,  1,    RULE_SEED,         SEED,              0,
  0x017,  1,    RULE_ZCMT,         FIELD,             RV_JVT,
  0xc00,  1,    RULE_COUNTER,      COUNTER,           0,                 // cycle
  0xc01,  1,    RULE_COUNTER,      TIME,              0,
  0xc02,  30,   RULE_COUNTER,      COUNTER,           2,                 // instret, hpmcounter3 to 31
  0xc80,  1,    RULE_COUNTER_RV32, COUNTER | UPPER,   0,
  0xc81,  1,    RULE_COUNTER_RV32, TIME | UPPER,      0,
  0xc82,  30,   RULE_COUNTER_RV32, COUNTER | UPPER,   2,
  // Supervisor
  0x100,  1,    RULE_S,            SSTATUS,           RV_MSTATUS,
  0x104,  1,    RULE_S,            SIE,               RV_MIE,
  0x105,  1,    RULE_S,            TVEC,              RV_STVEC,
  0x106,  1,    RULE_S,            COUNTEREN,         RV_SCOUNTEREN,
  0x10a,  1,    RULE_SENVCFG | V12, SENVCFG,          RV_SENVCFG,
  0x10c,  4,    RULE_SSTATEEN | V12 | SMSTATEEN, SSTATEEN, RV_SSTATEEN,
  0x114,  1,    RULE_SAIA_RV32 | SSAIA, SIE | UPPER,  RV_MIE,
  0x120,  1,    RULE_SCOUNTINHIBIT | SSCCFG, SCOUNTINHIBIT, RV_MCOUNTINHIBIT,
  0x140,  1,    RULE_S,            FIELD,             RV_SSCRATCH,
  0x141,  1,    RULE_S,            EPC,               RV_SEPC,
  0x142,  1,    RULE_S,            FIELD,             RV_SCAUSE,
  0x143,  1,    RULE_S,            FIELD,             RV_STVAL,
  0x144,  1,    RULE_S,            SIP,               RV_MIP,
  0x150,  1,    RULE_SISELECT,     SELECT,            RV_SISELECT,
  0x151,  3,    RULE_SIREG,        INDIRECT,          0,                 // sireg to sireg3
  0x154,  1,    RULE_SAIA_RV32 | SSAIA, SIP | UPPER,  RV_MIP,
  0x155,  3,    RULE_SIREG,        INDIRECT,          0,                 // sireg4 to sireg6
  0x15c,  1,    RULE_STOPEI | SSAIA, TOPEI,           0,
  0xdb0,  1,    RULE_SAIA | SSAIA, TOPI,              0,
  0xda0,  1,    RULE_S | SSCOFPMF, SCOUNTOVF,         0,
  0x14d,  1,    RULE_SSTC,         STIMECMP,          RV_STIMECMP,
  0x15d,  1,    RULE_SSTC_RV32,    STIMECMP | UPPER,  RV_STIMECMP,
  0x180,  1,    RULE_SATP,         SATP,              RV_SATP,
  // Machine information
  0x7a0,  3,    RULE_ANY | SDTRIG, TRIGGER,           0,                 // tselect, tdata1, tdata2
  0x7a3,  1,    RULE_ANY | SDTRIG, ZERO,              0,                 // tdata3: no trigger looks at contexts
  0x7a4,  1,    RULE_ANY | SDTRIG, TRIGGER,           0,                 // tinfo
  0x7a8,  1,    RULE_ANY | SDTRIG, MCONTEXT,          RV_MCONTEXT,
  0xf11,  1,    RULE_ANY,          CONSTANT,          RV_MVENDORID,
  0xf12,  1,    RULE_ANY,          CONSTANT,          RV_MARCHID,
  0xf13,  1,    RULE_ANY,          CONSTANT,          RV_MIMPID,
  0xf14,  1,    RULE_ANY,          CONSTANT,          RV_MHARTID,
  0xf15,  1,    RULE_ANY | V12,    ZERO,              0,                 // mconfigptr: no configuration data structure
  // Machine trap setup and handling
  0x300,  1,    RULE_ANY,          MSTATUS,           RV_MSTATUS,
  0x301,  1,    RULE_ANY,          CONSTANT,          RV_MISA,           // writes are ignored: extensions are fixed
  0x302,  1,    RULE_S,            MEDELEG,           RV_MEDELEG,
  0x303,  1,    RULE_S,            MIDELEG,           RV_MIDELEG,
  0x304,  1,    RULE_ANY,          MIE,               RV_MIE,
  0x305,  1,    RULE_ANY,          TVEC,              RV_MTVEC,
  0x306,  1,    RULE_U,            COUNTEREN,         RV_MCOUNTEREN,
  0x308,  1,    RULE_S | SMAIA,    MVIEN,             RV_MVIEN,
  0x309,  1,    RULE_S | SMAIA,    MVIP,              RV_MVIP,
  0x318,  1,    RULE_S_RV32 | SMAIA, MVIEN | UPPER,   RV_MVIEN,
  0x319,  1,    RULE_S_RV32 | SMAIA, MVIP | UPPER,    RV_MVIP,
  0x30c,  4,    RULE_ANY | V12 | SMSTATEEN, MSTATEEN, RV_MSTATEEN,
  0x31c,  4,    RULE_RV32 | V12 | SMSTATEEN, MSTATEEN | UPPER, RV_MSTATEEN,
  0x313,  1,    RULE_S_RV32 | SMAIA, MIDELEG | UPPER, RV_MIDELEG,
  0x314,  1,    RULE_RV32 | SMAIA, MIE | UPPER,       RV_MIE,
  0x310,  1,    RULE_RV32 | V12,   MSTATUS | UPPER,   RV_MSTATUS,
  0x312,  1,    RULE_S_RV32 | V13, ZERO,              0,                 // medelegh: no exceptions from 32 on
  0x340,  1,    RULE_ANY,          FIELD,             RV_MSCRATCH,
  0x341,  1,    RULE_ANY,          EPC,               RV_MEPC,
  0x342,  1,    RULE_ANY,          FIELD,             RV_MCAUSE,
  0x343,  1,    RULE_ANY,          FIELD,             RV_MTVAL,
  0x344,  1,    RULE_ANY,          MIP,               RV_MIP,
  0x34b,  1,    RULE_DBLTRP,       FIELD,             RV_MTVAL2,
  0x350,  1,    RULE_MISELECT,     SELECT,            RV_MISELECT,
  0x351,  3,    RULE_MIREG,        INDIRECT,          0,                 // mireg to mireg3
  0x354,  1,    RULE_RV32 | SMAIA, MIP | UPPER,       RV_MIP,
  0x355,  3,    RULE_MIREG,        INDIRECT,          0,                 // mireg4 to mireg6
  0x35c,  1,    RULE_MTOPEI | SMAIA, TOPEI,           0,
  0xfb0,  1,    RULE_ANY | SMAIA,  TOPI,              0,
  // Resumable non-maskable interrupts
  0x740,  1,    RULE_ANY | SMRNMI, FIELD,             RV_MNSCRATCH,
  0x741,  1,    RULE_ANY | SMRNMI, EPC,               RV_MNEPC,
  0x742,  1,    RULE_ANY | SMRNMI, FIELD,             RV_MNCAUSE,
  0x744,  1,    RULE_ANY | SMRNMI, MNSTATUS,          RV_MNSTATUS,
  0x30a,  1,    RULE_U | V12,      MENVCFG,           RV_MENVCFG,
  0x31a,  1,    RULE_U_RV32 | V12, MENVCFG | UPPER,   RV_MENVCFG,
  // Physical memory protection
  0x747,  1,    RULE_MSECCFG,      MSECCFG,           RV_MSECCFG,
  0x757,  1,    RULE_MSECCFG_RV32, MSECCFG | UPPER,   RV_MSECCFG,
  0x3a0,  4,    RULE_PMP,          PMPCFG,            0,
  0x3b0,  16,   RULE_PMP,          PMPADDR,           RV_PMPADDR,
  // Machine counters
  0x320,  1,    RULE_ANY | V11,    COUNTINHIBIT,      RV_MCOUNTINHIBIT,
  0x321,  1,    RULE_ANY | SMCNTRPMF, HPMEVENT,       0,                 // mcyclecfg
  0x322,  1,    RULE_ANY | SMCNTRPMF, HPMEVENT,       2,                 // minstretcfg
  0x323,  29,   RULE_ANY,          HPMEVENT,          3,
  0x721,  1,    RULE_RV32 | SMCNTRPMF, HPMEVENT | UPPER, 0,
  0x722,  1,    RULE_RV32 | SMCNTRPMF, HPMEVENT | UPPER, 2,
  0x723,  29,   RULE_RV32 | SSCOFPMF, HPMEVENT | UPPER, 3,
  0xb00,  1,    RULE_ANY,          COUNTER,           0,
  0xb02,  1,    RULE_ANY,          COUNTER,           2,
  0xb03,  29,   RULE_ANY,          COUNTER,           3,
  0xb80,  1,    RULE_RV32,         COUNTER | UPPER,   0,
  0xb82,  1,    RULE_RV32,         COUNTER | UPPER,   2,
  0xb83,  29,   RULE_RV32,         COUNTER | UPPER,   3,
  END,    0,    0,                 0,                 0,
]);

/**
 * Row number + 1 of each CSR number, 0: no such CSR. In the arena, since each instance of the module zeroes statics when it is made, while others use them.
 * 0: not there.
 */
let index: usize = 0;

/** Before the first vCPU of this instance runs. */
export function csrIndexInit(): void {
  if (index != 0) return;
  lock();
  index = arenaAllocPermanent(CSRS);
  unlock();
  if (index == 0) return;
  for (let row = ROWS, number: u8 = 1; load<u64>(row) != END; row += ROW_SIZE, number++) {
    const first = load<u64>(row, ROW_CSR) as usize;
    for (let i: usize = 0; i < (load<u64>(row, ROW_COUNT) as usize); i++) store<u8>(index + first + i, number);
  }
}

/** The row of a CSR, or 0 if there is none with that number. */
export function csrRow(csr: u32): usize {
  if (index == 0) return search(csr);
  const number = load<u8>(index + csr);
  return number == 0 ? 0 : ROWS + (number - 1) * ROW_SIZE;
}

function search(csr: u32): usize {
  for (let row = ROWS; load<u64>(row) != END; row += ROW_SIZE) if (csr - (load<u64>(row, ROW_CSR) as u32) < (load<u64>(row, ROW_COUNT) as u32)) return row;
  return 0;
}
