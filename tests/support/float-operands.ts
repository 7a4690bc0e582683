import { canonicalNaN, infinity, signBit, type Format } from './float-ref.js';

/** A small generator (xorshift32), so that every run sees the same operands. */
export class Random {
  constructor(private state: number) {}

  u32(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }
  below(limit: number): number {
    return this.u32() % limit;
  }
  bits(count: number): bigint {
    return BigInt.asUintN(count, (BigInt(this.u32()) << 32n) | BigInt(this.u32()));
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Zeros, subnormals, the edges of the range, infinities, NaNs of both kinds, and numbers about powers of two that make ties. */
export function edgeOperands(f: Format): bigint[] {
  const unit = 1n << BigInt(f.precision - 1);
  const one = BigInt(f.emax) * unit;
  const max = infinity(f) - 1n;
  const half = unit >> 1n;
  const positive = [
    0n,
    1n,
    2n,
    3n,
    half - 1n,
    half,
    half + 1n,
    unit - 1n, // subnormals
    unit,
    unit + 1n,
    2n * unit - 1n,
    2n * unit, // the smallest normal numbers
    one - unit - 1n,
    one - unit,
    one - unit + 1n, // one half
    one - 1n,
    one,
    one + 1n,
    one + 2n,
    one + half,
    one + unit - 1n,
    one + unit,
    one + unit + half,
    one + 3n * unit, // one to eight
    one + BigInt(f.precision - 1) * unit,
    one + BigInt(f.precision - 1) * unit + 1n,
    one + BigInt(f.precision) * unit, // where ulps are 1 and 2
    one + BigInt(f.precision - 2) * unit + 1n, // an odd number of halves
    one - BigInt(f.precision) * unit,
    one - BigInt(f.precision) * unit + 1n,
    one - BigInt(f.precision + 1) * unit, // half an ulp of one
    max - unit,
    max - 1n,
    max,
    infinity(f),
    canonicalNaN(f),
    canonicalNaN(f) + 1n,
    infinity(f) + 1n,
    infinity(f) + half - 1n,
  ];
  return positive.flatMap((bits) => [bits, bits | signBit(f)]);
}

/** Numbers likely to meet: any bits, small exponents, few significand bits, edges. */
export function randomOperand(f: Format, random: Random): bigint {
  const unit = 1n << BigInt(f.precision - 1);
  const sign = random.below(2) ? signBit(f) : 0n;
  const near = BigInt(f.emax - f.precision - 2 + random.below(2 * f.precision + 4)) * unit;
  const fraction = random.bits(f.precision - 1);
  switch (random.below(5)) {
    case 0:
      return random.bits(f.width);
    case 1:
      return sign | ((near < 0n ? 0n : near) + fraction);
    case 2:
      return sign | ((near < 0n ? 0n : near) + (fraction & ~((1n << BigInt(random.below(f.precision))) - 1n)));
    case 3:
      return sign | (random.bits(f.width - 1) & ~((1n << BigInt(random.below(f.precision))) - 1n));
    default:
      return sign | (BigInt(random.below(3)) * unit + (fraction >> BigInt(random.below(f.precision)))); // about the smallest normal number
  }
}

/** a, b, c whose product and addend meet where a fused multiply-add is hard: sums near ties, and near cancellations. */
export function fusedOperands(f: Format, random: Random): [bigint, bigint, bigint] {
  const unit = 1n << BigInt(f.precision - 1);
  const fraction = () => {
    const place = 1n << BigInt(random.below(f.precision - 1));
    return [random.bits(f.precision - 1), place, unit - place][random.below(3)]!;
  };
  const number = (exponent: number) => {
    const field = Math.min(Math.max(f.emax + exponent, 1), 2 * f.emax);
    return (random.below(2) ? signBit(f) : 0n) | (BigInt(field) * unit + fraction());
  };
  const exponent = random.below(5) - 2;
  const distance = (random.below(3) - 1) * f.precision + random.below(7) - 3;
  return [number(exponent), number(-exponent), number(distance)];
}
