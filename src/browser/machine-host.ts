/** The host of one machine in a worker of its own. */
import { workerCodegen } from '../accel/tcg/codegen-remote.js';
import type { BlockNode } from '../block/node.js';
import { createTcgHost, tuningOf, type CommonEngineOptions, type HostCodegen, type TcgHost, type TcgHostParts } from '../host.js';
import { OptionError } from '../util/errors.js';
import { codegenWorker } from './codegen.js';
import type { OpfsCodeStore } from './code-store.js';
import { compileEngine, randomBytes, SYSTEM_CLOCK } from './engine.js';
import type { WorkerInit } from './machine-protocol.js';
import type { BellScheduler } from './scheduler.js';
import { OpfsSnapshotStore, snapshotTools } from './snapshot-store.js';

export interface MachineHostParts {
  /** The board's; all, if nobody knows it. */
  readonly targets: TcgHostParts['targets'];
  readonly engines: WorkerInit['engines'];
  readonly options: CommonEngineOptions;
  readonly scheduler: BellScheduler;
  readonly codegen: MessagePort;
  readonly store: OpfsCodeStore | undefined;
  readonly firmware: ReadonlyMap<string, Uint8Array>;
  /** Files of this site's own, which are open. */
  readonly images: ReadonlyMap<string, BlockNode>;
  readonly version: string;
}

/**
 * The engine that a target's code runs in, compiled.
 * @throws OptionError if the page has not said where that engine is
 */
async function engineOf({ runtime }: { readonly runtime: string }, engines: WorkerInit['engines']): Promise<WebAssembly.Module> {
  if (!engines[runtime]) throw new OptionError(`the machine wants wemu/${runtime}.wasm: createWorkerHost's 'engines' says where it is`);
  return compileEngine(engines[runtime]);
}

export async function createMachineHost({
  targets,
  engines,
  options,
  scheduler,
  codegen,
  store,
  firmware,
  images,
  version,
}: MachineHostParts): Promise<TcgHost> {
  const snapshots = new OpfsSnapshotStore();
  const engine = await engineOf(targets[0], engines);
  return createTcgHost({
    clock: SYSTEM_CLOCK,
    scheduler,
    randomBytes: options.seed === undefined ? randomBytes : undefined,
    firmware: (name) => firmware.get(name),
    version,
    snapshotTools,
    snapshotStore: (folder) => {
      if (folder !== undefined) throw new OptionError('a page has no folders', 'snapshots');
      return snapshots;
    },
    openImage: (path) => {
      const node = images.get(path);
      if (!node) throw new OptionError(`'${path}' is not open`, 'drive');
      return node;
    },
    targets,
    wasm: () => engine,
    ...(await codeGenerator(options, codegen, store)),
    tuning: tuningOf(options),
    maxInsns: options.maxInsns,
    tbSize: options.tbSize,
  });
}

async function codeGenerator({ backend, sync }: CommonEngineOptions, port: MessagePort, store?: OpfsCodeStore): Promise<HostCodegen> {
  if (backend === 'tci') return {};
  if (sync) return { codegen: (await import('../accel/tcg/codegen-sync.js')).synchronousCodegen };
  return { codegen: workerCodegen(() => codegenWorker(port), store) };
}
