// Performance monitor. PowerPC 604 user's manual, chapter 9; MPC750 user's manual, chapter 11; MPC7400 user's manual, chapter 11, whose names of MMCR0's bits differ (in
// brackets in shared/oea.ts). What counts and what holds its value is in docs/ppc.md.
//
// A counter's cell has its value as of PMU_BASE, so that a counter that counts costs nothing until somebody looks, the mode changes, or it is about to become negative:
// the CPU is run no further than that (pmuDistance), or has a timer (pmuDueCycles, pmuDueTicks), and settles.
import { WORK_CSR, worked } from '../../core/work';
import { reachingOut } from '../../core/journal';
import { cpuInsnCount, cpuRequestExit } from '../../core/env';
import { vcpu } from '../../core/vcpu';
import { hasFeature, msr } from './cpu';
import { cycles, pmuTimer } from './host';
import { setPending } from './interrupts';
import {
  EVENT_CYCLES, EVENT_INSTRUCTIONS, EVENT_NOTHING, EVENT_SWITCHES, EVENT_TRANSITIONS, FEATURE_PMU_VISIBLE, MMCR0_DIS, MMCR0_DISCOUNT, MMCR0_DMR, MMCR0_DMS, MMCR0_DP, MMCR0_DU,
  MMCR0_ENINT, MMCR0_INTONBITTRANS, MMCR0_PMC1INTCONTROL, MMCR0_PMCINTCONTROL, MMCR0_PMCTRIGGER, MMCR2_SMCNTENABLE, PENDING_PERFORMANCE, PMU_COUNTERS, SPR_MMCR0, SPR_MMCR1,
  SPR_MMCR2, SPR_PMC1, SPR_PMC2, SPR_PMC3, WATCHED_TIMED, WATCHED_TRANSITION,
} from './shared/oea';
import { MSR_PM, MSR_PR } from './shared/ppc';
import { timeBase } from './timebase';
import { ppc } from './env';

const NEGATIVE: u32 = 0x80000000;
const NEVER: u64 = u64.MAX_VALUE;

// ---- Events --------------------------------------------------------------------------------------------------------------

function selectOf(env: usize, n: i32): u32 {
  switch (n) {
    case 0: return (ppc(env).mmcr0 >> 6) & 0x7f;
    case 1: return ppc(env).mmcr0 & 0x3f;
    case 2: return ppc(env).mmcr1 >> 27;
    default: return (ppc(env).mmcr1 >> 22) & 0x1f;
  }
}

/** What counter n counts, as far as it can be known here; EVENT_NOTHING: it holds its value. */
function eventOf(env: usize, n: i32): u32 {
  const select = selectOf(env, n);
  if (select <= (EVENT_TRANSITIONS as u32)) return select;
  return select == EVENT_SWITCHES && n == 1 && hasFeature(env, FEATURE_PMU_VISIBLE) ? EVENT_SWITCHES : EVENT_NOTHING;
}

/** MMCR0[RTCSELECT]: bits 31, 23, 19 and 15 of TBL, from the right. */
function timeBaseBit(env: usize): u64 {
  const select = (ppc(env).mmcr0 >> 23) & 3;
  return select == 0 ? 0 : 4 + 4 * (select as u64);
}

/** How often the bit has gone from 0 to 1, until the time base was `time`. */
function transitionsUntil(env: usize, time: u64): u64 {
  const bit = timeBaseBit(env);
  return (time + ((1 as u64) << bit)) >> (bit + 1);
}

/** When it is to do so for the nth time, in the machine's ticks. */
function tickOf(env: usize, transition: u64): u64 {
  const bit = timeBaseBit(env);
  return (transition << (bit + 1)) - ((1 as u64) << bit) - ppc(env).timeOffset;
}

/** How often an event has been, from somewhere on. */
function occurrences(env: usize, event: u32): u64 {
  if (event == EVENT_INSTRUCTIONS) return cpuInsnCount(env);
  if (event == EVENT_SWITCHES) return ppc(env).pmuSwitches;
  if (event == EVENT_TRANSITIONS) return transitionsUntil(env, timeBase(env));
  reachingOut();
  worked(WORK_CSR);
  return cycles(env);
}

// ---- Counting ------------------------------------------------------------------------------------------------------------

@inline
function has(env: usize, bit: u32): bool {
  return (ppc(env).mmcr0 & bit) != 0;
}

@inline
function isNegative(env: usize, n: i32): bool {
  return (ppc(env).pmc(n) & NEGATIVE) != 0;
}

/** No counter counts in the mode of now. No board asserts PMON_IN, which SMCNTENABLE waits for. */
function isFrozen(env: usize): bool {
  const mode = msr(env);
  return has(env, MMCR0_DIS) || has(env, (mode & MSR_PR) != 0 ? MMCR0_DU : MMCR0_DP) || has(env, (mode & MSR_PM) != 0 ? MMCR0_DMS : MMCR0_DMR) || (ppc(env).mmcr2 & MMCR2_SMCNTENABLE) != 0;
}

