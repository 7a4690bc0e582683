/** `wemu bench`: the laboratory on this machine, a process a run. See docs/benchmarks.md. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { htmlReport } from '../../lab/html.js';
import type { Outcome } from '../../lab/outcome.js';
import { formatResults, makeResults, type Results } from '../../lab/report.js';
import type { Contestant } from '../../lab/results.js';
import type { WatchedRun } from '../../lab/run.js';
import { schedule, type Job } from '../../lab/schedule.js';
import { runSession } from '../../lab/session.js';
import { WARM } from '../../lab/strategies.js';
import {
  architectureOf,
  ARCHITECTURES,
  chooseWorkloads,
  GROUPS,
  guestOf,
  isFreestanding,
  workFor,
  WORKLOAD_NAMES,
  type Architecture,
  type Guest,
  type WorkloadName,
} from '../../lab/workloads.js';
import { GuestUnavailable } from '../../node/guest/apt.js';
import { tell } from '../../node/messages.js';
import { loadOptional } from '../../node/optional.js';
import { systemReason } from '../../node/disk/write.js';
import { OptionError } from '../../util/errors.js';
import { installedPeer, peer, strategies, type LocalContestant } from './contestants.js';
import { FreestandingGuests, LINUX_GUEST_NAMES, LinuxGuest, type LinuxGuestName } from './guests.js';
import { hostInfo } from './host-info.js';
import { runChild } from './process.js';

export interface BenchArguments {
  readonly strategy: readonly string[];
  readonly workload: readonly string[];
  /** Undefined: QEMU where it is installed. */
  readonly against?: readonly string[];
  readonly runs: number;
  /** How long QEMU 7.2 is to need for a kernel, about. */
  readonly seconds: number;
  /** For a workload; a process that takes longer is ended. */
  readonly timeout: number;
  readonly out?: string;
}

/** What WORKLOADS' amounts of work are made for. */
const USUAL_SECONDS = 3;
const INTERRUPTED = 130;

/** Exit status: 1 if any run failed, 130 after Ctrl-C. */
export async function runBench(args: BenchArguments, version: string): Promise<number> {
  const wanted = chooseWorkloads(args.workload, unknownWorkload);
  const codeFolder = join(tmpdir(), `wemu-lab-code-${process.pid}`);
  const contestants = chooseContestants(
    args,
    version,
    codeFolder,
    ARCHITECTURES.filter((each) => wanted.some((name) => architectureOf(name) === each)),
  );
  if (contestants.length === 0) throw new OptionError('nobody takes part', '--strategy');
  // A folder that cannot be written, or what draws not being there, should be told before an hour of work.
  if (args.out !== undefined) {
    writeResult(args.out, 'results.json', '{}\n');
    await loadDraw();
  }
  const skipped: Record<string, string> = {};
  const guests = await linuxGuests(wanted, skipped);
  const workloads = wanted.filter((name) => isFreestanding(guestOf(name)) || guests.has(guestOf(name)));
  const freestanding = new FreestandingGuests();
  const host = hostInfo();
  const share = args.seconds / USUAL_SECONDS;
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const line = progressLine();
  try {
    const runs = await runSession({
      jobs: schedule(
        contestants.map(({ name }) => name),
        workloads,
        args.runs,
        (who, name) => find(contestants, who).architectures.includes(architectureOf(name)),
      ),
      work: (name, who) => workFor(name, find(contestants, who).interpreter, share),
      run: (job, work, heard) =>
        runJob(
          job,
          work,
          find(contestants, job.contestant),
          { freestanding, guests },
          { timeout: args.timeout, signal: interruption.signal, heard },
        ),
      progress: line.update,
      isCancelled: () => interruption.signal.aborted,
    });
    line.stop();
    const results = makeResults({
      date: new Date().toISOString(),
      wemu: version,
      host,
      rounds: args.runs,
      share,
      interrupted: interruption.signal.aborted,
      contestants: contestants.map(plain),
      workloads,
      runs,
      skipped,
      warm: contestants.find(({ name }) => name === WARM)?.name,
    });
    await report(results, args.out);
    if (results.interrupted) return INTERRUPTED;
    return results.failures.length > 0 ? 1 : 0;
  } finally {
    line.stop();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    for (const guest of [...guests.values(), freestanding]) guest.close();
    rmSync(codeFolder, { recursive: true, force: true });
  }
}

