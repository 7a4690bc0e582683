/** `-d out_asm`: a generated module as text, region by region. */
import type { WasmDisassembler } from '../../../tcg/wasm/disassemble.js';
import type { Log } from '../../../util/log.js';
import type { RegionRequest } from './protocol.js';

/** A module that was made: its binary, and the region of each of its functions. */
export interface MadeModule {
  readonly binary: Uint8Array;
  readonly regions: readonly RegionRequest[];
}

/** Whether a module has code of addresses that are shown (`-dfilter`). */
export const isShown = ({ regions }: MadeModule, log: Log): boolean =>
  regions.some(({ tbs }) => tbs.some(({ pcHi, pcLo }) => log.isInRange((BigInt(pcHi >>> 0) << 32n) | BigInt(pcLo >>> 0))));

const hex = (hi: number, lo: number): string => `0x${(hi >>> 0).toString(16).padStart(8, '0')}${(lo >>> 0).toString(16).padStart(8, '0')}`;

/** As QEMU's OUT: a heading, the guest addresses, the code; types and imports, which the functions share, first. */
export function formatModule({ binary, regions }: MadeModule, disassemble: WasmDisassembler | undefined): string {
  const head = (region: RegionRequest): string =>
    region.tbs.map(({ pcHi, pcLo }, i) => `  -- guest addr ${hex(pcHi, pcLo)}${region.entries.includes(i) ? ' (entry)' : ''}\n`).join('');
  if (!disassemble) return `OUT: [size=${binary.length}, no disassembler]\n${regions.map(head).join('')}`;
  const { prelude, functions } = disassemble(binary);
  const bodies = regions.map((region, k) => `OUT: [wasm, function ${k} of ${regions.length}]\n${head(region)}${functions[k]}\n\n`);
  return `OUT: [wasm module, size=${binary.length}]\n${prelude}\n${bodies.join('')}`;
}
