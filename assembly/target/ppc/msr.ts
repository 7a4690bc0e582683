// MSR: what follows from a new value, and the instructions that change it. PEM, 2.3.1; MPC603e user's manual, 2.1.2.
import { EXIT_REQUESTED } from '../../shared/layout';
import { vcpu } from '../../core/vcpu';
import { WORK_CSR, worked } from '../../core/work';
import { hasFeature, msr, updateTbFlags } from './cpu';
import { hasWork, updateInterrupts } from './interrupts';
import { pmuEnter, pmuLeave } from './pmu';
import { FEATURE_HID0_POWER, FEATURE_POW } from './shared/oea';
import { MSR_ILE, MSR_PM, MSR_POW, MSR_PR, MSR_TGPR } from './shared/ppc';
import { forgetStale } from './stale';
import { ppc } from './env';
import { PPC_GPR, PPC_TGPR } from './shared/env';

/** DOZE, NAP and SLEEP (MPC603e user's manual, 2.1.2.1). */
const HID0_POWER: u32 = 0x00e00000;
/** What rfi takes from SRR1 (PEM, rfi): not ILE, which exceptions do not save; POW and TGPR end with it. */
const RFI_MSR: u32 = 0x87c0ffff;

/** MSR is `value`, as far as the model has its bits. ENV_PC must be right, as interrupts may be taken at once. */
export function setMsr(env: usize, value: u32): void {
  const next = value & ppc(env).msrMask;
  const changed = next ^ msr(env);
  const isMonitored = ppc(env).pmuActive != 0 && (changed & (MSR_PR | MSR_PM)) != 0;
  if (isMonitored) pmuLeave(env, (changed & MSR_PR) != 0);
  ppc(env).msr = next;
  if ((changed & MSR_TGPR) != 0) swapTgpr(env);
  updateTbFlags(env);
  if (isMonitored) pmuEnter(env);
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