function chooseContestants(
  { strategy, against }: BenchArguments,
  version: string,
  codeFolder: string,
  wanted: readonly Architecture[],
): LocalContestant[] {
  const wemu = strategies(strategy, version, codeFolder);
  if (against === undefined) {
    const installed = installedPeer(wanted);
    const without = wanted.filter((each) => !installed?.architectures.includes(each));
    for (const each of without) tell(`bench: no qemu-system-${each} is installed: measured without a peer`);
    return installed ? [...wemu, installed] : wemu;
  }
  const all = [...wemu, ...against.filter((text) => text !== 'none').map((text) => peer(text, wanted))];
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) !== i);
  if (twice) throw new OptionError(`two contestants are called '${twice.name}'`, '--against', 'NAME=COMMAND with a name of its own');
  return all;
}

function unknownWorkload(name: string): never {
  throw new OptionError(`unknown workload '${name}'`, '--workload', `one of ${[...Object.keys(GROUPS), ...WORKLOAD_NAMES].join(', ')}`);
}

/** What `Guest` has beside bare metal, as far as it is wanted and can be had here. */
type LinuxGuests = ReadonlyMap<Guest, LinuxGuest>;

async function linuxGuests(wanted: readonly WorkloadName[], skipped: Record<string, string>): Promise<LinuxGuests> {
  const guests = new Map<Guest, LinuxGuest>();
  for (const guest of LINUX_GUEST_NAMES) {
    const names = wanted.filter((name) => guestOf(name) === guest);
    if (names.length === 0) continue;
    try {
      guests.set(guest, await LinuxGuest.fetch(guest));
    } catch (error) {
      if (!(error instanceof GuestUnavailable)) throw error;
      tell(`bench: no ${GUEST_TITLES[guest]}: ${error.message}`);
      skipped[names.join(', ')] = error.message;
    }
  }
  return guests;
}

const GUEST_TITLES = { linux: 'Linux guest', real: 'Debian root' } as const satisfies Record<LinuxGuestName, string>;

const find = (contestants: readonly LocalContestant[], name: string): LocalContestant => contestants.find((each) => each.name === name)!;
const plain = ({ command: _command, architectures: _architectures, ...contestant }: LocalContestant): Contestant => contestant;

async function runJob(
  job: Job,
  work: (name: WorkloadName) => number,
  contestant: LocalContestant,
  { freestanding, guests }: { readonly freestanding: FreestandingGuests; readonly guests: LinuxGuests },
  { timeout, signal, heard }: { readonly timeout: number; readonly signal: AbortSignal; readonly heard: (line: string) => void },
): Promise<Outcome> {
  const guest = guests.get(job.guest)?.guest(job, work) ?? freestanding.guest(job, work);
  const [program, ...args] = contestant.command(guest);
  const { report, ...outcome } = await runChild(program, args, { timeoutMs: timeout * 1000 * job.workloads.length, signal, heard });
  const watched =
    contestant.kind === 'wemu' && report !== '' ? (JSON.parse(report) as Pick<WatchedRun, 'samples' | 'marks' | 'counters'>) : undefined;
  return { ...outcome, watched };
}

const loadDraw = () => loadOptional(['vega', 'vega-lite'], () => import('../../lab/draw.js'));

export async function report(results: Results, out: string | undefined): Promise<void> {
  process.stdout.write(`${formatResults(results)}\n`);
  if (out === undefined) return;
  writeResult(out, 'results.json', `${JSON.stringify(results, null, 1)}\n`);
  const { drawSvg } = await loadDraw();
  writeResult(out, 'report.html', await htmlReport(results, drawSvg));
  tell(`bench: ${join(out, 'results.json')} and ${join(out, 'report.html')} are written`);
}

function writeResult(folder: string, name: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
  } catch (error) {
    throw new OptionError(`cannot write '${join(folder, name)}': ${systemReason(error)}`, '--out');
  }
}

/** A bar where somebody looks, a line a step where not. */
function progressLine(): { update(done: number, step: string): void; stop(): void } {
  if (!process.stderr.isTTY) {
    return {
      update: (done, step) => void process.stderr.write(`${String(Math.floor(done * 100)).padStart(3)}% ${step}\n`),
      stop: () => {},
    };
  }
  const bar = new SingleBar(
    { format: '{bar} {percentage}%  {step}', stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(100, 0, { step: '' });
  return { update: (done, step) => bar.update(Math.floor(done * 100), { step }), stop: () => bar.stop() };
}
