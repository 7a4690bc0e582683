// What the ops of the interpreter (tci.ts) are made of: operands, guest memory, helpers, wide arithmetic.
import { TLB_ENTRY_ADDEND } from './shared/layout';
import * as op from './shared/tci';
import { storing } from './core/journal';
import { mulsh64, muluh64 } from './core/int128';
import { vcpu } from './core/vcpu';
import { atomicCmpxchg, atomicRmw } from './softmmu/atomic';
import { ldSlow } from './softmmu/load';
import { stSlow } from './softmmu/store';
import { entryOf, hits, hitsWord } from './tlb/tables';

// ---- Operands ----------------------------------------------------------------------------------------------------------

@inline
export function at64(env: usize, ip: usize, word: usize): u64 {
  return load<u64>(env + load<u16>(ip + word));
}

@inline
function at32(env: usize, ip: usize, word: usize): i32 {
  return load<i32>(env + load<u16>(ip + word));
}

@inline
function put64(env: usize, ip: usize, word: usize, value: u64): void {
  store<u64>(env + load<u16>(ip + word), value);
}

@inline
export function d64(env: usize, ip: usize): u64 {
  return load<u64>(env + load<u16>(ip, 2));
}

@inline
export function a64(env: usize, ip: usize): u64 {
  return load<u64>(env + load<u16>(ip, 4));
}

@inline
export function b64(env: usize, ip: usize): u64 {
  return load<u64>(env + load<u16>(ip, 6));
}

@inline
export function d32(env: usize, ip: usize): i32 {
  return load<i32>(env + load<u16>(ip, 2));
}

@inline
export function a32(env: usize, ip: usize): i32 {
  return load<i32>(env + load<u16>(ip, 4));
}

@inline
export function b32(env: usize, ip: usize): i32 {
  return load<i32>(env + load<u16>(ip, 6));
}

// Unsigned reads of their own: asc 0.28 sign-extends `x as u32 as u64` if x is i32.
@inline
export function at32u(env: usize, ip: usize, word: usize): u64 {
  return load<u32>(env + load<u16>(ip + word)) as u64;
}

@inline
export function immA(ip: usize): u64 {
  return load<i16>(ip, 4) as i64 as u64;
}

@inline
export function immB(ip: usize): u64 {
  return load<i16>(ip, 6) as i64 as u64;
}

@inline
export function immA32(ip: usize): i32 {
  return load<i16>(ip, 4);
}

@inline
export function immB32(ip: usize): i32 {
  return load<i16>(ip, 6);
}

@inline
export function distance(ip: usize): usize {
  return ((load<i16>(ip, 6) as i32) << 2) as usize;
}

@inline
export function set(env: usize, ip: usize, value: u64): void {
  store<u64>(env + load<u16>(ip, 2), value);
}

/** 32-bit results are kept sign-extended. */
@inline
function set32(env: usize, ip: usize, value: i32): void {
  store<i64>(env + load<u16>(ip, 2), value as i64);
}

// ---- Guest memory ------------------------------------------------------------------------------------------------------

@inline
export function tlbEntry(env: usize, ip: usize, addr: u64): usize {
  return entryOf(env + load<u32>(ip, 12), addr);
}

@inline
export function hostAddress(entry: usize, addr: u64): usize {
  return (addr as u32) + load<u32>(entry, TLB_ENTRY_ADDEND);
}

/** False: the inline check does not take it. */
@inline
export function guestStore<T>(env: usize, ip: usize, addr: u64, value: u64): bool {
  const entry = tlbEntry(env, ip, addr);
  if (hits(entry, addr, sizeof<T>())) {
    const host = hostAddress(entry, addr);
    storing(host, sizeof<T>() as u32);
    store<T>(host, value as T);
    return true;
  }
  return false;
}

/** The same at a multiple of 4. */
@inline
export function guestStoreWord<T>(env: usize, ip: usize, addr: u64, value: u64): bool {
  const entry = tlbEntry(env, ip, addr);
  if (!hitsWord(entry, addr, sizeof<T>())) return false;
  const host = hostAddress(entry, addr);
  storing(host, sizeof<T>() as u32);
  store<T>(host, value as T);
  return true;
}

// False, from here on: a fault is pending.

export function slowLoad(env: usize, ip: usize): bool {
  const value = ldSlow(env, a64(env, ip) + immB(ip), load<u16>(ip, 8));
  if (vcpu(env).fault != 0) return false;
  set(env, ip, value);
  return true;
}

export function slowStore(env: usize, ip: usize): bool {
  stSlow(env, a64(env, ip) + immB(ip), d64(env, ip), load<u16>(ip, 8));
  return vcpu(env).fault == 0;
}

@inline
function isIn(bytecode: i32, first: i32, last: i32): bool {
  return bytecode >= first && bytecode <= last;
}

