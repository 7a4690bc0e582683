/** The laboratory on a page: the kernels of the embedded guest, in this browser. What `wemu bench` measures on Node, in the same format. */
import { createWorkerHost, type WorkerHost } from '../../../src/browser/worker-host.js';
import type { MachineSpec } from '../../../src/browser/machine-spec.js';
import { makeResults, type HostInfo, type Results } from '../../../src/lab/report.js';
import type { Contestant } from '../../../src/lab/results.js';
import { schedule } from '../../../src/lab/schedule.js';
import { runSession } from '../../../src/lab/session.js';
import { STRATEGIES, type StrategyName } from '../../../src/lab/strategies.js';
import { chooseWorkloads, isBareMetal, workFor } from '../../../src/lab/workloads.js';
import { runJob } from './run-job.js';

/** Of the laboratory's strategies, by what `-accel` would make of them. */
export const PAGE_STRATEGIES = {
  'region-opt': {},
  tci: { backend: 'tci' },
  'region-sync': { sync: true },
} as const satisfies Partial<Record<StrategyName, MachineSpec['engine']>>;
export type PageStrategy = keyof typeof PAGE_STRATEGIES;

export interface LabOptions {
  readonly strategies: readonly PageStrategy[];
  /** Workloads or groups of them; those that are no kernels of the embedded guest are left out. */
  readonly workloads: readonly string[];
  readonly rounds: number;
  /** As `wemu bench --seconds`. */
  readonly seconds: number;
}

/** What WORKLOADS' amounts of work are made for. */
const USUAL_SECONDS = 3;
const TIMEOUT_MS = 120_000;

export function checkedWorkloads(names: readonly string[]) {
  const unknown = (name: string): never => {
    throw new RangeError(`there is no workload '${name}'`);
  };
  return chooseWorkloads(names, unknown).filter(isBareMetal);
}

/** `Chromium 156`, of what a browser says of itself. */
export function browserOf(agent: string): string {
  const [, name, version] = /(Firefox|Chrome|Version)\/(\d+)/.exec(agent) ?? [];
  const known = { Firefox: 'Firefox', Chrome: 'Chromium', Version: 'Safari' }[name ?? ''];
  return known ? `${known} ${version}` : agent;
}

function hostInfo(): HostInfo {
  const { hardwareConcurrency, userAgent, deviceMemory = 0 } = navigator as Navigator & { deviceMemory?: number };
  const [, system = 'an unknown system'] = /\(([^)]*)\)/.exec(userAgent) ?? [];
  return {
    cpu: 'a CPU that pages are not told',
    cores: hardwareConcurrency,
    memoryGiB: deviceMemory,
    system,
    runtime: browserOf(userAgent),
    load: null,
  };
}

export class Laboratory {
  private readonly host: Promise<WorkerHost>;

  /** The code generator starts with the page: nothing that was made is kept. */
  constructor() {
    this.host = createWorkerHost({ wasm: new URL('wemu.wasm', document.baseURI).href, version: WEMU_VERSION });
    this.host.catch(() => {}); // `run` tells
  }

  /** @throws OptionError if this page cannot have machines; RangeError for an unknown workload */
  async run(options: LabOptions, progress: (done: number, step: string) => void, signal: AbortSignal): Promise<Results> {
    const { strategies, rounds, seconds } = options;
    const host = await this.host;
    const workloads = checkedWorkloads(options.workloads);
    const contestants = strategies.map((name): Contestant => {
      const { accel, description, ...more } = STRATEGIES[name];
      return { name, kind: 'wemu', description, how: accel, version: WEMU_VERSION, interpreter: 'interpreter' in more };
    });
    const share = seconds / USUAL_SECONDS;
    const runs = await runSession({
      jobs: schedule(strategies, workloads, rounds),
      work: (name, who) => workFor(name, contestants.find((each) => each.name === who)!.interpreter, share),
      run: (job, work) =>
        runJob(job, work, { host, engine: PAGE_STRATEGIES[job.contestant as PageStrategy], timeoutMs: TIMEOUT_MS, signal }),
      progress,
      isCancelled: () => signal.aborted,
    });
    const date = new Date().toISOString();
    const { aborted: interrupted } = signal;
    return makeResults({
      date,
      wemu: WEMU_VERSION,
      host: hostInfo(),
      rounds,
      share,
      interrupted,
      contestants,
      workloads,
      runs,
      skipped: {},
    });
  }
}
