/** Machines of a page, each in a worker of its own, with one more worker that generates code for all of them. */
import { OptionError } from '../util/errors.js';
import * as read from '../util/readers.js';
import { Bell } from './bell.js';
import { connectTo, defaultCodegenWorker } from './codegen.js';
import { compileEngine, ENGINE_READER, MORE_ENGINES_READER, type EngineSource, type MoreEngines } from './engine.js';
import { LoadingWorker } from './loading-worker.js';
import type { ToWorker, WorkerInit } from './machine-protocol.js';
import type { MachineSpec } from './machine-spec.js';
import { RemoteMachine, type ProgressListener } from './remote-machine.js';
import { RingPort } from './ring-chardev.js';

export interface WorkerHostOptions {
  /** The engine, `wemu/wemu.wasm`: compiled, as bytes, or where it is served. */
  readonly wasm: EngineSource;
  /** Those of boards with other instruction sets than the default one's; a machine's worker compiles its own. */
  readonly engines?: MoreEngines;
  /** Make the workers, where a bundler does not find them by itself: their modules are `wemu/browser/codegen-worker` and `wemu/browser/machine-worker`. */
  readonly createCodegenWorker?: () => Worker;
  readonly createMachineWorker?: () => Worker;
  /**
   * Keep generated code between visits, in files of this site's own. Says which build of wemu this is: another one's code is not taken. Whoever serves another wemu under the same
   * address gives it another text.
   */
  readonly codeCache?: string;
  /** Of wemu, for the monitor and in snapshots. */
  readonly version?: string;
}

/** A Chromium process holds some 125 memories, Firefox some 16,000 modules. */
export const MOST_MACHINES = 12;

/** Written so that bundlers (Vite, webpack) see the worker's module and bundle it. */
const defaultMachineWorker = (): Worker =>
  new Worker(new URL('./machine-worker.js', import.meta.url), { type: 'module', name: 'wemu-machine' });

const READERS: read.Readers<WorkerHostOptions> = {
  wasm: ENGINE_READER,
  engines: MORE_ENGINES_READER,
  createCodegenWorker: read.callback(),
  createMachineWorker: read.callback(),
  codeCache: read.text(),
  version: read.text(),
};

/** What this browser, or this page, lacks for machines in workers; one line for each. */
export function missingFeatures(): string[] {
  const missing: string[] = [];
  if (typeof WebAssembly !== 'object') missing.push('this browser has no WebAssembly');
  if (typeof Worker !== 'function') missing.push('this browser has no workers');
  if (!globalThis.isSecureContext)
    missing.push('this page did not come by https, nor from this machine: browsers share memory on secure pages only');
  else if (!globalThis.crossOriginIsolated)
    missing.push(
      'shared memory needs a cross-origin isolated page: serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    );
  return missing;
}

/**
 * Starts the worker that generates code at once: it takes some tenths of a second until it can. Call this when the page is opened, not when the first machine is to run.
 * @throws OptionError if this page cannot have machines (missingFeatures), or the engine cannot be fetched
 */
export async function createWorkerHost(given: WorkerHostOptions): Promise<WorkerHost> {
  const options = read.readOptions(given, 'createWorkerHost', READERS, ['wasm']);
  const [missing] = missingFeatures();
  if (missing !== undefined) throw new OptionError(missing);
  const codegen = new LoadingWorker(options.createCodegenWorker ?? defaultCodegenWorker);
  try {
    return new WorkerHost(await compileEngine(options.wasm), codegen, options);
  } catch (error) {
    codegen.terminate();
    throw error;
  }
}

export class WorkerHost {
  private readonly machines = new Set<RemoteMachine>();
  private isClosed = false;

  constructor(
    private readonly engine: WebAssembly.Module,
    private readonly codegen: LoadingWorker,
    private readonly options: WorkerHostOptions,
  ) {}

  /** Makes a machine, with its images loaded; `run` starts it. @throws OptionError, LoaderError, VmStateError */
  async create(spec: MachineSpec, progress: ProgressListener = () => {}): Promise<RemoteMachine> {
    if (this.isClosed) throw new OptionError('the host is closed: it makes no more machines');
    if (this.machines.size >= MOST_MACHINES)
      throw new OptionError(`${MOST_MACHINES} machines are open, and a page can have no more: close one`);
    const { createMachineWorker = defaultMachineWorker, codeCache, version = '' } = this.options;
    const bell = Bell.create();
    const ports = Array.from({ length: (spec.serialPorts ?? 1) + 1 }, () => RingPort.create());
    const codegen = [connectTo(this.codegen), connectTo(this.codegen)];
    const worker = createMachineWorker();
    const machine: RemoteMachine = new RemoteMachine(worker, bell, ports, progress, () => this.machines.delete(machine));
    this.machines.add(machine);
    const rings = ports.map((port) => port.rings);
    const engines = { wemu: this.engine, ...this.moreEngines() };
    const init: ToWorker = { kind: 'init', engines, spec, bell: bell.buffer, ports: rings, codegen, build: codeCache, version };
    worker.postMessage(init, codegen);
    return machine.created();
  }

  /** As they cross to a worker. */
  private moreEngines(): WorkerInit['engines'] {
    const all = Object.entries<EngineSource | undefined>({ ...this.options.engines });
    return Object.fromEntries(
      all.flatMap(([name, source]) => (source === undefined ? [] : [[name, source instanceof URL ? source.href : source]])),
    );
  }

  /** Ends its machines, and makes no more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.machines].map((machine) => machine.close()));
    this.codegen.terminate();
  }
}
