// Addition and subtraction (IEEE 754-2019 clause 5.4.1).

import {
  cancelledZero, exponentOf, invalid, isFinite, isInfinite, isNaN, isZero, nanResult, signBit, signOf, significandOf,
} from './formats';
import { roundPack, roundPackCarry, shiftRightJam } from './round-pack';

export function add<T>(a: u64, b: u64, rm: u32): u64 {
  if (!isFinite<T>(a) || !isFinite<T>(b)) {
    if (isNaN<T>(a) || isNaN<T>(b)) return nanResult<T>(a, b);
    if (isInfinite<T>(a)) return isInfinite<T>(b) && a != b ? invalid<T>() : a;
    return b;
  }
  if (isZero<T>(a)) return !isZero<T>(b) || a == b ? b : cancelledZero<T>(rm);
  if (isZero<T>(b)) return a;

  let exponent = exponentOf<T>(a);
  let x = significandOf<T>(a), y = significandOf<T>(b);
  const distance = exponent - exponentOf<T>(b);
  // At least ten bits lie below the last place of the widest format: a sticky bit survives the one place that a subtraction of
  // numbers two or more exponents apart can lose, and closer numbers lose nothing to the shift.
  if (distance >= 0) {
    y = shiftRightJam(y, distance);
  } else {
    x = shiftRightJam(x, -distance);
    exponent -= distance;
  }
  const sign = signOf<T>(a);
  if (sign == signOf<T>(b)) return roundPackCarry<T>(sign, exponent, x + y, rm);
  if (x == y) return cancelledZero<T>(rm);
  const difference = x > y ? x - y : y - x;
  const shift = <i32>clz(difference) - 1;
  return roundPack<T>(x > y ? sign : sign ^ 1, exponent - shift, difference << shift, rm);
}

// @ts-ignore: decorator
@inline export function sub<T>(a: u64, b: u64, rm: u32): u64 {
  return add<T>(a, b ^ signBit<T>(), rm);
}
