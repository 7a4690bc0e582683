// Forgetting translations.
import { CPU_INTERRUPT_TLB, ENV_TLB_LARGE, TLB_KINDS, TLB_MMU_INDEXES } from '../shared/layout';
import { firstEnv, runsHere } from '../core/cpus';
import { requestInterrupt } from '../core/env';
import { reachingOut } from '../core/journal';
import { vcpu } from '../core/vcpu';
import { WORK_FLUSH, worked } from '../core/work';
import { spacesDropPage, spacesForgetOthers } from './address-space';
import { jumpCacheClear, jumpCacheClearPage } from './jump-cache';
import { dropIfPage, dropVictim, entryOf, largeForget, PAGE_MASK, privateWords, PRIVATE_WORDS, tableClear, tableOf, VICTIM_TABLE_SIZE, victimsOf } from './tables';

function flushMmuIdx(env: usize, mmuIdx: i32): void {
  const dirty = vcpu(env).tlbDirty;
  for (let kind = 0; kind < TLB_KINDS; kind++) {
    if (((dirty >> (mmuIdx * TLB_KINDS + kind)) & 1) == 0) continue;
    tableClear(env, mmuIdx, kind);
    memory.fill(victimsOf(env, mmuIdx, kind), 0xff, VICTIM_TABLE_SIZE);
    memory.fill(privateWords(env, mmuIdx * TLB_KINDS + kind), 0, PRIVATE_WORDS * 8);
  }
  vcpu(env).tlbDirty = dirty & ~(((1 << TLB_KINDS) - 1) << (mmuIdx * TLB_KINDS));
  largeForget(env, mmuIdx);
}

/** Forgets all translations of a vCPU, of whatever address space. */
export function tlbFlush(env: usize): void {
  vcpu(env).tlbFlushes += 1;
  reachingOut();
  worked(WORK_FLUSH);
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) flushMmuIdx(env, idx);
  jumpCacheClear(env);
  spacesForgetOthers(env);
}

/** Forgets all translations of all vCPUs: of those that other threads run, as soon as they come to their dispatchers. */
export function tlbFlushAllCpus(): void {
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) {
    if (runsHere(env)) tlbFlush(env);
    else requestInterrupt(env, CPU_INTERRUPT_TLB);
  }
}

/** What another thread has asked for. */
export function tlbFlushIfAsked(env: usize): void {
  if ((vcpu(env).interruptRequest & CPU_INTERRUPT_TLB) == 0) return;
  vcpu(env).andInterruptRequest(~CPU_INTERRUPT_TLB);
  tlbFlush(env);
}

/** Forgets the translations of the page of `addr` in all address spaces: all of an mmu index if `addr` may lie in a large page, of which entries know nothing. */
export function tlbFlushPage(env: usize, addr: u64): void {
  vcpu(env).tlbFlushes += 1;
  reachingOut();
  worked(WORK_FLUSH);
  const page = addr & PAGE_MASK;
  let large = false;
  for (let idx = 0; idx < TLB_MMU_INDEXES; idx++) {
    if (page >= load<u64>(env + idx * 16, ENV_TLB_LARGE) && page <= load<u64>(env + idx * 16, ENV_TLB_LARGE + 8)) {
      flushMmuIdx(env, idx);
      large = true;
      continue;
    }
    for (let kind = 0; kind < TLB_KINDS; kind++) {
      if (((vcpu(env).tlbDirty >> (idx * TLB_KINDS + kind)) & 1) == 0) continue;
      dropIfPage(entryOf(tableOf(env, idx, kind), page), page);
      dropVictim(env, idx, kind, page);
    }
  }
  if (large) {
    jumpCacheClear(env);
    spacesForgetOthers(env);
  } else {
    jumpCacheClearPage(env, page);
    spacesDropPage(env, page);
  }
}

export function tlbStatFlushes(env: usize): u32 {
  return vcpu(env).tlbFlushes;
}
