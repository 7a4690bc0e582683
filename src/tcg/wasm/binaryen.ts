/**
 * binaryen through its C-style functions, in the few shapes that the backend needs. The JavaScript wrapper copies arrays, converts names
 * and saves a stack on every node; a region has thousands of nodes, and a plain call costs 25 ns to 100 ns a node.
 */
// The package itself; on Node split, so that it loads in a third of the time (scripts/build-binaryen.js).
import binaryen from '#binaryen';

/** Pointer to a binaryen expression. An expression is used once: IR trees share nothing. */
export type Expr = number;
/** binaryen's number for a value type. */
export type ValueType = number;

/** The C functions in use. Names are binaryen's. */
interface RawBinaryen {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  __i32_store(pointer: number, value: number): void;
  __i32_store8(pointer: number, value: number): void;
  _BinaryenTypeNone(): ValueType;
  _BinaryenTypeInt32(): ValueType;
  _BinaryenTypeInt64(): ValueType;
  _BinaryenTypeFloat32(): ValueType;
  _BinaryenTypeFloat64(): ValueType;
  _BinaryenTypeAuto(): ValueType;
  _BinaryenTypeCreate(types: number, count: number): ValueType;
  _BinaryenLiteralInt32(literal: number, value: number): void;
  _BinaryenLiteralInt64(literal: number, value: bigint): void;
  _BinaryenLiteralFloat64(literal: number, value: number): void;
  _BinaryenConst(module: number, literal: number): Expr;
  _BinaryenLocalGet(module: number, index: number, type: ValueType): Expr;
  _BinaryenLocalSet(module: number, index: number, value: Expr): Expr;
  _BinaryenLocalTee(module: number, index: number, value: Expr, type: ValueType): Expr;
  _BinaryenUnary(module: number, op: number, value: Expr): Expr;
  _BinaryenBinary(module: number, op: number, left: Expr, right: Expr): Expr;
  _BinaryenSIMDTernary(module: number, op: number, a: Expr, b: Expr, c: Expr): Expr;
  _BinaryenSIMDExtract(module: number, op: number, vector: Expr, lane: number): Expr;
  _BinaryenSIMDLoad(module: number, op: number, offset: number, align: number, ptr: Expr, memory: number): Expr;
  _BinaryenSIMDLoadStoreLane(
    module: number,
    op: number,
    offset: number,
    align: number,
    lane: number,
    ptr: Expr,
    vector: Expr,
    memory: number,
  ): Expr;
  _BinaryenLiteralVec128(literal: number, bytes: number): void;
  _BinaryenSelect(module: number, condition: Expr, ifTrue: Expr, ifFalse: Expr): Expr;
  _BinaryenLoad(
    module: number,
    bytes: number,
    signed: number,
    offset: number,
    align: number,
    type: ValueType,
    ptr: Expr,
    memory: number,
  ): Expr;
  _BinaryenStore(
    module: number,
    bytes: number,
    offset: number,
    align: number,
    ptr: Expr,
    value: Expr,
    type: ValueType,
    memory: number,
  ): Expr;
  _BinaryenBlock(module: number, name: number, children: number, count: number, type: ValueType): Expr;
  _BinaryenBlockAppendChild(block: Expr, child: Expr): number;
  _BinaryenIf(module: number, condition: Expr, ifTrue: Expr, ifFalse: Expr): Expr;
  _BinaryenLoop(module: number, name: number, body: Expr): Expr;
  _BinaryenBreak(module: number, name: number, condition: Expr, value: Expr): Expr;
  _BinaryenSwitch(module: number, names: number, count: number, defaultName: number, condition: Expr, value: Expr): Expr;
  _BinaryenReturn(module: number, value: Expr): Expr;
  _BinaryenDrop(module: number, value: Expr): Expr;
  _BinaryenCall(module: number, target: number, operands: number, count: number, result: ValueType): Expr;
  _BinaryenAddFunction(
    module: number,
    name: number,
    params: ValueType,
    results: ValueType,
    locals: number,
    count: number,
    body: Expr,
  ): number;
  _BinaryenAddGlobalImport(module: number, name: number, ns: number, base: number, type: ValueType, mutable: number): void;
  _BinaryenGlobalGet(module: number, name: number, type: ValueType): Expr;
  _BinaryenAddFunctionImport(module: number, name: number, ns: number, base: number, params: ValueType, results: ValueType): void;
  _BinaryenAddFunctionExport(module: number, internal: number, external: number): number;
}

