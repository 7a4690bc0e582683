/**
 * Programs of random actions for a PowerPC supervisor, as a ROM of 1 MiB that begins at 0xfff00100. An action sets the machine up in real mode, goes by rfi to a
 * few instructions under some MSR, and ends with the first exception that comes, be it a fault or the `sc` behind them: its handler notes what it was told.
 */
import * as w from './words.js';

export const ROM = 0xfff0_0000;
export const ROM_SIZE = 0x10_0000;
/** Of handlers. */
const COMMON = 0x3000;
/** Where actions begin. */
const FIRST = 0x4000;

// RAM
export const RECORDS = 0x10_0000;
export const RECORD = 128;
export const MOST_RECORDS = 0x2_0000 / 16;
export const TABLE = 0x40_0000;
export const TABLE_SIZE = 0x1_0000;
/** Pages that actions access; full of `sc`. */
export const WINDOW = 0x50_0000;
export const WINDOW_PAGES = 32;
export const DONE_AT = 0x60_0000;
export const DONE = 0x600d_600d;

/** Interrupt controllers of a board that has some: no interrupt may come. */
const MASKED_PORTS = [0x8000_0021, 0x8000_00a1];

// Registers that actions leave alone
const T = 28;
const NEXT = 29;
const U = 30;
const RECORD_AT = 31;

export const SPR = { DSISR: 18, DAR: 19, DEC: 22, SDR1: 25, SRR0: 26, SRR1: 27, IBAT0U: 528, DBAT0U: 536 } as const;
/** DMISS, DCMP, HASH1, HASH2, IMISS, ICMP. */
const SEARCH = [976, 977, 978, 979, 980, 981];

