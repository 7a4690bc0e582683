// From effective to physical addresses: blocks, segments, and pages that the hardware or software finds in a hashed table. PEM, chapter 7; for what processors
// leave out (direct-store segments) and leave to software, the MPC603e and MPC755 user's manuals, chapter 5.
import { TLB_KIND_CODE, TLB_KIND_READ, TLB_KIND_WRITE } from '../../shared/layout';
import { PAGE_BITS } from './shared/traits';
import { tlbSetPage } from '../../tlb/fill';
import { physCmpxchg32, physLoad32, physOk } from '../../tb/phys';
import { batFind, batPhys, batRights, batWimg } from './bat';
import { raiseAt, raiseWith } from './raise';
import { hasFeature } from './cpu';
import { DSISR_DIRECT_STORE, DSISR_NO_PAGE, DSISR_PROTECTED, DSISR_STORE, EXC_FETCH_MISS, EXC_LOAD_MISS, EXC_STORE_MISS, FEATURE_SOFTWARE_TLB, FEATURE_SWLEN, HID2_SWLEN, SOFT_PTE1, SRR1_FETCH, SRR1_KEY, SRR1_NO_EXECUTE, SRR1_NO_PAGE, SRR1_PROTECTED, SRR1_STORE } from './shared/oea';
import { EXC_DSI, EXC_ISI, MMU_TRANSLATED, MMU_USER } from './shared/ppc';
import { softTlbFind, wayToReplace } from './soft_tlb';
import { ppc } from './env';
import { PPC_DCMP, PPC_DMISS, PPC_ICMP, PPC_IMISS, PPC_SR } from './shared/env';
import { vcpu } from '../../core/vcpu';

const PAGE_SIZE: u32 = 1 << PAGE_BITS;
const PAGE_MASK: u32 = PAGE_SIZE - 1;
/** Rights, as tlbSetPage has them. */
const PAGE_READ = 1;
const PAGE_WRITE = 2;
const PAGE_EXEC = 4;
const PAGE_ALL = 7;

// Segment registers
const SR_T: u32 = 0x80000000; // direct-store
const SR_KS: u32 = 0x40000000;
const SR_KP: u32 = 0x20000000;
const SR_N: u32 = 0x10000000; // no-execute
const SR_VSID: u32 = 0xffffff;

// PTEs
const PTE0_V: u32 = 0x80000000;
const PTE0_VSID_SHIFT: u32 = 7;
const PTE0_H: u32 = 0x40;
const PTE1_RPN: u32 = 0xfffff000;
const PTE1_R: u32 = 0x100;
const PTE1_C: u32 = 0x80;
const PTE1_W: u32 = 0x40;
const PTE1_I: u32 = 0x20;
const PTE1_G: u32 = 0x8;
const PTE1_PP: u32 = 3;
const PTE_SIZE: u32 = 8;
const GROUP_SIZE: u32 = 64;

// What a translation comes to
const OK = 0;
const NO_PAGE = 1;
const PROTECTED = 2;
const DIRECT_STORE = 3;
const NO_EXECUTE = 4;
const MISS = 5;

// The result of the last translation that came to OK
let resultPhys: u32 = 0;
let resultRights: i32 = 0;
/** PTE1_* of its page. */
let resultWimg: u32 = 0;

@inline
function needed(access: i32): i32 {
  return access == TLB_KIND_CODE ? PAGE_EXEC : access == TLB_KIND_WRITE ? PAGE_WRITE : PAGE_READ;
}

@inline
function segment(env: usize, addr: u32): u32 {
  return load<u32>(env + (addr >> 28) * 4, PPC_SR);
}

@inline
function keyOf(sr: u32, user: bool): u32 {
  return (sr & (user ? SR_KP : SR_KS)) != 0 ? 1 : 0;
}

/** PEM, table 7-18. */
function rightsOf(key: u32, pp: u32): i32 {
  if (pp == 3) return PAGE_READ | PAGE_EXEC;
  if (key == 0 || pp == 2) return PAGE_ALL;
  return pp == 1 ? PAGE_READ | PAGE_EXEC : 0;
}

/** Whether misses are the software's. */
export function searchesInSoftware(env: usize): bool {
  if (hasFeature(env, FEATURE_SWLEN)) return (ppc(env).hid2 & HID2_SWLEN) != 0;
  return hasFeature(env, FEATURE_SOFTWARE_TLB);
}