const raw = binaryen as unknown as RawBinaryen & Record<string, () => number>;

export const NONE = raw._BinaryenTypeNone();
export const I32 = raw._BinaryenTypeInt32();
export const I64 = raw._BinaryenTypeInt64();
export const F32 = raw._BinaryenTypeFloat32();
export const F64 = raw._BinaryenTypeFloat64();
export const V128 = raw._BinaryenTypeVec128();
const AUTO = raw._BinaryenTypeAuto();

/** Operator numbers for the 32-bit form and, at index 1, the 64-bit form. */
const pair = (name: string): readonly [number, number] => [raw[`_Binaryen${name}Int32`](), raw[`_Binaryen${name}Int64`]()];

/** Binary and unary operators that exist in both widths: `Wasm.add[0]` is i32.add, `Wasm.add[1]` i64.add. */
export const Wasm = {
  add: pair('Add'), sub: pair('Sub'), mul: pair('Mul'), divS: pair('DivS'), divU: pair('DivU'), remS: pair('RemS'), remU: pair('RemU'),
  and: pair('And'), or: pair('Or'), xor: pair('Xor'), shl: pair('Shl'), shrU: pair('ShrU'), shrS: pair('ShrS'),
  rotl: pair('RotL'), rotr: pair('RotR'),
  eq: pair('Eq'), ne: pair('Ne'), ltS: pair('LtS'), ltU: pair('LtU'), leS: pair('LeS'), leU: pair('LeU'),
  gtS: pair('GtS'), gtU: pair('GtU'), geS: pair('GeS'), geU: pair('GeU'),
  eqz: pair('EqZ'), clz: pair('Clz'), ctz: pair('Ctz'), popcnt: pair('Popcnt'),
  extend8: pair('ExtendS8'), extend16: pair('ExtendS16'),
} as const; // prettier-ignore

/** Operator numbers for binary32 and, at index 1, binary64. */
const floats = (name: string): readonly [number, number] => [raw[`_Binaryen${name}Float32`](), raw[`_Binaryen${name}Float64`]()];
/** `name` is binaryen's, with _ for the width. */
const convert = (name: string): readonly [number, number] => [
  raw[`_Binaryen${name.replace('_', '32')}`](),
  raw[`_Binaryen${name.replace('_', '64')}`](),
];

/** Floating-point operators: index 0 is f32's, 1 f64's. */
export const Float = {
  add: floats('Add'), sub: floats('Sub'), mul: floats('Mul'), div: floats('Div'), sqrt: floats('Sqrt'), abs: floats('Abs'), neg: floats('Neg'),
  min: floats('Min'), max: floats('Max'), eq: floats('Eq'), ne: floats('Ne'), lt: floats('Lt'), le: floats('Le'), gt: floats('Gt'), ge: floats('Ge'),
  /** From the integer of the same width, and back. */
  fromBits: [raw._BinaryenReinterpretInt32(), raw._BinaryenReinterpretInt64()],
  toBits: [raw._BinaryenReinterpretFloat32(), raw._BinaryenReinterpretFloat64()],
  fromS32: convert('ConvertSInt32ToFloat_'), fromU32: convert('ConvertUInt32ToFloat_'),
  fromS64: convert('ConvertSInt64ToFloat_'), fromU64: convert('ConvertUInt64ToFloat_'),
  truncS32: convert('TruncSatSFloat_ToInt32'), truncS64: convert('TruncSatSFloat_ToInt64'),
  promote: raw._BinaryenPromoteFloat32(), demote: raw._BinaryenDemoteFloat64(),
} as const; // prettier-ignore

