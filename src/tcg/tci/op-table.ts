/** Which bytecode does what an IR op does: the regular ops, by shape. */
import * as tci from '../../../assembly/shared/tci.js';
import { Op, OPS } from '../opcodes.js';

const NONE = -1;
const COUNT = OPS.length;
const column = () => new Int16Array(COUNT).fill(NONE);

/** d = a op b. */
export const BINARY = column();
/** d = a op 16-bit immediate, by the same IR op. */
export const BINARY_IMM = column();
/** d = op a. */
export const UNARY = column();
/** d, offset: env loads. */
export const ENV_LOAD = column();
/** value, offset: env stores. */
export const ENV_STORE = column();
/** First of ten bytecodes in the order of Cond: with a temp, with an immediate. */
export const SETCOND = column();
export const SETCOND_IMM = column();
export const BRCOND = column();
export const BRCOND_IMM = column();
/** rl, rh, a, b (multiplications). */
export const WIDE_MUL = column();
/** rl, rh, al, ah, bl, bh. */
export const WIDE_ADD = column();
/** 1: the operands are 64-bit. */
export const WIDE = Uint8Array.from(OPS, (op) => (op.types.startsWith('I') ? 1 : 0));
export const COMMUTATIVE = new Uint8Array(COUNT);
/** By bytecode: its result is a 32-bit value that is kept sign-extended, so that ext_i32_i64 of it is itself. */
export const SIGN_EXTENDED = new Uint8Array(tci.TCI_OPS);
/** By bytecode: the one that computes ext32s of this one's result. */
export const AS_WORD = new Int16Array(tci.TCI_OPS).fill(NONE);
/** Input and output operand positions of each IR op (1-based words of the op). */
export const INPUTS: readonly (readonly number[])[] = OPS.map((op) => positions(op.signature, 'ix'));
export const OUTPUTS: readonly (readonly number[])[] = OPS.map((op) => positions(op.signature, 'or'));

function positions(signature: string, kinds: string): number[] {
  return [...signature].flatMap((kind, i) => (kinds.includes(kind) ? [i + 1] : []));
}

type Names = Readonly<Record<string, number>>;
const T = tci as unknown as Names;
const I = Op as unknown as Names;

for (const name of ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr', 'sar', 'rotl', 'rotr']) {
  for (const width of ['64', '32']) {
    const op = I[`${name}_i${width}`];
    BINARY[op] = T[`TCI_${name.toUpperCase()}${width}`];
    BINARY_IMM[op] = T[`TCI_${name.toUpperCase()}I${width}`];
    if (width === '32') SIGN_EXTENDED[BINARY[op]] = SIGN_EXTENDED[BINARY_IMM[op]] = 1;
  }
}
for (const name of ['div', 'divu', 'rem', 'remu', 'andc', 'orc', 'eqv', 'nand', 'nor', 'muluh', 'mulsh', 'clz', 'ctz']) {
  for (const width of ['64', '32']) BINARY[I[`${name}_i${width}`]] = T[`TCI_${name.toUpperCase()}${width}`];
  SIGN_EXTENDED[T[`TCI_${name.toUpperCase()}32`]] = 1;
}
for (const name of ['neg', 'not', 'ext8s', 'ext8u', 'ext16s', 'ext16u', 'bswap16', 'bswap32', 'ctpop']) {
  const bytecode = `TCI_${name.toUpperCase()}${name.startsWith('bswap') ? '_' : ''}`;
  for (const width of ['64', '32']) UNARY[I[`${name}_i${width}`]] = T[bytecode + width];
  SIGN_EXTENDED[T[`${bytecode}32`]] = 1;
}
UNARY[Op.ext32s_i64] = UNARY[Op.ext_i32_i64] = tci.TCI_EXT32S;
UNARY[Op.ext32u_i64] = UNARY[Op.extu_i32_i64] = tci.TCI_EXT32U;
UNARY[Op.extrh_i64_i32] = tci.TCI_EXTRH;
UNARY[Op.bswap64_i64] = tci.TCI_BSWAP64_64;

for (const width of ['i32', 'i64']) {
  for (const name of ['ld8u', 'ld8s', 'ld16u', 'ld16s']) ENV_LOAD[I[`${name}_${width}`]] = T[`TCI_${name.toUpperCase()}`];
  for (const name of ['st8', 'st16']) ENV_STORE[I[`${name}_${width}`]] = T[`TCI_${name.toUpperCase()}`];
  for (const name of ['mulu2', 'muls2']) WIDE_MUL[I[`${name}_${width}`]] = T[`TCI_${name.toUpperCase()}_${width.slice(1)}`];
  for (const name of ['add2', 'sub2']) WIDE_ADD[I[`${name}_${width}`]] = T[`TCI_${name.toUpperCase()}_${width.slice(1)}`];
  for (const name of ['add', 'mul', 'and', 'or', 'xor', 'eqv', 'nand', 'nor', 'muluh', 'mulsh']) COMMUTATIVE[I[`${name}_${width}`]] = 1;
  const bits = width.slice(1);
  SETCOND[I[`setcond_${width}`]] = T[`TCI_SETCOND${bits}_EQ`];
  SETCOND_IMM[I[`setcond_${width}`]] = T[`TCI_SETCONDI${bits}_EQ`];
  BRCOND[I[`brcond_${width}`]] = T[`TCI_BRCOND${bits}_EQ`];
  BRCOND_IMM[I[`brcond_${width}`]] = T[`TCI_BRCONDI${bits}_EQ`];
}
ENV_LOAD[Op.ld_i32] = ENV_LOAD[Op.ld32s_i64] = tci.TCI_LD32S;
ENV_LOAD[Op.ld32u_i64] = tci.TCI_LD32U;
ENV_STORE[Op.st_i32] = ENV_STORE[Op.st32_i64] = tci.TCI_ST32;

for (const bytecode of [
  tci.TCI_EXTRACT32,
  tci.TCI_SEXTRACT32,
  tci.TCI_DEPOSIT32,
  tci.TCI_LD8U,
  tci.TCI_LD8S,
  tci.TCI_LD16U,
  tci.TCI_LD16S,
  tci.TCI_LD32S,
]) {
  SIGN_EXTENDED[bytecode] = 1;
}
for (let bytecode = tci.TCI_SETCOND64_EQ; bytecode <= tci.TCI_SETCONDI32_GTU; bytecode++) SIGN_EXTENDED[bytecode] = 1;

// The low half of these depends on the low halves of the operands only (shl: of an immediate below 32, checked where it is used).
for (const name of ['ADD', 'SUB', 'MUL', 'AND', 'OR', 'XOR']) {
  AS_WORD[T[`TCI_${name}64`]] = T[`TCI_${name}32`];
  AS_WORD[T[`TCI_${name}I64`]] = T[`TCI_${name}I32`];
}
AS_WORD[tci.TCI_SHLI64] = tci.TCI_SHLI32;
AS_WORD[tci.TCI_NEG64] = tci.TCI_NEG32;
AS_WORD[tci.TCI_NOT64] = tci.TCI_NOT32;
AS_WORD[tci.TCI_QLD32U] = tci.TCI_QLD32S;
