// A reference for IEEE 754 arithmetic as RISC-V wants it, made to be obviously right, not quick: every finite number is an exact
// rational of two BigInts, every operation is done on rationals, and one function rounds.

export interface Format {
  readonly name: 'h' | 's' | 'd' | 'bf16';
  /** Bits of the encoding. */
  readonly width: number;
  /** Bits of the significand, hidden bit included. */
  readonly precision: number;
  /** Largest exponent, also the bias. */
  readonly emax: number;
}

export const HALF: Format = { name: 'h', width: 16, precision: 11, emax: 15 };
export const BFLOAT16: Format = { name: 'bf16', width: 16, precision: 8, emax: 127 };
export const SINGLE: Format = { name: 's', width: 32, precision: 24, emax: 127 };
export const DOUBLE: Format = { name: 'd', width: 64, precision: 53, emax: 1023 };
export const FORMATS = [HALF, SINGLE, DOUBLE] as const;

export const RNE = 0,
  RTZ = 1,
  RDN = 2,
  RUP = 3,
  RMM = 4;
export const MODES = [RNE, RTZ, RDN, RUP, RMM] as const;
export const NX = 1,
  UF = 2,
  OF = 4,
  DZ = 8,
  NV = 16;

export interface Outcome {
  readonly value: bigint;
  readonly flags: number;
}

/** sign * num / den, den > 0, num >= 0. */
interface Finite {
  readonly kind: 'finite';
  readonly negative: boolean;
  readonly num: bigint;
  readonly den: bigint;
}
type Num =
  | Finite
  | { readonly kind: 'inf'; readonly negative: boolean }
  | { readonly kind: 'nan'; readonly signaling: boolean; readonly negative: boolean };

const fractionBits = (f: Format) => BigInt(f.precision - 1);
const expMask = (f: Format) => BigInt(2 * f.emax + 1);
export const signBit = (f: Format) => 1n << BigInt(f.width - 1);
export const infinity = (f: Format) => expMask(f) << fractionBits(f);
export const canonicalNaN = (f: Format) => infinity(f) | (1n << (fractionBits(f) - 1n));

export function decode(f: Format, bits: bigint): Num {
  const negative = (bits & signBit(f)) !== 0n;
  const field = (bits >> fractionBits(f)) & expMask(f);
  const fraction = bits & ((1n << fractionBits(f)) - 1n);
  if (field === expMask(f)) {
    if (fraction === 0n) return { kind: 'inf', negative };
    return { kind: 'nan', negative, signaling: fraction >> (fractionBits(f) - 1n) === 0n };
  }
  const significand = field === 0n ? fraction : fraction | (1n << fractionBits(f));
  const exponent = Number(field === 0n ? 1n : field) - f.emax - (f.precision - 1);
  return { kind: 'finite', negative, ...scale(significand, 1n, exponent) };
}

function scale(num: bigint, den: bigint, exponent: number): { num: bigint; den: bigint } {
  return exponent >= 0 ? { num: num << BigInt(exponent), den } : { num, den: den << BigInt(-exponent) };
}

const bitLength = (n: bigint) => n.toString(2).length;

/** num / den to an integer by the mode; says whether it was exact. */
function roundInteger(negative: boolean, num: bigint, den: bigint, mode: number): { integer: bigint; exact: boolean } {
  const floor = num / den;
  const rest = num % den;
  if (rest === 0n) return { integer: floor, exact: true };
  const twice = 2n * rest;
  let up: boolean;
  switch (mode) {
    case RNE:
      up = twice > den || (twice === den && (floor & 1n) === 1n);
      break;
    case RTZ:
      up = false;
      break;
    case RDN:
      up = negative;
      break;
    case RUP:
      up = !negative;
      break;
    case RMM:
      up = twice >= den;
      break;
    default:
      throw new RangeError(`rounding mode ${mode}`);
  }
  return { integer: up ? floor + 1n : floor, exact: false };
}

/** Rounds at the place 2^exponent; returns the multiple of it. */
function roundAt(negative: boolean, num: bigint, den: bigint, exponent: number, mode: number) {
  const scaled = scale(num, den, -exponent);
  return roundInteger(negative, scaled.num, scaled.den, mode);
}

/** floor(log2(num / den)), num > 0. */
function log2Floor(num: bigint, den: bigint): number {
  let e = bitLength(num) - bitLength(den);
  const power = scale(1n, 1n, e);
  if (num * power.den < power.num * den) e--;
  return e;
}

