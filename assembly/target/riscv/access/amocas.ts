// AMOCAS.Q, whose operands are pairs of registers. Unprivileged specification, "Zacas".
import { vcpu } from '../../../core/vcpu';
import { hart } from '../env';
import { atomicCmpxchg16, seenHigh, seenLow } from '../../../softmmu/atomic';

/** x[r] and the register after it; x0 and x0's partner are zero. */
@inline
function low(env: usize, r: u64): u64 {
  return hart(env).x(r as i32);
}

@inline
function high(env: usize, r: u64): u64 {
  return r == 0 ? 0 : hart(env).x((r as i32) + 1);
}

export function helper_amocas_q(env: usize, addr: u64, rd: u64, rs2: u64): void {
  const done = atomicCmpxchg16(env, addr, low(env, rd), high(env, rd), low(env, rs2), high(env, rs2), vcpu(env).mmuIdx);
  if (!done || rd == 0) return;
  hart(env).setX(rd as i32, seenLow);
  hart(env).setX((rd as i32) + 1, seenHigh);
}
