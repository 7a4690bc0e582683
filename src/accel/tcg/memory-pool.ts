/**
 * Memories of machines that were closed, for the next ones. An engine gives the address space of a memory back when its collector comes by, if ever, and
 * a process holds a bounded number of them: short-lived machines, thousands in a row, must not each have a new one.
 */
import { newMemory, RUNTIME_DATA_END, WASM_PAGE, type MemorySource } from './memory.js';

/** Memories that wait at most. Their touched pages stay with the process. */
const MOST_MEMORIES = 4;
/** Larger ones are not kept: only to look whether pages are zero takes 0.2 ms a MiB the first time, and the event loop waits. */
const MOST_BYTES = 320 << 20;
/** A memory with more that is to be zeroed is not used again. */
const MOST_TOUCHED = 64 << 20;

/** `memoryClear` of the runtime that has used the memory. */
export type MemoryClear = (start: number, end: number, most: number) => number;

interface FreeMemory {
  readonly memory: WebAssembly.Memory;
  readonly clear: MemoryClear;
}

export class EngineMemoryPool {
  private readonly free: FreeMemory[] = [];

  constructor(private readonly create: MemorySource = newMemory) {}

  /** Memories that wait. */
  get size(): number {
    return this.free.length;
  }

  /** The smallest that is large enough, zeroed, or a new one. @throws OptionError if the host gives none */
  readonly take = (pages: number): WebAssembly.Memory => {
    for (let found; (found = this.smallest(pages));) {
      this.free.splice(this.free.indexOf(found), 1);
      if (isZeroed(found)) return found.memory;
    }
    return this.make(pages);
  };

  private smallest(pages: number): FreeMemory | undefined {
    const size = ({ memory }: FreeMemory): number => memory.buffer.byteLength;
    const fitting = this.free.filter((free) => size(free) >= pages * WASM_PAGE);
    return fitting.length === 0 ? undefined : fitting.reduce((a, b) => (size(b) < size(a) ? b : a));
  }

  private make(pages: number): WebAssembly.Memory {
    try {
      return this.create(pages);
    } catch (error) {
      if (this.free.length === 0) throw error;
      this.clear(); // engines collect garbage before they give up
      return this.create(pages);
    }
  }

  /** Keeps the memory of a machine that is no more, if that is worth it. Nobody may use it any more. It is zeroed when somebody takes it: most processes end before. */
  give(memory: WebAssembly.Memory, clear: MemoryClear): void {
    if (this.free.length < MOST_MEMORIES && memory.buffer.byteLength <= MOST_BYTES) this.free.push({ memory, clear });
  }

  clear(): void {
    this.free.length = 0;
  }
}

/** False: there was too much to do. */
function isZeroed({ memory, clear }: FreeMemory): boolean {
  // the runtime's own data last: it is at work in there
  if (clear(RUNTIME_DATA_END, memory.buffer.byteLength, MOST_TOUCHED) > MOST_TOUCHED) return false;
  new Uint8Array(memory.buffer, 0, RUNTIME_DATA_END).fill(0);
  return true;
}
