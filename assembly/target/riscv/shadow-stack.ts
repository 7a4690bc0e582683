// The instructions of Zicfiss. Unprivileged specification, "Shadow Stack (Zicfiss)".
import { TLB_KIND_READ, TLB_KIND_WRITE } from '../../shared/layout';
import { CAUSE_SOFTWARE_CHECK, CHECK_SHADOW_STACK } from './shared/riscv';
import { physCmpxchg32, physCmpxchg64, physLoad32, physLoad64, physOk } from '../../tb/phys';
import { PRV_M } from './bits';
import { shadowStack } from './cfi';
import { isRv32, privilege, xlenAddress } from './hart';
import { riscvAccessFault, riscvShadowTranslate } from './mmu';
import { raiseAddress, raiseIllegal } from './raise';
import { hart } from './env';

@inline
function loadAt(phys: u64, wide: bool): u64 {
  return wide ? physLoad64(phys) : (physLoad32(phys) as i32) as i64 as u64;
}

/** Exchanges what is at `phys`; physOk tells whether there was RAM. */
function exchange(phys: u64, value: u64, wide: bool): u64 {
  while (true) {
    const old = loadAt(phys, wide);
    if (!physOk) return 0;
    const seen = wide ? physCmpxchg64(phys, old, value) : (physCmpxchg32(phys, old as u32, value as u32) as i32) as i64 as u64;
    if (!physOk || seen == old) return seen;
  }
}

/** SSPUSH. */
export function helper_sspush(env: usize, value: u64): void {
  const wide = !isRv32(env);
  const size = wide ? 8 : 4;
  const ssp = xlenAddress(env, hart(env).ssp - size);
  const phys = riscvShadowTranslate(env, ssp, size, TLB_KIND_WRITE);
  if (phys == u64.MAX_VALUE) return;
  exchange(phys, value, wide);
  if (!physOk) return riscvAccessFault(env, ssp, TLB_KIND_WRITE);
  hart(env).ssp = ssp;
}

/** SSPOPCHK: what was pushed must be `value`. */
export function helper_sspopchk(env: usize, value: u64): void {
  const wide = !isRv32(env);
  const size = wide ? 8 : 4;
  const ssp = hart(env).ssp;
  const phys = riscvShadowTranslate(env, ssp, size, TLB_KIND_READ);
  if (phys == u64.MAX_VALUE) return;
  const pushed = loadAt(phys, wide);
  if (!physOk) return riscvAccessFault(env, ssp, TLB_KIND_WRITE);
  if (pushed != value) return raiseAddress(env, CAUSE_SOFTWARE_CHECK, CHECK_SHADOW_STACK);
  hart(env).ssp = xlenAddress(env, ssp + size);
}

/** SSAMOSWAP.W and .D: `size` bytes. A misaligned one is an access fault, as in QEMU (the manual lets it be either). */
export function helper_ssamoswap(env: usize, addr: u64, value: u64, size: u64): u64 {
  if (privilege(env) < PRV_M && !shadowStack(env, privilege(env))) {
    raiseIllegal(env);
    return 0;
  }
  if ((addr & (size - 1)) != 0) {
    riscvAccessFault(env, addr, TLB_KIND_WRITE);
    return 0;
  }
  const phys = riscvShadowTranslate(env, addr, size as i32, TLB_KIND_WRITE);
  if (phys == u64.MAX_VALUE) return 0;
  const old = exchange(phys, value, size == 8);
  if (!physOk) riscvAccessFault(env, addr, TLB_KIND_WRITE);
  return old;
}
