// What guest code does while it is checked (assembly/lockstep.ts): the bytes of memory that it changes, so that it can be undone, and whether it did what cannot be.
// Release builds have none of it: ASC_NO_ASSERT is a constant of the compiler, true there.

// An entry: u32 host address, u32 bytes (8 at most), u64 what was there, u64 what is there in the end.
const HOST = 0;
const SIZE = 4;
const OLD = 8;
const FINAL = 16;
const ENTRY_SIZE: usize = 24;

// Scratch of this instance: at most one stretch is open.
let first: usize = 0;
let at: usize = 0;
let limit: usize = 0;
let isOpen: bool = false;
let isReplay: bool = false;
let reached: bool = false;

/** Stores to guest memory at the host address `host` are about to be done. */
@inline
export function storing(host: usize, size: u32): void {
  if (!ASC_NO_ASSERT) noteStore(host, size);
}

/** What follows has effects beyond registers and guest memory, or depends on more: it cannot be done twice. */
@inline
export function reachingOut(): void {
  if (!ASC_NO_ASSERT) noteReach();
}

/** What follows changes the engine: done again, it would not be the same. That tci alone does it need not be a difference. */
@inline
export function changingEngine(): void {
  if (!ASC_NO_ASSERT) noteChange();
}

/** Whether what runs in tci has been counted already, when it was generated code. */
@inline
export function isReplaying(): bool {
  return ASC_NO_ASSERT ? false : isReplay;
}

function noteStore(host: usize, size: u32): void {
  if (!isOpen) return;
  for (let n: u32 = 0; n < size; n += 8) {
    if (at == limit) {
      reached = true;
      return;
    }
    store<u32>(at, (host + n) as u32, HOST);
    store<u32>(at, min<u32>(size - n, 8), SIZE);
    store<u64>(at, read(at), OLD);
    at += ENTRY_SIZE;
  }
}

function noteReach(): void {
  assert(!isReplay, 'lockstep: tci reaches a device, or changes what is mapped, where generated code did not');
  reached = true;
}

function noteChange(): void {
  if (!isReplay) reached = true;
}

/** Begins a stretch. `room`: bytes at `buffer` for what it stores; if they do not suffice, it has reached out. `replay`: in tci, for the second time. */
export function journalOpen(buffer: usize, room: usize, replay: bool): void {
  first = at = buffer;
  limit = buffer + room - (room % ENTRY_SIZE);
  isReplay = replay;
  reached = false;
  isOpen = true;
}

/** Ends it. Returns the end of its entries; 0: it did what cannot be done again. */
export function journalClose(): usize {
  isOpen = isReplay = false;
  if (reached) return 0;
  for (let entry = first; entry < at; entry += ENTRY_SIZE) store<u64>(entry, read(entry), FINAL);
  return at;
}

/** The bytes of an entry as they are now. */
function read(entry: usize): u64 {
  const host = load<usize>(entry, HOST);
  let value: u64 = 0;
  for (let n: i32 = (load<u32>(entry, SIZE) as i32) - 1; n >= 0; n--) value = (value << 8) | (load<u8>(host + n) as u64);
  return value;
}

function write(entry: usize, value: u64): void {
  const host = load<usize>(entry, HOST);
  const size = load<u32>(entry, SIZE);
  for (let n: u32 = 0; n < size; n++) store<u8>(host + n, (value >> (8 * n)) as u8);
}

/** Memory as it was before the entries begin .. end - 1. */
export function journalUndo(begin: usize, end: usize): void {
  for (let entry = end; entry > begin; ) {
    entry -= ENTRY_SIZE;
    write(entry, load<u64>(entry, OLD));
  }
}

/** Memory as it was after them. */
export function journalRedo(begin: usize, end: usize): void {
  for (let entry = begin; entry < end; entry += ENTRY_SIZE) write(entry, load<u64>(entry, FINAL));
}

/** The first entry whose bytes are not now what they were after it all, or 0. */
export function journalDiffers(begin: usize, end: usize): usize {
  for (let entry = begin; entry < end; entry += ENTRY_SIZE) if (read(entry) != load<u64>(entry, FINAL)) return entry;
  return 0;
}

export function journalHost(entry: usize): usize {
  return load<usize>(entry, HOST);
}

export function journalSize(entry: usize): u32 {
  return load<u32>(entry, SIZE);
}

export function journalFinal(entry: usize): u64 {
  return load<u64>(entry, FINAL);
}

/** The bytes of an entry as they are now. */
export function journalNow(entry: usize): u64 {
  return read(entry);
}
