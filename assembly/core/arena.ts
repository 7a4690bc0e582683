// The arena: all runtime memory that is not a static. TBs and page descriptors are bumped up from its bottom and go all at once when it is full
// (QEMU's tb_flush: no block is ever freed alone). Permanent blocks (envs, tables) stay: below the bottom as long as there are no TBs, later at the top. So env is
// below 32 MiB, where Firefox's Ion has an address in the instruction: what is further takes a constant's load, and at a TLB entry two additions with a test each.
// Its ends are in the engine record, at its very start. Who allocates holds the lock.
import { ENGINE_ARENA_NEXT, ENGINE_ARENA_START, ENGINE_ARENA_TOP } from '../shared/layout';
import { engine, underLock } from './engine';

export function arenaInit(start: usize, end: usize): void {
  store<usize>(engine, start, ENGINE_ARENA_START);
  store<usize>(engine, start, ENGINE_ARENA_NEXT);
  store<usize>(engine, end & ~15, ENGINE_ARENA_TOP);
}

/** A zeroed block that lives as long as the runtime, aligned to 16 bytes. 0: the arena is too small. */
export function arenaAllocPermanent(size: usize): usize {
  const bytes = (size + 15) & ~15;
  if (arenaFree() < bytes + 15) return 0;
  let block: usize;
  if (arenaUsed() == 0) {
    block = (load<usize>(engine, ENGINE_ARENA_START) + 15) & ~15;
    store<usize>(engine, block + bytes, ENGINE_ARENA_START);
    store<usize>(engine, block + bytes, ENGINE_ARENA_NEXT);
  } else {
    block = load<usize>(engine, ENGINE_ARENA_TOP) - bytes;
    store<usize>(engine, block, ENGINE_ARENA_TOP);
  }
  memory.fill(block, 0, bytes);
  return block;
}

/** A block that lives until arenaFlush, aligned to 8 bytes. 0: full. */
export function arenaAlloc(size: usize): usize {
  underLock();
  const bytes = (size + 7) & ~7;
  if (arenaFree() < bytes) return 0;
  const block = load<usize>(engine, ENGINE_ARENA_NEXT);
  store<usize>(engine, block + bytes, ENGINE_ARENA_NEXT);
  return block;
}

export function arenaFlush(): void {
  store<usize>(engine, load<usize>(engine, ENGINE_ARENA_START), ENGINE_ARENA_NEXT);
}

/** Bytes of TBs and page descriptors. */
export function arenaUsed(): usize {
  return load<usize>(engine, ENGINE_ARENA_NEXT) - load<usize>(engine, ENGINE_ARENA_START);
}

/** Bytes left for them. */
export function arenaFree(): usize {
  return load<usize>(engine, ENGINE_ARENA_TOP) - load<usize>(engine, ENGINE_ARENA_NEXT);
}
