// Interrupts: what is pending, which of them may be taken now. Privileged specification, sections 3.1.9 and 4.1.3; Sstc.
import { CPU_INTERRUPT_HARD, CPU_INTERRUPT_LINES, EXIT_REQUESTED } from '../../shared/layout';
import { RVX_SSTC } from './shared/riscv';
import { runsHere } from '../../core/cpus';
import { requestInterrupt } from '../../core/env';
import { reachingOut } from '../../core/journal';
import { vcpu } from '../../core/vcpu';
import { rdtime, timerUpdate } from './host';
import { MENVCFG_STCE, MIP_SEIP, MIP_STIP, MSTATUS_MIE, MSTATUS_SIE, PRV_M, PRV_S } from './bits';
import { hasExt, privilege } from './hart';
import { hasUnusualWork, mostImportant, pendingUnusual, updateUnusual } from './interrupt_order';
import { interrupts } from './warl';
import { hart } from './env';

/**
 * RV_MIP is always the union of what hardware lines drive and what software wrote, so a device cannot lose software's SEIP nor the other way round.
 * A line for an interrupt that the hart does not have leads nowhere. SEIP is the line alone while mvien makes software's half a virtual interrupt.
 */
export function refreshMip(env: usize): void {
  const soft = hart(env).softMip & ~(hart(env).mvien & MIP_SEIP);
  hart(env).mip = (hart(env).extIrq | soft) & interrupts(env);
  updateInterrupts(env);
}

/**
 * Tells the exec loop whether there is something to look at: CPU_INTERRUPT_HARD while an interrupt is pending and locally enabled; running code is asked
 * to leave when it can be taken at once. Call after any change of mip, mie, mideleg, mstatus or privilege.
 */
export function updateInterrupts(env: usize): void {
  const request = vcpu(env).interruptRequest;
  if (!riscvHasWork(env)) {
    if ((request & CPU_INTERRUPT_HARD) != 0) vcpu(env).andInterruptRequest(~CPU_INTERRUPT_HARD);
    return;
  }
  if ((request & CPU_INTERRUPT_HARD) == 0) vcpu(env).orInterruptRequest(CPU_INTERRUPT_HARD);
  if (pendingInterrupt(env) >= 0) vcpu(env).exitRequest = EXIT_REQUESTED;
}

/** WFI ends when an interrupt is pending and enabled in mie, whatever mstatus and delegation say (section 3.3.3). */
export function riscvHasWork(env: usize): bool {
  return (hart(env).mip & hart(env).mie) != 0 || (hart(env).unusual != 0 && hasUnusualWork(env));
}

/** The interrupt to take now, or -1. Those that go to M-mode come before those delegated to S-mode. */
export function pendingInterrupt(env: usize): i32 {
  if (hart(env).unusual != 0) return pendingUnusual(env);
  const pending = hart(env).mip & hart(env).mie;
  if (pending == 0) return -1;
  const priv = privilege(env);
  const status = hart(env).mstatus;
  const delegated = hart(env).mideleg;
  if (priv < PRV_M || (status & MSTATUS_MIE) != 0) {
    const forM = pending & ~delegated;
    if (forM != 0) return mostImportant(forM);
  }
  if (priv < PRV_S || (priv == PRV_S && (status & MSTATUS_SIE) != 0)) {
    const forS = pending & delegated;
    if (forS != 0) return mostImportant(forS);
  }
  return -1;
}

/** After a change of what updateUnusual looks at. */
export function orderChanged(env: usize): void {
  updateUnusual(env);
  refreshMip(env);
}

/** Level of the line of resumable non-maskable interrupts. */
export function riscvUpdateRnmi(env: usize, level: u32): void {
  hart(env).rnmiPending = level;
  orderChanged(env);
}

/**
 * Levels of hardware lines: mip bits in `mask` take the level in `value`. From whatever thread; a hart that another one runs sees them at its next TB.
 * The lines are MSIP 3, MTIP 7, MEIP 11, SEIP 9, and STIP 5 for the Sstc comparator.
 */
export function riscvUpdateMip(env: usize, mask: u32, value: u32): void {
  hart(env).orExtIrq((value & mask) as u64);
  hart(env).andExtIrq(~((mask & ~value) as u64));
  if (runsHere(env)) refreshMip(env);
  else requestInterrupt(env, CPU_INTERRUPT_LINES);
}

/** Whether stimecmp, and not M-mode software, drives STIP (Sstc, chapter 2). */
export function sstcEnabled(env: usize): bool {
  return hasExt(env, RVX_SSTC) && (hart(env).menvcfg & MENVCFG_STCE) != 0;
}

/** Compares stimecmp with the time `now` and drives STIP. The host calls it when the deadline that timerUpdate announced has passed. */
export function riscvTimerTick(env: usize, now: u64): void {
  if (!sstcEnabled(env)) return;
  riscvUpdateMip(env, MIP_STIP as u32, now >= hart(env).stimecmp ? (MIP_STIP as u32) : 0);
}

/** After a change of stimecmp or of menvcfg.STCE: STIP gets its new source, the host its new deadline. */
export function sstcChanged(env: usize): void {
  reachingOut();
  if (sstcEnabled(env)) {
    hart(env).softMip = hart(env).softMip & ~MIP_STIP;
    riscvTimerTick(env, rdtime(env));
  } else {
    riscvUpdateMip(env, MIP_STIP as u32, 0);
  }
  timerUpdate(env);
}
