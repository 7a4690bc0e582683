// The TLBs of models whose software searches the page table: 603, and 755 if it wants to. MPC603e user's manual, 5.5; MPC755 user's manual, 5.5.
import { TLB_KIND_CODE } from '../../shared/layout';
import { PAGE_BITS } from './shared/traits';
import { tlbFlushPage } from '../../tlb/flush';
import { SOFT_ENTRY_SIZE, SOFT_PAGE, SOFT_PTE0, SOFT_PTE1, SRR1_WAY, TLB_MAX_SETS, TLB_WAYS } from './shared/oea';
import { setStale } from './stale';
import { ppc } from './env';
import { PPC_DCMP, PPC_ICMP, PPC_SR, PPC_TLB } from './shared/env';

const KIND_SIZE: usize = TLB_MAX_SETS * TLB_WAYS * SOFT_ENTRY_SIZE;
const VALID: u32 = 0x80000000;
/** Which hash found it is nothing to the TLB. */
const H: u32 = 0x40;
const VSID: u32 = 0xffffff;
const VSID_SHIFT: u32 = 7;
const IN_SEGMENT: u32 = 0x0ffff000;
/** In SOFT_PAGE: of its set, this way was loaded last. */
const LAST_LOADED: u32 = 1;

/** The ways of an address, one after the other. */
function waysOf(env: usize, addr: u32, isCode: bool): usize {
  const set = (addr >> PAGE_BITS) & (ppc(env).tlbSets - 1);
  return env + PPC_TLB + (isCode ? 0 : KIND_SIZE) + set * (TLB_WAYS * SOFT_ENTRY_SIZE);
}

/** The entry for an address; `pte0` is the first word of a PTE that would map it. 0: none. */
export function softTlbFind(env: usize, addr: u32, kind: i32, pte0: u32): usize {
  let entry = waysOf(env, addr, kind == TLB_KIND_CODE);
  for (let way = 0; way < TLB_WAYS; way++, entry += SOFT_ENTRY_SIZE) {
    if (load<u32>(entry, SOFT_PTE0) == pte0 && ((load<u32>(entry, SOFT_PAGE) ^ addr) & IN_SEGMENT) == 0) return entry;
  }
  return 0;
}

/** What the engine has made of an entry goes: it may serve each segment of its VSID. */
function forget(env: usize, entry: usize): void {
  const pte0 = load<u32>(entry, SOFT_PTE0);
  if (pte0 == 0) return;
  const vsid = (pte0 >> VSID_SHIFT) & VSID;
  for (let n: u32 = 0; n < 16; n++) {
    if ((load<u32>(env + n * 4, PPC_SR) & VSID) == vsid) tlbFlushPage(env, ((n << 28) | (load<u32>(entry, SOFT_PAGE) & IN_SEGMENT)) as u64);
  }
}

/** tlbld and tlbli: what the search has put into RPA and DCMP or ICMP, into the way that SRR1 names. */
function loadEntry(env: usize, addr: u32, isCode: bool): void {
  const ways = waysOf(env, addr, isCode);
  let entry = ways;
  if ((ppc(env).srr1 & SRR1_WAY) != 0) entry += SOFT_ENTRY_SIZE;
  forget(env, entry);
  ppc(env).cached = 0;
  for (let way = 0, page = ways; way < TLB_WAYS; way++, page += SOFT_ENTRY_SIZE) {
    store<u32>(page, load<u32>(page, SOFT_PAGE) & ~LAST_LOADED, SOFT_PAGE);
  }
  const pte0 = load<u32>(env + (isCode ? PPC_ICMP : PPC_DCMP));
  store<u32>(entry, (pte0 & VALID) != 0 ? pte0 & ~H : 0, SOFT_PTE0);
  store<u32>(entry, ppc(env).rpa, SOFT_PTE1);
  store<u32>(entry, (addr & IN_SEGMENT) | LAST_LOADED, SOFT_PAGE);
}

export function helper_tlbld(env: usize, addr: u64): void {
  loadEntry(env, addr as u32, false);
}

export function helper_tlbli(env: usize, addr: u64): void {
  loadEntry(env, addr as u32, true);
}

/** tlbie empties the sets that an address selects, of both TLBs, whatever is in them (PEM, tlbie; MPC603e user's manual, 5.4.3.2). */
export function helper_tlbie(env: usize, addr: u64): void {
  memory.fill(waysOf(env, addr as u32, true), 0, TLB_WAYS * SOFT_ENTRY_SIZE);
  memory.fill(waysOf(env, addr as u32, false), 0, TLB_WAYS * SOFT_ENTRY_SIZE);
  setStale(env);
}

/** tlbia, and reset. */
export function softTlbClear(env: usize): void {
  memory.fill(env + PPC_TLB, 0, 2 * KIND_SIZE);
}

export function helper_tlbia(env: usize): void {
  softTlbClear(env);
  setStale(env);
}

/**
 * Which way a search for an address is to replace: an empty one, else the one that was not loaded last. (Processors say which was not used last, of which
 * the engine knows nothing: what it has found in a TLB once, it has in its own.)
 */
export function wayToReplace(env: usize, addr: u32, isCode: bool): u32 {
  const first = waysOf(env, addr, isCode);
  if (load<u32>(first, SOFT_PTE0) == 0) return 0;
  if (load<u32>(first + SOFT_ENTRY_SIZE, SOFT_PTE0) == 0) return SRR1_WAY;
  return (load<u32>(first, SOFT_PAGE) & LAST_LOADED) != 0 ? SRR1_WAY : 0;
}