export function round(f: Format, negative: boolean, num: bigint, den: bigint, mode: number): Outcome {
  const sign = negative ? signBit(f) : 0n;
  if (num === 0n) return { value: sign, flags: 0 };
  const emin = 1 - f.emax;
  const p = f.precision;
  const exponent = log2Floor(num, den);
  // Tiny after rounding: below 2^emin once rounded to p bits as if the exponent had no bounds.
  const unbounded = roundAt(negative, num, den, exponent - p + 1, mode);
  const unboundedValue = scale(unbounded.integer, 1n, exponent - p + 1);
  const least = scale(1n, 1n, emin);
  const tiny = unboundedValue.num * least.den < least.num * unboundedValue.den;
  const place = Math.max(exponent, emin) - p + 1;
  const { integer, exact } = roundAt(negative, num, den, place, mode);
  const limit = scale(1n, 1n, f.emax + 1);
  const value = scale(integer, 1n, place);
  if (value.num * limit.den >= limit.num * value.den) {
    const toInfinity = mode === RNE || mode === RMM || mode === (negative ? RDN : RUP);
    return { value: sign | (toInfinity ? infinity(f) : infinity(f) - 1n), flags: OF | NX };
  }
  // integer counts units of 2^place: the encoding is linear in it, carry into the exponent included.
  const field = BigInt(place + p - 1 - emin);
  return { value: sign | ((field << fractionBits(f)) + integer), flags: exact ? 0 : tiny ? NX | UF : NX };
}

const invalid = (f: Format): Outcome => ({ value: canonicalNaN(f), flags: NV });
const anyNaN = (f: Format, ...xs: Num[]): Outcome | undefined =>
  xs.some((x) => x.kind === 'nan') ? { value: canonicalNaN(f), flags: xs.some(isSignaling) ? NV : 0 } : undefined;
const isSignaling = (x: Num) => x.kind === 'nan' && x.signaling;
const isZero = (x: Num): boolean => x.kind === 'finite' && x.num === 0n;
const infinite = (f: Format, negative: boolean): Outcome => ({ value: (negative ? signBit(f) : 0n) | infinity(f), flags: 0 });
const signed = (x: Finite) => (x.negative ? -x.num : x.num);

function addNums(f: Format, a: Exclude<Num, { kind: 'nan' }>, b: Exclude<Num, { kind: 'nan' }>, mode: number): Outcome {
  if (a.kind === 'inf') return b.kind === 'inf' && a.negative !== b.negative ? invalid(f) : infinite(f, a.negative);
  if (b.kind === 'inf') return infinite(f, b.negative);
  const num = signed(a) * b.den + signed(b) * a.den;
  // A sum of zero: of two zeros of one sign, or of x and -x.
  if (num === 0n) return { value: (a.negative === b.negative ? a.negative : mode === RDN) ? signBit(f) : 0n, flags: 0 };
  return round(f, num < 0n, num < 0n ? -num : num, a.den * b.den, mode);
}

export function fadd(f: Format, a: bigint, b: bigint, mode: number): Outcome {
  const x = decode(f, a),
    y = decode(f, b);
  if (x.kind === 'nan' || y.kind === 'nan') return anyNaN(f, x, y)!;
  return addNums(f, x, y, mode);
}

export const fsub = (f: Format, a: bigint, b: bigint, mode: number): Outcome => fadd(f, a, b ^ signBit(f), mode);

export function fmul(f: Format, a: bigint, b: bigint, mode: number): Outcome {
  const x = decode(f, a),
    y = decode(f, b);
  if (x.kind === 'nan' || y.kind === 'nan') return anyNaN(f, x, y)!;
  const negative = x.negative !== y.negative;
  if (x.kind === 'inf' || y.kind === 'inf') return isZero(x) || isZero(y) ? invalid(f) : infinite(f, negative);
  return round(f, negative, x.num * y.num, x.den * y.den, mode);
}

export function fdiv(f: Format, a: bigint, b: bigint, mode: number): Outcome {
  const x = decode(f, a),
    y = decode(f, b);
  if (x.kind === 'nan' || y.kind === 'nan') return anyNaN(f, x, y)!;
  const negative = x.negative !== y.negative;
  if (x.kind === 'inf') return y.kind === 'inf' ? invalid(f) : infinite(f, negative);
  if (y.kind === 'inf') return { value: negative ? signBit(f) : 0n, flags: 0 };
  if (isZero(y)) return isZero(x) ? invalid(f) : { ...infinite(f, negative), flags: DZ };
  return round(f, negative, x.num * y.den, x.den * y.num, mode);
}

function integerSqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

export function fsqrt(f: Format, a: bigint, mode: number): Outcome {
  const x = decode(f, a);
  if (x.kind === 'nan') return anyNaN(f, x)!;
  if (isZero(x)) return { value: a, flags: 0 };
  if (x.negative) return invalid(f);
  if (x.kind === 'inf') return infinite(f, false);
  // floor(sqrt(num den)) / den after scaling by 2^(2k), so that the root has far more bits than any format;
  // an inexact root is marked by half a unit more.
  const k = 128n + BigInt(bitLength(x.den));
  const square = (x.num * x.den) << (2n * k);
  const root = integerSqrt(square);
  return round(f, false, 2n * root + (root * root === square ? 0n : 1n), (2n * x.den) << k, mode);
}

