// Which interrupts are pending for M-mode and for S-mode, and which of them is the first: priorities that software gives, virtual interrupts of S-mode (mvien,
// mvip), and resumable non-maskable interrupts. Privileged specification, section 3.1.9 and "Smrnmi"; AIA, "Interrupts for Machine and Supervisor Levels".
import { RV_MIPRIO, RV_SIPRIO } from './shared/env';
import { RVX_SMRNMI } from './shared/riscv';
import { reachingOut } from '../../core/journal';
import { MIP_LCOFIP, MIP_SEIP, MIP_SSIP, MIP_STIP, MNSTATUS_NMIE, MSTATUS_MIE, MSTATUS_SIE, PRV_M, PRV_S } from './bits';
import { hasExt, privilege } from './hart';
import { imsicTop } from './host';
import { hart } from './env';

/** Interrupt numbers, most important first: MEI MSI MTI SEI SSI STI LCOFI, a nibble each from the lowest; 0 ends. */
const ORDER: u64 = 0xd519_73b;
const MEI = 11;
const SEI = 9;
/** What pendingUnusual gives for a resumable non-maskable interrupt: no interrupt of mip has this number. */
export const RNMI = 64;
/** In what it gives beside the number: the interrupt is S-mode's, also if mideleg does not say so. */
export const SUPERVISORS = 128;
/** Priorities of external interrupts whose controller gives none, and of interrupts to which software gave none: all below the external ones. */
const NO_NUMBER = 256;
const DEFAULT = 0x1_0000;
const MOST_SHOWN = 255;
const PRIORITIES: usize = 64;

/** Interrupts that trap to M-mode. */
@inline
export function pendingForM(env: usize): u64 {
  return hart(env).mip & hart(env).mie & ~hart(env).mideleg;
}

/** sip: what is delegated, and what mvien replaces by bits of mvip. */
export function supervisorPending(env: usize): u64 {
  const delegated = hart(env).mideleg;
  return (hart(env).mip & delegated) | (virtualPending(env, false) & hart(env).mvien & ~delegated);
}

export function supervisorEnabled(env: usize): u64 {
  const delegated = hart(env).mideleg;
  return (hart(env).mie & delegated) | (hart(env).vsie & hart(env).mvien & ~delegated);
}

function pendingForS(env: usize): u64 {
  return supervisorPending(env) & supervisorEnabled(env);
}

/** mvip. What it shares with mip: SSIP unless mvien takes it away, STIP unless stimecmp drives it (`sstc`), the software's half of SEIP. */
export function virtualPending(env: usize, sstc: bool): u64 {
  const soft = hart(env).softMip;
  const ssip = (hart(env).mvien & MIP_SSIP) != 0 ? hart(env).mvip : hart(env).mip;
  return (ssip & MIP_SSIP) | (sstc ? 0 : soft & MIP_STIP) | (soft & MIP_SEIP) | (hart(env).mvip & MIP_LCOFIP);
}

/** The first of `pending` where software has given no priorities. */
export function mostImportant(pending: u64): i32 {
  for (let order = ORDER; order != 0; order >>= 4) {
    if (((pending >> (order & 15)) & 1) != 0) return (order & 15) as i32;
  }
  return ctz(pending) as i32;
}

/** The lower, the earlier. Of an external interrupt it is its identity at the IMSIC. */
function priorityOf(env: usize, interrupt: i32, supervisor: bool): i32 {
  if (interrupt == (supervisor ? SEI : MEI)) {
    if (hart(env).imsic == 0) return NO_NUMBER;
    reachingOut();
    const top = (imsicTop(env, supervisor, false) & 0x7ff) as i32;
    return top == 0 ? NO_NUMBER : top;
  }
  const given = load<u8>(env + interrupt + (supervisor ? RV_SIPRIO : RV_MIPRIO));
  return given == 0 ? DEFAULT : given;
}

function first(env: usize, pending: u64, supervisor: bool): i32 {
  let best = -1;
  let least = i32.MAX_VALUE;
  for (let order = ORDER; order != 0; order >>= 4) {
    const interrupt = (order & 15) as i32;
    if (((pending >> interrupt) & 1) == 0) continue;
    const priority = priorityOf(env, interrupt, supervisor);
    if (priority >= least) continue;
    best = interrupt;
    least = priority;
  }
  return best;
}

/** mtopi, stopi: the first interrupt and its priority. */
export function topInterrupt(env: usize, supervisor: bool): u64 {
  const pending = supervisor ? pendingForS(env) : pendingForM(env);
  if (pending == 0) return 0;
  const interrupt = first(env, pending, supervisor);
  return ((interrupt as u64) << 16) | (min(priorityOf(env, interrupt, supervisor), MOST_SHOWN) as u64);
}

@inline
export function nmiMasked(env: usize): bool {
  return hasExt(env, RVX_SMRNMI) && (hart(env).mnstatus & MNSTATUS_NMIE) == 0;
}

/** As pendingInterrupt, of a hart with RV_UNUSUAL. */
export function pendingUnusual(env: usize): i32 {
  if (nmiMasked(env)) return -1;
  if (hart(env).rnmiPending != 0) return RNMI;
  const priv = privilege(env);
  const status = hart(env).mstatus;
  if (priv < PRV_M || (status & MSTATUS_MIE) != 0) {
    const pending = pendingForM(env);
    if (pending != 0) return first(env, pending, false);
  }
  if (priv < PRV_S || (priv == PRV_S && (status & MSTATUS_SIE) != 0)) {
    const pending = pendingForS(env);
    if (pending != 0) return first(env, pending, true) | SUPERVISORS;
  }
  return -1;
}

/** What ends a WFI beside interrupts in mip and mie. */
export function hasUnusualWork(env: usize): bool {
  return hart(env).rnmiPending != 0 || pendingForS(env) != 0;
}

/** After a change of a priority, of mvien, mnstatus or the line of RNMIs. */
export function updateUnusual(env: usize): void {
  let unusual = hart(env).mvien != 0 || nmiMasked(env) || hart(env).rnmiPending != 0;
  for (let i: usize = 0; i < PRIORITIES; i += 8) unusual = unusual || (load<u64>(env + i, RV_MIPRIO) | load<u64>(env + i, RV_SIPRIO)) != 0;
  hart(env).unusual = u32(unusual);
}
