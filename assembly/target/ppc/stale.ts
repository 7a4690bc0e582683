// What makes translations stale takes effect with the next context synchronization (PEM, 2.3.17), so that a change of all segment registers costs one flush:
// mtsr, mtsrin, mtspr of BATs and SDR1, tlbie.
import { tlbFlush } from '../../tlb/flush';
import { PPC_STALE } from './shared/oea';

@inline
export function setStale(env: usize): void {
  store<u32>(env, 1, PPC_STALE);
}

/** At a context synchronization: isync, sync, rfi, mtmsr, any exception. */
export function forgetStale(env: usize): void {
  if (load<u32>(env, PPC_STALE) == 0) return;
  store<u32>(env, 0, PPC_STALE);
  tlbFlush(env);
}

/** isync and sync, while PPC_STALE is set. */
export function helper_synchronize(env: usize): void {
  forgetStale(env);
}