/** Counter n has been stopped by an interrupt: by DISCOUNT, which PMCINTCONTROL overrides, and PMCTRIGGER for the others to go on. A 7400 sets DIS instead. */
function isDiscounted(env: usize, n: i32): bool {
  if (ppc(env).pmuSignaled == 0 || !has(env, MMCR0_DISCOUNT) || hasFeature(env, FEATURE_PMU_VISIBLE)) return false;
  return n == 0 || !has(env, MMCR0_PMCTRIGGER | MMCR0_PMCINTCONTROL);
}

/** Counter n waits for PMC1 to become negative, or for an interrupt. */
function isUntriggered(env: usize, n: i32): bool {
  return n > 0 && has(env, MMCR0_PMCTRIGGER) && !isNegative(env, 0) && ppc(env).pmuSignaled == 0;
}

/** Brings the counters' cells up to date. */
function fold(env: usize): void {
  for (let left = ppc(env).pmuCounting; left != 0; left &= left - 1) {
    const n = ctz(left) as i32;
    const now = occurrences(env, eventOf(env, n));
    ppc(env).setPmc(n, ppc(env).pmc(n) + ((now - ppc(env).pmuBase(n)) as u32));
    ppc(env).setPmuBase(n, now);
  }
}

/** What counter n holds, less the instruction that asks if that is counted already (`running` is 1). */
export function pmuCounter(env: usize, n: i32, running: u32): u32 {
  const value = ppc(env).pmc(n);
  if ((ppc(env).pmuCounting & (1 << n)) == 0) return value;
  const event = eventOf(env, n);
  return value + ((occurrences(env, event) - ppc(env).pmuBase(n)) as u32) - (event == EVENT_INSTRUCTIONS ? running : 0);
}

// ---- Conditions ----------------------------------------------------------------------------------------------------------

/** Whether a condition or event would do anything: ask for the interrupt, stop counters, or start them. */
function isAwaited(env: usize): bool {
  return has(env, MMCR0_ENINT) || (hasFeature(env, FEATURE_PMU_VISIBLE) && has(env, MMCR0_DISCOUNT | MMCR0_PMCTRIGGER));
}

function isEnabled(env: usize, n: i32): bool {
  return has(env, n == 0 ? MMCR0_PMC1INTCONTROL : MMCR0_PMCINTCONTROL);
}

function happens(env: usize): bool {
  for (let n = 0; n < PMU_COUNTERS; n++) if (isNegative(env, n) && isEnabled(env, n)) return true;
  return (ppc(env).pmuWatched & WATCHED_TRANSITION) != 0 && transitionsUntil(env, timeBase(env)) != ppc(env).pmuTransitions;
}

/** Does what follows from the counters' values. `at`: the address of an instruction that was executed about now. */
function evaluate(env: usize, at: u32): void {
  const isVisible = hasFeature(env, FEATURE_PMU_VISIBLE);
  const wasDisabled = has(env, MMCR0_DIS);
  const now = isAwaited(env) && happens(env);
  if (isVisible) {
    if (has(env, MMCR0_PMCTRIGGER)) {
      if (now || isNegative(env, 0)) ppc(env).mmcr0 &= ~MMCR0_PMCTRIGGER;
    } else if (now && has(env, MMCR0_DISCOUNT)) {
      ppc(env).mmcr0 |= MMCR0_DIS;
    }
  }
  if (!now || !has(env, MMCR0_ENINT)) return;
  ppc(env).mmcr0 &= ~MMCR0_ENINT;
  ppc(env).pmuSignaled = 1;
  if (!isVisible || !wasDisabled) ppc(env).sia = at;
  setPending(env, PENDING_PERFORMANCE);
}

/** Finds out what counts from now on, and what must be noticed. */
function arm(env: usize): void {
  let counting: u32 = 0;
  let watched: u32 = 0;
  let isActive: u32 = 0;
  const frozen = isFrozen(env);
  for (let n = 0; n < PMU_COUNTERS; n++) {
    const event = eventOf(env, n);
    if (event == EVENT_NOTHING) continue;
    isActive = 1;
    if (frozen || isDiscounted(env, n) || isUntriggered(env, n)) continue;
    counting |= 1 << n;
    ppc(env).setPmuBase(n, occurrences(env, event));
    if (isNegative(env, n) || !((n == 0 && has(env, MMCR0_PMCTRIGGER)) || (isAwaited(env) && isEnabled(env, n)))) continue;
    watched |= (1 << n) | (event == EVENT_CYCLES || event == EVENT_TRANSITIONS ? WATCHED_TIMED : 0);
  }
  if (has(env, MMCR0_INTONBITTRANS) && isAwaited(env)) {
    watched |= WATCHED_TRANSITION | WATCHED_TIMED;
    ppc(env).pmuTransitions = transitionsUntil(env, timeBase(env));
  }
  const timed = (ppc(env).pmuWatched | watched) & WATCHED_TIMED;
  ppc(env).pmuActive = has(env, MMCR0_DIS) ? 0 : isActive;
  ppc(env).pmuCounting = counting;
  ppc(env).pmuWatched = watched;
  if (timed == 0) return;
  reachingOut();
  pmuTimer(env);
}

