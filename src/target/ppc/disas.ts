/** The disassembler: words to objdump's text, with simplified mnemonics or without (`objdump -d -M raw`). */
import type { ListedInsn } from '../../hw/core/cpu.js';
import { CR_BITS, INSN } from './context.js';
import type { Decoder } from './decoder.js';
import { simplify, type Simplified } from './mnemonics.js';
import { Operands } from './operands.js';
import type { Insn } from './table.js';

/** The instruction that is at `pc`: address, code, text. `bytes`: what is known of it. Undefined: too little. */
export function listInsn(decoder: Decoder, bytes: Uint8Array, pc: bigint, littleEndian: boolean): ListedInsn | undefined {
  if (bytes.length < INSN) return undefined;
  const word = new DataView(bytes.buffer, bytes.byteOffset, INSN).getUint32(0, littleEndian);
  const at = (Number(pc) >>> 0).toString(16).padStart(8, '0');
  const text = `0x${at}:  ${word.toString(16).padStart(8, '0')}  ${formatInsn(decoder, word, Number(pc))}`;
  return { text, size: INSN, flow: flowOf(decoder, word) };
}

/** `bcl 20,31,$+4`: how code finds out where it is. Nobody comes back. */
const HERE = 0x429f_0005;

/** What an instruction does: those with LK call. */
export function flowOf(decoder: Decoder, word: number): ListedInsn['flow'] {
  const row = decoder.decode(word | 0);
  if (row === undefined || word === HERE) return undefined;
  if (row.fields.some(({ name }) => name === 'lk') && (word & 1) !== 0) return 'call';
  return row.name === 'bclr' || row.name === 'rfi' ? 'return' : undefined;
}

/** Name and operands; for a word that is no instruction, what objdump writes in its place. */
export function formatInsn(decoder: Decoder, word: number, pc: number, isRaw = false): string {
  const row = decoder.decode(word | 0);
  return row === undefined ? `.long 0x${(word >>> 0).toString(16)}` : formatRow(row, word, pc, isRaw);
}

function formatRow(row: Insn, word: number, pc: number, isRaw: boolean): string {
  const a = new Operands();
  a.set(word);
  const simple = isRaw ? undefined : simplify(row.name, a);
  const { name, syntax, hint = '' }: Simplified = simple ?? row;
  const operands = syntax.replace(/\b[a-z]\w*/g, (token) => OPERANDS[token](a, pc));
  const full = name + suffix(row, a) + hint;
  return operands === '' ? full : `${full.padEnd(7)} ${operands}`;
}

function suffix({ fields }: Insn, a: Operands): string {
  const has = (name: string): boolean => fields.some((field) => field.name === name);
  const link = has('lk') && a.record ? 'l' : '';
  const absolute = has('aa') && (a.word & 2) !== 0 ? 'a' : '';
  return (has('oe') && a.oe ? 'o' : '') + link + absolute + (has('rc') && a.record ? '.' : '');
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
const crBit = (n: number): string => (n < 4 ? CR_BITS[n] : `4*cr${n >> 2}+${CR_BITS[n & 3]}`);

function target(a: Operands, pc: number): string {
  const isLong = a.word >>> 26 === 18;
  const displacement = isLong ? ((a.word & 0x03ff_fffc) << 6) >> 6 : a.bd;
  return hex((a.word & 2) !== 0 ? displacement : pc + displacement);
}

/** By the token of a syntax. */
const OPERANDS: Readonly<Record<string, (a: Operands, pc: number) => string>> = {
  rt: (a) => `r${a.rt}`,
  ra: (a) => `r${a.ra}`,
  ra0: (a) => (a.ra === 0 ? '0' : `r${a.ra}`),
  rb: (a) => `r${a.rb}`,
  frt: (a) => `f${a.rt}`,
  fra: (a) => `f${a.ra}`,
  frb: (a) => `f${a.rb}`,
  frc: (a) => `f${a.rc}`,
  simm: (a) => String(a.simm),
  uimm: (a) => String(a.uimm),
  disp: (a) => String(a.simm),
  sh: (a) => String(a.rb),
  mb: (a) => String(a.rc),
  me: (a) => String(a.me),
  right: (a) => String(31 - a.me),
  nb: (a) => String(a.rb || 32),
  to: (a) => String(a.rt),
  bo: (a) => String(a.rt),
  bi: (a) => crBit(a.ra),
  crbd: (a) => crBit(a.rt),
  crba: (a) => crBit(a.ra),
  crbb: (a) => crBit(a.rb),
  crfd: (a) => `cr${a.crfd}`,
  crfs: (a) => `cr${a.crfs}`,
  l: (a) => String((a.word >>> 21) & 1),
  crm: (a) => String(a.crm),
  fm: (a) => String((a.word >>> 17) & 0xff),
  fbit: (a) => String(a.rt),
  ffield: (a) => String(a.crfd),
  imm4: (a) => String((a.word >>> 12) & 15),
  spr: (a) => String(a.spr),
  sr: (a) => String(a.ra & 15),
  target,
};
