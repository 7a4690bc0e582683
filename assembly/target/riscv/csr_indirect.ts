// Registers behind miselect and siselect: priorities of interrupts, delegated counters, interrupt files of the IMSIC.
// Privileged specification, "Smcsrind/Sscsrind", "Smcdeleg"; AIA, "Control and Status Registers (CSRs) Added to Harts", "Incoming MSI Controller".
import { RV_MIPRIO, RV_MISELECT, RV_SIPRIO, RV_SISELECT } from './shared/env';
import {
  RVX_S, RVX_SMAIA, RVX_SMCNTRPMF, RVX_SMCSRIND, RVX_SMSTATEEN, RVX_SSAIA, RVX_SSCCFG, RVX_SSCOFPMF, RVX_SSCSRIND, RVX_ZCMT, RVX_ZICNTR, RVX_ZIHPM,
} from './shared/riscv';
import { reachingOut } from '../../core/journal';
import { EVENT_MINH, MENVCFG_CDE, MIP_SEIP, PRV_M, PRV_S, PRV_U, STATEEN_AIA, STATEEN_IMSIC, STATEEN_JVT } from './bits';
import { counterRead, counterSetEvent, counterWrite } from './counter';
import { hasExt, isRv32, privilege } from './hart';
import { imsicRead, imsicWrite } from './host';
import { orderChanged } from './interrupt';
import { delegableInterrupts, interrupts } from './warl';
import { hart } from './env';

// Which register of those with one number: the low bits of the CSR's.
const REG: u32 = 1;
const REG2: u32 = 2;
const REG4: u32 = 5;
const REG5: u32 = 6;

const IPRIO_FIRST: u32 = 0x30;
const IPRIO_LAST: u32 = 0x3f;
const COUNTER_FIRST: u32 = 0x40;
const COUNTER_LAST: u32 = 0x5f;
const IMSIC_FIRST: u32 = 0x70;
const IMSIC_LAST: u32 = 0xff;
/** From here on a 64-bit hart has the even numbers only. */
const IMSIC_ARRAYS: u32 = 0x80;
const TIME: u32 = 1;
const INSTRET: u32 = 2;
const SEI = 9;
const MEI = 11;

/** The CSR belongs to S-mode. */
@inline
export function isSupervisors(csr: u32): bool {
  return ((csr >> 8) & 3) == PRV_S;
}

/** Whether mstateen0 gives S-mode what `bit` stands for. */
export function stateenAllows(env: usize, index: i32, bit: u64): bool {
  return privilege(env) == PRV_M || !hasExt(env, RVX_SMSTATEEN) || (hart(env).mstateen(index) & bit) != 0;
}

/** Whether code in the mode of now may use jvt. */
export function jvtAllowed(env: usize): bool {
  if (!hasExt(env, RVX_ZCMT) || !stateenAllows(env, 0, STATEEN_JVT)) return false;
  return privilege(env) != PRV_U || !hasExt(env, RVX_SMSTATEEN) || !hasExt(env, RVX_S) || (hart(env).sstateen(0) & STATEEN_JVT) != 0;
}

/** Whether code in the mode of now may reach the interrupt file of M-mode, or of S-mode. */
export function imsicAllowed(env: usize, supervisor: bool): bool {
  if (hart(env).imsic == 0) return false;
  if (!supervisor) return true;
  return stateenAllows(env, 0, STATEEN_IMSIC) && !(privilege(env) == PRV_S && (hart(env).mvien & MIP_SEIP) != 0);
}

@inline
function selectOf(env: usize, supervisor: bool): u64 {
  return load<u64>(env + (supervisor ? RV_SISELECT : RV_MISELECT));
}

/** Values that miselect and siselect can hold: what software needs to find out that nothing is there. */
export function selectable(env: usize, supervisor: bool): u64 {
  return hasExt(env, supervisor ? RVX_SSCSRIND : RVX_SMCSRIND) ? 0xfff : 0x1ff;
}

