// What the toy adds to the module's exports.
import { raise } from '../../../../assembly/core/env';
import { vcpu } from '../../../../assembly/core/vcpu';
import { tlbFlush } from '../../../../assembly/tlb/flush';
import { hasWork, setSpecial, special, statusChanged } from '../target';
import { BASE, EPC, OLD_STATUS, STATUS, TABLE, TOY_LINE } from '../shared/toy';

/** Level of the interrupt line. */
export function toySetLine(env: usize, level: u32): void {
  store<u32>(env, level, TOY_LINE);
  statusChanged(env);
}

export function helper_trap(env: usize, cause: u64): void {
  raise(env, cause as i32);
}

export function helper_mfs(env: usize, n: u64): u64 {
  return special(env, n as i32) as u64;
}

export function helper_mts(env: usize, n: u64, value: u64): void {
  setSpecial(env, n as i32, value as u32);
  if (n == STATUS || n == BASE) statusChanged(env);
  else if (n == TABLE) tlbFlush(env);
}

/** Back from a trap. */
export function helper_rti(env: usize): void {
  setSpecial(env, STATUS, special(env, OLD_STATUS));
  vcpu(env).pc = special(env, EPC) as u64;
  statusChanged(env);
}

export function helper_wait(env: usize): void {
  if (!hasWork(env)) vcpu(env).halted = 1;
}
