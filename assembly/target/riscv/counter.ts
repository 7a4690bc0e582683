// Performance counters: cycle, instret, hpmcounter3 to 18. Privileged specification, sections 3.1.10 to 3.1.12, "Sscofpmf", "Smcntrpmf"; events are QEMU's.
import { RV_MCYCLE_OFFSET, RV_MHPMCOUNTER, RV_MINSTRET_OFFSET } from './shared/env';
import { RVX_SMCNTRPMF, RVX_SSCOFPMF, RVX_ZIHPM } from './shared/riscv';
import { cpuInsnCount, cpuRequestExit } from '../../core/env';
import { COUNTERS_HPM, EVENT_MINH, EVENT_OF, EVENT_SINH, EVENT_UINH, MIP_LCOFIP, PRV_M, PRV_S } from './bits';
import { hasExt, privilege } from './hart';
import { refreshMip } from './interrupt';
import { legalEvent } from './warl';
import { hart } from './env';

const CYCLE = 0;
const INSTRET = 2;
/** mhpmevent values that count something (SBI's numbers of the general hardware events): a cycle here is an instruction. */
const EVENT_CYCLES: u64 = 1;
const EVENT_INSTRUCTIONS: u64 = 2;

/** With Sscofpmf the number of an event is below these bits. */
const EVENT_FLAGS: u64 = 0xff << 56;
const INHIBITS: u64 = EVENT_MINH | EVENT_SINH | EVENT_UINH;
const TOP: u64 = 1 << 63;

function cell(env: usize, counter: i32): usize {
  if (counter == CYCLE) return env + RV_MCYCLE_OFFSET;
  if (counter == INSTRET) return env + RV_MINSTRET_OFFSET;
  return env + RV_MHPMCOUNTER + counter * 8;
}

function isCounting(env: usize, counter: i32): bool {
  if (((hart(env).mcountinhibit >> counter) & 1) != 0) return false;
  if (((hart(env).filtered >> counter) & 1) != 0 && standsStill(env, counter)) return false;
  return counter <= INSTRET || countsSomething(env, counter);
}

function countsSomething(env: usize, counter: i32): bool {
  let event = hart(env).mhpmevent(counter);
  if (hasExt(env, RVX_SSCOFPMF)) event &= ~EVENT_FLAGS;
  return event == EVENT_CYCLES || event == EVENT_INSTRUCTIONS;
}

/** Whether its filter leaves out the mode of now. */
function standsStill(env: usize, counter: i32): bool {
  const priv = privilege(env);
  return (hart(env).mhpmevent(counter) & (priv == PRV_M ? EVENT_MINH : priv == PRV_S ? EVENT_SINH : EVENT_UINH)) != 0;
}

/** Counters that are not there, and their events, are read-only zero. */
function exists(env: usize, counter: i32): bool {
  return counter <= INSTRET || (hasExt(env, RVX_ZIHPM) && ((COUNTERS_HPM >> counter) & 1) != 0);
}

// A counter that counts is kept as its distance from the instruction counter, one that stands still as its value.
// An instruction that accesses a counter ends its TB, so by now the instruction counter has counted it. What it writes, the next instruction reads: a write
// is about the state after the instruction. What it reads is the state before, which does not have the instruction itself.
@inline
function base(env: usize, counter: i32): u64 {
  return isCounting(env, counter) ? cpuInsnCount(env) : 0;
}

/** `running`: 1 if an instruction asks, 0 between instructions. */
export function counterRead(env: usize, counter: i32, running: u64): u64 {
  return load<u64>(cell(env, counter)) + (isCounting(env, counter) ? cpuInsnCount(env) - running : 0);
}

export function counterWrite(env: usize, counter: i32, value: u64): void {
  if (!exists(env, counter)) return;
  settleOverflows(env);
  store<u64>(cell(env, counter), value - base(env, counter));
  watch(env, counter);
}

/** mhpmevent; of counters 0 and 2, mcyclecfg and minstretcfg. */
export function counterSetEvent(env: usize, counter: i32, event: u64): void {
  if (!exists(env, counter)) return;
  const value = counterRead(env, counter, 0);
  settleOverflows(env);
  hart(env).setMhpmevent(counter, legalEvent(env, counter, event));
  updateFilters(env);
  counterWrite(env, counter, value);
}

