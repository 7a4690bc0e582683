// What TypeScript calls to set the runtime up, and what a debugger asks of a vCPU.
import {
  ENV_CPU_INDEX, ENV_EXCEPTION_INDEX, ENV_MMU_IDX, ENV_PHYSMAP, ENV_TARGET, PHYSMAP_MAX, PHYSMAP_RECORDS, PHYSMAP_RECORD_SIZE, TLB_MMIO,
} from './shared/layout';
import { arenaAllocPermanent, arenaInit } from './core/arena';
import { cpusAdd, cpusInit, envAlloc } from './core/cpus';
import { flagsOf, lookup, physOf } from './softmmu/lookup';
import { targetTranslateDebug } from './target/dispatch';
import { tbInit } from './tb/tb';
import { spacesInit } from './tlb/address-space';
import { jumpCacheInit } from './tlb/jump-cache';
import { tlbInit } from './tlb/tables';

let physmap: usize = 0;

/** Once, first: the runtime owns linear memory start .. end - 1. Returns the (empty) physical map's address, 0 if there is no room. */
export function runtimeInit(start: usize, end: usize): usize {
  arenaInit(start, end);
  cpusInit();
  if (!tbInit()) return 0;
  physmap = arenaAllocPermanent(PHYSMAP_RECORDS + PHYSMAP_MAX * PHYSMAP_RECORD_SIZE);
  return physmap;
}

/** Makes a vCPU: its env, all zero but for the common part. The target's configuration and reset are the caller's. 0: no room. */
export function cpuCreate(target: u32, cpuIndex: u32): usize {
  const env = envAlloc();
  if (env == 0 || !jumpCacheInit(env) || !spacesInit(env)) return 0;
  cpusAdd(env);
  store<u32>(env, target, ENV_TARGET);
  store<u32>(env, cpuIndex, ENV_CPU_INDEX);
  store<usize>(env, physmap, ENV_PHYSMAP);
  store<i32>(env, -1, ENV_EXCEPTION_INDEX);
  tlbInit(env);
  return env;
}

/** Physical address behind a virtual one, without side effects; -1: not mapped. */
export function cpuTranslateDebug(env: usize, lo: u32, hi: u32): f64 {
  const phys = targetTranslateDebug(env, ((hi as u64) << 32) | (lo as u64));
  return phys == u64.MAX_VALUE ? -1 : (phys as f64);
}

/**
 * Physical address of memory that the vCPU itself may access, `size` bytes within a page, as a load or store (`kind`: TLB_KIND_*) would: accessed and
 * dirty bits are set. -1: it may not, or there is a device; nothing is raised.
 */
export function cpuProbe(env: usize, lo: u32, hi: u32, size: i32, kind: i32): f64 {
  const addr = ((hi as u64) << 32) | (lo as u64);
  const entry = lookup(env, addr, size, kind, load<i32>(env, ENV_MMU_IDX), true);
  return entry == 0 || (flagsOf(entry) & TLB_MMIO) != 0 ? -1 : (physOf(entry, addr) as f64);
}
