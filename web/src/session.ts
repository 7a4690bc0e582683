/** The machine of this page, from the start to its end, and all that the page shows of it. */
import { Automation } from '../../src/automation/index.js';
import { keptFiles } from '../../src/browser/kept-files.js';
import type { MachineStatus } from '../../src/browser/machine-calls.js';
import type { RemoteMachine } from '../../src/browser/remote-machine.js';
import { createWorkerHost, type WorkerHost } from '../../src/browser/worker-host.js';
import { specOf, type Files } from './machines.js';
import { problemOf, type Problem } from './problems.js';
import type { Settings } from './settings.js';

export type Phase = 'setup' | 'loading' | 'running' | 'paused' | 'ended' | 'failed';

export interface Sample {
  /** s since the machine was started. */
  readonly time: number;
  /** Guest instructions, millions a second. */
  readonly mips: number;
  readonly blocks: number;
  readonly functions: number;
  readonly codeBytes: number;
  readonly blockBytes: number;
}

const SAMPLE_MS = 500;
/** At the start, until the first generated code is seen: nothing is drawn so often. */
const LOOK_MS = 25;
/** Five minutes. */
const MOST_SAMPLES = 600;

export class Session {
  phase: Phase = 'setup';
  machine: RemoteMachine | undefined;
  problem: Problem | undefined;
  /** What is being done that takes a while: a line. */
  busy: string | undefined;
  /** By image: bytes. */
  readonly progress = new Map<string, { readonly loaded: number; readonly total: number }>();
  samples: Sample[] = [];
  status: MachineStatus | undefined;
  private worked: Automation | undefined;
  /** How it ended. */
  ending = '';
  /** Warnings and log lines, the last of them. */
  log: string[] = [];
  /** ms from the start until the guest first said something, and until its first generated code. */
  firstOutputMs: number | undefined;
  firstCodeMs: number | undefined;

  private readonly listeners = new Set<() => void>();
  /** The start that is wanted: one that is given up while its files are on their way may still get its machine. */
  private current: symbol | undefined;
  private startedAt = 0;
  private sampler: number | undefined;
  private last: { readonly at: number; readonly instructions: number } | undefined;

  constructor(readonly host: Promise<WorkerHost>) {
    host.catch((error: unknown) => this.fail(error));
  }

  /** The host is made when the page is opened: its code generator needs some tenths of a second. */
  static open(): Session {
    return new Session(
      createWorkerHost({
        wasm: new URL('wemu.wasm', document.baseURI).href,
        engines: { 'wemu-ppc': new URL('wemu-ppc.wasm', document.baseURI).href },
        codeCache: WEMU_BUILD,
        version: WEMU_VERSION,
      }),
    );
  }

  /** Waits for text, types, reads registers: for programs that work this page. @throws Error while there is no machine */
  get automation(): Automation {
    if (!this.worked) throw new Error('there is no machine yet');
    return this.worked;
  }

  /** Hears that something has changed. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  async start(settings: Settings, files: Files): Promise<void> {
    const closed = this.close();
    const start = (this.current = Symbol('start'));
    const isCurrent = (): boolean => this.current === start;
    try {
      await closed;
      const host = await this.host;
      if (!isCurrent()) return;
      this.become('loading');
      const machine = await host.create(specOf(settings, files), (what, loaded, total) => {
        if (!isCurrent()) return;
        this.progress.set(what, { loaded, total });
        this.changed();
      });
      if (!isCurrent()) return await machine.close();
      this.adopt(machine);
      this.run(machine);
    } catch (error) {
      if (isCurrent()) this.fail(error);
    }
  }

  private adopt(machine: RemoteMachine): void {
    this.worked = new Automation(machine);
    this.machine = machine;
    machine.onOutput(() => void (this.firstOutputMs ??= performance.now() - this.startedAt));
    machine.onEvent(({ event }) => {
      if (event === 'STOP') this.become('paused');
      if (event === 'RESUME') this.become('running');
    });
    machine.onLog((text) => {
      this.log = [...this.log, ...text.trimEnd().split('\n')].slice(-200);
      this.changed();
    });
  }

  /** From its start, or anew after an end. */
  private run(machine: RemoteMachine): void {
    window.clearTimeout(this.sampler);
    this.startedAt = performance.now();
    this.last = this.firstOutputMs = this.firstCodeMs = undefined;
    this.samples = [];
    machine.run().then(
      ({ reason, exitCode }) => {
        if (this.machine !== machine) return;
        this.ending = exitCode === 0 ? reason : `${reason}, exit code ${exitCode}`;
        this.become('ended');
      },
      (error: unknown) => this.machine === machine && this.fail(error),
    );
    this.become('running');
    void this.sample(machine);
  }

