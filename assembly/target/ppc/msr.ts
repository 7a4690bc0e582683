// MSR: what follows from a new value, and the instructions that change it. PEM, 2.3.1; MPC603e user's manual, 2.1.2.
import { CPU_INTERRUPT_HARD, CPU_INTERRUPT_LINES, EXIT_REQUESTED } from '../../shared/layout';
import { runsHere } from '../../core/cpus';
import { requestInterrupt } from '../../core/env';
import { vcpu } from '../../core/vcpu';
import { WORK_CSR, worked } from '../../core/work';
import { msr, updateTbFlags } from './cpu';
import { FEATURE_HID0_POWER, FEATURE_POW, LINE_INT, LINE_SMI, PENDING_DECREMENTER, PENDING_MACHINE_CHECK, PENDING_SOFT_RESET } from './shared/oea';
import { MSR_EE, MSR_ILE, MSR_POW, MSR_TGPR } from './shared/ppc';
import { forgetStale } from './stale';
import { ppc } from './env';
import { PPC_GPR, PPC_TGPR } from './shared/env';

/** DOZE, NAP and SLEEP (MPC603e user's manual, 2.1.2.1). */
const HID0_POWER: u32 = 0x00e00000;
/** What rfi takes from SRR1 (PEM, rfi): not ILE, which exceptions do not save; POW and TGPR end with it. */
const RFI_MSR: u32 = 0x87c0ffff;

@inline
export function hasFeature(env: usize, feature: u32): bool {
  return (ppc(env).features & feature) != 0;
}

/** MSR is `value`, as far as the model has its bits. ENV_PC must be right, as interrupts may be taken at once. */
export function setMsr(env: usize, value: u32): void {
  const next = value & ppc(env).msrMask;
  const changed = next ^ msr(env);
  ppc(env).msr = next;
  if ((changed & MSR_TGPR) != 0) swapTgpr(env);
  updateTbFlags(env);
  updateInterrupts(env);
}

/** r0 to r3 change places with their copies (MPC603e user's manual, 2.1.2: MSR[TGPR]). */
function swapTgpr(env: usize): void {
  for (let n = 0; n < 4; n++) {
    const old = load<u64>(env + n * 8, PPC_GPR);
    store<u64>(env + n * 8, load<u64>(env + n * 8, PPC_TGPR), PPC_GPR);
    store<u64>(env + n * 8, old, PPC_TGPR);
  }
}

// ---- Interrupts ----------------------------------------------------------------------------------------------------------

/** Whether one can be taken now. */
export function hasWork(env: usize): bool {
  const pending = ppc(env).pending;
  if ((pending & (PENDING_SOFT_RESET | PENDING_MACHINE_CHECK)) != 0) return true;
  return (msr(env) & MSR_EE) != 0 && ((pending & PENDING_DECREMENTER) != 0 || (ppc(env).lines & (LINE_INT | LINE_SMI)) != 0);
}

/** Tells the exec loop whether there is one. Call after any change of MSR[EE], of lines, or of what is pending. */
export function updateInterrupts(env: usize): void {
  if (hasWork(env)) {
    vcpu(env).orInterruptRequest(CPU_INTERRUPT_HARD);
    vcpu(env).exitRequest = EXIT_REQUESTED;
  } else if ((vcpu(env).interruptRequest & CPU_INTERRUPT_HARD) != 0) {
    vcpu(env).andInterruptRequest(~CPU_INTERRUPT_HARD);
  }
}

/** Level of an input (LINE_*), from whatever thread. */
export function ppcSetLine(env: usize, line: u32, level: u32): void {
  if (level != 0) ppc(env).orLines(line);
  else ppc(env).andLines(~line);
  lookAgain(env);
}

/** Something (PENDING_*) has come, from whatever thread. */
export function setPending(env: usize, what: u32): void {
  ppc(env).orPending(what);
  lookAgain(env);
}

function lookAgain(env: usize): void {
  if (runsHere(env)) updateInterrupts(env);
  else requestInterrupt(env, CPU_INTERRUPT_LINES);
}

// ---- Instructions --------------------------------------------------------------------------------------------------------

/** With ENV_PC behind the instruction already: power management waits there. */
export function helper_mtmsr(env: usize, value: u64): void {
  worked(WORK_CSR);
  forgetStale(env);
  setMsr(env, value as u32);
  if ((msr(env) & MSR_POW) != 0 && hasFeature(env, FEATURE_POW) && powerMode(env) && !hasWork(env)) {
    vcpu(env).halted = 1;
    vcpu(env).exitRequest = EXIT_REQUESTED;
  }
}

function powerMode(env: usize): bool {
  return !hasFeature(env, FEATURE_HID0_POWER) || (ppc(env).hid0 & HID0_POWER) != 0;
}

export function helper_rfi(env: usize): void {
  worked(WORK_CSR);
  forgetStale(env);
  vcpu(env).pc = (ppc(env).srr0 & ~3) as u64;
  ppc(env).reserve = -1;
  setMsr(env, (msr(env) & MSR_ILE) | (ppc(env).srr1 & RFI_MSR));
}