// ---- The page table ------------------------------------------------------------------------------------------------------

/** The first word of a PTE that maps the address and was put where the primary hash says. */
@inline
function wantedPte(sr: u32, addr: u32): u32 {
  return PTE0_V | ((sr & SR_VSID) << PTE0_VSID_SHIFT) | ((addr >> 22) & 0x3f);
}

/** Physical address of the group of an address: the primary one, or the secondary (PEM, 7.6.1). */
function groupOf(env: usize, sr: u32, addr: u32, secondary: bool): u32 {
  const sdr1 = ppc(env).sdr1;
  let hash = (sr & 0x7ffff) ^ ((addr >> 12) & 0xffff);
  if (secondary) hash = ~hash;
  const mask = ((sdr1 & 0x1ff) << 10) | 0x3ff;
  return (sdr1 & 0xffff0000) | ((hash & mask) * GROUP_SIZE);
}

/** Physical address of the PTE that maps an address, 0xffffffff: there is none. */
function findPte(env: usize, sr: u32, addr: u32): u32 {
  const wanted = wantedPte(sr, addr);
  for (let secondary = 0; secondary < 2; secondary++) {
    const group = groupOf(env, sr, addr, secondary != 0);
    const pte0 = bswap(secondary != 0 ? wanted | PTE0_H : wanted);
    for (let at: u32 = 0; at < GROUP_SIZE; at += PTE_SIZE) if (physLoad32(group + at) == pte0 && physOk) return group + at;
  }
  return 0xffffffff;
}

/** Sets R, and C for a store, in the second word of a PTE. */
function noteUse(at: u32, pte1: u32, bits: u32): void {
  if ((pte1 & bits) != bits) physCmpxchg32(at, bswap(pte1), bswap(pte1 | bits));
}

/** What the second word of a PTE lets through. A page that is clean stays read-only in the engine's TLB, so that the first store comes here. */
function usePte(pte1: u32, key: u32, addr: u32, access: i32, dirty: bool): i32 {
  let rights = rightsOf(key, pte1 & PTE1_PP);
  if ((rights & needed(access)) == 0) return PROTECTED;
  if ((pte1 & PTE1_G) != 0) {
    if (access == TLB_KIND_CODE) return NO_EXECUTE;
    rights &= ~PAGE_EXEC;
  }
  if (!dirty) rights &= ~PAGE_WRITE;
  resultPhys = (pte1 & PTE1_RPN) | (addr & PAGE_MASK);
  resultRights = rights;
  resultWimg = pte1;
  return OK;
}

function walk(env: usize, sr: u32, addr: u32, access: i32, key: u32, debug: bool): i32 {
  const at = findPte(env, sr, addr);
  if (at == 0xffffffff) return NO_PAGE;
  const pte1 = bswap(physLoad32(at + 4));
  const uses = access == TLB_KIND_WRITE ? PTE1_R | PTE1_C : PTE1_R;
  const outcome = usePte(pte1, key, addr, access, ((pte1 | uses) & PTE1_C) != 0);
  if (outcome == OK && !debug) noteUse(at + 4, pte1, uses);
  return outcome;
}

/** A store to a page that is clean is a miss, too: the search sets C (MPC603e user's manual, 5.5.1). */
function lookUp(env: usize, sr: u32, addr: u32, access: i32, key: u32): i32 {
  const entry = softTlbFind(env, addr, access, wantedPte(sr, addr));
  if (entry == 0) return MISS;
  const pte1 = load<u32>(entry, SOFT_PTE1);
  const outcome = usePte(pte1, key, addr, access, (pte1 & PTE1_C) != 0);
  return outcome == OK && (resultRights & needed(access)) == 0 ? MISS : outcome;
}

