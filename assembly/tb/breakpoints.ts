// Breakpoints. No TB begins at one, nor goes on beyond one: whatever leads there, in whatever tier, comes to the dispatcher, which looks before it has a TB made
// (tb-lookup.ts). So code that runs never tests for them.
import { CF_PCREL, ENGINE_BREAKPOINTS } from '../shared/layout';
import { PC_RELATIVE } from '../target/traits/linked';
import { firstEnv } from '../core/cpus';
import { countOf, pointAdd, pointRemove, pointsHave, pointsRemove } from '../core/points';
import { vcpu } from '../core/vcpu';
import { tbInvalidateAt } from './tb';

/** `env`: 0 for all vCPUs. `flags`: BP_GDB or BP_CPU. While no vCPU is in the middle of a TB, but the caller's own. False: there are too many. */
export function breakpointInsert(env: usize, pc: u64, flags: u32): bool {
  if (!pointAdd(ENGINE_BREAKPOINTS, env, pc, pc, flags)) return false;
  if (countOf(ENGINE_BREAKPOINTS) == 1) bindTbs(true);
  tbInvalidateAt(pc);
  return true;
}

/** False: there is none. TBs that had to end there are made anew, at their full length. */
export function breakpointRemove(env: usize, pc: u64, flags: u32): bool {
  if (!pointRemove(ENGINE_BREAKPOINTS, env, pc, pc, flags)) return false;
  tbInvalidateAt(pc);
  if (countOf(ENGINE_BREAKPOINTS) == 0) bindTbs(false);
  return true;
}

/** All with a flag of `flags`. */
export function breakpointsRemove(env: usize, flags: u32): void {
  if (!pointsHave(ENGINE_BREAKPOINTS, env, flags)) return;
  tbInvalidateAt(u64.MAX_VALUE);
  pointsRemove(ENGINE_BREAKPOINTS, env, flags);
  if (countOf(ENGINE_BREAKPOINTS) == 0) bindTbs(false);
}

/** As long as there are breakpoints, which are virtual addresses, a TB is for one virtual address (and with plugins always); those that are not wait, since no TB leads from one kind to the other. */
function bindTbs(on: bool): void {
  if (!PC_RELATIVE) return;
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) {
    if (vcpu(env).scores != 0) continue;
    const cflags = vcpu(env).cflags;
    vcpu(env).cflags = on ? cflags & ~CF_PCREL : cflags | CF_PCREL;
  }
}