/** Of vectors of binary32 and, at index 1, binary64. */
const vectors = (name: string): readonly [number, number] => [raw[`_Binaryen${name}VecF32x4`](), raw[`_Binaryen${name}VecF64x2`]()];
const SPLAT = vectors('Splat');
const EXTRACT_LANE = vectors('ExtractLane');
const SPLAT_WORD = raw._BinaryenSplatVecI32x4();
const EXTRACT_WORD = raw._BinaryenExtractLaneVecI32x4();
const SWIZZLE = raw._BinaryenSwizzleVecI8x16();
const LOAD_WORD = raw._BinaryenLoad32ZeroVec128();
const STORE_WORD = raw._BinaryenStore32LaneVec128();
/** Lanes of a vector of bytes: the lowest so many the other way round. */
const reversed = (bytes: 4 | 8): number[] => Array.from({ length: 16 }, (_, n) => (n < bytes ? bytes - 1 - n : n));
/** a b + c and -(a b) + c of WasmModule.relaxed. */
export const Relaxed = { madd: vectors('RelaxedMadd'), nmadd: vectors('RelaxedNmadd') } as const;

export const WRAP = raw._BinaryenWrapInt64();
export const EXTEND_S32 = raw._BinaryenExtendSInt32();
export const EXTEND_U32 = raw._BinaryenExtendUInt32();
/** i64.extend32_s */
export const EXTEND32 = raw._BinaryenExtendS32Int64();

/** The local with env: the first parameter of all generated functions. */
const ENV = 0;

/** What V8 11.3 (Node 20) decodes, relaxed SIMD only if asked to (relaxed-simd.ts); Features.All makes encodings that it rejects. */
const FEATURES =
  binaryen.Features.Atomics |
  binaryen.Features.BulkMemory |
  binaryen.Features.SignExt |
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.SIMD128 |
  binaryen.Features.RelaxedSIMD;

/** Interned C strings: binaryen interns them too and never lets go, so the set must stay small (labels are numbered from 0 in each function). */
const names = new Map<string, number>();

function cString(text: string): number {
  let pointer = names.get(text);
  if (pointer === undefined) {
    pointer = raw._malloc(text.length + 1);
    for (let i = 0; i < text.length; i++) raw.__i32_store8(pointer + i, text.charCodeAt(i));
    raw.__i32_store8(pointer + text.length, 0);
    names.set(text, pointer);
  }
  return pointer;
}

const literal = raw._malloc(32);
const SCRATCH_WORDS = 4096;
const scratch = raw._malloc(SCRATCH_WORDS * 4);

function words(values: readonly number[]): number {
  if (values.length > SCRATCH_WORDS) throw new RangeError(`binaryen: a list of ${values.length} is too long`);
  for (let i = 0; i < values.length; i++) raw.__i32_store(scratch + 4 * i, values[i]);
  return scratch;
}

/** One wasm module in the making. `dispose` frees binaryen's memory: nothing else does. */
export class WasmModule {
  private readonly module = new binaryen.Module();
  private readonly ptr = (this.module as unknown as { ptr: number }).ptr;
  private readonly imported = new Set<string>();

  /** `envAddress`: TargetInfo.env. */
  constructor(private readonly envAddress?: number) {
    this.module.setFeatures(FEATURES);
  }

  /** Imports the shared memory as `m.m`; the pages are only the least and the most that will match any memory. */
  importMemory(maximumPages: number): void {
    this.module.setMemory(1, maximumPages, null as unknown as string, [], true, false, '0');
    this.module.addMemoryImport('0', 'm', 'm', true);
  }

  /** The address of the module's table, an immutable global. */
  importTable(): void {
    raw._BinaryenAddGlobalImport(this.ptr, cString('t'), cString('m'), cString('t'), I32, 0);
  }
  tableAddress(): Expr {
    return raw._BinaryenGlobalGet(this.ptr, cString('t'), I32);
  }

