import { EXC_VECTOR_UNAVAILABLE, VECTOR_SHIFT, VECTOR_UNAVAILABLE } from '../../../assembly/target/ppc/shared/ppc.js';

/** Names of exceptions, by their vectors, for `-d int`. */
const NAMES: Readonly<Record<number, string>> = {
  0x0100: 'system reset',
  0x0200: 'machine check',
  0x0300: 'DSI',
  0x0400: 'ISI',
  0x0500: 'external interrupt',
  0x0600: 'alignment',
  0x0700: 'program',
  0x0800: 'floating-point unavailable',
  0x0900: 'decrementer',
  0x0c00: 'system call',
  0x0d00: 'trace',
  0x0f00: 'performance monitor',
  [VECTOR_UNAVAILABLE]: 'AltiVec unavailable',
  0x1000: 'instruction translation miss',
  0x1100: 'data load translation miss',
  0x1200: 'data store translation miss',
  0x1300: 'instruction address breakpoint',
  0x1400: 'system management interrupt',
  0x1700: 'thermal management interrupt',
};

/** By vector. */
export const EXCEPTION_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(NAMES).map(([vector, name]) => [Number(vector), name]));

/** `index` is that of the vector, 0x100 bytes each but for one; `pc` is where the handler would go back to. */
export function describeException(cpu: number, index: number, pc: bigint): string {
  const vector = index === EXC_VECTOR_UNAVAILABLE ? VECTOR_UNAVAILABLE : index << VECTOR_SHIFT;
  return `cpu ${cpu}: exception 0x${vector.toString(16)} (${NAMES[vector] ?? 'unknown'}), SRR0 0x${pc.toString(16)}`;
}