/** Words of a record. */
export const FIELDS = [
  ...['vector', 'srr0', 'srr1', 'dsisr', 'dar', 'msr'],
  ...['r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'cr'],
  ...['dmiss', 'dcmp', 'hash1', 'hash2', 'imiss', 'icmp'],
  ...['note0', 'note1', 'note2', 'note3'],
] as const;
export type Field = (typeof FIELDS)[number];

export interface Action {
  /** What it is, for a failure's text. */
  readonly text: string;
  readonly setup: readonly number[];
  /** r3 to r8. */
  readonly registers: readonly number[];
  readonly msr: number;
  /** Where it goes; default: the body. */
  readonly pc?: number;
  readonly body: readonly number[];
  /** In real mode, afterwards; may note words by `note`. */
  readonly after: readonly number[];
  /** Bits of fields that are not compared. */
  readonly except?: Partial<Record<Field, number>>;
}

/** Puts r3 into a note of the record that has just been made. */
export const note = (n: number): number => w.stw(3, FIELDS.indexOf('note0') * 4 + 4 * n - RECORD, RECORD_AT);
export const writeSpr = (n: number, value: number): number[] => [...w.li32(T, value), w.mtspr(n, T)];
export const writeSr = (n: number, value: number): number[] => [...w.li32(T, value), w.mtsr(n, T)];
export const poke = (address: number, value: number): number[] => [...w.li32(U, address), ...w.li32(T, value), w.stw(T, 0, U)];
/** r3 = the word there. */
export const peek = (address: number): number[] => [...w.li32(U, address), w.lwz(3, 0, U)];

/** MSR of real mode, with the vectors in ROM. */
const MSR_IP = 0x40;
/** The ROM as it is, for fetches in either mode. */
const ROM_BLOCK = [ROM | 0x1f, ROM | 0x02] as const;

class Image {
  readonly view = new DataView(new ArrayBuffer(ROM_SIZE));
  at = 0;
  emit(words: readonly number[]): void {
    for (const word of words) {
      this.view.setUint32(this.at, word);
      this.at += 4;
    }
  }
}

export interface Program {
  readonly rom: Uint8Array;
  /** That there was room for. */
  readonly actions: readonly Action[];
}

export interface Features {
  /** DMISS and its like. */
  readonly search: boolean;
  /** Exceptions' vectors. */
  readonly vectors: readonly number[];
}

export function build(actions: readonly Action[], { search, vectors }: Features): Program {
  const image = new Image();
  for (const vector of vectors) {
    image.at = vector;
    // the reset vector is where all begins
    if (vector === 0x100) image.emit([w.b(FIRST - vector)]);
    else image.emit([w.addi(U, 0, vector), w.b(COMMON - vector - 4)]);
  }
  image.at = COMMON;
  const keep = (words: readonly number[], field: Field): number[] => [...words, w.stw(U, 4 * FIELDS.indexOf(field), RECORD_AT)];
  image.emit([
    w.stw(U, 0, RECORD_AT),
    ...keep([w.mfspr(U, SPR.SRR0)], 'srr0'),
    ...keep([w.mfspr(U, SPR.SRR1)], 'srr1'),
    ...keep([w.mfspr(U, SPR.DSISR)], 'dsisr'),
    ...keep([w.mfspr(U, SPR.DAR)], 'dar'),
    ...keep([w.mfmsr(U)], 'msr'),
    w.addi(U, 0, MSR_IP),
    w.mtmsr(U),
    w.isync,
    ...[3, 4, 5, 6, 7, 8].map((r) => w.stw(r, 4 * FIELDS.indexOf(`r${r}` as Field), RECORD_AT)),
    ...keep([w.mfcr(U)], 'cr'),
    ...(search ? SEARCH.flatMap((n, i) => keep([w.mfspr(U, n)], FIELDS[FIELDS.indexOf('dmiss') + i])) : []),
    w.addi(U, 0, 0),
    w.mtspr(SPR.DSISR, U),
    w.mtspr(SPR.DAR, U),
    w.addi(RECORD_AT, RECORD_AT, RECORD),
    w.mtlr(NEXT),
    w.blr,
  ]);
  if (image.at > FIRST) throw new Error('the common handler has no room');
  image.at = FIRST;
  image.emit(start(vectors));
  const end = ROM_SIZE - 0x100;
  const done: Action[] = [];
  for (const action of actions) {
    const words = compile(action, ROM + image.at);
    if (image.at + 4 * words.length > end || done.length === MOST_RECORDS) break;
    image.emit(words);
    done.push(action);
  }
  image.emit([...w.li32(U, DONE_AT), ...w.li32(T, DONE), w.stw(T, 0, U), w.b(0)]);
  return { rom: new Uint8Array(image.view.buffer), actions: done };
}

/** Registers, RAM and blocks as every action finds them. */
function start(vectors: readonly number[]): number[] {
  const fill = (from: number, bytes: number, word: number): number[] => [
    ...w.li32(3, from - 4),
    ...w.li32(4, bytes / 4),
    ...w.li32(5, word),
    w.mtspr(9, 4),
    0x9400_0004 | (5 << 21) | (3 << 16), // stwu r5, 4(r3)
    0x4200_fffc, // bdnz .-4
  ];
  return [
    ...writeSpr(SPR.DEC, 0x7fff_ffff),
    ...MASKED_PORTS.flatMap((port) => [...w.li32(U, port), ...w.li32(T, 0xff), w.stb(T, 0, U)]),
    ...fill(TABLE, TABLE_SIZE, 0),
    ...fill(WINDOW, WINDOW_PAGES * 4096, w.sc),
    // low vectors lead to the high ones
    ...vectors.filter((vector) => vector !== 0x100).flatMap((vector) => poke(vector, 0x4800_0002 | ((ROM + vector) & 0x03ff_fffc))),
    ...Array.from({ length: 16 }, (_, n) => writeSpr(SPR.IBAT0U + n, 0)).flat(),
    ...Array.from({ length: 16 }, (_, n) => writeSr(n, n)).flat(),
    ...writeSpr(SPR.SDR1, TABLE),
    ...writeSpr(SPR.DSISR, 0),
    ...writeSpr(SPR.DAR, 0),
    ...w.li32(RECORD_AT, RECORDS),
  ];
}

function compile(action: Action, at: number): number[] {
  const head = (next: number, body: number): number[] => [
    ...writeSpr(SPR.DEC, 0x7fff_ffff),
    ...writeSpr(SPR.IBAT0U + 1, ROM_BLOCK[1]),
    ...writeSpr(SPR.IBAT0U, ROM_BLOCK[0]),
    ...action.setup,
    ...w.li32(NEXT, next),
    ...writeSpr(SPR.SRR0, action.pc ?? body),
    ...writeSpr(SPR.SRR1, action.msr),
    ...w.li32(T, 0),
    w.mtcrf(0xff, T),
    ...action.registers.flatMap((value, i) => w.li32(3 + i, value)),
    w.isync,
    w.rfi,
  ];
  const headLength = head(0, 0).length;
  const bodyAt = at + 4 * headLength;
  const nextAt = bodyAt + 4 * (action.body.length + 1);
  return [...head(nextAt, bodyAt), ...action.body, w.sc, ...action.after];
}