/** The slice that goes on was planned without what arm has found. */
function rearm(env: usize): void {
  arm(env);
  if (pmuDistance(env) < vcpu(env).budget) cpuRequestExit(env);
}

/** Between slices, and when the timer has come. `at` is what SIA gets. */
export function pmuSettle(env: usize, at: u32): void {
  if ((ppc(env).pmuCounting | ppc(env).pmuWatched) == 0) return;
  fold(env);
  evaluate(env, at);
  arm(env);
}

/** Instructions until the first counter of them becomes negative that is watched; i32.MAX_VALUE: none does soon. */
export function pmuDistance(env: usize): i32 {
  let least: u32 = i32.MAX_VALUE;
  for (let left = ppc(env).pmuWatched & ppc(env).pmuCounting; left != 0; left &= left - 1) {
    const n = ctz(left) as i32;
    if (eventOf(env, n) == EVENT_INSTRUCTIONS) least = min(least, max(NEGATIVE - min(pmuCounter(env, n, 0), NEGATIVE), 1));
  }
  return least as i32;
}

/** The clock's count at which a counter of cycles becomes negative that is watched; NEVER: none does. */
export function pmuDueCycles(env: usize): u64 {
  return due(env, EVENT_CYCLES);
}

/** The machine's tick at which something comes of a transition of the time base; NEVER: nothing does. */
export function pmuDueTicks(env: usize): u64 {
  const last = due(env, EVENT_TRANSITIONS);
  const next = (ppc(env).pmuWatched & WATCHED_TRANSITION) != 0 ? min(last, ppc(env).pmuTransitions + 1) : last;
  return next == NEVER ? NEVER : tickOf(env, next);
}

function due(env: usize, event: u32): u64 {
  let first = NEVER;
  for (let left = ppc(env).pmuWatched & ppc(env).pmuCounting; left != 0; left &= left - 1) {
    const n = ctz(left) as i32;
    if (eventOf(env, n) == event) first = min(first, ppc(env).pmuBase(n) + ((NEGATIVE - ppc(env).pmc(n)) as u64));
  }
  return first;
}

// ---- Changes -------------------------------------------------------------------------------------------------------------

/** MSR[PR] or MSR[PM] is about to change, while PMU_ACTIVE is set. */
export function pmuLeave(env: usize, isSwitch: bool): void {
  if (isSwitch) ppc(env).pmuSwitches += 1;
  fold(env);
}

/** It has changed. */
export function pmuEnter(env: usize): void {
  evaluate(env, vcpu(env).pc as u32);
  rearm(env);
}

/** Before the time base is set, and after it. */
export function pmuTimeChanges(env: usize): void {
  pmuSettle(env, vcpu(env).pc as u32);
}
export function pmuTimeChanged(env: usize): void {
  if ((ppc(env).pmuCounting | ppc(env).pmuWatched) != 0) arm(env);
}

/** After reset and snapshots: everything but the registers themselves is made anew. */
export function pmuPostLoad(env: usize): void {
  ppc(env).pmuSwitches = 0;
  arm(env);
}

/** PMC1, PMC2, PMC3, PMC4, or what user mode sees of them. */
function counterOf(spr: i32): i32 {
  const number = spr | 16;
  return number <= SPR_PMC2 ? number - SPR_PMC1 : number - SPR_PMC3 + 2;
}

/** An instruction that reads a counter ends its TB, so that it is counted itself by now. */
export function helper_mfpmc(env: usize, spr: u64): u64 {
  return pmuCounter(env, counterOf(spr as i32), 1);
}

/** What is written is what the next instruction reads. Between instructions (a debugger), too. */
export function helper_mtpmu(env: usize, spr: u64, value: u64): void {
  worked(WORK_CSR);
  pmuSettle(env, vcpu(env).pc as u32);
  const word = value as u32;
  switch (spr as i32) {
    case SPR_MMCR0:
      ppc(env).mmcr0 = word;
      ppc(env).pmuSignaled = 0;
      break;
    case SPR_MMCR1:
      ppc(env).mmcr1 = word;
      break;
    case SPR_MMCR2:
      ppc(env).mmcr2 = word;
      break;
    default:
      ppc(env).setPmc(counterOf(spr as i32), word);
  }
  // another bit of the time base's is none that has changed
  ppc(env).pmuWatched &= ~WATCHED_TRANSITION;
  evaluate(env, vcpu(env).pc as u32);
  rearm(env);
}
