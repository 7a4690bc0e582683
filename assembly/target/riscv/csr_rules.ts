// Who may access a CSR: the rules of csr_table.ts. Privileged specification, chapter 2 and where each CSR is described.
import {
  RVX_F, RVX_S, RVX_SMAIA, RVX_SMCSRIND, RVX_SMDBLTRP, RVX_SMEPMP, RVX_SMMPM, RVX_SSAIA, RVX_SSCSRIND, RVX_SSDBLTRP, RVX_SSTC, RVX_U, RVX_ZICNTR, RVX_ZIHPM,
  RVX_ZICFILP, RVX_ZICFISS, RVX_ZKR,
} from './shared/riscv';
import { COUNTER_TM, MENVCFG_CDE, MENVCFG_STCE, MSECCFG_SSEED, MSECCFG_USEED, MSTATUS_FS, MSTATUS_TVM, PRV_M, PRV_S, PRV_U, STATEEN_AIA, STATEEN_CSRIND, STATEEN_ENVCFG, STATEEN_SE } from './bits';
import { shadowStack } from './cfi';
import { imsicAllowed, indirectAllowed, jvtAllowed, stateenAllows } from './csr_indirect';
import * as csrs from './csr_table';
import { hasExt, isRv32, privilege } from './hart';
import { hart } from './env';

function counterAllowed(env: usize, counter: i32): bool {
  if (!hasExt(env, counter <= 2 ? RVX_ZICNTR : RVX_ZIHPM)) return false;
  const priv = privilege(env);
  const bit: u64 = 1 << (counter as u64);
  if (priv < PRV_M && (hart(env).mcounteren & bit) == 0) return false;
  return !(priv == PRV_U && hasExt(env, RVX_S) && (hart(env).scounteren & bit) == 0);
}

function sstcAllowed(env: usize): bool {
  if (!hasExt(env, RVX_SSTC) || !hasExt(env, RVX_S)) return false;
  if (privilege(env) == PRV_M) return true;
  return (hart(env).mcounteren & COUNTER_TM) != 0 && (hart(env).menvcfg & MENVCFG_STCE) != 0;
}

function siselectAllowed(env: usize): bool {
  return hasExt(env, RVX_S) && (hasExt(env, RVX_SSCSRIND) || hasExt(env, RVX_SSAIA)) && stateenAllows(env, 0, STATEEN_CSRIND);
}

function miselectAllowed(env: usize): bool {
  return hasExt(env, RVX_SMCSRIND) || hasExt(env, RVX_SMAIA);
}

function saiaAllowed(env: usize): bool {
  return hasExt(env, RVX_S) && stateenAllows(env, 0, STATEEN_AIA);
}

/** Section "Access Control to `seed`" of the cryptography extensions. */
function seedAllowed(env: usize): bool {
  if (!hasExt(env, RVX_ZKR)) return false;
  const priv = privilege(env);
  return priv == PRV_M || (hart(env).mseccfg & (priv == PRV_S ? MSECCFG_SSEED : MSECCFG_USEED)) != 0;
}

function hasMseccfg(env: usize): bool {
  return hasExt(env, RVX_SMEPMP) || hasExt(env, RVX_SMMPM) || hasExt(env, RVX_ZKR) || hasExt(env, RVX_ZICFILP);
}

// prettier-ignore
function ruleAllows(env: usize, rule: u32, csr: u32, writes: bool): bool {
  switch (rule) {
    case csrs.RULE_ANY: return true;
    case csrs.RULE_RV32: return isRv32(env);
    case csrs.RULE_S: return hasExt(env, RVX_S);
    case csrs.RULE_S_RV32: return isRv32(env) && hasExt(env, RVX_S);
    case csrs.RULE_U: return hasExt(env, RVX_U);
    case csrs.RULE_U_RV32: return isRv32(env) && hasExt(env, RVX_U);
    case csrs.RULE_ZCMT: return jvtAllowed(env);
    case csrs.RULE_SSP: return hasExt(env, RVX_ZICFISS) && (privilege(env) == PRV_M || shadowStack(env, privilege(env)));
    case csrs.RULE_SEED: return writes && seedAllowed(env);
    case csrs.RULE_FP: return hasExt(env, RVX_F) && (hart(env).mstatus & MSTATUS_FS) != 0;
    case csrs.RULE_COUNTER: return counterAllowed(env, csr & 31);
    case csrs.RULE_COUNTER_RV32: return isRv32(env) && counterAllowed(env, csr & 31);
    case csrs.RULE_SSTC: return sstcAllowed(env);
    case csrs.RULE_SSTC_RV32: return isRv32(env) && sstcAllowed(env);
    // pmpcfg1 and pmpcfg3 do not exist on RV64
    case csrs.RULE_PMP: return hart(env).pmpCount != 0 && (isRv32(env) || (csr & ~3) != 0x3a0 || (csr & 1) == 0);
    case csrs.RULE_SATP: return hasExt(env, RVX_S) && !(privilege(env) == PRV_S && (hart(env).mstatus & MSTATUS_TVM) != 0);
    case csrs.RULE_SENVCFG: return hasExt(env, RVX_S) && stateenAllows(env, 0, STATEEN_ENVCFG);
    case csrs.RULE_SSTATEEN: return hasExt(env, RVX_S) && stateenAllows(env, csr & 3, STATEEN_SE);
    case csrs.RULE_SISELECT: return siselectAllowed(env);
    case csrs.RULE_SIREG: return siselectAllowed(env) && indirectAllowed(env, csr);
    case csrs.RULE_MISELECT: return miselectAllowed(env);
    case csrs.RULE_MIREG: return miselectAllowed(env) && indirectAllowed(env, csr);
    case csrs.RULE_STOPEI: return hasExt(env, RVX_S) && imsicAllowed(env, true);
    case csrs.RULE_MTOPEI: return imsicAllowed(env, false);
    case csrs.RULE_SAIA: return saiaAllowed(env);
    case csrs.RULE_SAIA_RV32: return isRv32(env) && saiaAllowed(env);
    case csrs.RULE_DBLTRP: return hasExt(env, RVX_SSDBLTRP) || hasExt(env, RVX_SMDBLTRP);
    case csrs.RULE_MSECCFG: return hasMseccfg(env);
    case csrs.RULE_MSECCFG_RV32: return isRv32(env) && hasMseccfg(env);
    case csrs.RULE_SCOUNTINHIBIT: return hasExt(env, RVX_S) && (hart(env).menvcfg & MENVCFG_CDE) != 0;
  }
  return false;
}

/** Whether the hart has what came with a later version of the architecture, or with an extension. */
function isThere(env: usize, rule: u32): bool {
  if (hart(env).privVersion < ((rule >> csrs.VERSION_SHIFT) & 0xff)) return false;
  const extension = rule >> csrs.EXTENSION_SHIFT;
  return extension == 0 || hasExt(env, (extension as i32) - 1);
}

/** The row of a CSR that this hart may access right now, or 0. */
export function allowedRow(env: usize, csr: u32, writes: bool): usize {
  if ((privilege(env) as u32) < ((csr >> 8) & 3)) return 0;
  if (writes && csr >> 10 == 3) return 0;
  const row = csrs.csrRow(csr);
  if (row == 0) return 0;
  const rule = load<u32>(row, csrs.ROW_RULE);
  if (rule >> csrs.VERSION_SHIFT != 0 && !isThere(env, rule)) return 0;
  return ruleAllows(env, rule & ((1 << csrs.VERSION_SHIFT) - 1), csr, writes) ? row : 0;
}
