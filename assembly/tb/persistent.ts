// TBs that outlive their process: packed one behind the other, without an address of this memory, and made known again in an engine of the same build and
// configuration whose guest memory has the same code. A record is only taken if all of its guest bytes are there. There are two kinds of collections: an image is
// of a whole guest, whose pages are where they were (`wemu linux`); a page's has the TBs of one page's contents, wherever that lies now (the code cache).
import {
  DESC_FIRST, DESC_KEY, ENGINE_ARENA_NEXT, ENGINE_TB_HASH, ENV_TB_FLAGS, NO_PAGE, TB_CFLAGS, TB_FLAGS, TB_HASH_NEXT, TB_HOST0, TB_HOST1, TB_ICOUNT, TB_INSN_TABLE, TB_PC,
  TB_PHYS_PAGE0, TB_PHYS_PAGE1, TB_RECORD_SIZE, TB_SIZE, TB_STATE, TB_STATE_CALLS,
} from '../shared/layout';
import {
  RECORD_BYTES, RECORD_CODE, RECORD_FLAGS, RECORD_HEAD, RECORD_ICOUNT, RECORD_KEY, RECORD_PAGE0, RECORD_PAGE1, RECORD_PC, RECORD_SIZE, RECORD_STATE,
} from '../shared/persistent';
import { descMake, descOf } from '../core/code-pages';
import { engine, lock, unlock } from '../core/engine';
import { physHost } from '../core/physmap';
import { vcpu } from '../core/vcpu';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';
import { hashSize, isValid, tbAlloc, tbFind, tbRegister, tciCode } from './tb';

/** No TB has more of either: what says so is no record. */
const MOST: u32 = 1 << 17;

@inline
function recordBytes(size: u32, code: u32, icount: u32): u32 {
  return (RECORD_HEAD + size + code + 4 * icount + 7) & ~7;
}

/** Guest bytes of a TB that are in its first page. */
@inline
function inFirstPage(pc: u64, size: u32): u32 {
  return min<u32>(size, (PAGE_SIZE as u32) - ((pc as u32) & ((PAGE_SIZE as u32) - 1)));
}

/** Writes the addresses of all valid TBs with these cflags from `at` to `end`. Returns how many there are; of more than fit, the others are left out. */
export function tbsCollect(cflags: u32, at: usize, end: usize): u32 {
  const table = load<usize>(engine, ENGINE_TB_HASH);
  let count: u32 = 0;
  const tableEnd = table + hashSize();
  for (let cell = table; cell < tableEnd; cell += 4) {
    for (let tb = load<usize>(cell); tb != 0; tb = load<usize>(tb, TB_HASH_NEXT)) {
      if (!isValid(tb) || load<u32>(tb, TB_CFLAGS) != cflags) continue;
      count++;
      if (at + 4 > end) continue;
      store<usize>(at, tb);
      at += 4;
    }
  }
  return count;
}

/** Packs a TB at `at`. Returns the bytes; 0: they would go beyond `end`. */
export function tbPack(tb: usize, at: usize, end: usize): u32 {
  const size = load<u32>(tb, TB_SIZE);
  const icount = load<u32>(tb, TB_ICOUNT);
  const code = (load<usize>(tb, TB_INSN_TABLE) - tciCode(tb)) as u32;
  const bytes = recordBytes(size, code, icount);
  if (at + bytes > end) return 0;
  const pc = load<u64>(tb, TB_PC);
  store<u64>(at, pc, RECORD_PC);
  store<u64>(at, load<u64>(tb, TB_FLAGS), RECORD_FLAGS);
  store<u32>(at, bytes, RECORD_BYTES);
  store<u32>(at, size, RECORD_SIZE);
  store<u32>(at, icount, RECORD_ICOUNT);
  store<u32>(at, code, RECORD_CODE);
  store<u32>(at, load<u32>(tb, TB_PHYS_PAGE0), RECORD_PAGE0);
  store<u32>(at, load<u32>(tb, TB_PHYS_PAGE1), RECORD_PAGE1);
  store<u64>(at, (load<u32>(tb, TB_STATE) & TB_STATE_CALLS) as u64, RECORD_STATE);
  store<u64>(at + bytes - 8, 0); // what fills it up
  const first = inFirstPage(pc, size);
  let to = at + RECORD_HEAD;
  memory.copy(to, load<usize>(tb, TB_HOST0), first);
  if (first < size) memory.copy(to + first, load<usize>(tb, TB_HOST1), size - first);
  to += size;
  memory.copy(to, tciCode(tb), code);
  memory.copy(to + code, load<usize>(tb, TB_INSN_TABLE), 4 * icount);
  return bytes;
}

