/** Traps in words, for `-d int`. Names of the privileged specification, tables 14 and 15 (mcause values). */
const EXCEPTIONS: readonly (string | undefined)[] = [
  'instruction address misaligned', 'instruction access fault', 'illegal instruction', 'breakpoint', 'load address misaligned', 'load access fault',
  'store/AMO address misaligned', 'store/AMO access fault', 'environment call from U-mode', 'environment call from S-mode', undefined,
  'environment call from M-mode', 'instruction page fault', 'load page fault', undefined, 'store/AMO page fault',
  'double trap', undefined, 'software check',
]; // prettier-ignore
const INTERRUPTS: Readonly<Record<number, string>> = {
  1: 'supervisor software interrupt', 3: 'machine software interrupt', 5: 'supervisor timer interrupt', 7: 'machine timer interrupt',
  9: 'supervisor external interrupt', 11: 'machine external interrupt', 13: 'counter overflow interrupt',
}; // prettier-ignore

/** By cause, but for those that are reserved. */
export const EXCEPTION_NAMES: ReadonlyMap<number, string> = new Map(
  EXCEPTIONS.flatMap((name, cause) => (name === undefined ? [] : [[cause, name]])),
);

/** `cause` as in xcause. */
export function trapName(xlen: 32 | 64, cause: bigint): string {
  const code = Number(BigInt.asUintN(xlen - 1, cause));
  const isInterrupt = ((cause >> BigInt(xlen - 1)) & 1n) === 1n;
  return (isInterrupt ? INTERRUPTS[code] : EXCEPTIONS[code]) ?? 'reserved';
}

/** One line: `cause` as in xcause, with the interrupt bit at xlen - 1. */
export function describeTrap(hart: number, xlen: 32 | 64, cause: bigint, epc: bigint, tval: bigint): string {
  const bit = BigInt(xlen - 1);
  const interrupt = ((cause >> bit) & 1n) === 1n;
  const code = Number(BigInt.asUintN(xlen - 1, cause));
  const hex = (value: bigint): string =>
    BigInt.asUintN(xlen, value)
      .toString(16)
      .padStart(xlen / 4, '0');
  return `hart ${hart}: ${interrupt ? 'interrupt' : 'exception'} ${code} (${trapName(xlen, cause)}), epc 0x${hex(epc)}, tval 0x${hex(tval)}`;
}
