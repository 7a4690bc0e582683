// The engine record: what all vCPUs of a machine share. It lies in linear memory, so that several instances of this module, one a thread, can work on one
// engine. Whatever is a global of the module beside the two below is scratch of one instance (tests/unit/wasm-globals.test.ts lists them all).
import { ENGINE_HOT_MASK, ENGINE_INSTANCES, ENGINE_LOCK } from '../shared/layout';

/** Address of the record; set once, by runtimeInit or runtimeAttach. */
export let engine: usize = 0;
/** This instance's number, from 1 on; set with `engine`. The first one's host makes the generated code of all. */
export let instance: u32 = 0;

/** Lays out a new engine, of which this is the first instance. The record is zeroed. */
export function engineInit(record: usize): void {
  engine = record;
  instance = 1;
  store<u32>(record, 1, ENGINE_INSTANCES);
  store<u32>(record, u32.MAX_VALUE, ENGINE_HOT_MASK);
}

/** Joins an engine that another instance laid out. No vCPU may run meanwhile: until now they went without the lock. */
export function engineJoin(record: usize): u32 {
  engine = record;
  instance = atomic.add<u32>(record, 1, ENGINE_INSTANCES) + 1;
  return instance;
}

/** Whether other threads may be at work on the engine. */
@inline
export function isShared(): bool {
  return load<u32>(engine, ENGINE_INSTANCES) > 1;
}

// ---- The lock ------------------------------------------------------------------------------------------------------------

// Who changes what another thread may read or change holds it: lists of TBs, links, the arena, the write tables of the TLBs, jump caches. It is not
// recursive, held for microseconds, and never while the host is called, but for regionInvalidated. An engine of one instance does without.
const FREE: u32 = 0;
const HELD: u32 = 1;
/** Held, and somebody sleeps. */
const WANTED: u32 = 2;
/** Looks before one sleeps. */
const SPINS = 1000;

@inline
export function lock(): void {
  if (isShared() && atomic.cmpxchg<u32>(engine, FREE, HELD, ENGINE_LOCK) != FREE) lockContended();
}

@inline
export function unlock(): void {
  if (isShared() && atomic.xchg<u32>(engine, FREE, ENGINE_LOCK) == WANTED) atomic.notify(engine + ENGINE_LOCK, 1);
}

/** What follows is for who holds the lock. (Debug builds look whether somebody does.) */
@inline
export function underLock(): void {
  if (!ASC_NO_ASSERT) assert(!isShared() || load<u32>(engine, ENGINE_LOCK) != FREE, 'the lock is not held');
}

function lockContended(): void {
  let taken = HELD;
  while (true) {
    for (let n = 0; n < SPINS; n++) {
      if (atomic.load<u32>(engine, ENGINE_LOCK) == FREE && atomic.cmpxchg<u32>(engine, FREE, taken, ENGINE_LOCK) == FREE) return;
    }
    // The first instance may be in a page's own thread, which must not sleep.
    if (instance == 1) continue;
    // One is woken at a time: who has slept leaves the mark for the others.
    taken = WANTED;
    if (atomic.xchg<u32>(engine, WANTED, ENGINE_LOCK) == FREE) return;
    atomic.wait<i32>(engine + ENGINE_LOCK, WANTED as i32);
  }
}
