// The arena: all runtime memory that is not a static. Permanent blocks (envs, tables) come from its top and stay; TBs and page
// descriptors are bumped up from its bottom and go all at once when it is full (QEMU's tb_flush: no block is ever freed alone).

let codeStart: usize = 0;
let codePtr: usize = 0;
let permanentStart: usize = 0;

export function arenaInit(start: usize, end: usize): void {
  codeStart = codePtr = (start + 15) & ~15;
  permanentStart = end & ~15;
}

/** A zeroed block that lives as long as the runtime, aligned to 16 bytes. 0: the arena is too small. */
export function arenaAllocPermanent(size: usize): usize {
  const bytes = (size + 15) & ~15;
  if (permanentStart - codePtr < bytes) return 0;
  permanentStart -= bytes;
  memory.fill(permanentStart, 0, bytes);
  return permanentStart;
}

/** A block that lives until arenaFlush, aligned to 8 bytes. 0: full. */
export function arenaAlloc(size: usize): usize {
  const bytes = (size + 7) & ~7;
  if (permanentStart - codePtr < bytes) return 0;
  const block = codePtr;
  codePtr += bytes;
  return block;
}

export function arenaFlush(): void {
  codePtr = codeStart;
}

/** Bytes of TBs and page descriptors. */
export function arenaUsed(): usize {
  return codePtr - codeStart;
}

/** Bytes left for them. */
export function arenaFree(): usize {
  return permanentStart - codePtr;
}