/** `debug`: no rights are asked for, and nothing is written. */
function translate(env: usize, addr: u32, access: i32, mmuIdx: i32, debug: bool): i32 {
  if ((mmuIdx & MMU_TRANSLATED) == 0) {
    resultPhys = addr;
    resultRights = PAGE_ALL;
    resultWimg = 0;
    return OK;
  }
  const user = (mmuIdx & MMU_USER) != 0;
  if (batFind(env, addr, access, user)) {
    resultPhys = batPhys;
    resultRights = batRights;
    resultWimg = batWimg;
    return debug || (batRights & needed(access)) != 0 ? OK : PROTECTED;
  }
  const sr = segment(env, addr);
  if ((sr & SR_T) != 0) return DIRECT_STORE;
  if (access == TLB_KIND_CODE && (sr & SR_N) != 0 && !debug) return NO_EXECUTE;
  const key = debug ? 0 : keyOf(sr, user);
  return searchesInSoftware(env) ? lookUp(env, sr, addr, access, key) : walk(env, sr, addr, access, key, debug);
}

// ---- Faults --------------------------------------------------------------------------------------------------------------

function fetchFault(env: usize, outcome: i32): void {
  raiseWith(env, EXC_ISI, outcome == NO_PAGE ? SRR1_NO_PAGE : outcome == PROTECTED ? SRR1_PROTECTED : SRR1_NO_EXECUTE);
}

function dataFault(env: usize, addr: u32, access: i32, outcome: i32): void {
  const why = outcome == NO_PAGE ? DSISR_NO_PAGE : outcome == PROTECTED ? DSISR_PROTECTED : DSISR_DIRECT_STORE;
  raiseAt(env, EXC_DSI, why | (access == TLB_KIND_WRITE ? DSISR_STORE : 0), addr as u64);
}

/** What the search finds in its registers (MPC603e user's manual, 5.5.2 and table 4-13). */
function missFault(env: usize, addr: u32, access: i32, mmuIdx: i32): void {
  const sr = segment(env, addr);
  const isCode = access == TLB_KIND_CODE;
  store<u32>(env + (isCode ? PPC_IMISS : PPC_DMISS), addr);
  store<u32>(env + (isCode ? PPC_ICMP : PPC_DCMP), wantedPte(sr, addr));
  ppc(env).hash1 = groupOf(env, sr, addr, false);
  ppc(env).hash2 = groupOf(env, sr, addr, true);
  let error = wayToReplace(env, addr, isCode);
  if (keyOf(sr, (mmuIdx & MMU_USER) != 0) != 0) error |= SRR1_KEY;
  if (isCode) error |= SRR1_FETCH;
  if (access == TLB_KIND_WRITE) error |= SRR1_STORE;
  raiseWith(env, isCode ? EXC_FETCH_MISS : access == TLB_KIND_WRITE ? EXC_STORE_MISS : EXC_LOAD_MISS, error);
}

// ---- What the runtime asks -----------------------------------------------------------------------------------------------

export function tlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  const ea = addr as u32;
  const outcome = translate(env, ea, access, mmuIdx, false);
  if (outcome == OK) {
    const page = (ea & ~PAGE_MASK) as u64;
    const rights = (mmuIdx & MMU_TRANSLATED) == 0 ? PAGE_ALL : resultRights;
    tlbSetPage(env, page, (resultPhys & ~PAGE_MASK) as u64, rights, access, mmuIdx, PAGE_SIZE, false, true);
    return true;
  }
  if (probe) return false;
  if (outcome == MISS) missFault(env, ea, access, mmuIdx);
  else if (access == TLB_KIND_CODE) fetchFault(env, outcome);
  else dataFault(env, ea, access, outcome);
  return false;
}

/** Physical address for an access with the rights of an mmu index, without side effects; u64.MAX_VALUE: not mapped. */
export function translateFor(env: usize, addr: u64, access: i32, mmuIdx: i32): u64 {
  return translate(env, addr as u32, access, mmuIdx, true) == OK ? (resultPhys as u64) : u64.MAX_VALUE;
}

/** Whether caches take what is written there, and keep it; true, too, if nothing is mapped there. */
export function isCached(env: usize, addr: u32, mmuIdx: i32): bool {
  return translate(env, addr, TLB_KIND_READ, mmuIdx, true) != OK || (resultWimg & (PTE1_W | PTE1_I)) == 0;
}

/** As data accesses see it now; what only fetches can see is no less there. */
export function translateDebug(env: usize, addr: u64): u64 {
  const mmuIdx = vcpu(env).mmuIdx;
  const phys = translateFor(env, addr, 0, mmuIdx);
  return phys != u64.MAX_VALUE ? phys : translateFor(env, addr, TLB_KIND_CODE, mmuIdx);
}
