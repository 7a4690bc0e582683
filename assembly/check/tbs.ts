// What the lists, tables and links of TBs must always be, looked at between slices (`-accel tcg,check=on`).
import {
  CF_PCREL, DESC_FIRST, DESC_NEXT, DESC_PAGE, ENGINE_PAGE_HASH, ENGINE_TB_HASH, NO_PAGE, TB_CFLAGS, TB_CS_BASE, TB_FLAGS, TB_FUNC, TB_HASH_NEXT, TB_ICOUNT, TB_INSN_TABLE, TB_JMP0,
  TB_JMP_LIST, TB_JMP_NEXT0, TB_PAGE_NEXT0, TB_PC, TB_PHYS_PAGE0, TB_PHYS_PAGE1, TB_SIZE,
} from '../shared/layout';
import { PAGE_HASH_SIZE } from '../core/code-pages';
import { firstEnv } from '../core/cpus';
import { engine } from '../core/engine';
import { vcpu } from '../core/vcpu';
import { hashCell, hashSize, isValid, tbStatCount, tciCode } from '../tb/tb';
import { checkJumpCaches } from './jump-caches';
import { CODE_ALIGN_BITS, CS_BASE, MAX_INSN_SIZE } from '../target/traits/linked';
import { PAGE_BITS } from '../target/traits/pages';

/** Fails an assertion at the first thing that is not as it must be. Returns how many TBs have generated code. */
export function checkTbs(): u32 {
  const count = tbStatCount();
  let seen: u32 = 0;
  let onPages: u32 = 0;
  let linksOut: u32 = 0;
  let linksIn: u32 = 0;
  let generated: u32 = 0;
  const table = load<usize>(engine, ENGINE_TB_HASH);
  const tableEnd = table + hashSize();
  for (let cell = table; cell < tableEnd; cell += 4) {
    for (let tb = load<usize>(cell); tb != 0; tb = load<usize>(tb, TB_HASH_NEXT)) {
      assert(++seen <= count, 'TBs: the hash table has more than there are');
      checkTb(tb, cell);
      onPages += load<u32>(tb, TB_PHYS_PAGE1) == NO_PAGE ? 1 : 2;
      generated += (load<u32>(tb, TB_FUNC) != 0) as u32;
      for (let n: usize = 0; n < 2; n++) linksOut += checkLink(tb, load<usize>(tb + 4 * n, TB_JMP0));
      linksIn += countIncoming(tb, 2 * count);
    }
  }
  assert(seen == count, 'TBs: the hash table has fewer than there are');
  assert(linksOut == linksIn, 'TBs: a jump is not in the list of its target');
  assert(countOnPages(onPages) == onPages, 'TBs: one is not in the list of its page');
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) checkJumpCaches(env);
  return generated;
}

function checkTb(tb: usize, cell: usize): void {
  assert(isValid(tb), 'TBs: one in the hash table is not valid');
  const home = hashCell(load<u32>(tb, TB_PHYS_PAGE0), load<u64>(tb, TB_PC), load<u64>(tb, TB_FLAGS), load<u32>(tb, TB_CFLAGS));
  assert(home == cell, 'TBs: one is in another cell of the hash table than it is looked for');
  assert(CS_BASE || load<u32>(tb, TB_CS_BASE) == 0, 'TBs: one has a second word of flags, which the target does not');
  if (load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) {
    assert(MAX_INSN_SIZE > 1 << CODE_ALIGN_BITS, 'TBs: one is in two pages, where no instruction can be');
    assert(load<u32>(tb, TB_ICOUNT) == 1 && load<u32>(tb, TB_SIZE) <= (MAX_INSN_SIZE as u32), 'TBs: one in two pages is more than an instruction');
  }
  assert(load<usize>(tb, TB_INSN_TABLE) > tciCode(tb) && load<u32>(tb, TB_ICOUNT) != 0, 'TBs: one has no code');
}

/** goto_tb stays in the page, and leads to a TB of one page: so a link never outlives a mapping. Returns how many links that is. */
function checkLink(tb: usize, target: usize): u32 {
  if (target == 0) return 0;
  assert(isValid(target), 'TBs: a jump leads to one that is not valid');
  assert(load<u32>(target, TB_PHYS_PAGE1) == NO_PAGE, 'TBs: a jump leads to one of two pages');
  assert(load<u32>(target, TB_PHYS_PAGE0) == load<u32>(tb, TB_PHYS_PAGE0), 'TBs: a jump leads to another physical page');
  if ((load<u32>(tb, TB_CFLAGS) & CF_PCREL) == 0) {
    assert(load<u64>(target, TB_PC) >> PAGE_BITS == load<u64>(tb, TB_PC) >> PAGE_BITS, 'TBs: a jump leads to another virtual page');
  }
  return 1;
}

function countIncoming(tb: usize, most: u32): u32 {
  let count: u32 = 0;
  for (let at = load<usize>(tb, TB_JMP_LIST); at != 0; ) {
    const from = (at & ~3) + 4 * (at & 3);
    assert(++count <= most, 'TBs: a list of jumps has no end');
    assert(isValid(at & ~3), 'TBs: a list of jumps has one that is not valid');
    assert(load<usize>(from, TB_JMP0) == tb, 'TBs: a list of jumps has one that leads elsewhere');
    at = load<usize>(from, TB_JMP_NEXT0);
  }
  return count;
}

function countOnPages(most: u32): u32 {
  let count: u32 = 0;
  const table = load<usize>(engine, ENGINE_PAGE_HASH);
  for (let cell = table; cell < table + PAGE_HASH_SIZE; cell += 4) {
    for (let desc = load<usize>(cell); desc != 0; desc = load<usize>(desc, DESC_NEXT)) {
      for (let entry = load<usize>(desc, DESC_FIRST); entry != 0; ) {
        const link = (entry & ~3) + 4 * (entry & 3);
        assert(++count <= most, 'TBs: a list of a page has no end');
        assert(isValid(entry & ~3), 'TBs: a list of a page has one that is not valid');
        assert(load<u32>(link, TB_PHYS_PAGE0) == load<u32>(desc, DESC_PAGE), 'TBs: a list of a page has one of another page');
        entry = load<usize>(link, TB_PAGE_NEXT0);
      }
    }
  }
  return count;
}
