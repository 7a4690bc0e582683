// TBs that outlive their process: packed one behind the other, without an address of this memory, and made known again in an engine of the same build and
// configuration whose guest memory has the same code. A record is only taken if all of its guest bytes are there.
import {
  ENGINE_TB_HASH, NO_PAGE, TB_CFLAGS, TB_FLAGS, TB_HASH_NEXT, TB_HOST0, TB_HOST1, TB_ICOUNT, TB_INSN_TABLE, TB_PC, TB_PHYS_PAGE0, TB_PHYS_PAGE1,
  TB_RECORD_SIZE, TB_SIZE, TB_STATE, TB_STATE_CALLS,
} from '../shared/layout';
import { engine } from '../core/engine';
import { physHost } from '../core/physmap';
import { PAGE_BITS, PAGE_SIZE } from '../target/traits/pages';
import { HASH_SIZE, isValid, tbAlloc, tbRegister, tciCode } from './tb';

// A record: this head, the guest's bytes, tci code, insn table; all of it is a multiple of 8.
const RECORD_PC = 0; // u64
const RECORD_FLAGS = 8; // u64: TB_FLAGS, TB_CS_BASE
const RECORD_BYTES = 16; // of the record
const RECORD_SIZE = 20;
const RECORD_ICOUNT = 24;
const RECORD_CODE = 28; // bytes of tci code
const RECORD_PAGE0 = 32;
const RECORD_PAGE1 = 36;
const RECORD_STATE = 40; // TB_STATE_CALLS
const RECORD_HEAD = 48;

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
  for (let cell = table; cell < table + HASH_SIZE; cell += 4) {
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

/** Makes the records from `at` to `end`, which the arena must not reach, known as TBs with these cflags, where their code is. Returns how many these are. */
export function tbsUnpack(cflags: u32, at: usize, end: usize): u32 {
  let count: u32 = 0;
  const room = at;
  while (at + RECORD_HEAD <= end) {
    const bytes = load<u32>(at, RECORD_BYTES);
    const size = load<u32>(at, RECORD_SIZE);
    const icount = load<u32>(at, RECORD_ICOUNT);
    const code = load<u32>(at, RECORD_CODE);
    if (size == 0 || size > (PAGE_SIZE as u32) || code > MOST || icount > MOST) break;
    if (bytes != recordBytes(size, code, icount) || bytes > ((end - at) as u32)) break;
    const host0 = hostOf(at, RECORD_PAGE0);
    const host1 = hostOf(at, RECORD_PAGE1);
    if (host0 != 0 && isThere(at, host0, host1, size)) {
      const tb = unpack(at, host0, host1, size, icount, code, cflags, room);
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

/** Whether the guest has a record's bytes of code. */
function isThere(at: usize, host0: usize, host1: usize, size: u32): bool {
  const pc = load<u64>(at, RECORD_PC);
  const first = inFirstPage(pc, size);
  const bytes = at + RECORD_HEAD;
  if (memory.compare(bytes, host0 + ((pc as usize) & (PAGE_SIZE - 1)), first) != 0) return false;
  if (first == size) return load<u32>(at, RECORD_PAGE1) == NO_PAGE;
  return host1 != 0 && memory.compare(bytes + first, host1, size - first) == 0;
}

function unpack(at: usize, host0: usize, host1: usize, size: u32, icount: u32, code: u32, cflags: u32, room: usize): usize {
  const tb = tbAlloc(code + 4 * icount);
  // with room for descriptors of pages
  if (tb == 0 || tb + TB_RECORD_SIZE + code + 4 * icount + 64 > room) return 0;
  const pc = load<u64>(at, RECORD_PC);
  store<u64>(tb, pc, TB_PC);
  store<u64>(tb, load<u64>(at, RECORD_FLAGS), TB_FLAGS);
  store<u32>(tb, cflags, TB_CFLAGS);
  store<u32>(tb, size, TB_SIZE);
  store<u32>(tb, icount, TB_ICOUNT);
  store<u32>(tb, load<u32>(at, RECORD_PAGE0), TB_PHYS_PAGE0);
  store<u32>(tb, load<u32>(at, RECORD_PAGE1), TB_PHYS_PAGE1);
  store<usize>(tb, host0 + ((pc as usize) & (PAGE_SIZE - 1)), TB_HOST0);
  store<usize>(tb, host1, TB_HOST1);
  const tci = tciCode(tb);
  store<usize>(tb, tci + code, TB_INSN_TABLE);
  memory.copy(tci, at + RECORD_HEAD + size, code + 4 * icount);
  if (!tbRegister(tb)) return 0;
  if (load<u32>(at, RECORD_STATE) != 0) atomic.or<u32>(tb, TB_STATE_CALLS, TB_STATE);
  return tb;
}
