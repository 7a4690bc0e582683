// Address translation: Sv32, Sv39, Sv48, Sv57 with Svade/Svadu, Svnapot, Svpbmt. Privileged specification, sections 4.3 to 4.6 and chapters 5 to 7.
import { TLB_KIND_CODE, TLB_KIND_READ, TLB_KIND_WRITE } from '../../shared/layout';
import {
  CAUSE_INST_ACCESS, CAUSE_INST_MISALIGNED, CAUSE_INST_PAGE_FAULT, CAUSE_LOAD_ACCESS, CAUSE_LOAD_MISALIGNED, CAUSE_LOAD_PAGE_FAULT, CAUSE_STORE_ACCESS,
  CAUSE_STORE_MISALIGNED, CAUSE_STORE_PAGE_FAULT, MMU_M, MMU_S_SUM, MMU_U, RVX_SVADU, RVX_SVNAPOT, RVX_SVPBMT,
} from './shared/riscv';
import { vcpu } from '../../core/vcpu';
import { tlbSetPage } from '../../tlb/fill';
import { OFFSET_MASK, PAGE_MASK } from '../../tlb/tables';
import { physCmpxchg32, physCmpxchg64, physLoad32, physLoad64, physOk } from '../../tb/phys';
import {
  ENVCFG_SSE, MENVCFG_ADUE, MENVCFG_PBMTE, MSTATUS_MXR, PAGE_EXEC, PAGE_READ, PAGE_WRITE, PRV_S, PTE64_N, PTE64_PBMT, PTE64_PPN, PTE64_RESERVED, PTE_A, PTE_D, PTE_G,
  PTE_PPN_SHIFT, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X, VM_SV39,
} from './bits';
import { hasExt, isRv32, riscvFetchMmuIdx, xlenAddress } from './hart';
import { pmpPageRights, pmpRights } from './pmp';
import { raiseAddress } from './raise';
import { hart } from './env';

/** The access is one of Zicfiss's to the shadow stack. */
let forShadowStack: bool = false;

// What a translation comes to. The order of the fault causes below follows these numbers.
const OK = 0;
const PAGE_FAULT = 1;
const ACCESS_FAULT = 2;
/** The PTE changed under the walk: walk again. */
const AGAIN = 3;

const ALL = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
/** Napot pages are 64 KiB, the only size that Svnapot defines: four bits of the page number come from the address. */
const NAPOT_BITS: u64 = 4;
/** Physical addresses have 56 bits, a TLB entry keeps 44: no board puts anything above. */
const PHYS_BITS = 44;

// The result of the last translation that came to OK.
let resultPhys: u64 = 0;
let resultRights: i32 = 0;
let resultPageSize: u64 = 0;
/** The mapping is that of all address spaces (G in the leaf or above it, or no paging). */
let resultGlobal: bool = false;

@inline
function needed(access: i32): i32 {
  return access == TLB_KIND_READ ? PAGE_READ : access == TLB_KIND_WRITE ? PAGE_WRITE : PAGE_EXEC;
}

/** The privilege whose rights an mmu index has. */
@inline
function privilegeOf(mmuIdx: i32): i32 {
  return mmuIdx == MMU_S_SUM ? PRV_S : mmuIdx;
}

// ---- Page table entries in memory --------------------------------------------------------------------------------------

/** Reads a PTE of 4 or 8 bytes; physOk tells whether there was memory. */
function loadPte(at: u64, rv32: bool): u64 {
  return rv32 ? (physLoad32(at) as u64) : physLoad64(at);
}

/** Sets A and D in the PTE at `at`, if it still is `pte`. OK, AGAIN if it is not, ACCESS_FAULT if there is no RAM. */
function updatePte(env: usize, at: u64, pte: u64, updated: u64, rv32: bool): i32 {
  if ((pmpRights(env, at, rv32 ? 4 : 8, PRV_S) & PAGE_WRITE) == 0) return ACCESS_FAULT;
  const seen = rv32 ? (physCmpxchg32(at, pte as u32, updated as u32) as u64) : physCmpxchg64(at, pte, updated);
  if (!physOk) return ACCESS_FAULT;
  return seen == pte ? OK : AGAIN;
}

