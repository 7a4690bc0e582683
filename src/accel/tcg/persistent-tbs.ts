/**
 * TBs for who goes on from the same guest memory later (a guest that has booted): packed by the runtime (assembly/tb/persistent.ts), and made known again all at once,
 * each if its guest code is there. Copying 20,000 of them takes some 10 ms; to make them again takes 500, most of it in JavaScript that is cold.
 */
import { ENGINE_ARENA_NEXT, ENGINE_BREAKPOINTS } from '../../../assembly/shared/layout.js';
import type { Runtime } from './runtime.js';

/** Bytes of an image, at most. */
const MOST = 16 << 20;
/** A run that made no more than this part of what it was given is not worth another image. */
const WORTH = 1 / 8;

export class PersistentTbs {
  /** TBs that were there, by their number. */
  restored = 0;
  private save: ((image: Uint8Array) => void) | undefined;
  /** Where those of the image lie that code generation has not heard of. */
  private unseen: { readonly start: number; readonly end: number } | undefined;

  constructor(
    private readonly runtime: Runtime,
    /** What TBs depend on beside guest code and build. */
    readonly key: string,
    private readonly cflags: number,
    /** TBs that were translated in this run. */
    private readonly made: () => number,
  ) {}

  restore(image: Uint8Array | undefined, save: (image: Uint8Array) => void): void {
    this.save = save;
    if (!image) return;
    this.runtime.inside(() => {
      const { start, end } = this.runtime.arenaRoom;
      if (end - start < image.length || this.hasBreakpoints) return;
      const at = ((end - image.length) & ~7) >>> 0;
      new Uint8Array(this.runtime.memory.buffer).set(image, at);
      const first = this.next;
      this.restored = this.runtime.exports.tbsUnpack(this.cflags, at, at + image.length);
      this.unseen = { start: first, end: this.next };
    });
  }

  /** Once: those of an image that are still there. */
  takeUnseen(): Iterable<number> {
    const { unseen } = this;
    this.unseen = undefined;
    if (!unseen) return [];
    return this.collect().filter((tb) => tb >= unseen.start && tb < unseen.end);
  }

  flushed(): void {
    this.unseen = undefined;
  }

  /** The end of the run, or what may be it. */
  keep(): void {
    const { save } = this;
    this.save = undefined;
    if (!save || this.made() <= this.restored * WORTH) return;
    this.runtime.inside(() => {
      const image = this.hasBreakpoints ? undefined : this.pack();
      if (image) save(image);
    });
  }

  /** In the arena's free part. Undefined: there is too much, or no room. */
  private pack(): Uint8Array | undefined {
    const tbs = this.collect();
    const { start, end } = this.runtime.arenaRoom;
    const most = Math.min(end, start + MOST);
    let at = start;
    for (const tb of tbs) {
      const bytes = this.runtime.exports.tbPack(tb, at, most);
      if (bytes === 0) return undefined;
      at += bytes;
    }
    return new Uint8Array(this.runtime.memory.buffer).slice(start, at);
  }

  /** In the order in which they were made: neighbours stay neighbours. */
  private collect(): Uint32Array {
    const { start, end } = this.runtime.arenaRoom;
    const count = this.runtime.exports.tbsCollect(this.cflags, start, end);
    return new Uint32Array(this.runtime.memory.buffer, start, Math.min(count, (end - start) >> 2)).slice().sort();
  }

  private get next(): number {
    return this.runtime.field(ENGINE_ARENA_NEXT);
  }
  private get hasBreakpoints(): boolean {
    return this.runtime.field(ENGINE_BREAKPOINTS) !== 0;
  }
}
