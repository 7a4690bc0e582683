/**
 * The memory map for a debugger (GDB manual, "Memory Map Format"): it asks once, and takes what is in no region for memory that is not there. So behind an MMU,
 * where anything may be anywhere, all is RAM.
 */
import type { GdbDescription } from '../hw/core/gdb-registers.js';
import type { FlatView } from '../memory/flatview.js';

const HEAD =
  '<?xml version="1.0"?>\n<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">\n';

export function memoryMapXml({ hasMmu, addressBits }: GdbDescription, view: FlatView): string {
  const regions = hasMmu
    ? [regionXml('ram', 0n, (1n << BigInt(addressBits)) - (addressBits === 64 ? 1n : 0n))]
    : view.ranges.map(({ start, size, region, readonly }) =>
        regionXml(region.ramBlock && (readonly || region.kind !== 'ram') ? 'rom' : 'ram', BigInt(start), BigInt(size)),
      );
  return `${HEAD}<memory-map>\n${regions.join('')}</memory-map>\n`;
}

const regionXml = (type: string, start: bigint, length: bigint): string =>
  `  <memory type="${type}" start="0x${start.toString(16)}" length="0x${length.toString(16)}"/>\n`;
