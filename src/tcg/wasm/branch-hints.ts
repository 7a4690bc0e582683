/**
 * Tells the engine which branches of generated code are the usual ones (branch hinting proposal: custom section
 * `metadata.code.branch_hint` before the code section; engines that do not know it skip it). Without a hint V8 treats the slow path
 * of a memory access as half of all cases: the call in it then decides where registers are spilled, in the middle of hot loops.
 *
 * binaryen writes no such section through its C API, so the finished binary is scanned for the few shapes that the backend emits:
 * a TLB check is likely true; a failing test of inline floating point, of ENV_FAULT or of the exit request is likely false.
 */
import { ENV_EXIT_REQUEST, ENV_FAULT } from '../../../assembly/shared/layout.js';
import { I32, Wasm, type Expr, type WasmModule } from './binaryen.js';
import type { TargetInfo } from './target-info.js';

const SECTION_CODE = 10;
const NAME = 'metadata.code.branch_hint';
// opcodes, WebAssembly core specification, chapter 5.4
const BLOCK = 0x02, LOOP = 0x03, IF = 0x04, BR = 0x0c, BR_IF = 0x0d, BR_TABLE = 0x0e, CALL = 0x10, LOCAL_GET = 0x20, LOCAL_TEE = 0x22; // prettier-ignore
const I32_LOAD = 0x28, LAST_MEMORY = 0x3e, I32_CONST = 0x41, I64_CONST = 0x42, I64_EQ = 0x51, I64_NE = 0x52, I64_AND = 0x83, I32_LE_S = 0x4c; // prettier-ignore
const F32_CONST = 0x43, F64_CONST = 0x44, I32_EQZ = 0x45, I32_NE = 0x47, I32_GT_U = 0x4b, I32_GE_U = 0x4f, F32_NE = 0x5c, F64_EQ = 0x61, F64_NE = 0x62, NUMERIC_PREFIX = 0xfc, SIMD_PREFIX = 0xfd; // prettier-ignore
const I32_SUB = 0x6b,
  I32_AND = 0x71,
  I32_SHL = 0x74,
  I32_WRAP = 0xa7;

/** Vector operations with an immediate; the backend makes no others. */
const V128_CONST = 0x0c, I32X4_EXTRACT_LANE = 0x1b, F32X4_EXTRACT_LANE = 0x1f, F64X2_EXTRACT_LANE = 0x21, STORE32_LANE = 0x5a, LOAD32_ZERO = 0x5c; // prettier-ignore
const NAMES_LANE: readonly number[] = [I32X4_EXTRACT_LANE, F32X4_EXTRACT_LANE, F64X2_EXTRACT_LANE];

/** Whether an i32 local is not 0, as it mostly is not. This shape (local.get, i32.const, i32.gt_u) is what is looked for: others test by `local.get` alone. */
export const isMostlyNotZero = (m: WasmModule, local: number): Expr => m.binary(Wasm.gtU[0], m.get(local, I32), m.i32(0));

/** Whether the last three opcodes are a failing test of inline floating point (lower-float.ts). */
function failsFloat(third: number, before: number, last: number): boolean {
  if (last === I32_GE_U) return (before === LOCAL_GET || before === I32_CONST) && (third === I32_SUB || third === I32_SHL);
  if (last === I32_NE) return before === I32_CONST && third === I32_WRAP; // the box
  if (last === I32_EQZ) return before === I32_AND && third === F64_EQ; // mulAdd64
  return last === F32_NE || last === F64_NE;
}

type HintTarget = Pick<TargetInfo, 'traits' | 'env'>;

/** The binary with its hints, or unchanged if there is nothing to say. */
export function withBranchHints(binary: Uint8Array<ArrayBuffer>, target: HintTarget): Uint8Array<ArrayBuffer> {
  const reader = new Reader(binary, 8);
  let imported = 0;
  while (reader.at < binary.length) {
    const start = reader.at;
    const id = binary[reader.at++];
    const size = reader.u32();
    const end = reader.at + size;
    if (id === 2) imported = countImportedFunctions(reader);
    if (id === SECTION_CODE) {
      const section = hintSection(reader, imported, target);
      const result = new Uint8Array(binary.length + section.length);
      result.set(binary.subarray(0, start));
      result.set(section, start);
      result.set(binary.subarray(start), start + section.length);
      return result;
    }
    reader.at = end;
  }
  return binary;
}

class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  /** A signed one of 32 bits, as an address. */
  address(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 0x7f) << shift;
      const unused = Math.max(25 - shift, 0);
      if (byte < 0x80) return ((value << unused) >> unused) >>> 0;
    }
  }
  skipLeb(): void {
    while (this.bytes[this.at++] >= 0x80);
  }
}

