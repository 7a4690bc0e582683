// Address spaces that the guest tells apart (RISC-V: ASIDs). Their pages have one TLB, whose tables are at fixed places: when another space is entered, what is
// not shared by all is put aside, and put back when the space is entered again. Each space keeps its own jump cache of the lower half.
import {
  ENV_TLB, SAVED_ENTRY, SAVED_MAX, SAVED_SIZE, SPACES, SPACE_CACHE, SPACE_ENTRIES, SPACE_ID, SPACE_KEY, SPACE_SAVED, SPACE_SAVED_HIGH, SPACE_SIZE, SPACE_STAMP,
  SPACE_USED, TLB_ENTRY_ADDEND, TLB_ENTRY_PHYS_PAGE, TLB_ENTRY_SIZE, TLB_ENTRY_TAG, TLB_FORCE_SLOW, TLB_INVALID, TLB_KINDS, TLB_KIND_WRITE, TLB_MMIO,
  TLB_MMU_INDEXES, TLB_NOTDIRTY, TLB_TABLE_SIZE,
} from '../shared/layout';
import { arenaAllocPermanent } from '../core/arena';
import { pageHasCode } from '../core/code-pages';
import { lock, unlock } from '../core/engine';
import { reachingOut } from '../core/journal';
import { vcpu } from '../core/vcpu';
import { WORK_FLUSH, worked } from '../core/work';
import { jumpCacheClearPrivate, jumpCacheClearSpace } from './jump-cache';
import { privateWords, PRIVATE_WORDS, tableFilled, tableInUse, upperHalf, victimsForget } from './tables';
import { PAGE_SIZE } from '../target/traits/pages';

/** SPACE_KEY of a record that holds none. */
const NO_KEY: u64 = u64.MAX_VALUE;

/** False: no room in the arena. */
export function spacesInit(env: usize): bool {
  const first = arenaAllocPermanent(SPACES * SPACE_SIZE);
  if (first == 0) return false;
  vcpu(env).spaces = first;
  for (let n = 0; n < SPACES; n++) store<u64>(first + n * SPACE_SIZE, NO_KEY, SPACE_KEY);
  enter(env, first);
  return true;
}

function enter(env: usize, space: usize): void {
  const clock = vcpu(env).spaceClock + 1;
  vcpu(env).spaceClock = clock;
  store<u32>(space, clock, SPACE_STAMP);
  store<u32>(space, 1, SPACE_USED);
  vcpu(env).space = space;
  vcpu(env).jumpCache = space + SPACE_CACHE;
}

/** The guest leaves the space `oldKey` for `newKey`, under the same rules of translation and with another id. */
export function spaceSwitch(env: usize, oldKey: u64, oldId: u32, newKey: u64, newId: u32): void {
  reachingOut();
  worked(WORK_FLUSH);
  const old = vcpu(env).space;
  store<u64>(old, oldKey, SPACE_KEY);
  store<u32>(old, oldId, SPACE_ID);
  takeOut(env, old);
  victimsForget(env);
  jumpCacheClearPrivate(env);
  let found: usize = 0;
  let oldest: usize = 0;
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (space == old) continue;
    if (load<u64>(space, SPACE_KEY) == newKey) found = space;
    else if (load<u32>(space, SPACE_ID) == newId) forget(space); // the id is another space's now
    if (oldest == 0 || load<u32>(space, SPACE_STAMP) < load<u32>(oldest, SPACE_STAMP)) oldest = space;
  }
  if (found == 0) forget((found = oldest));
  enter(env, found);
  putBack(env, found);
}

function forget(space: usize): void {
  if (load<u32>(space, SPACE_USED) != 0) jumpCacheClearSpace(space);
  store<u64>(space, NO_KEY, SPACE_KEY);
  store<u32>(space, 0, SPACE_STAMP);
  store<u32>(space, 0, SPACE_USED);
  store<u32>(space, 0, SPACE_SAVED);
}

/** All but the current one, when the whole TLB is flushed. The caller clears the jump caches. */
export function spacesForgetOthers(env: usize): void {
  const current = vcpu(env).space;
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) if (space != current) forget(space);
}

