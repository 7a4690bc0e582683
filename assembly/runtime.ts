// What TypeScript calls to set the runtime up, and what a debugger asks of a vCPU.
import { ENGINE_PHYSMAP, ENGINE_PHYSMAP_SPARE, ENGINE_SIZE, PHYSMAP_MAX, PHYSMAP_RECORDS, PHYSMAP_RECORD_SIZE, SCORES_MAX, TLB_MMIO } from './shared/layout';
import { arenaAllocPermanent, arenaInit } from './core/arena';
import { cpusAdd, envAlloc } from './core/cpus';
import { engine, engineInit, engineJoin, lock, unlock } from './core/engine';
import { pointsInit } from './core/points';
import { vcpu } from './core/vcpu';
import { flagsOf, lookup, physOf } from './softmmu/lookup';
import { targetTranslateDebug } from './target/dispatch';
import { tbInit } from './tb/tb';
import { spacesInit } from './tlb/address-space';
import { tlbFlushIfAsked } from './tlb/flush';
import { jumpCacheInit } from './tlb/jump-cache';
import { tlbInit } from './tlb/tables';

/** Once, first: the runtime owns linear memory start .. end - 1. Returns the address of the engine record (ENGINE_*), 0 if there is no room. */
export function runtimeInit(start: usize, end: usize): usize {
  const record = (start + 15) & ~15;
  if (end < record + ENGINE_SIZE) return 0;
  memory.fill(record, 0, ENGINE_SIZE);
  engineInit(record);
  arenaInit(record + ENGINE_SIZE, end);
  return tbInit() && physmapInit() && pointsInit() ? record : 0;
}

/**
 * Instead of runtimeInit, in another thread's instance: joins the engine that `record` is of. No vCPU may run until it returns. Returns the instance's
 * number, from 2 on.
 */
export function runtimeAttach(record: usize): u32 {
  return engineJoin(record);
}

function physmapInit(): bool {
  const bytes = PHYSMAP_RECORDS + PHYSMAP_MAX * PHYSMAP_RECORD_SIZE;
  store<usize>(engine, arenaAllocPermanent(bytes), ENGINE_PHYSMAP);
  store<usize>(engine, arenaAllocPermanent(bytes), ENGINE_PHYSMAP_SPARE);
  return load<usize>(engine, ENGINE_PHYSMAP_SPARE) != 0;
}

/**
 * Makes a vCPU, which runs in this instance from now on: its env, all zero but for the common part. The target's configuration and reset are the
 * caller's. 0: no room.
 */
export function cpuCreate(cpuIndex: u32): usize {
  lock();
  const env = envAlloc();
  const hasRoom = env != 0 && jumpCacheInit(env) && spacesInit(env);
  if (hasRoom) {
    vcpu(env).cpuIndex = cpuIndex;
    vcpu(env).exceptionIndex = -1;
    tlbInit(env);
    cpusAdd(env);
  }
  unlock();
  return hasRoom ? env : 0;
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
  tlbFlushIfAsked(env);
  const entry = lookup(env, addr, size, kind, vcpu(env).mmuIdx, true);
  return entry == 0 || (flagsOf(entry) & TLB_MMIO) != 0 ? -1 : (physOf(entry, addr) as f64);
}

/** Where an access with the rights of an mmu index goes, a device too; -1: nowhere. For plugins, right behind the access itself. */
export function cpuPhysical(env: usize, lo: u32, hi: u32, kind: i32, mmuIdx: i32): f64 {
  const addr = ((hi as u64) << 32) | (lo as u64);
  const entry = lookup(env, addr, 1, kind, mmuIdx, true);
  return entry == 0 ? -1 : (physOf(entry, addr) as f64);
}

/** Gives the vCPU its scores (ENV_SCORES), before it runs; from now on each of its TBs is for one virtual address. False: no room. */
export function scoresCreate(env: usize): bool {
  lock();
  const scores = arenaAllocPermanent(8 * SCORES_MAX);
  vcpu(env).scores = scores;
  unlock();
  return scores != 0;
}
