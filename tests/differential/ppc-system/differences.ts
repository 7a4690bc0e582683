/** What QEMU does otherwise than the manuals: it is left out of random programs, and unit tests hold what wemu does (src/target/ppc/*.test.ts). */

/**
 * Bits of MSR: QEMU's mtmsr changes neither ME nor LE, its rfi takes ILE from SRR1 (PEM, mtmsr: all of rS; rfi: bits 0, 5 to 9 and 16 to 31), and its
 * exceptions clear IP and ILE in MSR though they go by them (PEM, table 6-5). TGPR is only set by misses: QEMU's other exceptions clear it, and leave r0 to r3
 * exchanged.
 */
export const MSR_IGNORED = 0x1_1041;

/** QEMU lets fetches through to pages that cannot be read: PP = 0 under a key (PEM, 7.5.4 and table 7-18). */
export const FETCHED_PP = [1, 2, 3];

/** PP of blocks of the models whose software loads the TLB: what a block does not allow, QEMU looks for in the TLB (PEM, figure 7-5: it is a fault). */
export const OPEN_BLOCK = 2;

/** DCMP and ICMP: tlbld and tlbli take what software has put there, which QEMU does not let it (MPC603e user's manual, 1.3.1.2: but DMISS and IMISS are read-only). */
export const NOT_IN_QEMU = [977, 981];

/** The performance monitor: cells in QEMU, SIA and SDA ones that cannot be written (MPC750 user's manual, 2.1.2.4). */
export const PERFORMANCE_MONITOR = [944, 952, 953, 954, 955, 956, 957, 958, 959];

/** Bits of SPRs, by name. */
export const SPR_IGNORED: Readonly<Record<string, number>> = {
  BATL: 0x0ffe_0000, // who writes the upper half changes what QEMU keeps of BRPN
  HID0: 0xc00, // ICFI and DCFI clear themselves (MPC604e user's manual, 2.1.2.1; MPC750 user's manual, 2.1.2.2)
  HID1: 0xffff_ffff, // pins, which cannot be written (MPC750 user's manual, 2.1.2.3)
  THRM1: 0xc000_0000, // TIN and TIV cannot be written, and what TID means is the other way round (MPC750 user's manual, table 10-2)
  THRM2: 0xc000_0000,
};

const DIFFERENCES = {
  /** QEMU sets C in a TLB that software has loaded; processors take the miss for a store (MPC603e user's manual, 5.5.1). So such pages are dirty. */
  'clean page in a TLB': 0x80,
  /** QEMU lets integer loads and stores through to direct-store segments; processors do not have such (MPC603e user's manual, 4.5.3; PEM, 7.8). */
  'direct-store access': 1,
  'direct-store fetch': 0,
} as const;

/** What of it is to be kept from the oracle: bits, or 1 for all; 0: it is alike. */
export const unlike = (_cpu: string, what: keyof typeof DIFFERENCES): number => DIFFERENCES[what];
