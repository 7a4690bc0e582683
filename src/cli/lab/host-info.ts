/** Which machine and which programs the numbers are of. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem, type } from 'node:os';
import type { HostInfo } from '../../lab/report.js';

/** First line of `--version`; undefined if the program cannot be run. */
export function versionOf(command: readonly string[]): string | undefined {
  const [program, ...args] = command;
  const { status, stdout } = spawnSync(program, [...args, '--version'], { encoding: 'latin1', timeout: 20_000 });
  return status === 0 ? stdout.split('\n')[0].trim() : undefined;
}

export function hostInfo(): HostInfo {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${process.arch}`,
    runtime: `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    load: Math.round(loadavg()[0] * 10) / 10,
  };
}