  /** Imports a function once; `params` and `result` in value types. Its name inside is its name outside. */
  importFunction(name: string, params: readonly ValueType[], result: ValueType): void {
    if (this.imported.has(name)) return;
    this.imported.add(name);
    const c = cString(name);
    raw._BinaryenAddFunctionImport(this.ptr, c, cString('r'), c, raw._BinaryenTypeCreate(words(params), params.length), result);
  }

  addFunction(name: string, params: readonly ValueType[], result: ValueType, locals: readonly ValueType[], body: Expr): void {
    const type = raw._BinaryenTypeCreate(words(params), params.length);
    raw._BinaryenAddFunction(this.ptr, cString(name), type, result, words(locals), locals.length, body);
    raw._BinaryenAddFunctionExport(this.ptr, cString(name), cString(name));
  }

  validate(): boolean {
    return this.module.validate() !== 0;
  }
  runPasses(passes: string[]): void {
    this.module.runPasses(passes);
  }
  emitText(): string {
    return this.module.emitText();
  }
  emitBinary(): Uint8Array<ArrayBuffer> {
    return this.module.emitBinary() as Uint8Array<ArrayBuffer>;
  }
  dispose(): void {
    this.module.dispose();
  }

  i32(value: number): Expr {
    raw._BinaryenLiteralInt32(literal, value | 0);
    return raw._BinaryenConst(this.ptr, literal);
  }
  i64(value: bigint): Expr {
    raw._BinaryenLiteralInt64(literal, value);
    return raw._BinaryenConst(this.ptr, literal);
  }
  f64(value: number): Expr {
    raw._BinaryenLiteralFloat64(literal, value);
    return raw._BinaryenConst(this.ptr, literal);
  }
  get(index: number, type: ValueType): Expr {
    return raw._BinaryenLocalGet(this.ptr, index, type);
  }
  set(index: number, value: Expr): Expr {
    return raw._BinaryenLocalSet(this.ptr, index, value);
  }
  tee(index: number, value: Expr, type: ValueType): Expr {
    return raw._BinaryenLocalTee(this.ptr, index, value, type);
  }
  unary(op: number, value: Expr): Expr {
    return raw._BinaryenUnary(this.ptr, op, value);
  }
  binary(op: number, left: Expr, right: Expr): Expr {
    return raw._BinaryenBinary(this.ptr, op, left, right);
  }
  /** A relaxed vector operation on scalars: it has no scalar form. `wide`: 1 for binary64. */
  relaxed(op: readonly [number, number], wide: 0 | 1, operands: readonly [Expr, Expr, Expr]): Expr {
    const [a, b, c] = operands.map((value) => this.unary(SPLAT[wide], value));
    return raw._BinaryenSIMDExtract(this.ptr, EXTRACT_LANE[wide], raw._BinaryenSIMDTernary(this.ptr, op[wide], a, b, c), 0);
  }
  /** A binary64 number in both halves of a vector. */
  splatDouble(value: Expr): Expr {
    return this.unary(SPLAT[1], value);
  }
  /**
   * A double whose bytes are in the other order. A swizzle by a constant is one instruction, whose mask stays in a register throughout a loop (V8 makes six of the shuffle
   * that says the same).
   */
  reversedDouble(value: Expr): Expr {
    return raw._BinaryenSIMDExtract(this.ptr, EXTRACT_LANE[1], this.swizzled(this.splatDouble(value), 8), 0);
  }
  /** An i32 from memory, its bytes in the other order: three instructions of which none is of the integer units. */
  loadReversed(pointer: Expr, offset: number): Expr {
    const loaded = raw._BinaryenSIMDLoad(this.ptr, LOAD_WORD, offset, 1, pointer, 0);
    return raw._BinaryenSIMDExtract(this.ptr, EXTRACT_WORD, this.swizzled(loaded, 4), 0);
  }
  storeReversed(pointer: Expr, value: Expr, offset: number): Expr {
    const vector = this.swizzled(this.unary(SPLAT_WORD, value), 4);
    return raw._BinaryenSIMDLoadStoreLane(this.ptr, STORE_WORD, offset, 1, 0, pointer, vector, 0);
  }
  private swizzled(vector: Expr, bytes: 4 | 8): Expr {
    reversed(bytes).forEach((lane, n) => raw.__i32_store8(scratch + n, lane));
    raw._BinaryenLiteralVec128(literal, scratch);
    return this.binary(SWIZZLE, vector, raw._BinaryenConst(this.ptr, literal));
  }
  select(condition: Expr, ifTrue: Expr, ifFalse: Expr): Expr {
    return raw._BinaryenSelect(this.ptr, condition, ifTrue, ifFalse);
  }
  /** Guest code may be unaligned: the alignment hint is always 1. */
  load(bytes: number, signed: boolean, type: ValueType, pointer: Expr, offset = 0): Expr {
    return raw._BinaryenLoad(this.ptr, bytes, signed ? 1 : 0, offset, 1, type, pointer, 0);
  }
  store(bytes: number, type: ValueType, pointer: Expr, value: Expr, offset = 0): Expr {
    return raw._BinaryenStore(this.ptr, bytes, offset, 1, pointer, value, type, 0);
  }

