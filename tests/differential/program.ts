/** Programs of random blocks: made from a kind and a seed, always the same; and the small ones that look for a failing instruction. */
import { Decoder } from '../../src/target/riscv/decoder.js';
import { formatInsn } from '../../src/target/riscv/disas.js';
import type { CpuConfig } from '../../src/target/riscv/config.js';
import { seededRng, type Rng } from '../support/riscv-random.js';
import { Assembler } from './assembler.js';
import type { Code } from './block.js';
import { elfImage, type Segment } from './elf.js';
import type { Kind } from './kind.js';
import { emitScaffold } from './scaffold.js';
import { MEMORY, SLOT } from './slot.js';
import { writeFloat, writeInteger } from './values.js';

/** A slot as a kind fills it. */
export interface SlotWriter {
  readonly view: DataView;
  readonly base: number;
  readonly rng: Rng;
  /** What not to ask of the oracle. */
  readonly leftOut: ReadonlySet<string>;
  x(register: number, value: bigint): void;
  csr(index: number, value: bigint): void;
  set(field: number, value: bigint): void;
  /** Adds to the poke list. */
  poke(address: number, value: bigint): void;
}

export interface Block {
  readonly code: readonly Code[];
  readonly address: number;
  readonly end: number;
}

export interface Program {
  readonly kind: Kind;
  readonly config: CpuConfig;
  readonly seed: number;
  readonly elf: Uint8Array;
  readonly blocks: readonly Block[];
  /** Block of each slot. */
  readonly blockOf: readonly number[];
  /** What memory holds from MEMORY.slots at the start: slots, then poke lists. */
  readonly slots: Uint8Array;
  readonly slotSize: number;
  /** Random instructions in all runs of all blocks. */
  readonly instructions: number;
}

export interface Size {
  readonly blocks: number;
  /** Runs of each block, with other operands. */
  readonly runs: number;
}

/** Room for slots and poke lists. */
const SLOT_ROOM = MEMORY.windowMiddle - 4096 - MEMORY.slots;
/** No poke list is longer. */
const MOST_POKES = 64;

/** The most blocks of a kind that a program has room for. */
export const mostBlocks = (kind: Kind, runs: number): number =>
  Math.floor(SLOT_ROOM / (runs * (SLOT.size(kind.traps) + (kind.pokes ? 16 * MOST_POKES : 0))));

const MSTATUS_START = 0x7800n; // FS dirty, MPP = M; no interrupts

/** The program of a seed. */
export function randomProgram(
  kind: Kind,
  config: CpuConfig,
  seed: number,
  { blocks: blockCount, runs }: Size,
  leftOut: ReadonlySet<string> = new Set(),
): Program {
  const rng = seededRng(seed);
  const decoder = new Decoder(config.xlen, config.extensions);
  const slotSize = SLOT.size(kind.traps);
  const slotCount = blockCount * runs;
  const slots = new Uint8Array(slotCount * slotSize);
  const pokes: bigint[] = [];
  const pokeBase = MEMORY.slots + slots.length;
  const codes = Array.from({ length: blockCount }, () => kind.code({ rng, config, decoder, leftOut }));
  const blockOf: number[] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    blockOf.push(Math.floor(slot / runs));
    fillSlot(kind, config, slots, slot * slotSize, rng, pokes, pokeBase, leftOut);
  }
  const all = new Uint8Array(slots.length + 8 * pokes.length);
  all.set(slots);
  const view = new DataView(all.buffer);
  pokes.forEach((value, i) => view.setBigUint64(slots.length + 8 * i, value, true));
  return build(kind, config, seed, codes, blockOf, all, slotCount);
}

function fillSlot(
  kind: Kind,
  config: CpuConfig,
  slots: Uint8Array,
  base: number,
  rng: Rng,
  pokes: bigint[],
  pokeBase: number,
  leftOut: ReadonlySet<string>,
): void {
  const view = new DataView(slots.buffer);
  const mask = config.xlen === 32 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
  const set = (field: number, value: bigint): void => view.setBigUint64(base + field, value & mask, true);
  for (let i = 1; i < 32; i++) writeInteger(view, base + SLOT.x + 8 * i, rng, config.xlen);
  if (kind.formats.length > 0) for (let i = 0; i < 32; i++) writeFloat(view, base + SLOT.f + 8 * i, rng, kind.formats);
  // Flags, and a rounding mode that is mostly one.
  if (kind.formats.length > 0) set(SLOT.fcsr, BigInt((rng() & 31) | ((rng() % 16 === 0 ? rng() & 7 : rng() % 5) << 5)));
  if (kind.window) for (let i = 0; i < 256; i += 8) writeInteger(view, base + SLOT.window + i, rng, 64);
  set(SLOT.mstatus, MSTATUS_START);
  set(SLOT.pokes, BigInt(pokeBase + 8 * pokes.length));
  kind.fill({
    view,
    base,
    rng,
    leftOut,
    set,
    x: (register, value) => set(SLOT.x + 8 * register, value),
    csr: (index, value) => set(SLOT.csrs + 8 * index, value),
    poke: (address, value) => pokes.push(BigInt(address), value & mask),
  });
  set(SLOT.pokesEnd, BigInt(pokeBase + 8 * pokes.length));
}

