/**
 * A random program for PowerPC in user mode: blocks of random instructions, each run from several states. A state is a slot: registers are loaded from it, the
 * block runs, and they are stored back. At the end the slots are what two emulators must agree on. All data are big-endian.
 */
import type { Alignment } from '../../../src/target/ppc/families.js';
import { branch, encode, li, sprField } from '../../ppc/assembler.js';
import { seededRng, type Rng } from '../../support/riscv-random.js';

export const MEMORY = { code: 0x1000_0000, slots: 0x2000_0000, window: 0x3000_0000 } as const;
/** The window's page boundary that accesses are about. */
export const MIDDLE = MEMORY.window + 0x1000;
export const WINDOW_SIZE = 256;

export const SLOT = {
  r: 0x000, // r0 to r30
  more: 0x07c, // 1: another slot of the same block follows
  cr: 0x080,
  xer: 0x084,
  ctr: 0x088,
  fpscr: 0x090, // a doubleword, the lower half of which counts
  f: 0x098,
  window: 0x198,
  size: 0x298,
} as const;

/** Points to the slot; no block writes it. */
export const SLOT_REGISTER = 31;
/** Bases of memory accesses: the middle of the window. */
export const BASES = [29, 30] as const;
/** A small offset, and a base that update forms move, made anew before each. */
export const INDEX = 28;
export const MOVING = 27;

const XER = 1;
const CTR = 9;

export interface Kind {
  readonly name: string;
  readonly floats: boolean;
  readonly window: boolean;
  /** What alignment exceptions there are: QEMU's, or the processor's, of which its accesses raise none. */
  readonly alignment?: Alignment;
  /** One unit of the block: words that belong together. */
  unit(rng: Rng): readonly number[];
  /** What registers and FPSCR hold at first. */
  fill(view: DataView, slot: number, rng: Rng): void;
}

export interface Program {
  readonly kind: Kind;
  readonly image: Uint8Array;
  readonly code: Uint8Array;
  /** As they are at first. */
  readonly slots: Uint8Array;
  readonly blockOf: readonly number[];
  /** Words of each block. */
  readonly blocks: readonly (readonly number[])[];
}

const SP = SLOT_REGISTER;
const lwz = (rt: number, simm: number): number => encode('lwz', { rt, ra: SP, simm });
const stw = (rt: number, simm: number): number => encode('stw', { rt, ra: SP, simm });

/** Copies the window between the slot and memory, eight bytes a time, through f0. */
function copyWindow(load: boolean): number[] {
  const words = [...li(1, MIDDLE - WINDOW_SIZE / 2)];
  for (let at = 0; at < WINDOW_SIZE; at += 8) {
    const [slot, memory] = [
      { ra: SP, simm: SLOT.window + at },
      { ra: 1, simm: at },
    ];
    words.push(encode('lfd', { frt: 0, ...(load ? slot : memory) }), encode('stfd', { frt: 0, ...(load ? memory : slot) }));
  }
  return words;
}

function prologue({ floats, window }: Kind): number[] {
  const words = window ? copyWindow(true) : [];
  if (floats) {
    words.push(encode('lfd', { frt: 0, ra: SP, simm: SLOT.fpscr }), encode('mtfsf', { fm: 0xff, frb: 0 }));
    for (let n = 0; n < 32; n++) words.push(encode('lfd', { frt: n, ra: SP, simm: SLOT.f + 8 * n }));
  }
  words.push(lwz(1, SLOT.cr), encode('mtcrf', { crm: 0xff, rt: 1 }));
  words.push(lwz(1, SLOT.xer), encode('mtspr', { spr: sprField(XER), rt: 1 }));
  words.push(lwz(1, SLOT.ctr), encode('mtspr', { spr: sprField(CTR), rt: 1 }));
  for (let n = 0; n < SP; n++) words.push(lwz(n, SLOT.r + 4 * n));
  return words;
}

function epilogue({ floats, window }: Kind): number[] {
  const words = Array.from({ length: SP }, (_, n) => stw(n, SLOT.r + 4 * n));
  words.push(encode('mfcr', { rt: 1 }), stw(1, SLOT.cr));
  words.push(encode('mfspr', { rt: 1, spr: sprField(XER) }), stw(1, SLOT.xer));
  words.push(encode('mfspr', { rt: 1, spr: sprField(CTR) }), stw(1, SLOT.ctr));
  if (floats) {
    for (let n = 0; n < 32; n++) words.push(encode('stfd', { frt: n, ra: SP, simm: SLOT.f + 8 * n }));
    words.push(encode('mffs', { frt: 0 }), encode('stfd', { frt: 0, ra: SP, simm: SLOT.fpscr }));
    // enabled exceptions are not for the copies
    words.push(encode('mtfsfi', { crfd: 6, imm: 0 }), encode('mtfsfi', { crfd: 7, imm: 0 }));
  }
  if (window) words.push(...copyWindow(false));
  return words;
}