// ---- The walk ----------------------------------------------------------------------------------------------------------

/** Rights that a leaf gives to `mmuIdx`, before A and D are looked at. 0: none. */
function leafRights(env: usize, pte: u64, mmuIdx: i32): i32 {
  let rights = ((pte >> 1) & ALL) as i32; // R, W, X are in the order of PAGE_*
  if ((rights & PAGE_EXEC) != 0 && (hart(env).mstatus & MSTATUS_MXR) != 0) rights |= PAGE_READ;
  if ((pte & PTE_U) != 0) {
    if (mmuIdx == MMU_U) return rights;
    // SUM opens user pages to loads and stores, never to fetches.
    return mmuIdx == MMU_S_SUM ? rights & ~PAGE_EXEC : 0;
  }
  return mmuIdx == MMU_U ? 0 : rights;
}

/** Walks the tables once. `debug`: no rights are asked for and nothing is written. */
function walk(env: usize, addr: u64, access: i32, mmuIdx: i32, debug: bool): i32 {
  const satp = hart(env).satp;
  const rv32 = isRv32(env);
  let levels: i32;
  let base: u64;
  if (rv32) {
    levels = ((satp >> 31) & 1) != 0 ? 2 : 0;
    base = (satp & 0x3fffff) << 12;
  } else {
    const mode = (satp >> 60) as i32;
    levels = mode == 0 ? 0 : mode - VM_SV39 + 3;
    base = (satp & 0xfffffffffff) << 12;
  }
  if (mmuIdx == MMU_M || levels == 0) {
    resultPhys = addr;
    resultRights = ALL;
    resultPageSize = 0x1000;
    resultGlobal = true;
    return OK;
  }
  const indexBits = rv32 ? 10 : 9;
  if (!rv32) {
    // Canonical: the bits above the translated ones repeat the highest of them.
    const sign = (addr as i64) >> (12 + 9 * levels - 1);
    if (sign != 0 && sign != -1) return PAGE_FAULT;
  }
  const envcfg = hart(env).menvcfg;
  const pbmt = hasExt(env, RVX_SVPBMT) && (envcfg & MENVCFG_PBMTE) != 0;
  const pteSize: u64 = rv32 ? 4 : 8;
  resultGlobal = false;
  for (let level = levels - 1; level >= 0; level--) {
    const shift: u64 = level * indexBits;
    const at = base + ((addr >> (12 + shift)) & ((1 << indexBits) - 1)) * pteSize;
    if (!debug && (pmpRights(env, at, pteSize, PRV_S) & PAGE_READ) == 0) return ACCESS_FAULT;
    const pte = loadPte(at, rv32);
    if (!physOk) return ACCESS_FAULT;
    if ((pte & PTE_V) == 0) return PAGE_FAULT;
    if ((pte & PTE_G) != 0) resultGlobal = true;
    let ppn = pte >> PTE_PPN_SHIFT;
    if (!rv32) {
      if ((pte & PTE64_RESERVED) != 0) return PAGE_FAULT;
      const type = pte & PTE64_PBMT;
      if (type != 0 && (!pbmt || type == PTE64_PBMT)) return PAGE_FAULT;
      if ((pte & PTE64_N) != 0 && !hasExt(env, RVX_SVNAPOT)) return PAGE_FAULT;
      ppn = (pte & PTE64_PPN) >> PTE_PPN_SHIFT;
    }
    if ((pte & (PTE_R | PTE_W | PTE_X)) == 0) {
      if ((pte & (PTE_D | PTE_A | PTE_U)) != 0 || (!rv32 && (pte & (PTE64_PBMT | PTE64_N)) != 0)) return PAGE_FAULT;
      base = ppn << 12;
      continue;
    }
    return leaf(env, addr, access, mmuIdx, debug, at, pte, ppn, shift);
  }
  return PAGE_FAULT;
}

