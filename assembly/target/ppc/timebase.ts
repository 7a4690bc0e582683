// Time base and decrementer, both made of the machine's ticks when they are looked at. PEM, 2.2 and 2.3.14, 2.3.15.
import { reachingOut } from '../../core/journal';
import { WORK_CSR, worked } from '../../core/work';
import { decrementerUpdate, ticks } from './host';
import { setPending } from './interrupts';
import { PENDING_DECREMENTER } from './shared/oea';
import { ppc } from './env';
import { PPC_DEC_ZERO } from './shared/env';

const LOW: u64 = 0xffffffff;
/** It goes on below zero, and comes back after so many ticks. */
const DEC_PERIOD: u64 = 1 << 32;

function now(env: usize): u64 {
  reachingOut();
  worked(WORK_CSR);
  return ticks(env);
}

export function timeBase(env: usize): u64 {
  return now(env) + ppc(env).timeOffset;
}

export function setTimeBaseLower(env: usize, value: u32): void {
  setTimeBase(env, (timeBase(env) & ~LOW) | (value as u64));
}

export function setTimeBaseUpper(env: usize, value: u32): void {
  setTimeBase(env, (timeBase(env) & LOW) | ((value as u64) << 32));
}

function setTimeBase(env: usize, value: u64): void {
  ppc(env).timeOffset = value - now(env);
}

@inline
function decrementerAt(env: usize, time: u64): u32 {
  return (ppc(env).decZero - time) as u32;
}

export function decrementer(env: usize): u32 {
  return decrementerAt(env, now(env));
}

/** Its sign bit is the exception: what sets it raises one, be it time or software (PEM, 6.4.9). */
export function setDecrementer(env: usize, value: u32): void {
  const time = now(env);
  settle(env, time);
  const wasPositive = (decrementerAt(env, time) as i32) >= 0;
  ppc(env).decZero = time + (value as u64);
  if (wasPositive && (value as i32) < 0) setPending(env, PENDING_DECREMENTER);
  decrementerUpdate(env);
}

/** It has passed through zero, if it has until `time`. */
function settle(env: usize, time: u64): void {
  let zero = ppc(env).decZero;
  if (time <= zero) return;
  zero += ((time - 1 - zero) / DEC_PERIOD + 1) * DEC_PERIOD;
  ppc(env).decZero = zero;
  setPending(env, PENDING_DECREMENTER);
}

/** The host calls it when the tick after PPC_DEC_ZERO has come, `time`; it sets its timer anew afterwards. */
export function ppcTimerTick(env: usize, time: u64): void {
  settle(env, time);
}