/** After a block's slot: the next one, and the block again if it is the same one's. */
function next(length: number): number[] {
  const words = [lwz(1, SLOT.more), encode('addi', { rt: SP, ra: SP, simm: SLOT.size }), encode('cmpi', { crfd: 0, ra: 1, simm: 0 })];
  // b over, since a block may be longer than a conditional branch reaches
  words.push(encode('bc', { bo: 12, bi: 2, bd: 2 }));
  words.push(branch(-(length + words.length)));
  return words;
}

/** Linux: write(1, slots), which is repeated as often as it takes, and exit(0). */
function ending(size: number): number[] {
  const write = [
    encode('addi', { rt: 0, ra: 0, simm: 4 }),
    encode('addi', { rt: 3, ra: 0, simm: 1 }),
    encode('or', { rt: 28, ra: 4, rb: 28 }),
    encode('or', { rt: 29, ra: 5, rb: 29 }),
    encode('sc'),
    encode('add', { rt: 28, ra: 28, rb: 3 }),
    encode('subf', { rt: 29, ra: 3, rb: 29 }),
    encode('cmpi', { crfd: 0, ra: 29, simm: 0 }),
    encode('bc', { bo: 4, bi: 2, bd: -8 }),
  ];
  const exit = [encode('addi', { rt: 0, ra: 0, simm: 1 }), encode('addi', { rt: 3, ra: 0, simm: 0 }), encode('sc')];
  return [...li(28, MEMORY.slots), ...li(29, size), ...write, ...exit];
}

export function makeProgram(kind: Kind, seed: number, sizes: { blocks: number; runs: number; units: number }): Program {
  const rng = seededRng(seed);
  const blocks = Array.from({ length: sizes.blocks }, () => Array.from({ length: sizes.units }, () => kind.unit(rng)).flat());
  const words = [...li(SP, MEMORY.slots)];
  for (const block of blocks) {
    const body = [...prologue(kind), ...block, ...epilogue(kind)];
    words.push(...body, ...next(body.length));
  }
  const count = sizes.blocks * sizes.runs;
  const slots = new Uint8Array(count * SLOT.size);
  const view = new DataView(slots.buffer);
  for (let n = 0; n < count; n++) {
    kind.fill(view, n * SLOT.size, rng);
    for (const base of BASES) view.setUint32(n * SLOT.size + SLOT.r + 4 * base, MIDDLE);
    view.setUint32(n * SLOT.size + SLOT.more, Number((n + 1) % sizes.runs !== 0));
  }
  words.push(...ending(slots.length));
  const code = new Uint8Array(4 * words.length);
  words.forEach((word, n) => new DataView(code.buffer).setUint32(4 * n, word));
  const segments = [
    { address: MEMORY.code, bytes: code },
    { address: MEMORY.slots, bytes: slots },
    { address: MEMORY.window, bytes: new Uint8Array(0x2000) },
  ];
  const blockOf = Array.from({ length: count }, (_, n) => Math.floor(n / sizes.runs));
  return { kind, image: elfImage(segments), code, slots, blockOf, blocks };
}

/** An ELF executable: a header and one PT_LOAD a segment. Source: System V ABI, "Object Files"; PowerPC supplement. */
function elfImage(segments: readonly { address: number; bytes: Uint8Array }[]): Uint8Array {
  const [headerSize, entrySize, page] = [52, 32, 0x1000];
  const alignUp = (at: number): number => Math.ceil(at / page) * page;
  const image = new Uint8Array(segments.reduce((at, { bytes }) => alignUp(at + bytes.length), page));
  const view = new DataView(image.buffer);
  image.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1]);
  view.setUint16(16, 2); // ET_EXEC
  view.setUint16(18, 20); // EM_PPC
  view.setUint32(20, 1);
  view.setUint32(24, MEMORY.code);
  view.setUint32(28, headerSize);
  view.setUint16(40, headerSize);
  view.setUint16(42, entrySize);
  view.setUint16(44, segments.length);
  let offset = page;
  segments.forEach(({ address, bytes }, n) => {
    const row = [1, offset, address, address, bytes.length, bytes.length, 7, page]; // PT_LOAD, rwx
    row.forEach((value, k) => view.setUint32(headerSize + entrySize * n + 4 * k, value));
    image.set(bytes, offset);
    offset = alignUp(offset + bytes.length);
  });
  return image;
}

/** Where a word of the slots is, in words. */
export function fieldName(at: number): string {
  const offset = at % SLOT.size;
  if (offset < SLOT.more) return `r${offset >> 2}`;
  if (offset < SLOT.cr) return 'more';
  if (offset < SLOT.xer) return 'cr';
  if (offset < SLOT.ctr) return 'xer';
  if (offset < SLOT.fpscr) return 'ctr';
  if (offset < SLOT.f) return 'fpscr';
  if (offset < SLOT.window) return `f${(offset - SLOT.f) >> 3}`;
  return `window + ${offset - SLOT.window}`;
}
