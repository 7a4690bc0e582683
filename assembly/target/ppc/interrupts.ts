// What waits to be taken, and whether it can be. PEM, 6.2; MPC750 user's manual, 4.2.
import { CPU_INTERRUPT_HARD, CPU_INTERRUPT_LINES, EXIT_REQUESTED } from '../../shared/layout';
import { runsHere } from '../../core/cpus';
import { requestInterrupt } from '../../core/env';
import { vcpu } from '../../core/vcpu';
import { msr } from './cpu';
import { LINE_INT, LINE_SMI, PENDING_DECREMENTER, PENDING_MACHINE_CHECK, PENDING_PERFORMANCE, PENDING_SOFT_RESET } from './shared/oea';
import { MSR_EE } from './shared/ppc';
import { ppc } from './env';

/** Whether one can be taken now. */
export function hasWork(env: usize): bool {
  const pending = ppc(env).pending;
  if ((pending & (PENDING_SOFT_RESET | PENDING_MACHINE_CHECK)) != 0) return true;
  return (msr(env) & MSR_EE) != 0 && ((pending & (PENDING_DECREMENTER | PENDING_PERFORMANCE)) != 0 || (ppc(env).lines & (LINE_INT | LINE_SMI)) != 0);
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
