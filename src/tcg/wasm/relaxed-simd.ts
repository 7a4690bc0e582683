/**
 * Whether the engine's relaxed multiply-add is a fused one. The relaxed SIMD proposal lets `relaxed_madd` round once or twice, but always the
 * same way in one engine: so it is asked. V8 and SpiderMonkey make it the host's own instruction, where it has one.
 */

const [F32, F64] = [0x7d, 0x7c];
// opcodes behind the SIMD prefix, without lanes; relaxed ones are two bytes of LEB128
const [F32_SPLAT, F64_SPLAT, F32_LANE, F64_LANE] = [0x13, 0x14, 0x1f, 0x21];
const [F32_MADD, F32_NMADD, F64_MADD, F64_NMADD] = [0x85, 0x86, 0x87, 0x88];

/** Body of (a, b, c) => lane 0 of the relaxed operation, with its size. */
function body(splat: number, operation: number, lane: number): number[] {
  const operands = [0, 1, 2].flatMap((k) => [0x20, k, 0xfd, splat]);
  const code = [0, ...operands, 0xfd, operation, 0x02, 0xfd, lane, 0, 0x0b];
  return [code.length, ...code];
}

const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];

/** A module that exports madd and nmadd of binary32 as a and b, of binary64 as c and d. An engine without relaxed SIMD does not validate it. */
export function relaxedMaddModule(): Uint8Array<ArrayBuffer> {
  const bodies = [
    body(F32_SPLAT, F32_MADD, F32_LANE),
    body(F32_SPLAT, F32_NMADD, F32_LANE),
    body(F64_SPLAT, F64_MADD, F64_LANE),
    body(F64_SPLAT, F64_NMADD, F64_LANE),
  ];
  const names = [...'abcd'].flatMap((name, k) => [1, name.charCodeAt(0), 0, k]);
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 3, F32, F32, F32, 1, F32, 0x60, 3, F64, F64, F64, 1, F64]),
    ...section(3, [4, 0, 0, 1, 1]),
    ...section(7, [4, ...names]),
    ...section(10, [4, ...bodies.flat()]),
  );
}

const compileHere = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => new WebAssembly.Module(bytes);

/** Whether modules that `compile` makes have a multiply-add that rounds once. */
export function hasFusedMulAdd(compile = compileHere): boolean {
  const bytes = relaxedMaddModule();
  if (!WebAssembly.validate(bytes)) return false;
  type MulAdd = (a: number, b: number, c: number) => number;
  const { a, b, c, d } = new WebAssembly.Instance(compile(bytes)).exports as Record<string, MulAdd>;
  // (1 + x)^2 - (1 + 2 x) is x^2, if the product keeps it
  const isFused = (madd: MulAdd, nmadd: MulAdd, x: number) =>
    madd(1 + x, 1 + x, -1 - 2 * x) === x * x && nmadd(1 + x, 1 + x, 1 + 2 * x) === -x * x;
  return isFused(a, b, 2 ** -12) && isFused(c, d, 2 ** -27);
}
