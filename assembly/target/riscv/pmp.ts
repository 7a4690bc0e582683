// Physical memory protection: 16 entries, granule of 4 bytes. Privileged specification, section 3.7 and "Smepmp".
import { RV_PMPCFG, RV_PMP_RANGES } from './shared/env';
import { MSECCFG_MML, MSECCFG_MMWP, MSECCFG_RLB, PAGE_EXEC, PAGE_READ, PAGE_WRITE, PRV_M, PRV_U } from './bits';
import { isRv32 } from './hart';
import { hart } from './env';
import { OFFSET_MASK, PAGE_MASK } from '../../tlb/tables';

export const PMP_ENTRIES = 16;
const PMP_R = 1;
const PMP_W = 2;
const PMP_A_SHIFT = 3;
const PMP_LOCK = 0x80;
const A_OFF = 0;
const A_TOR = 1;
const A_NA4 = 2;
/** R, W, X, A and L; the two reserved bits read zero. */
const PMP_CFG_BITS = 0x9f;
/** pmpaddr holds bits 55:2 of an address; RV32 has 33:2. */
const PMP_ADDR_BITS: u64 = 0x003fffffffffffff;
const ALL = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
// Memory in which all pages have the same rights, the last that were looked for: address of the first page, of the last, and rights of M-mode << 8 | rights of
// S and U; SPLIT in both if entries split the page. Nearly all of RAM is one such range.
const RANGES = 4;
const RANGE_SIZE = 24;
const RANGE_LAST = 8;
const RANGE_RIGHTS = 16;
const SPLIT = 0xff;

@inline
function cfgOf(env: usize, entry: i32): i32 {
  return hart(env).pmpcfg(entry);
}

@inline
function matchMode(cfg: i32): i32 {
  return (cfg >> PMP_A_SHIFT) & 3;
}

@inline
function firstOf(env: usize, entry: i32): u64 {
  return hart(env).pmpFirst(entry);
}

@inline
function lastOf(env: usize, entry: i32): u64 {
  return hart(env).pmpLast(entry);
}

function setRange(env: usize, entry: i32, first: u64, last: u64): void {
  hart(env).setPmpFirst(entry, first);
  hart(env).setPmpLast(entry, last);
}

function updateRange(env: usize, entry: i32): void {
  const addr = hart(env).pmpaddr(entry);
  const mode = matchMode(cfgOf(env, entry));
  if (mode == A_OFF) return setRange(env, entry, 1, 0);
  if (mode == A_TOR) {
    const base = entry == 0 ? 0 : hart(env).pmpaddr(entry - 1);
    return base < addr ? setRange(env, entry, base << 2, (addr << 2) - 1) : setRange(env, entry, 1, 0);
  }
  if (mode == A_NA4) return setRange(env, entry, addr << 2, (addr << 2) | 3);
  // NAPOT: the ones below the lowest zero give the size; all ones cover the whole address space.
  const ones = (addr << 2) | 3;
  setRange(env, entry, ones & (ones + 1), ones | (ones + 1));
}

/** Recomputes the ranges of all entries from pmpcfg and pmpaddr. */
export function pmpUpdateRanges(env: usize): void {
  for (let entry: i32 = 0; entry < PMP_ENTRIES; entry++) updateRange(env, entry);
  memory.fill(env + RV_PMP_RANGES, 0xff, RANGES * RANGE_SIZE);
}

@inline
function security(env: usize, bit: u64): bool {
  return (hart(env).mseccfg & bit) != 0;
}

function rightsOf(env: usize, cfg: i32, priv: i32): i32 {
  if (security(env, MSECCFG_MML)) return rightsUnderLockdown(cfg, priv);
  // M-mode is bound by locked entries only; pmpcfg's R, W, X are the bits of PAGE_*.
  return priv == PRV_M && (cfg & PMP_LOCK) == 0 ? ALL : ((cfg & ALL) as i32);
}

/** With MML: an entry is M-mode's (locked) or that of the others; what would be writable but not readable is a region that they share. */
function rightsUnderLockdown(cfg: i32, priv: i32): i32 {
  const rights = cfg & ALL;
  const locked = (cfg & PMP_LOCK) != 0;
  const machine = priv == PRV_M;
  if ((rights & (PAGE_READ | PAGE_WRITE)) == PAGE_WRITE) {
    const both = (rights & PAGE_EXEC) != 0;
    if (locked) return machine && both ? PAGE_READ | PAGE_EXEC : PAGE_EXEC;
    return machine || both ? PAGE_READ | PAGE_WRITE : PAGE_READ;
  }
  if (locked && rights == ALL) return PAGE_READ;
  return locked == machine ? rights : 0;
}

function rightsWithoutMatch(env: usize, priv: i32): i32 {
  if (hart(env).pmpCount == 0) return ALL;
  if (priv != PRV_M || security(env, MSECCFG_MMWP)) return 0;
  return security(env, MSECCFG_MML) ? PAGE_READ | PAGE_WRITE : ALL;
}

/**
 * Rights (PAGE_*) of `priv` on `size` bytes at physical `addr`. The lowest-numbered entry that matches any byte decides, and must match all of them.
 */