function build(
  kind: Kind,
  config: CpuConfig,
  seed: number,
  codes: readonly (readonly Code[])[],
  blockOf: readonly number[],
  slots: Uint8Array,
  slotCount: number,
): Program {
  const a = new Assembler(MEMORY.code, config.xlen);
  emitScaffold(a, { ...kind, xlen: config.xlen, slotCount, fp: kind.formats.length > 0 });
  a.align(64);
  const blocks = codes.map((code): Block => {
    const address = a.pc;
    for (const { word, size } of code) a.emit(word, size);
    const end = a.pc;
    a.ecall();
    return { code, address, end };
  });
  const slotSize = SLOT.size(kind.traps);
  const view = new DataView(slots.buffer);
  for (let slot = 0; slot < slotCount; slot++) {
    const block = blocks[blockOf[slot]];
    view.setUint32(slot * slotSize + SLOT.code, block.address, true);
    view.setUint32(slot * slotSize + SLOT.end, block.end, true);
  }
  const code = a.finish();
  if (code.length > MEMORY.slots - MEMORY.code) throw new Error('too much code for one program');
  if (slots.length > SLOT_ROOM) throw new Error('too many slots for one program');
  const segments: Segment[] = [{ address: MEMORY.code, bytes: code }, { address: MEMORY.slots, bytes: slots }, ...kind.segments];
  const instructions = blockOf.reduce((sum, block) => sum + blocks[block].code.length, 0);
  return { kind, config, seed, elf: elfImage(config.xlen, MEMORY.code, segments), blocks, blockOf, slots, slotSize, instructions };
}

const nop = (size: 2 | 4): Code => ({ size, word: size === 2 ? 0x0001 : 0x13 });

/**
 * One slot of a program, once for each length of its block: run k has the first k instructions (rounded up to whole units), and nops in
 * place of the others, so that all jumps go where they went.
 */
export function prefixProgram(program: Program, slot: number): Program {
  const { kind, config, seed, slotSize } = program;
  const { code } = program.blocks[program.blockOf[slot]];
  const wholeUnits = (k: number): number => (code[k]?.joined ? wholeUnits(k + 1) : k);
  const codes = Array.from({ length: code.length + 1 }, (_, k) => [
    ...code.slice(0, wholeUnits(k)),
    ...code.slice(wholeUnits(k)).map(({ size }) => nop(size)),
  ]);
  const original = program.slots.subarray(slot * slotSize, (slot + 1) * slotSize);
  const originalView = new DataView(original.buffer, original.byteOffset);
  const pokesAt = originalView.getUint32(SLOT.pokes, true) - MEMORY.slots;
  const pokeBytes = originalView.getUint32(SLOT.pokesEnd, true) - MEMORY.slots - pokesAt;
  const slots = new Uint8Array(codes.length * (slotSize + pokeBytes));
  const view = new DataView(slots.buffer);
  for (let k = 0; k < codes.length; k++) {
    const pokes = codes.length * slotSize + k * pokeBytes;
    slots.set(original, k * slotSize);
    slots.set(program.slots.subarray(pokesAt, pokesAt + pokeBytes), pokes);
    view.setUint32(k * slotSize + SLOT.pokes, MEMORY.slots + pokes, true);
    view.setUint32(k * slotSize + SLOT.pokesEnd, MEMORY.slots + pokes + pokeBytes, true);
  }
  return build(
    kind,
    config,
    seed,
    codes,
    codes.map((_, k) => k),
    slots,
    codes.length,
  );
}

/** The block as text, a line an instruction. */
export function listing({ config }: Program, { code, address }: Block): string[] {
  const decoder = new Decoder(config.xlen, config.extensions);
  let pc = address;
  return code.map(({ word, size }) => {
    const line = `${pc.toString(16)}: ${word
      .toString(16)
      .padStart(size * 2, '0')
      .padEnd(8)}  ${formatInsn(decoder, word | 0, BigInt(pc)).replace('\t', ' ')}`;
    pc += size;
    return line;
  });
}