/** The leaf `pte` at physical `at`, which maps a page of 4 KiB << `shift`. */
function leaf(env: usize, addr: u64, access: i32, mmuIdx: i32, debug: bool, at: u64, pte: u64, ppn: u64, shift: u64): i32 {
  const rv32 = isRv32(env);
  const isShadow = (pte & (PTE_R | PTE_W | PTE_X)) == PTE_W && (hart(env).menvcfg & ENVCFG_SSE) != 0;
  if ((pte & (PTE_R | PTE_W)) == PTE_W && !isShadow) return PAGE_FAULT; // reserved
  const napot = !rv32 && (pte & PTE64_N) != 0;
  if ((ppn & (((1 as u64) << shift) - 1)) != 0) return PAGE_FAULT; // misaligned superpage
  if (napot && (shift != 0 || ctz(ppn) != NAPOT_BITS - 1)) return PAGE_FAULT;
  let rights = leafRights(env, pte, mmuIdx);
  // A page of a shadow stack can be read; only the instructions of Zicfiss write to it, and to no other.
  if (isShadow && rights != 0) rights = forShadowStack ? PAGE_READ | PAGE_WRITE : PAGE_READ;
  if (!debug) {
    if (forShadowStack && !isShadow) return (pte & (PTE_R | PTE_W)) == PTE_R || rights == 0 ? PAGE_FAULT : ACCESS_FAULT;
    if ((rights & needed(access)) == 0) return isShadow && rights != 0 ? ACCESS_FAULT : PAGE_FAULT;
    const updated = pte | PTE_A | (access == TLB_KIND_WRITE ? PTE_D : 0);
    if (updated != pte) {
      if (!hasExt(env, RVX_SVADU) || (hart(env).menvcfg & MENVCFG_ADUE) == 0) return PAGE_FAULT; // Svade
      const status = updatePte(env, at, pte, updated, rv32);
      if (status != OK) return status;
      pte = updated;
    }
  }
  // A clean page stays read-only in the TLB, so that the first store comes here and sets D.
  if ((pte & PTE_D) == 0) rights &= ~PAGE_WRITE;
  const low = napot ? NAPOT_BITS : shift;
  const fromAddress = ((1 as u64) << low) - 1;
  resultPhys = (((ppn & ~fromAddress) | ((addr >> 12) & fromAddress)) << 12) | (addr & OFFSET_MASK);
  resultRights = rights;
  resultPageSize = (0x1000 as u64) << low;
  return OK;
}

function translate(env: usize, addr: u64, access: i32, mmuIdx: i32, debug: bool): i32 {
  let status: i32;
  do status = walk(env, addr, access, mmuIdx, debug);
  while (status == AGAIN);
  return status;
}

// ---- What the runtime asks ---------------------------------------------------------------------------------------------

/**
 * See targetTlbFill. Where PMP splits the page, the entry is marked slow, and this function must be asked for every access: `size` then matters,
 * and the rights given are those of this access alone.
 */
export function riscvTlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  addr = xlenAddress(env, addr);
  let status = translate(env, addr, access, mmuIdx, false);
  if (status == OK) {
    const priv = privilegeOf(mmuIdx);
    const page = resultPhys & PAGE_MASK;
    let rights = pmpPageRights(env, page, priv);
    const split = rights < 0;
    if (split) rights = pmpRights(env, resultPhys, min<u64>(max(size, 1), 0x1000 - (addr & OFFSET_MASK)), priv);
    if (resultPhys >> PHYS_BITS == 0 && (rights & needed(access)) != 0) {
      tlbSetPage(env, addr & PAGE_MASK, page, resultRights & rights, access, mmuIdx, resultPageSize, split, resultGlobal);
      return true;
    }
    status = ACCESS_FAULT;
  }
  if (probe) return false;
  if (status == ACCESS_FAULT) riscvAccessFault(env, addr, access);
  else raiseAddress(env, access == TLB_KIND_READ ? CAUSE_LOAD_PAGE_FAULT : access == TLB_KIND_WRITE ? CAUSE_STORE_PAGE_FAULT : CAUSE_INST_PAGE_FAULT, addr);
  return false;
}

