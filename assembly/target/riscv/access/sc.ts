// SC without a reservation.
import { ENV_MMU_IDX } from '../../../shared/layout';
import { probeAtomicStore } from '../../../softmmu/atomic';

/** An SC of `size` bytes that has failed already: it faults as if it had stored (unprivileged ISA manual, "Zalrsc"; QEMU 10 does the same). */
export function helper_sc_probe_write(env: usize, addr: u64, size: u64): void {
  probeAtomicStore(env, addr, size as u32, load<i32>(env, ENV_MMU_IDX));
}
