// Control-flow integrity: landing pads (Zicfilp), and whether there is a shadow stack (Zicfiss). Privileged specification, "Control-flow Integrity (CFI)".
import { RV_MENVCFG, RV_SENVCFG, TBF_ELP, TBF_LPE, TBF_SSE } from './shared/env';
import { RVX_S } from './shared/riscv';
import { ENVCFG_LPE, ENVCFG_SSE, MSECCFG_MLPE, PRV_M, PRV_S } from './bits';
import { hasExt, privilege } from './hart';
import { hart } from './env';

/** Whether indirect calls must go to landing pads in `priv`. */
function landingPads(env: usize, priv: i32): bool {
  if (priv == PRV_M) return (hart(env).mseccfg & MSECCFG_MLPE) != 0;
  return (load<u64>(env + (priv == PRV_S || !hasExt(env, RVX_S) ? RV_MENVCFG : RV_SENVCFG)) & ENVCFG_LPE) != 0;
}

/** Whether `priv` has a shadow stack: M-mode never has. */
export function shadowStack(env: usize, priv: i32): bool {
  if (priv == PRV_M || (hart(env).menvcfg & ENVCFG_SSE) == 0) return false;
  return priv == PRV_S || (hart(env).senvcfg & ENVCFG_SSE) != 0;
}

/** Whether some mode has either. */
export function cfiInUse(env: usize): bool {
  return ((hart(env).menvcfg | hart(env).senvcfg) & (ENVCFG_LPE | ENVCFG_SSE)) != 0 || (hart(env).mseccfg & MSECCFG_MLPE) != 0;
}

/** What translations depend on. */
export function cfiFlags(env: usize): i32 {
  const priv = privilege(env);
  return (landingPads(env, priv) ? TBF_LPE : 0) | (hart(env).elp != 0 ? TBF_ELP : 0) | (shadowStack(env, priv) ? TBF_SSE : 0);
}

/** At a trap: `status` with ELP in its field `pelp`. In the handler no landing pad is expected. */
@inline
export function saveElp(env: usize, status: u64, pelp: u64): u64 {
  const elp = hart(env).elp;
  hart(env).elp = 0;
  return elp != 0 ? status | pelp : status & ~pelp;
}

/** At a return to `priv`: `status` without `pelp`, which is ELP again if that mode has landing pads. */
@inline
export function restoreElp(env: usize, status: u64, pelp: u64, priv: i32): u64 {
  if ((status & pelp) == 0) return status;
  if (landingPads(env, priv)) hart(env).elp = 1;
  return status & ~pelp;
}
