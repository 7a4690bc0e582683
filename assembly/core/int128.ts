// Integer arithmetic that wasm lacks: high halves of products, and divisions that never trap the host: by zero they give -1 and the
// dividend (remainder), on overflow the dividend and 0, as the IR has it.

export function muluh64(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const mid = ah * bl + ((al * bl) >> 32);
  const cross = al * bh + (mid & 0xffffffff);
  return ah * bh + (mid >> 32) + (cross >> 32);
}

export function mulsh64(a: u64, b: u64): u64 {
  return muluh64(a, b) - (((a as i64) >> 63) as u64 & b) - (((b as i64) >> 63) as u64 & a);
}

export function divS64(a: u64, b: u64): u64 {
  if (b == 0) return u64.MAX_VALUE;
  return b == u64.MAX_VALUE ? 0 - a : ((a as i64) / (b as i64)) as u64;
}

export function remS64(a: u64, b: u64): u64 {
  if (b == 0) return a;
  return b == u64.MAX_VALUE ? 0 : ((a as i64) % (b as i64)) as u64;
}

export function divU64(a: u64, b: u64): u64 {
  return b == 0 ? u64.MAX_VALUE : a / b;
}

export function remU64(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

export function divS32(a: i32, b: i32): i32 {
  if (b == 0) return -1;
  return b == -1 ? 0 - a : a / b;
}

export function remS32(a: i32, b: i32): i32 {
  if (b == 0) return a;
  return b == -1 ? 0 : a % b;
}

export function divU32(a: i32, b: i32): i32 {
  return b == 0 ? -1 : ((a as u32) / (b as u32)) as i32;
}

export function remU32(a: i32, b: i32): i32 {
  return b == 0 ? a : ((a as u32) % (b as u32)) as i32;
}