export function pmpRights(env: usize, addr: u64, size: u64, priv: i32): i32 {
  const end = addr + size - 1;
  if (addr >> 12 == end >> 12) {
    const rights = pmpPageRights(env, addr, priv);
    if (rights >= 0) return rights;
  }
  for (let entry: i32 = 0; entry < PMP_ENTRIES; entry++) {
    const first = firstOf(env, entry);
    const last = lastOf(env, entry);
    if (first > last || end < first || addr > last) continue;
    return addr >= first && end <= last ? rightsOf(env, cfgOf(env, entry), priv) : 0;
  }
  return rightsWithoutMatch(env, priv);
}

/** Rights of `priv` on the whole 4 KiB page around `addr`, or -1 if an entry splits the page, so that every access must be judged by itself. */
export function pmpPageRights(env: usize, addr: u64, priv: i32): i32 {
  const page = addr & PAGE_MASK;
  const ranges = env + RV_PMP_RANGES;
  let range = ranges;
  while (page < load<u64>(range) || page > load<u64>(range, RANGE_LAST)) {
    range += RANGE_SIZE;
    if (range < ranges + RANGES * RANGE_SIZE) continue;
    memory.copy(ranges + RANGE_SIZE, ranges, (RANGES - 1) * RANGE_SIZE);
    range = ranges;
    findRange(env, page, range);
  }
  const rights = (load<i32>(range, RANGE_RIGHTS) >> (priv == PRV_M ? 8 : 0)) & SPLIT;
  return rights == SPLIT ? -1 : rights;
}

/** Fills a range with the pages around `page` that its rights are those of. */
function findRange(env: usize, page: u64, range: usize): void {
  const end = page + OFFSET_MASK;
  let first: u64 = 0;
  let last: u64 = u64.MAX_VALUE;
  let machine = rightsWithoutMatch(env, PRV_M);
  let others = rightsWithoutMatch(env, PRV_U);
  for (let entry: i32 = 0; entry < PMP_ENTRIES; entry++) {
    const entryFirst = firstOf(env, entry);
    const entryLast = lastOf(env, entry);
    if (entryFirst > entryLast) continue;
    if (entryLast < page) {
      first = max(first, entryLast + 1);
      continue;
    }
    if (entryFirst > end) {
      last = min(last, entryFirst - 1);
      continue;
    }
    const isWhole = page >= entryFirst && end <= entryLast;
    const cfg = cfgOf(env, entry);
    machine = isWhole ? rightsOf(env, cfg, PRV_M) : SPLIT;
    others = isWhole ? rightsOf(env, cfg, PRV_U) : SPLIT;
    first = isWhole ? max(first, entryFirst) : page;
    last = isWhole ? min(last, entryLast) : end;
    break;
  }
  // pages that are in it as a whole
  store<u64>(range, (first + OFFSET_MASK) & PAGE_MASK);
  store<u64>(range, (last - OFFSET_MASK) & PAGE_MASK, RANGE_LAST);
  store<i32>(range, (machine << 8) | others, RANGE_RIGHTS);
}

/** pmpcfg register `index` (0 to 3): four entries on RV32, eight on RV64, where only even registers exist. */
export function pmpCfgRead(env: usize, index: i32): u64 {
  const at = env + (index as usize) * 4;
  return isRv32(env) ? (load<u32>(at, RV_PMPCFG) as u64) : load<u64>(at, RV_PMPCFG);
}

@inline
function isFixed(env: usize, cfg: i32): bool {
  return (cfg & PMP_LOCK) != 0 && !security(env, MSECCFG_RLB);
}

/** Whether any entry is locked. */
export function pmpIsLocked(env: usize): bool {
  return ((load<u64>(env, RV_PMPCFG) | load<u64>(env, RV_PMPCFG + 8)) & 0x8080_8080_8080_8080) != 0;
}

/** Writes the unlocked entries of a pmpcfg register. The caller flushes the TLB. */
export function pmpCfgWrite(env: usize, index: i32, value: u64): void {
  const count: i32 = isRv32(env) ? 4 : 8;
  for (let i: i32 = 0; i < count; i++) {
    const entry = index * 4 + i;
    if (isFixed(env, cfgOf(env, entry))) continue;
    let cfg = ((value >> (i * 8)) as i32) & PMP_CFG_BITS;
    if (security(env, MSECCFG_MML)) {
      // No new code for M-mode, unless rules may be broken.
      if (!security(env, MSECCFG_RLB) && (cfg & PMP_LOCK) != 0 && (rightsUnderLockdown(cfg, PRV_M) & PAGE_EXEC) != 0) continue;
    } else if ((cfg & (PMP_R | PMP_W)) == PMP_W) {
      // Reserved: it becomes no access to data.
      cfg &= ~PMP_W;
    }
    hart(env).setPmpcfg(entry, cfg as u8);
  }
  pmpUpdateRanges(env);
}

/** Writes pmpaddr `entry`, unless it is locked, or is the base of a locked TOR entry. The caller flushes the TLB. */
export function pmpAddrWrite(env: usize, entry: i32, value: u64): void {
  if (isFixed(env, cfgOf(env, entry))) return;
  if (entry + 1 < PMP_ENTRIES) {
    const next = cfgOf(env, entry + 1);
    if (isFixed(env, next) && matchMode(next) == A_TOR) return;
  }
  hart(env).setPmpaddr(entry, value & PMP_ADDR_BITS);
  pmpUpdateRanges(env);
}