/** Bytes of the record at `at`; 0: there is none in order up to `end`. */
function recordAt(at: usize, end: usize): u32 {
  if (at + RECORD_HEAD > end) return 0;
  const bytes = load<u32>(at, RECORD_BYTES);
  const size = load<u32>(at, RECORD_SIZE);
  const icount = load<u32>(at, RECORD_ICOUNT);
  const code = load<u32>(at, RECORD_CODE);
  if (size == 0 || size > (PAGE_SIZE as u32) || code > MOST || icount > MOST) return 0;
  return bytes == recordBytes(size, code, icount) && bytes <= ((end - at) as u32) ? bytes : 0;
}

/** Makes the records of an image from `at` to `end`, which the arena must not reach, known as TBs with these cflags, where their code is. Returns how many these are. */
export function tbsUnpack(cflags: u32, at: usize, end: usize): u32 {
  let count: u32 = 0;
  const room = at;
  for (let bytes = recordAt(at, end); bytes != 0; bytes = recordAt(at, end)) {
    const host0 = hostOf(at, RECORD_PAGE0);
    const host1 = hostOf(at, RECORD_PAGE1);
    const page1 = load<u32>(at, RECORD_PAGE1);
    if (host0 != 0 && (host1 != 0 || page1 == NO_PAGE) && isThere(at, host0, host1)) {
      const tb = unpack(at, load<u64>(at, RECORD_PC), load<u32>(at, RECORD_PAGE0), page1, host0, host1, cflags, room);
      if (tb == 0) break;
      count++;
    }
    at += bytes;
  }
  return count;
}

/** Linear-memory address of a record's page; 0: it has none, or that is no memory. */
function hostOf(record: usize, field: usize): usize {
  const page = load<u32>(record + field);
  return page == NO_PAGE ? 0 : physHost((page as u64) << PAGE_BITS, PAGE_SIZE, false);
}

/** Whether the guest has a record's bytes of code. `host1`: 0: all of them must be in one page. */
function isThere(at: usize, host0: usize, host1: usize): bool {
  const pc = load<u64>(at, RECORD_PC);
  const size = load<u32>(at, RECORD_SIZE);
  const first = inFirstPage(pc, size);
  const bytes = at + RECORD_HEAD;
  if (memory.compare(bytes, host0 + ((pc as usize) & (PAGE_SIZE - 1)), first) != 0) return false;
  if (first == size) return host1 == 0;
  return host1 != 0 && memory.compare(bytes + first, host1, size - first) == 0;
}

/** A record that recordAt has looked at, as a TB. `room`: which it must not reach. 0: there is no room. */
function unpack(at: usize, pc: u64, page0: u32, page1: u32, host0: usize, host1: usize, cflags: u32, room: usize): usize {
  const size = load<u32>(at, RECORD_SIZE);
  const icount = load<u32>(at, RECORD_ICOUNT);
  const code = load<u32>(at, RECORD_CODE);
  // with room for descriptors of pages
  if (load<usize>(engine, ENGINE_ARENA_NEXT) + TB_RECORD_SIZE + code + 4 * icount + 64 > room) return 0;
  const tb = tbAlloc(code + 4 * icount);
  if (tb == 0) return 0;
  store<u64>(tb, pc, TB_PC);
  store<u64>(tb, load<u64>(at, RECORD_FLAGS), TB_FLAGS);
  store<u32>(tb, cflags, TB_CFLAGS);
  store<u32>(tb, size, TB_SIZE);
  store<u32>(tb, icount, TB_ICOUNT);
  store<u32>(tb, page0, TB_PHYS_PAGE0);
  store<u32>(tb, page1, TB_PHYS_PAGE1);
  store<usize>(tb, host0 + ((pc as usize) & (PAGE_SIZE - 1)), TB_HOST0);
  store<usize>(tb, host1, TB_HOST1);
  const tci = tciCode(tb);
  store<usize>(tb, tci + code, TB_INSN_TABLE);
  memory.copy(tci, at + RECORD_HEAD + size, code + 4 * icount);
  if (!tbRegister(tb)) return 0;
  if (load<u32>(at, RECORD_STATE) != 0) atomic.or<u32>(tb, TB_STATE_CALLS, TB_STATE);
  return tb;
}

