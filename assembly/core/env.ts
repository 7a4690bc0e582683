// What everything in the runtime needs of a vCPU's env, beside its fields (vcpu.ts).
import { EXIT_REQUESTED, LOCATOR_REFUND_SHIFT, LOCATOR_RESUME, RETURN_REQUESTED, RETURN_YIELD } from '../shared/layout';
import { vcpu } from './vcpu';

/** Raises an exception: the running code sees ENV_FAULT, restores the instruction's state and leaves; the exec loop delivers. */
export function raise(env: usize, exceptionIndex: i32): void {
  vcpu(env).fault = 1;
  vcpu(env).exceptionIndex = exceptionIndex;
}

@inline
export function faulted(env: usize): bool {
  return vcpu(env).fault != 0;
}

/** Once after TB_EXIT_INSIDE, more often does no harm: pc and budget are those of the instruction that ENV_LOCATOR names. */
export function settleInside(env: usize): void {
  const locator = vcpu(env).locator;
  vcpu(env).pc += locator & 0xffff;
  vcpu(env).budget += (locator & ~LOCATOR_RESUME) >> LOCATOR_REFUND_SHIFT;
  vcpu(env).locator = locator & LOCATOR_RESUME;
}

/** Guest instructions run since reset, exact at TB boundaries also while the vCPU runs. */
export function cpuInsnCount(env: usize): u64 {
  return vcpu(env).insnCount + ((vcpu(env).slice - vcpu(env).budget) as i64 as u64);
}

/** Sets CPU_INTERRUPT_* bits and asks the vCPU to look at them, at once. May be called from another thread. */
export function requestInterrupt(env: usize, bits: u32): void {
  vcpu(env).orInterruptRequest(bits);
  vcpu(env).exitRequest = EXIT_REQUESTED;
}

/** Asks cpuExec to return EXEC_REQUEST soon. May be called from another thread. */
export function cpuRequestExit(env: usize): void {
  requestReturn(env, RETURN_REQUESTED);
}

/** The guest waits for something that another vCPU has to do: cpuExec returns EXEC_YIELD at the end of the TB, if one wants to run. */
export function cpuYield(env: usize): void {
  if (vcpu(env).contended != 0) requestReturn(env, RETURN_YIELD);
}

function requestReturn(env: usize, why: u32): void {
  vcpu(env).orReturnRequest(why);
  vcpu(env).exitRequest = EXIT_REQUESTED;
}
