/** Operands for the random programs: any bits, and many of those at which arithmetic breaks. */
import { BFLOAT16, DOUBLE, HALF, SINGLE, type Format } from '../support/float-ref.js';
import { edgeOperands } from '../support/float-operands.js';
import type { Rng } from '../support/riscv-random.js';

/** Writes eight bytes at `at`. */
type Writer = (view: DataView, at: number, rng: Rng) => void;

const pair =
  (low: (rng: Rng) => number, high: (low: number, rng: Rng) => number): Writer =>
  (view, at, rng) => {
    const bits = low(rng);
    view.setUint32(at, bits, true);
    view.setUint32(at + 4, high(bits, rng), true);
  };
const any = (rng: Rng): number => rng();
const signOf = (low: number): number => low >> 31;

const INTEGERS: readonly Writer[] = [
  pair(any, (_, rng) => rng()),
  pair(any, (_, rng) => rng()),
  pair(any, signOf),
  pair(any, () => 0),
  // small, of both signs
  pair((rng) => (rng() % 256) - 128, signOf),
  pair(
    (rng) => rng() % 66,
    () => 0,
  ),
  // about a power of two
  (view, at, rng) => view.setBigUint64(at, BigInt.asUintN(64, (1n << BigInt(rng() % 64)) + BigInt((rng() % 3) - 1)), true),
  (view, at, rng) => view.setBigUint64(at, BigInt.asUintN(64, -1n << BigInt(rng() % 64)), true),
  // the ends of the ranges
  pair((rng) => [0, 1, -1][rng() % 3], signOf),
  pair(
    (rng) => [0, -1, 0x7fffffff, 0x80000000][rng() % 4],
    (_, rng) => [0, -1, 0x7fffffff, 0x80000000][rng() % 4],
  ),
  // bytes of all zeros, all ones, and others: orc.b, rev8, clz
  pair(byteMix, (_, rng) => byteMix(rng)),
];

function byteMix(rng: Rng): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | [0, 0xff, 0x80, rng() & 0xff][rng() & 3];
  return word;
}

/** An integer register; on RV32 only the lower half counts. */
export function writeInteger(view: DataView, at: number, rng: Rng, xlen: 32 | 64): void {
  INTEGERS[rng() % INTEGERS.length](view, at, rng);
  if (xlen === 32) view.setUint32(at + 4, 0, true);
}

const EDGES = new Map<Format, readonly bigint[]>([HALF, BFLOAT16, SINGLE, DOUBLE].map((format) => [format, edgeOperands(format)]));
const BOX: Record<Format['name'], bigint> = { h: 0xffff_ffff_ffff_0000n, bf16: 0xffff_ffff_ffff_0000n, s: 0xffff_ffff_0000_0000n, d: 0n };

const random64 = (rng: Rng): bigint => (BigInt(rng()) << 32n) | BigInt(rng());

/** A number of the format: edges, any bits, exponents close to each other (so that sums cancel and products stay in range). */
function number(format: Format, rng: Rng): bigint {
  const edges = EDGES.get(format) as readonly bigint[];
  const choice = rng() % 8;
  if (choice < 3) return edges[rng() % edges.length];
  if (choice === 3) return BigInt.asUintN(format.width, random64(rng));
  const fractionBits = BigInt(format.precision - 1);
  const exponent = BigInt(format.emax + (rng() % 8) - 4);
  const kept = BigInt(rng() % format.precision);
  const fraction = (BigInt.asUintN(format.precision - 1, random64(rng)) >> kept) << kept;
  return (BigInt(rng() & 1) << BigInt(format.width - 1)) | (exponent << fractionBits) | fraction;
}

/** An f register for a mix of formats, mostly boxed as it must be. */
export function writeFloat(view: DataView, at: number, rng: Rng, formats: readonly Format[]): void {
  const format = formats[rng() % formats.length];
  const box = rng() % 16 === 0 ? BigInt.asUintN(64, random64(rng) << BigInt(format.width)) : BOX[format.name];
  view.setBigUint64(at, box | number(format, rng), true);
}
