// SPRs that are more than a cell; which there are, who may, and what of a value stays is in src/target/ppc/sprs.ts.
import { WORK_CSR, worked } from '../../core/work';
import { reachingOut } from '../../core/journal';
import { breakpointsChanged } from './debug';
import { noSpr } from './host';
import { pmuTimeChanged, pmuTimeChanges } from './pmu';
import { SPR_DABR, SPR_DBAT3L, SPR_DBAT7L, SPR_DEC, SPR_HID2, SPR_IABR, SPR_IBAT0U, SPR_IBAT4U, SPR_SDR1, SPR_TBL, SPR_TBL_READ, SPR_TBU, SPR_TBU_READ, SPR_THRM1, SPR_THRM3 } from './shared/oea';
import { setStale } from './stale';
import { decrementer, setDecrementer, setTimeBaseLower, setTimeBaseUpper, timeBase } from './timebase';
import { ppc } from './env';
import { PPC_DBAT, PPC_HID2, PPC_IBAT, PPC_SDR1, PPC_SR, PPC_THRM } from './shared/env';

/** Cell of a BAT's half, by its SPR number: four of instructions, four of data, and so the upper ones. */
function batCell(env: usize, spr: i32): usize {
  const isHigh = spr >= SPR_IBAT4U;
  const n = spr - (isHigh ? SPR_IBAT4U : SPR_IBAT0U);
  return env + (n < 8 ? PPC_IBAT : PPC_DBAT) + ((n & 7) + (isHigh ? 8 : 0)) * 4;
}

function isBat(spr: i32): bool {
  return (spr >= SPR_IBAT0U && spr <= SPR_DBAT3L) || (spr >= SPR_IBAT4U && spr <= SPR_DBAT7L);
}

/** Translations depend on the cell. */
function change(env: usize, cell: usize, value: u32): void {
  if (load<u32>(cell) == value) return;
  store<u32>(cell, value);
  setStale(env);
}

export function helper_mfspr(env: usize, spr: u64): u64 {
  switch (spr as i32) {
    case SPR_DEC: return decrementer(env);
    case SPR_TBL:
    case SPR_TBL_READ: return timeBase(env) & 0xffffffff;
    case SPR_TBU:
    case SPR_TBU_READ: return timeBase(env) >> 32;
  }
  return 0;
}

/** `value` has but the bits that there are. */
export function helper_mtspr(env: usize, spr: u64, value: u64): void {
  worked(WORK_CSR);
  const word = value as u32;
  const number = spr as i32;
  if (isBat(number)) return change(env, batCell(env, number), word);
  switch (number) {
    case SPR_DEC: return setDecrementer(env, word);
    case SPR_TBL:
    case SPR_TBU:
      pmuTimeChanges(env);
      if (number == SPR_TBL) setTimeBaseLower(env, word);
      else setTimeBaseUpper(env, word);
      return pmuTimeChanged(env);
    case SPR_SDR1: return change(env, env + PPC_SDR1, word);
    case SPR_HID2: return change(env, env + PPC_HID2, word);
    case SPR_IABR:
      ppc(env).iabr = word;
      return breakpointsChanged(env);
    case SPR_DABR:
      ppc(env).dabr = word;
      return breakpointsChanged(env);
  }
  if (number >= SPR_THRM1 && number <= SPR_THRM3) setThermal(env, number - SPR_THRM1, word);
}

// Thermal assist unit: a junction that is always as warm (MPC750 user's manual, 10.3).
const THRM_TIN: u32 = 0x80000000; // the threshold is crossed
const THRM_TIV: u32 = 0x40000000; // which is known
const THRM_TID: u32 = 4; // from above
const THRM_V: u32 = 1;
const THRM3: u32 = 2;
const THRM3_E: u32 = 1;
const THRESHOLD_SHIFT: u32 = 23;
const DEGREES: u32 = 24;

/** Interrupts by it are not there: what their handlers would see, they can read. */
function setThermal(env: usize, n: u32, word: u32): void {
  store<u32>(env + n * 4, n == THRM3 ? word : word & ~(THRM_TIN | THRM_TIV), PPC_THRM);
  if ((load<u32>(env + THRM3 * 4, PPC_THRM) & THRM3_E) == 0) return;
  for (let at = env; at < env + THRM3 * 4; at += 4) {
    const register = load<u32>(at, PPC_THRM) & ~THRM_TIN;
    if ((register & THRM_V) == 0) continue;
    const threshold = (register >> THRESHOLD_SHIFT) & 0x7f;
    const crossed = (register & THRM_TID) != 0 ? DEGREES < threshold : DEGREES > threshold;
    store<u32>(at, register | THRM_TIV | (crossed ? THRM_TIN : 0), PPC_THRM);
  }
}

/** An SPR that the model does not have: nothing happens, but in the log. */
export function helper_no_spr(env: usize, spr: u64, isWrite: u64): void {
  reachingOut();
  noSpr(env, spr as u32, isWrite != 0);
}

export function helper_mtsr(env: usize, n: u64, value: u64): void {
  worked(WORK_CSR);
  change(env, env + ((n & 15) as usize) * 4 + PPC_SR, value as u32);
}

export function helper_mfsr(env: usize, n: u64): u64 {
  return load<u32>(env + ((n & 15) as usize) * 4, PPC_SR);
}
