// The vCPUs, which share all TBs: a list through their envs.
import { ENV_NEXT_CPU, ENV_SIZE } from '../shared/layout';
import { arenaAllocPermanent } from './arena';

let firstCpu: usize = 0;

export function cpusInit(): void {
  firstCpu = 0;
}

/** A zeroed env; cpusAdd makes it known. 0: no room in the arena. */
export function envAlloc(): usize {
  return arenaAllocPermanent(ENV_SIZE);
}

/** From now on invalidation and flushes reach the vCPU. */
export function cpusAdd(env: usize): void {
  store<usize>(env, firstCpu, ENV_NEXT_CPU);
  firstCpu = env;
}

export function firstEnv(): usize {
  return firstCpu;
}