/** Of guest accesses. */
export function isStore(bytecode: i32): bool {
  return (
    isIn(bytecode, op.TCI_QST8, op.TCI_QST64) || isIn(bytecode, op.TCI_ACC_QST8, op.TCI_ACC_QST64) ||
    isIn(bytecode, op.TCI_ACCV_QST8, op.TCI_ACCV_QST64) || isIn(bytecode, op.TCI_QST32_ALIGNED, op.TCI_QST64_ALIGNED) || bytecode == op.TCI_QST_ANY
  );
}

export function rmw(env: usize, ip: usize): bool {
  const old = atomicRmw(env, load<u16>(ip, 10), a64(env, ip), b64(env, ip), load<u16>(ip, 8));
  if (vcpu(env).fault != 0) return false;
  set(env, ip, old);
  return true;
}

export function cmpxchg(env: usize, ip: usize): bool {
  const old = atomicCmpxchg(env, a64(env, ip), b64(env, ip), at64(env, ip, 10), load<u16>(ip, 8));
  if (vcpu(env).fault != 0) return false;
  set(env, ip, old);
  return true;
}

// ---- Helpers -----------------------------------------------------------------------------------------------------------

/** Whether the helper just called raised; only some can (the op's last field). */
@inline
function raised(env: usize, ip: usize): bool {
  return load<u16>(ip, 6) != 0 && vcpu(env).fault != 0;
}

export function callVoid(env: usize, ip: usize, args: u32): bool {
  const f: u32 = load<u16>(ip, 4);
  switch (args) {
    case 0: call_indirect<void>(f, env); break;
    case 1: call_indirect<void>(f, env, at64(env, ip, 8)); break;
    case 2: call_indirect<void>(f, env, at64(env, ip, 8), at64(env, ip, 10)); break;
    case 3: call_indirect<void>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12)); break;
    case 4: call_indirect<void>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12), at64(env, ip, 14)); break;
    default: call_indirect<void>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12), at64(env, ip, 14), at64(env, ip, 16));
  }
  return !raised(env, ip);
}

export function callResult(env: usize, ip: usize, args: u32): bool {
  const f: u32 = load<u16>(ip, 4);
  let r: u64;
  switch (args) {
    case 0: r = call_indirect<u64>(f, env); break;
    case 1: r = call_indirect<u64>(f, env, at64(env, ip, 8)); break;
    case 2: r = call_indirect<u64>(f, env, at64(env, ip, 8), at64(env, ip, 10)); break;
    case 3: r = call_indirect<u64>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12)); break;
    case 4: r = call_indirect<u64>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12), at64(env, ip, 14)); break;
    default: r = call_indirect<u64>(f, env, at64(env, ip, 8), at64(env, ip, 10), at64(env, ip, 12), at64(env, ip, 14), at64(env, ip, 16));
  }
  if (raised(env, ip)) return false;
  const d = load<u16>(ip, 2);
  if (d != 0xffff) store<u64>(env + d, r);
  return true;
}

// ---- Wide arithmetic ---------------------------------------------------------------------------------------------------

export function wide64(env: usize, ip: usize, subtract: bool): void {
  const al = b64(env, ip);
  const ah = at64(env, ip, 8);
  const bl = at64(env, ip, 10);
  const bh = at64(env, ip, 12);
  const low = subtract ? al - bl : al + bl;
  const high = subtract ? ah - bh - ((al < bl) as u64) : ah + bh + ((low < al) as u64);
  set(env, ip, low);
  put64(env, ip, 4, high);
}

export function wide32(env: usize, ip: usize, subtract: bool): void {
  const a = (at32u(env, ip, 8) << 32) | at32u(env, ip, 6);
  const b = (at32u(env, ip, 12) << 32) | at32u(env, ip, 10);
  const r = subtract ? a - b : a + b;
  set32(env, ip, r as i32);
  put64(env, ip, 4, ((r as i64) >> 32) as u64);
}

export function mul64(env: usize, ip: usize, signed: bool): void {
  const a = b64(env, ip);
  const b = at64(env, ip, 8);
  set(env, ip, a * b);
  put64(env, ip, 4, signed ? mulsh64(a, b) : muluh64(a, b));
}

export function mul32(env: usize, ip: usize, signed: bool): void {
  const r = signed ? (b32(env, ip) as i64) * (at32(env, ip, 8) as i64) : (at32u(env, ip, 6) * at32u(env, ip, 8)) as i64;
  set32(env, ip, r as i32);
  put64(env, ip, 4, (r >> 32) as u64);
}

@inline
function lowMask(len: u64): u64 {
  return (-1 as u64) >> (64 - len);
}

@inline
export function extract(value: u64, field: u32): u64 {
  return (value >> (field & 0xff)) & lowMask(field >> 8);
}

@inline
export function sextract(value: u64, field: u32): u64 {
  const up: u64 = 64 - (field & 0xff) - (field >> 8);
  return (((value << up) as i64) >> (64 - (field >> 8)) as i64) as u64;
}

@inline
export function deposit(a: u64, b: u64, ip: usize): u64 {
  const pos: u64 = load<u16>(ip, 8);
  const mask = lowMask(load<u16>(ip, 10)) << pos;
  return (a & ~mask) | ((b << pos) & mask);
}