/** Derives RV_FILTERED. */
export function updateFilters(env: usize): void {
  let filtered: u32 = 0;
  for (let counter = 0; counter < 32; counter++) {
    if (!hasExt(env, counter <= INSTRET ? RVX_SMCNTRPMF : RVX_SSCOFPMF)) continue;
    if ((hart(env).mhpmevent(counter) & INHIBITS) != 0) filtered |= 1 << counter;
  }
  hart(env).filtered = filtered;
}

/** The hart goes to another privilege mode, in which other counters stand still. */
export function counterModeChange(env: usize, priv: i32): void {
  const filtered = hart(env).filtered;
  const counted = hold(env, filtered);
  hart(env).priv = priv;
  const counts = letGo(env, filtered);
  // the slice was planned without those
  if ((hart(env).overflowing & counts & ~counted) != 0) cpuRequestExit(env);
}

/** Counters become values. Returns those that counted. */
@inline
function hold(env: usize, counters: u32): u32 {
  return convert(env, counters, true);
}

/** Values become counters again. Returns those that count. */
@inline
function letGo(env: usize, counters: u32): u32 {
  return convert(env, counters, false);
}

function convert(env: usize, counters: u32, toValues: bool): u32 {
  let counting: u32 = 0;
  for (let left = counters; left != 0; left &= left - 1) {
    const counter = ctz(left) as i32;
    if (!isCounting(env, counter)) continue;
    const at = cell(env, counter);
    const count = cpuInsnCount(env);
    store<u64>(at, load<u64>(at) + (toValues ? count : 0 - count));
    counting |= (1 as u32) << counter;
  }
  return counting;
}

/** mcountinhibit: a set bit stops its counter. */
export function counterSetInhibit(env: usize, inhibit: u64): void {
  const changed = (inhibit ^ hart(env).mcountinhibit) as u32;
  hold(env, changed);
  hart(env).mcountinhibit = inhibit;
  if ((letGo(env, changed) & hart(env).overflowing) != 0) cpuRequestExit(env);
}

// ---- Overflow (Sscofpmf) -----------------------------------------------------------------------------------------------

// The machine runs a hart no further than to the next overflow (riscvOverflowDistance), and then has it noticed. A counter is watched from when it is
// set to a value with its top bit until that has gone; one that is set to less would take centuries.

/** After a change of the counter or its event. */
function watch(env: usize, counter: i32): void {
  if (counter <= INSTRET || !hasExt(env, RVX_SSCOFPMF)) return;
  const event = hart(env).mhpmevent(counter);
  const watched = (event & EVENT_OF) == 0 && countsSomething(env, counter) && (counterRead(env, counter, 0) & TOP) != 0;
  const others = hart(env).overflowing & ~((1 as u32) << counter);
  hart(env).overflowing = others | ((u32(watched)) << counter);
  // the slice was planned without it
  if (watched) cpuRequestExit(env);
}

/** Instructions until the first watched counter overflows; i32.MAX_VALUE: later. */
export function riscvOverflowDistance(env: usize): i32 {
  let least: u64 = i32.MAX_VALUE;
  for (let left = hart(env).overflowing; left != 0; left &= left - 1) {
    const counter = ctz(left) as i32;
    if (isCounting(env, counter)) least = min(least, 0 - counterRead(env, counter, 0));
  }
  return max(least as i32, 1);
}

/** Watched counters that have overflowed set OF and ask for the interrupt. */
export function settleOverflows(env: usize): void {
  let over: u32 = 0;
  for (let left = hart(env).overflowing; left != 0; left &= left - 1) {
    const counter = ctz(left) as i32;
    if ((counterRead(env, counter, 0) & TOP) != 0) continue;
    over |= (1 as u32) << counter;
    hart(env).setMhpmevent(counter, hart(env).mhpmevent(counter) | EVENT_OF);
  }
  if (over == 0) return;
  hart(env).overflowing = hart(env).overflowing & ~over;
  hart(env).softMip = hart(env).softMip | MIP_LCOFIP;
  refreshMip(env);
}

/** OF of all counters, as scountovf shows them. */
export function overflowFlags(env: usize): u64 {
  let flags: u64 = 0;
  for (let counter = INSTRET + 1; counter < 32; counter++) flags |= (hart(env).mhpmevent(counter) >> 63) << counter;
  return flags;
}