// ---- By page -----------------------------------------------------------------------------------------------------------

/** Of a page's contents: two that have the same are the same page, or every byte of code that is taken for theirs is looked at in vain. Never 0. */
function keyOf(host: usize): u64 {
  let a: u64 = 0x9e3779b97f4a7c15;
  let b: u64 = 0xc2b2ae3d27d4eb4f;
  for (let at = host; at < host + PAGE_SIZE; at += 16) {
    a = rotl<u64>((a ^ load<u64>(at)) * 0xff51afd7ed558ccd, 29);
    b = rotl<u64>((b ^ load<u64>(at, 8)) * 0xc4ceb9fe1a85ec53, 31);
  }
  a ^= rotl<u64>(b, 17);
  a = (a ^ (a >> 32)) * 0xff51afd7ed558ccd;
  return (a >> 12) | 1; // as much as a number of JavaScript holds
}

/** The key of the page that the vCPU is to have a TB in; 0: it is not to be asked for, as there are TBs of it, or this one has other cflags. `cflags`: with CF_PCREL. */
export function tbPageKey(env: usize, cflags: u32): f64 {
  if (vcpu(env).codeCflags != cflags) return 0;
  const page = (vcpu(env).codePhys >> PAGE_BITS) as u32;
  let desc = descOf(page);
  if (desc != 0 && load<usize>(desc, DESC_FIRST) != 0 && load<u64>(desc, DESC_KEY) != 0) return 0;
  const host = physHost((page as u64) << PAGE_BITS, PAGE_SIZE, false);
  if (host == 0) return 0;
  lock();
  desc = descMake(page);
  const key = keyOf(host);
  if (desc != 0) store<u64>(desc, key, DESC_KEY);
  unlock();
  return key as f64;
}

/** Packs those of the TBs in the list of `count` addresses at `list` that lie in one page whose key is known, and are there. Returns where they end; what goes beyond `end` is left out. */
export function tbsPackByPage(cflags: u32, list: usize, count: u32, at: usize, end: usize): usize {
  for (let i: u32 = 0; i < count; i++) {
    const tb = load<usize>(list + 4 * i);
    if (!isValid(tb) || load<u32>(tb, TB_CFLAGS) != cflags || load<u32>(tb, TB_PHYS_PAGE1) != NO_PAGE) continue;
    const key = load<u64>(descOf(load<u32>(tb, TB_PHYS_PAGE0)), DESC_KEY);
    if (key == 0) continue;
    const bytes = tbPack(tb, at, end);
    if (bytes == 0) break;
    store<u64>(at, load<u64>(at, RECORD_PC) & (PAGE_SIZE - 1), RECORD_PC);
    store<u64>(at, key, RECORD_KEY);
    at += bytes;
  }
  return at;
}

/**
 * Makes the records of a page's contents from `at` to `end`, which the arena must not reach, known as TBs of the page that the vCPU is to have one in. Returns how many
 * these are; their addresses are where the records were.
 */
export function tbsUnpackPage(env: usize, at: usize, end: usize): u32 {
  const cflags = vcpu(env).codeCflags;
  const page = (vcpu(env).codePhys >> PAGE_BITS) as u32;
  const place = vcpu(env).pc & ~(PAGE_SIZE - 1);
  const host = physHost((page as u64) << PAGE_BITS, PAGE_SIZE, false);
  if (host == 0) return 0;
  let count: u32 = 0;
  const room = at;
  for (let bytes = recordAt(at, end); bytes != 0; bytes = recordAt(at, end)) {
    const pc = place | (load<u64>(at, RECORD_PC) & (PAGE_SIZE - 1));
    if (isThere(at, host, 0) && tbFind(page, pc, load<u64>(at, RECORD_FLAGS), cflags) == 0) {
      const tb = unpack(at, pc, page, NO_PAGE, host, 0, cflags, room);
      if (tb == 0) break;
      store<usize>(room + 4 * count, tb); // a record is longer
      count++;
    }
    at += bytes;
  }
  return count;
}

/** The TB that the vCPU is to have, if there is one by now; or 0. */
export function tbKnown(env: usize): usize {
  return tbFind((vcpu(env).codePhys >> PAGE_BITS) as u32, vcpu(env).pc, load<u64>(env, ENV_TB_FLAGS), vcpu(env).codeCflags);
}
