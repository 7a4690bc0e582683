/** Linux from power-on to the end of a command, with the same firmware, kernel and initrd for everybody: wall time and memory. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terminalProgress } from '../src/cli/progress.js';
import { fetchGuestFiles, GuestUnavailable } from '../src/node/guest/debian.js';
import { buildInitramfs, commandMarkers } from '../src/node/guest/initramfs.js';
import type { Contestant } from './contestants.js';
import { BenchError } from './errors.js';
import { runChild } from './process.js';
import { spread, type Spread } from './statistics.js';

export interface BootMeasurement {
  /** From the start of the process to the end of the guest's command. */
  readonly seconds: Spread;
  /** Peak resident set of the process; undefined where the host does not tell. */
  readonly peakMiB: Spread | undefined;
}

export type BootResults = Readonly<Record<string, BootMeasurement>>;

export interface BootOptions {
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly progress: (done: number, step: string) => void;
}

const COMMAND = ['true'];

/** Undefined if there is no Linux guest to be had here; `reason` hears why. */
export async function benchBoot(
  { contestants, rounds, progress }: BootOptions,
  reason: (text: string) => void,
): Promise<BootResults | undefined> {
  let files;
  try {
    files = await fetchGuestFiles(['firmware', 'kernel', 'busybox'], terminalProgress());
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    reason(error.message);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wemu-bench-'));
  try {
    const nonce = randomBytes(8).toString('hex');
    const initrd = join(folder, 'initrd.cpio');
    writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(files.busybox), nonce, command: COMMAND }));
    const guest = { firmware: files.firmware, kernel: files.kernel, initrd, append: 'console=ttyS0 quiet loglevel=1' };
    const end = commandMarkers(nonce).end.trim();

    const runs = new Map(contestants.map(({ name }) => [name, [] as { seconds: number; peakMiB: number | undefined }[]]));
    let done = 0;
    for (let round = 1; round <= rounds; round++) {
      for (const contestant of contestants) {
        progress(done++ / (rounds * contestants.length), `round ${round}/${rounds}: Linux boot, ${contestant.name}`);
        const run = await runChild(contestant.command, contestant.linux(guest), { until: end });
        if (!run.output.includes(`${end} 0]`)) throw new BenchError(`Linux with ${contestant.name} did not come to the command's end`);
        runs.get(contestant.name)!.push(run);
      }
    }
    progress(1, 'boot done');
    return Object.fromEntries([...runs].map(([name, list]) => [name, bootMeasurement(list)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function bootMeasurement(runs: readonly { readonly seconds: number; readonly peakMiB: number | undefined }[]): BootMeasurement {
  const peaks = runs.flatMap(({ peakMiB }) => peakMiB ?? []);
  return { seconds: spread(runs.map(({ seconds }) => seconds)), peakMiB: peaks.length > 0 ? spread(peaks) : undefined };
}
