// What everything in the runtime needs of a vCPU's env, beside plain loads and stores at the offsets of shared/layout.ts.
import {
  ENV_BUDGET, ENV_CONTENDED, ENV_EXCEPTION_INDEX, ENV_EXIT_REQUEST, ENV_FAULT, ENV_INSN_COUNT, ENV_INTERRUPT_REQUEST, ENV_RETURN_REQUEST, ENV_SLICE, EXIT_REQUESTED,
  RETURN_REQUESTED, RETURN_YIELD,
} from '../shared/layout';

/** Raises an exception: the running code sees ENV_FAULT, restores the instruction's state and leaves; the exec loop delivers. */
export function raise(env: usize, exceptionIndex: i32): void {
  store<u32>(env, 1, ENV_FAULT);
  store<i32>(env, exceptionIndex, ENV_EXCEPTION_INDEX);
}

@inline
export function faulted(env: usize): bool {
  return load<u32>(env, ENV_FAULT) != 0;
}

/** Guest instructions run since reset, exact at TB boundaries also while the vCPU runs. */
export function cpuInsnCount(env: usize): u64 {
  return load<u64>(env, ENV_INSN_COUNT) + ((load<i32>(env, ENV_SLICE) - load<i32>(env, ENV_BUDGET)) as i64 as u64);
}

/** Sets CPU_INTERRUPT_* bits and asks the vCPU to look at them, at once. May be called from another thread. */
export function requestInterrupt(env: usize, bits: u32): void {
  atomic.or<u32>(env, bits, ENV_INTERRUPT_REQUEST);
  atomic.store<u32>(env, EXIT_REQUESTED, ENV_EXIT_REQUEST);
}

/** Asks cpuExec to return EXEC_REQUEST soon. May be called from another thread. */
export function cpuRequestExit(env: usize): void {
  requestReturn(env, RETURN_REQUESTED);
}

/** The guest waits for something that another vCPU has to do: cpuExec returns EXEC_YIELD at the end of the TB, if one wants to run. */
export function cpuYield(env: usize): void {
  if (load<u32>(env, ENV_CONTENDED) != 0) requestReturn(env, RETURN_YIELD);
}

function requestReturn(env: usize, why: u32): void {
  atomic.or<u32>(env, why, ENV_RETURN_REQUEST);
  atomic.store<u32>(env, EXIT_REQUESTED, ENV_EXIT_REQUEST);
}