  // ---- env: the function's first parameter, or a constant

  env(): Expr {
    return this.envAddress === undefined ? this.get(ENV, I32) : this.i32(this.envAddress);
  }
  loadEnv(bytes: number, signed: boolean, type: ValueType, offset: number): Expr {
    // all in the constant, so that no engine adds it up in a register
    if (this.envAddress !== undefined) return this.load(bytes, signed, type, this.i32(this.envAddress + offset));
    return this.load(bytes, signed, type, this.env(), offset);
  }
  storeEnv(bytes: number, type: ValueType, value: Expr, offset: number): Expr {
    if (this.envAddress !== undefined) return this.store(bytes, type, this.i32(this.envAddress + offset), value);
    return this.store(bytes, type, this.env(), value, offset);
  }
  /** The pointer of what is `index` bytes further than a constant offset from env: of an access at envOffset(offset). */
  envPlus(index: Expr): Expr {
    return this.envAddress === undefined ? this.binary(Wasm.add[0], this.env(), index) : index;
  }
  envOffset(offset: number): number {
    return (this.envAddress ?? 0) + offset;
  }

  /** Several expressions in a row; the type is that of the last. */
  sequence(list: readonly Expr[]): Expr {
    return list.length === 1 ? list[0] : raw._BinaryenBlock(this.ptr, 0, words(list), list.length, AUTO);
  }
  /**
   * A block that is branched to. Children are appended after it has been finalized as of type none: else binaryen would search the whole
   * subtree for branches to it, at every level of nesting.
   */
  labelled(name: string, list: readonly Expr[]): Expr {
    const block = raw._BinaryenBlock(this.ptr, cString(name), 0, 0, NONE);
    for (const child of list) raw._BinaryenBlockAppendChild(block, child);
    return block;
  }
  loop(name: string, body: Expr): Expr {
    return raw._BinaryenLoop(this.ptr, cString(name), body);
  }
  if(condition: Expr, ifTrue: Expr, ifFalse: Expr = 0): Expr {
    return raw._BinaryenIf(this.ptr, condition, ifTrue, ifFalse);
  }
  br(name: string, condition: Expr = 0): Expr {
    return raw._BinaryenBreak(this.ptr, cString(name), condition, 0);
  }
  brTable(targets: readonly string[], fallback: string, condition: Expr): Expr {
    return raw._BinaryenSwitch(this.ptr, words(targets.map(cString)), targets.length, cString(fallback), condition, 0);
  }
  return(value: Expr): Expr {
    return raw._BinaryenReturn(this.ptr, value);
  }
  drop(value: Expr): Expr {
    return raw._BinaryenDrop(this.ptr, value);
  }
  call(name: string, operands: readonly Expr[], result: ValueType): Expr {
    return raw._BinaryenCall(this.ptr, cString(name), words(operands), operands.length, result);
  }
}
