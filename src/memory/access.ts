/** One access to an I/O region: validity, byte order, and splitting or combining by the sizes that the handlers understand. */
import { BusError, GuestError } from '../util/errors.js';
import type { Log } from '../util/log.js';
import type { MemoryRegion, MemoryRegionOps } from './region.js';

export enum MemTxResult {
  Ok = 0,
  /** The device answered with an error. */
  Error = 1,
  /** Nothing answers at that address. */
  DecodeError = 2,
}

/** Where a read leaves its value: two unsigned 32-bit halves, in the guest's (little-endian) order. */
export interface ValueCell {
  lo: number;
  hi: number;
}

const isSize = (size: number): boolean => size === 4 || size === 8 || size === 1 || size === 2;

/** @throws Error: no access has this size. Whoever asks for it has mistaken something else, a value perhaps, for one. */
export function checkSize(size: number): void {
  if (!isSize(size)) throw new Error(`an access to memory has 1, 2, 4 or 8 bytes, not ${size}`);
}

const isValid = (ops: MemoryRegionOps, offset: number, size: number): boolean =>
  (ops.unaligned === true || offset % size === 0) &&
  (ops.accessSizes ? (ops.accessSizes as readonly number[]).includes(size) : isSize(size));

const mask = (value: number, size: number): number => (size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff));

function swap(value: number, size: number): number {
  if (size === 1) return value & 0xff;
  if (size === 2) return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

function swap64(value: bigint): bigint {
  let out = 0n;
  for (let i = 0; i < 8; i++) out = (out << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** A handler's mistake is the guest's problem: logged, never thrown at the host. Anything else is a bug in the device. */
function failure(error: unknown, region: MemoryRegion, offset: number, log: Log | undefined): MemTxResult {
  if (error instanceof BusError) return MemTxResult.Error;
  if (error instanceof GuestError) {
    log?.mask('guest_errors', `${region.name}: ${error.message} (offset 0x${offset.toString(16)})`);
    return MemTxResult.Ok;
  }
  throw error;
}

export function ioRead(region: MemoryRegion, offset: number, size: number, cell: ValueCell, log?: Log): MemTxResult {
  const ops = region.ops!;
  cell.lo = cell.hi = 0;
  if (!isValid(ops, offset, size)) return invalid(region, 'read', offset, size, log);
  const { minimum, maximum } = region.implSizes;
  try {
    if (size === 8 && maximum === 8 && ops.read64) {
      const raw = BigInt.asUintN(64, ops.read64(offset));
      const value = ops.endianness === 'big' ? swap64(raw) : raw;
      cell.lo = Number(value & 0xffff_ffffn);
      cell.hi = Number(value >> 32n);
      return MemTxResult.Ok;
    }
    const step = Math.max(Math.min(size, Math.min(maximum, 4)), Math.min(minimum, 4));
    const one = (at: number, n: number): number => {
      const value = readNumber(ops, at, step);
      return ops.endianness === 'big' ? swap(n < step ? mask(value, n) : value, n) : mask(value, n);
    };
    if (step >= size) cell.lo = one(offset, size);
    else for (let i = 0; i < size; i += step) put(cell, one(offset + i, step), i);
    return MemTxResult.Ok;
  } catch (error) {
    return failure(error, region, offset, log);
  }
}

export function ioWrite(region: MemoryRegion, offset: number, size: number, lo: number, hi: number, log?: Log): MemTxResult {
  const ops = region.ops!;
  if (!isValid(ops, offset, size)) return invalid(region, 'write', offset, size, log);
  const { minimum, maximum } = region.implSizes;
  try {
    if (size === 8 && maximum === 8 && ops.write64) {
      const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
      ops.write64(offset, ops.endianness === 'big' ? swap64(value) : value);
      return MemTxResult.Ok;
    }
    const step = Math.max(Math.min(size, Math.min(maximum, 4)), Math.min(minimum, 4));
    for (let i = 0; i < size; i += step) {
      const width = Math.min(step, size);
      const bits = i >= 4 ? hi >>> (8 * (i - 4)) : lo >>> (8 * i);
      const value = ops.endianness === 'big' ? swap(mask(bits, width), width) : mask(bits, width);
      ops.write?.(offset + i, value, step);
    }
    return MemTxResult.Ok;
  } catch (error) {
    return failure(error, region, offset, log);
  }
}

/** Regions with only 64-bit handlers still answer smaller reads. */
function readNumber(ops: MemoryRegionOps, at: number, step: number): number {
  if (ops.read) return ops.read(at, step);
  if (!ops.read64) return 0;
  const word = BigInt.asUintN(64, ops.read64(at - (at % 8)));
  return Number((word >> BigInt(8 * (at % 8))) & 0xffff_ffffn);
}

function put(cell: ValueCell, value: number, byte: number): void {
  if (byte >= 4) cell.hi = (cell.hi | (value << (8 * (byte - 4)))) >>> 0;
  else cell.lo = (cell.lo | (value << (8 * byte))) >>> 0;
}

function invalid(region: MemoryRegion, what: string, offset: number, size: number, log?: Log): MemTxResult {
  checkSize(size);
  log?.mask('invalid_mem', `Invalid ${what} at offset 0x${offset.toString(16)}, size ${size}, region '${region.name}', reason: rejected`);
  return MemTxResult.Error;
}
