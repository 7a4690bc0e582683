/** In the bundle, what we and commander use of node:child_process (scripts/bundle.js): 5 ms to load, and few runs start a process. */
import { createRequire } from 'node:module';

type ChildProcess = typeof import('node:child_process');
const childProcess = (): ChildProcess => createRequire(import.meta.url)('node:child_process') as ChildProcess;

export const spawn = ((...args: Parameters<ChildProcess['spawn']>) => childProcess().spawn(...args)) as ChildProcess['spawn'];
export const spawnSync = ((...args: Parameters<ChildProcess['spawnSync']>) =>
  childProcess().spawnSync(...args)) as ChildProcess['spawnSync'];