  private become(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  private fail(error: unknown): void {
    this.problem = problemOf(error);
    this.become('failed');
  }

  private async sample(machine: RemoteMachine): Promise<void> {
    let status: MachineStatus;
    try {
      status = await machine.status();
    } catch {
      return; // it has been closed meanwhile
    }
    if (this.machine !== machine) return;
    const now = performance.now();
    const { instructions, jit } = status;
    if ((jit?.wasm?.cache.functions ?? 0) > 0) this.firstCodeMs ??= now - this.startedAt;
    const isYoung = this.firstCodeMs === undefined && now - this.startedAt < 5 * SAMPLE_MS;
    this.sampler = window.setTimeout(() => void this.sample(machine), isYoung ? LOOK_MS : SAMPLE_MS);
    if (this.last && now - this.last.at < SAMPLE_MS / 2) return;
    const mips = this.last ? Math.max(0, instructions - this.last.instructions) / (now - this.last.at) / 1000 : 0;
    this.last = { at: now, instructions };
    this.status = status;
    const sample: Sample = {
      time: (now - this.startedAt) / 1000,
      mips,
      blocks: jit?.tb.count ?? 0,
      functions: jit?.wasm?.cache.functions ?? 0,
      codeBytes: jit?.wasm?.cache.bytes ?? 0,
      blockBytes: jit?.tb.arenaUsed ?? 0,
    };
    this.samples = [...this.samples, sample].slice(-MOST_SAMPLES);
    this.changed();
  }

  pause(): Promise<void> {
    return this.attempt('', () => this.machine?.pause());
  }
  resume(): Promise<void> {
    return this.attempt('', () => this.machine?.resume());
  }
  reset(): Promise<void> {
    return this.attempt('', async () => {
      const { machine } = this;
      await machine?.reset();
      if (machine && this.phase === 'ended') this.run(machine);
    });
  }

  /** In this site's files. */
  save(name: string): Promise<void> {
    return this.attempt(`saving '${name}'`, async () => {
      void navigator.storage.persist?.(); // Firefox asks the person, who may take as long as they like
      await this.machine?.call('saveSnapshot', name);
      await this.machine?.keepCode();
    });
  }
  restore(name: string): Promise<void> {
    return this.attempt(`restoring '${name}'`, () => this.machine?.call('loadSnapshot', name));
  }
  load(file: Blob): Promise<void> {
    return this.attempt('restoring', () => this.machine?.load(file));
  }
  /** As a file of the user's. */
  download(name: string): Promise<void> {
    return this.attempt('saving', async () => {
      const blob = await this.machine?.save();
      if (!blob) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = `${name}.wemusnap`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }
  readonly kept = keptFiles.snapshots;
  /** Files that an address `opfs:NAME` means: for programs that work this page. */
  readonly images = keptFiles.images;

  /** A problem is shown, and the machine goes on. */
  private async attempt(busy: string, work: () => Promise<unknown> | undefined): Promise<void> {
    this.busy = busy;
    this.problem = undefined;
    this.changed();
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.busy = undefined;
    this.changed();
  }

  dismiss(): void {
    this.problem = undefined;
    if (this.phase === 'failed') this.phase = 'setup';
    this.changed();
  }

  async close(): Promise<void> {
    const { machine, worked } = this;
    this.current = undefined;
    window.clearTimeout(this.sampler);
    worked?.close();
    this.worked = undefined;
    this.machine = this.problem = this.status = this.last = this.firstOutputMs = this.firstCodeMs = undefined;
    this.samples = [];
    this.log = [];
    this.progress.clear();
    this.ending = '';
    this.become('setup');
    await machine?.close();
  }
}
