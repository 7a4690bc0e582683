// Performance counters: cycle, instret, hpmcounter3 to 18. Privileged specification, sections 3.1.10 to 3.1.12; events are QEMU's.
import { RVX_ZIHPM, RV_MCOUNTINHIBIT, RV_MCYCLE_OFFSET, RV_MHPMCOUNTER, RV_MHPMEVENT, RV_MINSTRET_OFFSET } from './shared/riscv';
import { cpuInsnCount } from '../../core/env';
import { COUNTERS_HPM } from './bits';
import { hasExt } from './hart';

const CYCLE = 0;
const INSTRET = 2;
/** mhpmevent values that count something (SBI's numbers of the general hardware events): a cycle here is an instruction. */
const EVENT_CYCLES: u64 = 1;
const EVENT_INSTRUCTIONS: u64 = 2;

function cell(env: usize, counter: i32): usize {
  if (counter == CYCLE) return env + RV_MCYCLE_OFFSET;
  if (counter == INSTRET) return env + RV_MINSTRET_OFFSET;
  return env + RV_MHPMCOUNTER + counter * 8;
}

function isCounting(env: usize, counter: i32): bool {
  if (((load<u64>(env, RV_MCOUNTINHIBIT) >> counter) & 1) != 0) return false;
  if (counter <= INSTRET) return true;
  const event = load<u64>(env + counter * 8, RV_MHPMEVENT);
  return event == EVENT_CYCLES || event == EVENT_INSTRUCTIONS;
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
  if (exists(env, counter)) store<u64>(cell(env, counter), value - base(env, counter));
}

export function counterSetEvent(env: usize, counter: i32, event: u64): void {
  if (!exists(env, counter)) return;
  const value = counterRead(env, counter, 0);
  store<u64>(env + counter * 8, event, RV_MHPMEVENT);
  counterWrite(env, counter, value);
}

/** mcountinhibit: a set bit stops its counter. */
export function counterSetInhibit(env: usize, inhibit: u64): void {
  const before = load<u64>(env, RV_MCOUNTINHIBIT);
  for (let left = inhibit & ~before; left != 0; left &= left - 1) {
    const at = cell(env, ctz(left) as i32);
    store<u64>(at, load<u64>(at) + base(env, ctz(left) as i32));
  }
  store<u64>(env, inhibit, RV_MCOUNTINHIBIT);
  for (let left = before & ~inhibit; left != 0; left &= left - 1) {
    const at = cell(env, ctz(left) as i32);
    store<u64>(at, load<u64>(at) - base(env, ctz(left) as i32));
  }
}
