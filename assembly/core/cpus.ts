// The vCPUs, which share all TBs: a list through their envs. A vCPU runs in the instance that made it, and no other: its TLBs and jump caches have one writer,
// but for what is written down in docs/engine-abi.md.
import { ENGINE_FIRST_CPU, ENV_SIZE, EXIT_REQUESTED } from '../shared/layout';
import { arenaAllocPermanent } from './arena';
import { engine, instance } from './engine';
import { cpuInsnCount } from './env';
import { vcpu } from './vcpu';

/** A zeroed env; cpusAdd makes it known. 0: no room in the arena. */
export function envAlloc(): usize {
  return arenaAllocPermanent(ENV_SIZE);
}

/** From now on invalidation and flushes reach the vCPU. */
export function cpusAdd(env: usize): void {
  vcpu(env).instance = instance;
  vcpu(env).nextCpu = firstEnv();
  atomic.store<usize>(engine, env, ENGINE_FIRST_CPU);
}

export function firstEnv(): usize {
  return load<usize>(engine, ENGINE_FIRST_CPU);
}

/** Whether this thread runs the vCPU: then nobody else is in the middle of its code. */
@inline
export function runsHere(env: usize): bool {
  return vcpu(env).instance == instance;
}

/** Asks all vCPUs to come to their dispatchers soon. */
export function interruptAll(): void {
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) vcpu(env).exitRequest = EXIT_REQUESTED;
}

/** Guest instructions of all vCPUs together. */
export function allInsnCount(): u64 {
  let count: u64 = 0;
  for (let env = firstEnv(); env != 0; env = vcpu(env).nextCpu) count += cpuInsnCount(env);
  return count;
}
