// From effective to physical addresses.
import { PAGE_SIZE } from '../../shared/layout';
import { tlbSetPage } from '../../tlb/fill';

const PAGE_MASK: u64 = PAGE_SIZE - 1;
/** Read, write, execute, as tlbSetPage has them. */
const ALL = 7;

export function tlbFill(env: usize, addr: u64, size: i32, access: i32, mmuIdx: i32, probe: bool): bool {
  const page = addr & 0xffffffff & ~PAGE_MASK;
  tlbSetPage(env, page, page, ALL, mmuIdx, PAGE_SIZE, false, true);
  return true;
}

export function translateFor(env: usize, addr: u64, access: i32, mmuIdx: i32): u64 {
  return addr & 0xffffffff;
}

export function translateDebug(env: usize, addr: u64): u64 {
  return addr & 0xffffffff;
}
