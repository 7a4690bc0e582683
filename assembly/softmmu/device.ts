// Accesses that devices answer.
import { EXCP_INTERRUPT, TB_ICOUNT, TLB_KIND_WRITE } from '../shared/layout';
import { faulted, raise } from '../core/env';
import { reachingOut } from '../core/journal';
import { mmioRead, mmioWrite } from '../core/host';
import { vcpu } from '../core/vcpu';
import { targetAccessFault } from '../target/dispatch';
import { physOf } from './lookup';
import { extend } from './memop';

/**
 * icount mode: a device must see the time of the access's own instruction, and an interrupt that it raises comes right behind it, wherever slices
 * have cut the code into TBs. True: EXCP_INTERRUPT is raised, and the dispatcher runs the instruction again in a TB of its own.
 */
export function deferred(env: usize): bool {
  if (vcpu(env).icount == 0) return false;
  const current = vcpu(env).lastTb;
  if (current != 0 && load<u32>(current, TB_ICOUNT) == 1) return false;
  raise(env, EXCP_INTERRUPT);
  return true;
}

/** Bytes of the next access to a device: an unaligned one is made in pieces, each as wide as address and size both allow (QEMU's rule). */
function mmioStep(phys: u64, size: u32): u32 {
  return 1 << ctz((phys as u32) | size | 8);
}

/** `kind`: the access whose fault it is if nothing answers. */
export function mmioLoad(env: usize, entry: usize, addr: u64, size: u32, kind: i32): u64 {
  if (deferred(env)) return 0;
  reachingOut();
  const phys = physOf(entry, addr);
  let value: u64 = 0;
  for (let n: u32 = 0; n < size; ) {
    const step = mmioStep(phys + n, size - n);
    if (mmioRead(env, (phys + n) as f64, step) != 0) {
      if (!faulted(env)) targetAccessFault(env, addr + n, kind);
      return 0;
    }
    value |= extend(vcpu(env).mmioValue, ctz(step)) << (8 * n);
    n += step;
  }
  return value;
}

export function mmioStore(env: usize, phys: u64, addr: u64, size: u32, value: u64): void {
  if (deferred(env)) return;
  reachingOut();
  for (let n: u32 = 0; n < size; ) {
    const step = mmioStep(phys + n, size - n);
    vcpu(env).mmioValue = extend(value >> (8 * n), ctz(step));
    if (mmioWrite(env, (phys + n) as f64, step) != 0) {
      if (!faulted(env)) targetAccessFault(env, addr + n, TLB_KIND_WRITE);
      return;
    }
    n += step;
  }
}