function countImportedFunctions(reader: Reader): number {
  let functions = 0;
  for (let n = reader.u32(); n > 0; n--) {
    for (let name = 0; name < 2; name++) {
      const length = reader.u32();
      reader.at += length;
    }
    const kind = reader.bytes[reader.at++];
    if (kind === 0) {
      functions++;
      reader.skipLeb();
    } else if (kind === 2) {
      const limits = reader.bytes[reader.at++];
      reader.skipLeb();
      if (limits & 1) reader.skipLeb();
    } else if (kind === 3)
      reader.at += 2; // a type and whether it is mutable
    else throw new RangeError(`import of kind ${kind}: generated code has functions, one memory and one global`);
  }
  return functions;
}

function hintSection(reader: Reader, imported: number, target: HintTarget): Uint8Array {
  const functions: number[][] = [];
  const count = reader.u32();
  for (let f = 0; f < count; f++) {
    const size = reader.u32();
    const end = reader.at + size;
    const hints = functionHints(reader, end, target);
    if (hints.length > 0) {
      const entry = [...leb(imported + f), ...leb(hints.length)];
      // function index, then by hint: offset from the function's start (its local declarations), length 1, the hint
      for (const { offset, likely } of hints) entry.push(...leb(offset), 1, likely);
      functions.push(entry);
    }
    reader.at = end;
  }
  const body = [...leb(NAME.length), ...[...NAME].map((c) => c.charCodeAt(0)), ...leb(functions.length)];
  for (const entry of functions) for (const byte of entry) body.push(byte);
  return Uint8Array.from([0, ...leb(body.length), ...body]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** Whether the constant in these bytes is the mask of a TLB check (tlb-check.ts): -(2 ** pageBits), or that with some of its lowest three bits set. */
function isPageMask(bytes: Uint8Array, from: number, end: number, pageBits: number): boolean {
  if (end - from > 4) return false;
  let value = 0;
  for (let at = end - 1; at >= from; at--) value = (value << 7) | (bytes[at] & 0x7f);
  const unused = 32 - 7 * (end - from);
  return (((value << unused) >> unused) & ~7) === -(2 ** pageBits);
}

function functionHints(reader: Reader, end: number, { traits: { pageBits }, env = 0 }: HintTarget): { offset: number; likely: 0 | 1 }[] {
  const { bytes } = reader;
  const start = reader.at;
  const hints: { offset: number; likely: 0 | 1 }[] = [];
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.skipLeb();
    reader.at++;
  }
  // the last three opcodes, and what the last loads (of env: their offset there) and constants were
  let last = 0, before = 0, third = 0, offset = -1, word = 0, mask = false; // prettier-ignore
  while (reader.at < end) {
    const at = reader.at;
    const op = bytes[reader.at++];
    if (op === IF || op === BR_IF) {
      if (last === I64_EQ && before === I64_AND && third === I64_CONST && mask) hints.push({ offset: at - start, likely: 1 });
      else if (last === I64_NE && before === I64_AND && third === I64_CONST && mask) hints.push({ offset: at - start, likely: 0 });
      // isMostlyNotZero
      else if (last === I32_GT_U && before === I32_CONST && third === LOCAL_GET) hints.push({ offset: at - start, likely: 1 });
      else if (failsFloat(third, before, last)) hints.push({ offset: at - start, likely: 0 });
      else if (last === I32_LOAD && offset === ENV_FAULT) hints.push({ offset: at - start, likely: 0 });
      else if (last === I32_LE_S && before === I32_LOAD && offset === ENV_EXIT_REQUEST) hints.push({ offset: at - start, likely: 0 });
    }
    if (op === BLOCK || op === LOOP || op === IF) reader.at++;
    else if (op === BR || op === BR_IF || op === CALL || (op >= LOCAL_GET && op <= LOCAL_TEE)) reader.skipLeb();
    else if (op === I32_CONST) word = reader.address();
    else if (op === I64_CONST) {
      const from = reader.at;
      reader.skipLeb();
      mask = isPageMask(bytes, from, reader.at, pageBits);
    } else if (op === F32_CONST) reader.at += 4;
    else if (op === F64_CONST) reader.at += 8;
    else if (op === NUMERIC_PREFIX) reader.skipLeb();
    else if (op === SIMD_PREFIX) {
      const vector = reader.u32();
      if (NAMES_LANE.includes(vector)) reader.at++;
      else if (vector === V128_CONST) reader.at += 16;
      else if (vector === LOAD32_ZERO || vector === STORE32_LANE) {
        reader.skipLeb();
        reader.skipLeb();
        if (vector === STORE32_LANE) reader.at++;
      }
    } else if (op === BR_TABLE) for (let n = reader.u32() + 1; n > 0; n--) reader.skipLeb();
    else if (op >= I32_LOAD && op <= LAST_MEMORY) {
      reader.skipLeb();
      offset = reader.u32();
      if (last === I32_CONST) offset += word - env;
    }
    third = before;
    before = last;
    last = op;
  }
  return hints;
}
