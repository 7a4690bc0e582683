/**
 * Memories of machines that were closed, for the next ones. An engine gives the address space of a memory back when its collector comes by, if ever, and
 * a process holds a bounded number of them: short-lived machines, thousands in a row, must not each have a new one.
 */
import { newMemory, RUNTIME_DATA_END, WASM_PAGE, type MemorySource } from './memory.js';

/** Memories that wait at most. Their touched pages stay with the process. */
const MOST_MEMORIES = 4;
/** Larger ones are not kept: only to look whether pages are zero takes 0.2 ms a MiB the first time, and the event loop waits. */
const MOST_BYTES = 320 << 20;
/** A memory with more that is to be zeroed is not kept. */
const MOST_TOUCHED = 64 << 20;

/** `memoryClear` of the runtime that has used the memory. */
export type MemoryClear = (start: number, end: number, most: number) => number;

export class EngineMemoryPool {
  private readonly free: WebAssembly.Memory[] = [];

  constructor(private readonly create: MemorySource = newMemory) {}

  /** Memories that wait. */
  get size(): number {
    return this.free.length;
  }

  /** The smallest that is large enough, or a new one. @throws OptionError if the host gives none */
  readonly take = (pages: number): WebAssembly.Memory => {
    const fitting = this.free.filter((memory) => memory.buffer.byteLength >= pages * WASM_PAGE);
    if (fitting.length === 0) return this.make(pages);
    const best = fitting.reduce((a, b) => (b.buffer.byteLength < a.buffer.byteLength ? b : a));
    this.free.splice(this.free.indexOf(best), 1);
    return best;
  };

  private make(pages: number): WebAssembly.Memory {
    try {
      return this.create(pages);
    } catch (error) {
      if (this.free.length === 0) throw error;
      this.clear(); // engines collect garbage before they give up
      return this.create(pages);
    }
  }

  /** Zeroes the memory of a machine that is no more, and keeps it if that is worth it. Nobody may use it any more. */
  give(memory: WebAssembly.Memory, clear: MemoryClear): void {
    const end = memory.buffer.byteLength;
    if (this.free.length >= MOST_MEMORIES || end > MOST_BYTES) return;
    // the runtime's own data last: it is at work in there
    if (clear(RUNTIME_DATA_END, end, MOST_TOUCHED) > MOST_TOUCHED) return;
    new Uint8Array(memory.buffer, 0, RUNTIME_DATA_END).fill(0);
    this.free.push(memory);
  }

  clear(): void {
    this.free.length = 0;
  }
}
