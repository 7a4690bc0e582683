// Instructions that move or clear several registers' worth of memory. PEM, chapter 8; the cache block of all processors here is 32 bytes.
import { ENV_MMU_IDX, MEMOPIDX_SHIFT, MO_32, MO_8, MO_BSWAP, TLB_KIND_WRITE } from '../../../shared/layout';
import { faulted } from '../../../core/env';
import { vcpu } from '../../../core/vcpu';
import { ldSlow } from '../../../softmmu/load';
import { stSlow, zeroBlock } from '../../../softmmu/store';
import { takesBlock } from '../cached';
import { raiseAt, raiseIllegal, unaligned } from '../raise';
import { DSISR_EXTERNAL_CONTROL, DSISR_STORE, EAR_E } from '../shared/oea';
import { EXC_DSI, XER_BYTES } from '../shared/ppc';
import { ppc } from '../env';
import { PPC_GPR, PPC_XER } from '../shared/env';

const BLOCK: u64 = 32;

@inline
function accessOf(env: usize, memop: u32): u32 {
  return (memop << MEMOPIDX_SHIFT) | load<u32>(env, ENV_MMU_IDX);
}

@inline
function next(addr: u64, bytes: u64): u64 {
  return (addr + bytes) & 0xffffffff;
}

/** eciwx and ecowx, before they do what a load or store does (PEM, eciwx). */
export function helper_external(env: usize, addr: u64, isStore: u64): void {
  if ((ppc(env).ear & EAR_E) == 0) raiseAt(env, EXC_DSI, DSISR_EXTERNAL_CONTROL | (isStore != 0 ? DSISR_STORE : 0), addr);
}

/** Data are coherent with code here: only the right to load is looked at. */
export function helper_icbi(env: usize, addr: u64): void {
  ldSlow(env, addr & ~(BLOCK - 1), accessOf(env, MO_32));
}

export function helper_dcbz(env: usize, addr: u64): void {
  if (!takesBlock(env, addr as u32)) return unaligned(env, addr, TLB_KIND_WRITE);
  zeroBlock(env, addr & ~(BLOCK - 1), BLOCK as u32, vcpu(env).mmuIdx);
}

/** Loads `count` bytes into registers from `first` on, four to each, the last one filled with zeros; r0 follows r31. */
export function helper_lsw(env: usize, addr: u64, count: u64, first: u64): void {
  for (let r = first as u32, left = count as i32; left > 0; r = (r + 1) & 31, left -= 4) {
    let value: u64 = 0;
    if (left >= 4) {
      value = ldSlow(env, addr, accessOf(env, MO_32 | MO_BSWAP));
      addr = next(addr, 4);
    } else {
      for (let n = 0; n < left && !faulted(env); n++, addr = next(addr, 1)) value |= ldSlow(env, addr, accessOf(env, MO_8)) << (24 - 8 * n);
    }
    if (faulted(env)) return;
    store<u64>(env + 8 * r, value, PPC_GPR);
  }
}

export function helper_stsw(env: usize, addr: u64, count: u64, first: u64): void {
  for (let r = first as u32, left = count as i32; left > 0 && !faulted(env); r = (r + 1) & 31, left -= 4) {
    const value = load<u64>(env + 8 * r, PPC_GPR);
    if (left >= 4) {
      stSlow(env, addr, value, accessOf(env, MO_32 | MO_BSWAP));
      addr = next(addr, 4);
    } else {
      for (let n = 0; n < left && !faulted(env); n++, addr = next(addr, 1)) stSlow(env, addr, (value >> (24 - 8 * n)) & 0xff, accessOf(env, MO_8));
    }
  }
}

/** Whether register `r` is one of the `count` bytes' registers from `first` on. */
function isLoaded(r: u32, first: u32, count: u32): bool {
  return ((r - first) & 31) < (count + 3) / 4;
}

/** Length from XER. rA, unless it is r0, and rB must not be loaded: an invalid form. */
export function helper_lswx(env: usize, addr: u64, first: u64, ra: u64, rb: u64): void {
  const count = load<u32>(env, PPC_XER) & XER_BYTES;
  if ((ra != 0 && isLoaded(ra as u32, first as u32, count)) || isLoaded(rb as u32, first as u32, count)) return raiseIllegal(env);
  helper_lsw(env, addr, count, first);
}

export function helper_stswx(env: usize, addr: u64, first: u64): void {
  helper_stsw(env, addr, ppc(env).xer & XER_BYTES, first);
}
