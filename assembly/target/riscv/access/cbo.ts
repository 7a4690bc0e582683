// Cache-block operations: Zicbom and Zicboz, blocks of 64 bytes. Memory is coherent, so clean, flush and inval only check rights.
// CMO specification 1.0, chapters 2 and 3; envcfg gating in the privileged specification, sections 3.1.18 and 4.1.10.
import { TLB_KIND_READ, TLB_KIND_WRITE } from '../../../shared/layout';
import { RVX_S } from '../shared/riscv';
import { vcpu } from '../../../core/vcpu';
import { zeroBlock } from '../../../softmmu/store';
import { ENVCFG_CBCFE, ENVCFG_CBIE, ENVCFG_CBZE, PRV_M, PRV_U } from '../bits';
import { hasExt, privilege, xlenAddress } from '../hart';
import { riscvTlbFill } from '../mmu';
import { raiseIllegal } from '../raise';
import { hart } from '../env';

const BLOCK: u64 = 64;

/** Whether menvcfg, below M-mode, and senvcfg, in U-mode, have a bit of `enable` set. */
function enabled(env: usize, enable: u64): bool {
  const priv = privilege(env);
  if (priv < PRV_M && (hart(env).menvcfg & enable) == 0) return false;
  return !(priv == PRV_U && hasExt(env, RVX_S) && (hart(env).senvcfg & enable) == 0);
}

@inline
function blockOf(env: usize, addr: u64): u64 {
  return xlenAddress(env, addr) & ~(BLOCK - 1);
}

/** A fault is about the effective address, which is rs1, and not about the block. */
function blame(env: usize, addr: u64): void {
  hart(env).badaddr = addr;
}

/** A management operation needs the right to load from the block or to store to it, and faults as a store. */
function manage(env: usize, addr: u64, enable: u64): void {
  if (!enabled(env, enable)) return raiseIllegal(env);
  const block = blockOf(env, addr);
  const mmuIdx = vcpu(env).mmuIdx;
  if (riscvTlbFill(env, block, BLOCK as i32, TLB_KIND_READ, mmuIdx, true)) return;
  if (!riscvTlbFill(env, block, BLOCK as i32, TLB_KIND_WRITE, mmuIdx, false)) blame(env, addr);
}

export function helper_cbo_clean(env: usize, addr: u64): void {
  manage(env, addr, ENVCFG_CBCFE);
}

export function helper_cbo_flush(env: usize, addr: u64): void {
  manage(env, addr, ENVCFG_CBCFE);
}

/** CBIE = 1 asks for a flush instead, 3 for the invalidation: the same on coherent memory. 2 is reserved, and cannot be written. */
export function helper_cbo_inval(env: usize, addr: u64): void {
  manage(env, addr, ENVCFG_CBIE);
}

/** A block lies within one page. */
export function helper_cbo_zero(env: usize, addr: u64): void {
  if (!enabled(env, ENVCFG_CBZE)) return raiseIllegal(env);
  if (!zeroBlock(env, blockOf(env, addr), BLOCK as u32, vcpu(env).mmuIdx)) blame(env, addr);
}
