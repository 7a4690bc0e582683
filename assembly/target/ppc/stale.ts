// What makes translations stale takes effect with the next context synchronization (PEM, 2.3.17), so that a change of all segment registers costs one flush:
// mtsr, mtsrin, mtspr of BATs and SDR1, tlbie.
import { tlbFlush } from '../../tlb/flush';
import { ppc } from './env';
import { PPC_STALE } from './shared/env';

@inline
export function setStale(env: usize): void {
  ppc(env).stale = 1;
}

/** At a context synchronization: isync, sync, rfi, mtmsr, any exception. */
export function forgetStale(env: usize): void {
  if (ppc(env).stale == 0) return;
  ppc(env).stale = 0;
  ppc(env).cached = 0;
  tlbFlush(env);
}

/** isync and sync, while PPC_STALE is set. */
export function helper_synchronize(env: usize): void {
  forgetStale(env);
}