export function fmadd(f: Format, a: bigint, b: bigint, c: bigint, mode: number): Outcome {
  const x = decode(f, a),
    y = decode(f, b),
    z = decode(f, c);
  if ((x.kind === 'inf' && isZero(y)) || (isZero(x) && y.kind === 'inf')) return invalid(f);
  if (x.kind === 'nan' || y.kind === 'nan' || z.kind === 'nan') return anyNaN(f, x, y, z)!;
  const negative = x.negative !== y.negative;
  if (x.kind === 'inf' || y.kind === 'inf') return addNums(f, { kind: 'inf', negative }, z, mode);
  return addNums(f, { kind: 'finite', negative, num: x.num * y.num, den: x.den * y.den }, z, mode);
}

/** -1, 0, 1; undefined if unordered. */
function compare(a: Num, b: Num): number | undefined {
  if (a.kind === 'nan' || b.kind === 'nan') return undefined;
  const rank = (x: Num) => (x.kind === 'inf' ? (x.negative ? -1 : 1) : 0);
  if (a.kind === 'inf' || b.kind === 'inf') return Math.sign(rank(a) - rank(b));
  const difference = signed(a) * b.den - signed(b) * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const comparison =
  (quiet: boolean, holds: (order: number) => boolean) =>
  (f: Format, a: bigint, b: bigint): Outcome => {
    const x = decode(f, a),
      y = decode(f, b);
    const order = compare(x, y);
    if (order === undefined) return { value: 0n, flags: !quiet || isSignaling(x) || isSignaling(y) ? NV : 0 };
    return { value: holds(order) ? 1n : 0n, flags: 0 };
  };
export const feq = comparison(true, (o) => o === 0);
export const flt = comparison(false, (o) => o < 0);
export const fle = comparison(false, (o) => o <= 0);
export const fltq = comparison(true, (o) => o < 0);
export const fleq = comparison(true, (o) => o <= 0);

const extremum =
  (numbersWin: boolean, wanted: number) =>
  (f: Format, a: bigint, b: bigint): Outcome => {
    const x = decode(f, a),
      y = decode(f, b);
    const flags = isSignaling(x) || isSignaling(y) ? NV : 0;
    if (x.kind === 'nan' || y.kind === 'nan') {
      if (!numbersWin || (x.kind === 'nan' && y.kind === 'nan')) return { value: canonicalNaN(f), flags };
      return { value: x.kind === 'nan' ? b : a, flags };
    }
    // Equal numbers differ at most in the sign of zero: -0 is the less.
    const order = compare(x, y) || Number(y.negative) - Number(x.negative);
    return { value: order === wanted ? a : b, flags };
  };
export const fmin = extremum(true, -1);
export const fmax = extremum(true, 1);
export const fminm = extremum(false, -1);
export const fmaxm = extremum(false, 1);

export function fclass(f: Format, a: bigint): Outcome {
  const x = decode(f, a);
  const subnormal = (a & infinity(f)) === 0n;
  let bit: number;
  if (x.kind === 'nan') bit = x.signaling ? 8 : 9;
  else if (x.kind === 'inf') bit = x.negative ? 0 : 7;
  else if (isZero(x)) bit = x.negative ? 3 : 4;
  else bit = subnormal ? (x.negative ? 2 : 5) : x.negative ? 1 : 6;
  return { value: 1n << BigInt(bit), flags: 0 };
}

export function convert(from: Format, to: Format, a: bigint, mode: number): Outcome {
  const x = decode(from, a);
  if (x.kind === 'nan') return { value: canonicalNaN(to), flags: x.signaling ? NV : 0 };
  if (x.kind === 'inf') return infinite(to, x.negative);
  return round(to, x.negative, x.num, x.den, mode);
}

export const fromInteger = (f: Format, value: bigint, mode: number): Outcome => round(f, value < 0n, value < 0n ? -value : value, 1n, mode);

export function toInteger(f: Format, a: bigint, mode: number, min: bigint, max: bigint): Outcome {
  const x = decode(f, a);
  if (x.kind === 'nan') return { value: max, flags: NV };
  if (x.kind === 'inf') return { value: x.negative ? min : max, flags: NV };
  const { integer, exact } = roundInteger(x.negative, x.num, x.den, mode);
  const value = x.negative ? -integer : integer;
  if (value < min) return { value: min, flags: NV };
  if (value > max) return { value: max, flags: NV };
  return { value, flags: exact ? 0 : NX };
}

/** FCVTMOD.W.D. */
export function toI32Modular(a: bigint): Outcome {
  const { flags } = toInteger(DOUBLE, a, RTZ, -0x8000_0000n, 0x7fff_ffffn);
  const x = decode(DOUBLE, a);
  if (x.kind !== 'finite') return { value: 0n, flags };
  const integer = x.num / x.den;
  return { value: BigInt.asIntN(32, x.negative ? -integer : integer), flags };
}

export function roundToIntegral(f: Format, a: bigint, mode: number, exactFlag: boolean): Outcome {
  const x = decode(f, a);
  if (x.kind === 'nan') return anyNaN(f, x)!;
  if (x.kind === 'inf') return { value: a, flags: 0 };
  const { integer, exact } = roundInteger(x.negative, x.num, x.den, mode);
  return { value: round(f, x.negative, integer, 1n, RNE).value, flags: exactFlag && !exact ? NX : 0 };
}
