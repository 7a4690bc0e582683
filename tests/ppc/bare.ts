/** A ROM for the bare processor of machine.ts: code, and handlers that end the machine with what an exception told. */
import { Machine } from '../../src/system/facade.js';
import type { MachineOptions } from '../../src/system/machine-options.js';
import type { PpcCpu } from '../../src/target/ppc/cpu.js';
import * as w from '../differential/ppc-system/words.js';
import { createPpcHost, FINISHER, RAM_SIZE, ROM, ROM_SIZE, type Tier } from './machine.js';

/** Where the log is. */
export const LOG = 0x1000;
export const VECTORS = [
  0x200, 0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0x900, 0xc00, 0xd00, 0xf00, 0xf20, 0x1000, 0x1100, 0x1200, 0x1300, 0x1400,
];
export const SPR = {
  DSISR: 18,
  DAR: 19,
  DEC: 22,
  SDR1: 25,
  SRR0: 26,
  SRR1: 27,
  TBL: 268,
  RPA: 982,
  HID0: 1008,
  IABR: 1010,
  HID2: 1011,
  DABR: 1013,
} as const;
export const dbat = (n: number): number => (n < 4 ? 536 + 2 * n : 568 + 2 * (n - 4));
export const ibat = (n: number): number => (n < 4 ? 528 + 2 * n : 560 + 2 * (n - 4));

export const set = (spr: number, value: number): number[] => [...w.li32(28, value), w.mtspr(spr, 28)];
export const poke = (address: number, value: number): number[] => [...w.li32(27, address), ...w.li32(28, value), w.stw(28, 0, 27)];
/** A word of the log. */
export const log = (n: number, r: number): number[] => [...w.li32(27, LOG), w.stw(r, 4 * n, 27)];
export const finish = (status: number): number[] => [...w.li32(27, FINISHER), w.addi(28, 0, status), w.stw(28, 0, 27), w.b(0)];
/** Goes to `pc` with that MSR. */
export const enter = (msr: number, pc: number): number[] => [...set(SPR.SRR0, pc), ...set(SPR.SRR1, msr), w.rfi];
/** Notes SRR0, SRR1, DSISR, DAR, MSR as words 0 to 4 of the log; ends with the number of the vector. */
export const handler = (vector: number): number[] => [
  ...[SPR.SRR0, SPR.SRR1, SPR.DSISR, SPR.DAR].flatMap((spr, n) => [w.mfspr(26, spr), ...log(n, 26)]),
  w.mfmsr(26),
  ...log(4, 26),
  ...finish(vector >> 4),
];

export interface End {
  /** Vector of the exception that ended it; 0: none. */
  readonly vector: number;
  readonly log: readonly number[];
  readonly word: (address: number) => number;
  readonly state: string;
  /** `info tlb`. */
  readonly tlb: string;
}

export const MSR = { ILE: 0x10000, EE: 0x8000, PR: 0x4000, ME: 0x1000, IP: 0x40, IR: 0x20, DR: 0x10, LE: 1 } as const;
/** The ROM as it is, for fetches that are translated. */
export const ROM_BLOCK = [...set(ibat(0) + 1, ROM | 2), ...set(ibat(0), ROM | 0x1f)];

export interface Setting extends Partial<MachineOptions> {
  readonly tier?: Tier;
  /** More code, by its offset in the ROM. */
  readonly at?: Readonly<Record<number, readonly number[]>>;
  readonly started?: (cpu: PpcCpu) => void;
}

/** Where a vector's handler is in the ROM: below the test's own code there is room for little. */
export const handlerAt = (vector: number): number => 0x1_0000 + vector * 4;

/** Runs code from reset on, with a handler for each exception that notes what it was told and ends the machine. */
export async function run(
  cpu: string,
  code: readonly number[],
  { tier = 'tci', at = {}, started, ...options }: Setting = {},
): Promise<End> {
  const rom = new DataView(new ArrayBuffer(ROM_SIZE));
  let end = 0; // what is beyond need not be loaded
  const put = (offset: number, words: readonly number[]): void => {
    words.forEach((word, n) => rom.setUint32(offset + 4 * n, word));
    end = Math.max(end, offset + 4 * words.length);
  };
  for (const vector of VECTORS) put(vector, [w.b(handlerAt(vector) - vector)]);
  for (const vector of VECTORS) put(handlerAt(vector), handler(vector));
  put(0x100, [w.b(0x4000 - 0x100)]);
  put(0x4000, [...code, ...finish(0)]);
  for (const [offset, words] of Object.entries(at)) put(Number(offset), words);
  const host = createPpcHost(tier);
  try {
    const machine = Machine.create(
      { machine: 'ppcbare', cpu, memory: RAM_SIZE, bios: new Uint8Array(rom.buffer, 0, end), ...options },
      host,
    );
    started?.(machine.cpu() as PpcCpu);
    const result = await machine.run();
    const word = (address: number): number => new DataView(machine.readPhysical(address, 4).buffer).getUint32(0);
    return {
      vector: result.reason === 'guest-shutdown' ? (result.exitCode ?? 0) << 4 : -1,
      log: Array.from({ length: 16 }, (_, n) => word(LOG + 4 * n)),
      word,
      state: `${result.reason}\n${machine.cpu().dumpState()}`,
      tlb: machine.cpu().tlbText() ?? '',
    };
  } finally {
    host.close();
  }
}
