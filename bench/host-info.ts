/** Which machine and which programs the numbers are of. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem, type } from 'node:os';

export interface HostInfo {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Undefined: not installed, or not wanted. */
  readonly qemu: string | undefined;
  /** Runnable processes over the last minute when the benchmarks began: above 0.5 or so, somebody else was at work. */
  readonly load: number;
}

/** First line of `--version`; undefined if the program cannot be run. */
export function qemuVersion(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'latin1', timeout: 20_000 });
  return status === 0 ? stdout.split('\n')[0].trim() : undefined;
}

export function hostInfo(qemu: string | undefined): HostInfo {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    qemu,
    load: Math.round(loadavg()[0] * 10) / 10,
  };
}