/** Whether there is a register behind `csr` that the mode of now may reach. */
export function indirectAllowed(env: usize, csr: u32): bool {
  const supervisor = isSupervisors(csr);
  const reg = csr & 7;
  const select = selectOf(env, supervisor) as u32;
  if (reg != REG && !hasExt(env, supervisor ? RVX_SSCSRIND : RVX_SMCSRIND)) return false;
  if (select >= COUNTER_FIRST && select <= COUNTER_LAST) return supervisor && counterDelegated(env, select - COUNTER_FIRST, reg);
  if (reg != REG || !hasExt(env, supervisor ? RVX_SSAIA : RVX_SMAIA)) return false;
  const even = (select & 1) == 0 || isRv32(env);
  if (select >= IPRIO_FIRST && select <= IPRIO_LAST) return even && (!supervisor || stateenAllows(env, 0, STATEEN_AIA));
  if (select >= IMSIC_FIRST && select <= IMSIC_LAST) return (even || select < IMSIC_ARRAYS) && imsicAllowed(env, supervisor);
  return false;
}

function counterDelegated(env: usize, counter: u32, reg: u32): bool {
  if (!hasExt(env, RVX_SSCCFG) || (hart(env).menvcfg & MENVCFG_CDE) == 0) return false;
  if (counter == TIME || ((hart(env).mcounteren >> counter) & 1) == 0) return false;
  const hpm = counter > INSTRET;
  if (reg == REG || reg == REG4) return (reg == REG || isRv32(env)) && hasExt(env, hpm ? RVX_ZIHPM : RVX_ZICNTR);
  if (reg == REG2) return hasExt(env, hpm ? RVX_ZIHPM : RVX_SMCNTRPMF);
  return reg == REG5 && isRv32(env) && hasExt(env, hpm ? RVX_SSCOFPMF : RVX_SMCNTRPMF);
}

@inline
function isHigh(reg: u32): bool {
  return reg == REG4 || reg == REG5;
}

/** The XLEN bits of the register behind `csr`; 0 if there is none. */
export function indirectRead(env: usize, csr: u32, running: u64): u64 {
  const supervisor = isSupervisors(csr);
  const reg = csr & 7;
  const select = selectOf(env, supervisor) as u32;
  if (!indirectAllowed(env, csr)) return 0;
  if (select <= IPRIO_LAST) {
    const at = env + (supervisor ? RV_SIPRIO : RV_MIPRIO) + (select - IPRIO_FIRST) * 4;
    return isRv32(env) ? (load<u32>(at) as u64) : load<u64>(at);
  }
  if (select >= IMSIC_FIRST) {
    reachingOut();
    return imsicRead(env, supervisor, select);
  }
  const value = wholeCounter(env, select - COUNTER_FIRST, reg, running);
  return isHigh(reg) ? value >> 32 : value;
}

function wholeCounter(env: usize, counter: i32, reg: u32, running: u64): u64 {
  return reg == REG2 || reg == REG5 ? hart(env).mhpmevent(counter) & ~EVENT_MINH : counterRead(env, counter, running);
}

/** `value`: the XLEN bits as they are to be. */
export function indirectWrite(env: usize, csr: u32, value: u64): void {
  const supervisor = isSupervisors(csr);
  const reg = csr & 7;
  const select = selectOf(env, supervisor) as u32;
  if (!indirectAllowed(env, csr)) return;
  if (select <= IPRIO_LAST) return writePriorities(env, supervisor, ((select - IPRIO_FIRST) * 4) as i32, value);
  if (select >= IMSIC_FIRST) {
    reachingOut();
    return imsicWrite(env, supervisor, select, value);
  }
  const counter = select - COUNTER_FIRST;
  if (isRv32(env)) {
    const old = wholeCounter(env, counter, reg, 0);
    value = isHigh(reg) ? (old & 0xffffffff) | (value << 32) : (old & ~(0xffffffff as u64)) | (value & 0xffffffff);
  }
  if (reg == REG || reg == REG4) counterWrite(env, counter, value);
  else counterSetEvent(env, counter, (value & ~EVENT_MINH) | (hart(env).mhpmevent(counter) & EVENT_MINH));
}

/** Priorities of the interrupts from `firstOne` on, a byte each. That of the external interrupt is its controller's. */
function writePriorities(env: usize, supervisor: bool, firstOne: i32, value: u64): void {
  const there = supervisor ? delegableInterrupts(env) & ~((1 as u64) << SEI) : interrupts(env) & ~((1 as u64) << MEI);
  const at = env + (supervisor ? RV_SIPRIO : RV_MIPRIO) + firstOne;
  const count = isRv32(env) ? 4 : 8;
  for (let i = 0; i < count; i++) {
    if (((there >> (firstOne + i)) & 1) != 0) store<u8>(at + i, (value >> (8 * i)) as u8);
  }
  orderChanged(env);
}
