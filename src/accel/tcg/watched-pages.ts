/** Which pages of guest memory are written: the engine's notes (assembly/core/dirty.ts). */
import { ENGINE_DIRTY_LIST } from '../../../assembly/shared/layout.js';
import type { PhysicalMap } from './physmap.js';
import type { Runtime } from './runtime.js';
import { VmStateError } from '../../util/errors.js';

/** Who asks wants pages of this size. */
const PART = 4096;

export class WatchedPages {
  constructor(
    private readonly runtime: Runtime,
    private readonly physicalMap: PhysicalMap,
    /** Where guest memory begins; it goes to the end of linear memory. */
    private readonly start: number,
    /** Of the target's pages. */
    private readonly pageBits: number,
  ) {}

  watch(): void {
    const { exports, memory } = this.runtime;
    if (exports.dirtyWatch(this.start, memory.buffer.byteLength | 0) === 0)
      throw new VmStateError('the code arena is too small to note which pages are written');
    exports.tlbFlushAllCpus();
  }

  written(): number[] {
    const { engine, exports, memory } = this.runtime;
    const list = new DataView(memory.buffer).getUint32(engine + ENGINE_DIRTY_LIST, true);
    const numbers = new Uint32Array(memory.buffer, list, exports.dirtyCount());
    const parts = 2 ** this.pageBits / PART;
    return Array.from({ length: parts * numbers.length }, (_, i) => (numbers[Math.floor(i / parts)] * parts + (i % parts)) * PART);
  }

  holdsCode(host: number, size: number): boolean {
    return this.physicalMap.holdsCode(host, size);
  }

  restored(host: number, size: number): void {
    this.physicalMap.written(host, size);
  }
}