export function riscvAccessFault(env: usize, addr: u64, access: i32): void {
  raiseAddress(env, access == TLB_KIND_READ ? CAUSE_LOAD_ACCESS : access == TLB_KIND_WRITE ? CAUSE_STORE_ACCESS : CAUSE_INST_ACCESS, addr);
}

export function riscvUnaligned(env: usize, addr: u64, access: i32): void {
  raiseAddress(env, access == TLB_KIND_READ ? CAUSE_LOAD_MISALIGNED : access == TLB_KIND_WRITE ? CAUSE_STORE_MISALIGNED : CAUSE_INST_MISALIGNED, addr);
}

/**
 * Physical address for an access of Zicfiss to its shadow stack (TLB_KIND_READ or TLB_KIND_WRITE), which faults as a store in either case;
 * u64.MAX_VALUE: the fault is raised. No TLB entry
 * comes of it, since one would give all stores that right. There is none where there is no paging (privileged specification, "Shadow Stack Memory Protection").
 */
export function riscvShadowTranslate(env: usize, addr: u64, size: i32, access: i32): u64 {
  const mmuIdx = vcpu(env).mmuIdx;
  addr = xlenAddress(env, addr);
  let status = ACCESS_FAULT;
  if (mmuIdx != MMU_M && pagingMode(env, hart(env).satp) != 0) {
    forShadowStack = true;
    status = translate(env, addr, access, mmuIdx, false);
    forShadowStack = false;
    const both = PAGE_READ | PAGE_WRITE;
    if (status == OK && (resultPhys >> PHYS_BITS != 0 || (pmpRights(env, resultPhys, size, privilegeOf(mmuIdx)) & both) != both)) status = ACCESS_FAULT;
  }
  if (status == OK) return resultPhys;
  raiseAddress(env, status == ACCESS_FAULT ? CAUSE_STORE_ACCESS : CAUSE_STORE_PAGE_FAULT, addr);
  return u64.MAX_VALUE;
}

/** Number of the address space that a value of satp stands for: its ASID. */
export function asidOf(env: usize, satp: u64): u32 {
  return isRv32(env) ? ((satp >> 22) as u32) & 0x1ff : ((satp >> 44) as u32) & 0xffff;
}

/** satp's MODE; 0: no paging. */
export function pagingMode(env: usize, satp: u64): u32 {
  return (satp >> (isRv32(env) ? 31 : 60)) as u32;
}

/** Physical address of a virtual one as data accesses see it now, or u64.MAX_VALUE. */
export function riscvTranslateDebug(env: usize, addr: u64): u64 {
  return riscvTranslateFor(env, addr, TLB_KIND_READ, vcpu(env).mmuIdx);
}

/** The same as accesses with the rights of an mmu index see it. */
export function riscvTranslateFor(env: usize, addr: u64, access: i32, mmuIdx: i32): u64 {
  const status = translate(env, xlenAddress(env, addr), access, mmuIdx, true);
  return status == OK ? resultPhys : u64.MAX_VALUE;
}

function fetchHalf(env: usize, pc: u64): u64 {
  if (translate(env, xlenAddress(env, pc), TLB_KIND_CODE, riscvFetchMmuIdx(env), true) != OK) return 0;
  const cell = physLoad64(resultPhys & ~7);
  return physOk ? (cell >> ((resultPhys & 6) * 8)) & 0xffff : 0;
}

/** The bits of the instruction at `pc`: 16 or 32 of them. */
export function fetchWord(env: usize, pc: u64): u64 {
  const low = fetchHalf(env, pc);
  return (low & 3) == 3 ? low | (fetchHalf(env, pc + 2) << 16) : low;
}
