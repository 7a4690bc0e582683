/** Keeps the runtime's physical map in step with the CPU address space: RAM and ROM that live in the shared memory; all else is MMIO. */
import * as layout from '../../../assembly/shared/layout.js';
import type { AddressSpaceListener } from '../../memory/address-space.js';
import type { FlatRange, FlatView } from '../../memory/flatview.js';
import type { Runtime } from './runtime.js';

interface Mapping {
  readonly base: number;
  readonly length: number;
  readonly host: number;
  readonly flags: number;
}

export class PhysicalMap implements AddressSpaceListener {
  private mappings: readonly Mapping[] = [];
  /** Everything mapped since the last flush of TBs: these are keyed by physical address. */
  private seen: Mapping[] = [];

  constructor(private readonly runtime: Runtime) {}

  commit(view: FlatView): void {
    // Beyond the map's room, memory still works, as MMIO: slow, and not executable.
    const mappings = view.ranges.flatMap((range) => this.mappingOf(range) ?? []).slice(0, layout.PHYSMAP_MAX);
    if (mappings.length === this.mappings.length && mappings.every((m, i) => sameMapping(m, this.mappings[i]))) return;
    this.mappings = mappings;
    this.write();
    this.runtime.exports.tlbFlushAllCpus();
    if (mappings.some((m) => this.seen.some((s) => overlap(s, m) && s.host - s.base !== m.host - m.base))) {
      this.runtime.exports.tbFlushAll();
      this.seen = [...mappings];
    } else {
      this.seen.push(...mappings.filter((m) => !this.seen.some((s) => sameMapping(s, m))));
    }
  }

  /**
   * RAM at a linear-memory address was written by a device or loader: code translated from it goes, wherever the guest sees it, or saw it: flash
   * that is being programmed is not mapped meanwhile.
   */
  written(host: number, size: number): void {
    for (const m of this.seen) {
      const start = Math.max(host, m.host);
      const end = Math.min(host + size, m.host + m.length);
      if (start < end) this.runtime.exports.tbInvalidatePhysRange(m.base + start - m.host, end - start);
    }
  }

  /** Whether there is code from a page in which any of that lies. */
  holdsCode(host: number, size: number): boolean {
    return this.seen.some((m) => {
      const start = Math.max(host, m.host);
      const end = Math.min(host + size, m.host + m.length);
      return start < end && this.runtime.exports.tbInPhysRange(m.base + start - m.host, end - start) !== 0;
    });
  }

  /** Guest-physical address of a linear-memory address. */
  addressOf(host: number): number | undefined {
    const mapping = this.mappings.find((m) => host >= m.host && host < m.host + m.length);
    return mapping && mapping.base + host - mapping.host;
  }

  private mappingOf({ start, size, offset, region, readonly, romd }: FlatRange): Mapping | undefined {
    const block = region.ramBlock;
    if (!block || block.raw.buffer !== this.runtime.memory.buffer) return undefined;
    if (region.kind === 'romd' && !romd) return undefined;
    const writable = region.kind === 'ram' && !readonly;
    return { base: start, length: size, host: block.host + offset, flags: writable ? layout.PHYSMAP_RAM : layout.PHYSMAP_ROM };
  }

  /** Into the spare map, which then takes the other's place: a vCPU of another thread may be reading that one. */
  private write(): void {
    const { engine, memory } = this.runtime;
    const view = new DataView(memory.buffer);
    const words = new Uint32Array(memory.buffer);
    const current = words[(engine + layout.ENGINE_PHYSMAP) >> 2];
    const physmap = words[(engine + layout.ENGINE_PHYSMAP_SPARE) >> 2];
    this.mappings.forEach((m, i) => {
      const record = physmap + layout.PHYSMAP_RECORDS + i * layout.PHYSMAP_RECORD_SIZE;
      view.setBigUint64(record + layout.PHYSMAP_BASE, BigInt(m.base), true);
      view.setBigUint64(record + layout.PHYSMAP_LENGTH, BigInt(m.length), true);
      view.setUint32(record + layout.PHYSMAP_HOST, m.host, true);
      view.setUint32(record + layout.PHYSMAP_FLAGS, m.flags, true);
    });
    view.setUint32(physmap + layout.PHYSMAP_COUNT, this.mappings.length, true);
    words[(engine + layout.ENGINE_PHYSMAP_SPARE) >> 2] = current;
    Atomics.store(words, (engine + layout.ENGINE_PHYSMAP) >> 2, physmap);
  }
}

function sameMapping(a: Mapping, b: Mapping): boolean {
  return a.base === b.base && a.length === b.length && a.host === b.host && a.flags === b.flags;
}

function overlap(a: Mapping, b: Mapping): boolean {
  return a.base < b.base + b.length && b.base < a.base + a.length;
}
