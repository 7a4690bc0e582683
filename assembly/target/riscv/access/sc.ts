// SC without a reservation.
import { vcpu } from '../../../core/vcpu';
import { probeAtomicStore } from '../../../softmmu/atomic';

/** An SC of `size` bytes that has failed already: it faults as if it had stored (unprivileged ISA manual, "Zalrsc"; QEMU 10 does the same). */
export function helper_sc_probe_write(env: usize, addr: u64, size: u64): void {
  probeAtomicStore(env, addr, size as u32, vcpu(env).mmuIdx);
}