/** Flushes a space by its id; `currentId` is that of the current one. Pages that all spaces share stay. */
export function spaceFlush(env: usize, id: u32, currentId: u32): void {
  reachingOut();
  worked(WORK_FLUSH);
  const current = vcpu(env).space;
  if (id == currentId) {
    takeOut(env, 0);
    victimsForget(env);
    jumpCacheClearSpace(current);
    jumpCacheClearPrivate(env);
    return;
  }
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (space != current && load<u64>(space, SPACE_KEY) != NO_KEY && load<u32>(space, SPACE_ID) == id) forget(space);
  }
}

/** Forgets a page of what is put aside. */
export function spacesDropPage(env: usize, page: u64): void {
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (upperHalf(page) != 0 && load<u32>(space, SPACE_SAVED_HIGH) == 0) continue;
    const end = space + load<u32>(space, SPACE_SAVED) * SAVED_SIZE;
    for (let at = space; at < end; at += SAVED_SIZE) {
      if ((load<u64>(at, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_TAG) & ~((PAGE_SIZE as u64) - 1)) != page) continue;
      store<u64>(at, u64.MAX_VALUE, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_TAG);
    }
  }
}

/** Takes all entries that are not shared out of the tables, into `space` (0: nowhere). */
function takeOut(env: usize, space: usize): void {
  let count: u32 = 0;
  let high: u32 = 0;
  for (let table = 0; table < TLB_MMU_INDEXES * TLB_KINDS; table++) {
    if (!tableInUse(env, table)) continue;
    const words = privateWords(env, table);
    for (let word = 0; word < PRIVATE_WORDS; word++) {
      let bits = load<u64>(words + word * 8);
      if (bits == 0) continue;
      store<u64>(words + word * 8, 0);
      for (; bits != 0; bits &= bits - 1) {
        const offset: usize = ENV_TLB + table * TLB_TABLE_SIZE + (word * 64 + (ctz(bits) as i32)) * TLB_ENTRY_SIZE;
        const tag = load<u64>(env + offset, TLB_ENTRY_TAG);
        if (space != 0 && count < (SAVED_MAX as u32) && (tag & (TLB_INVALID | TLB_FORCE_SLOW)) == 0) {
          const at = space + count++ * SAVED_SIZE;
          store<u32>(at, offset as u32, SPACE_ENTRIES);
          store<u32>(at, table, SPACE_ENTRIES + 4);
          store<u64>(at, tag, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_TAG);
          store<u64>(at, load<u64>(env + offset, TLB_ENTRY_ADDEND), SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_ADDEND);
          high |= upperHalf(tag);
        }
        store<u64>(env + offset, u64.MAX_VALUE, TLB_ENTRY_TAG);
      }
    }
  }
  if (space == 0) return;
  store<u32>(space, count, SPACE_SAVED);
  store<u32>(space, high, SPACE_SAVED_HIGH);
}

/** What is in the tables is shared by all spaces, and stays where it is in the way. */
function putBack(env: usize, space: usize): void {
  const end = space + load<u32>(space, SPACE_SAVED) * SAVED_SIZE;
  store<u32>(space, 0, SPACE_SAVED);
  lock();
  for (let at = space; at < end; at += SAVED_SIZE) {
    let tag = load<u64>(at, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_TAG);
    const offset = load<u32>(at, SPACE_ENTRIES) as usize;
    if ((tag & TLB_INVALID) != 0 || (load<u64>(env + offset, TLB_ENTRY_TAG) & TLB_INVALID) == 0) continue;
    const table = load<i32>(at, SPACE_ENTRIES + 4);
    if (table % TLB_KINDS == TLB_KIND_WRITE && (tag & TLB_MMIO) == 0) {
      const hasCode = pageHasCode(load<u32>(at, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_PHYS_PAGE));
      tag = hasCode ? tag | TLB_NOTDIRTY : tag & ~(TLB_NOTDIRTY as u64);
    }
    store<u64>(env + offset, tag, TLB_ENTRY_TAG);
    store<u64>(env + offset, load<u64>(at, SPACE_ENTRIES + SAVED_ENTRY + TLB_ENTRY_ADDEND), TLB_ENTRY_ADDEND);
    tableFilled(env, table, (((offset as i32) - ENV_TLB) % TLB_TABLE_SIZE) / TLB_ENTRY_SIZE);
  }
  unlock();
}
