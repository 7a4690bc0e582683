/** The host of one machine in a worker of its own. */
import { workerCodegen } from '../accel/tcg/codegen-remote.js';
import type { BlockNode } from '../block/node.js';
import { createTcgHost, tuningOf, type CommonEngineOptions, type HostCodegen, type TcgHost } from '../host.js';
import { OptionError } from '../util/errors.js';
import { codegenWorker } from './codegen.js';
import type { OpfsCodeStore } from './code-store.js';
import { randomBytes, SYSTEM_CLOCK } from './engine.js';
import type { BellScheduler } from './scheduler.js';
import { OpfsSnapshotStore, snapshotTools } from './snapshot-store.js';

export interface MachineHostParts {
  readonly engine: WebAssembly.Module;
  readonly options: CommonEngineOptions;
  readonly scheduler: BellScheduler;
  readonly codegen: MessagePort;
  readonly store: OpfsCodeStore | undefined;
  readonly firmware: ReadonlyMap<string, Uint8Array>;
  /** Files of this site's own, which are open. */
  readonly images: ReadonlyMap<string, BlockNode>;
  readonly version: string;
}

export async function createMachineHost({
  engine,
  options,
  scheduler,
  codegen,
  store,
  firmware,
  images,
  version,
}: MachineHostParts): Promise<TcgHost> {
  const snapshots = new OpfsSnapshotStore();
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
    wasm: engine,
    ...(await codeGenerator(options, codegen, store)),
    tuning: tuningOf(options),
    maxInsns: options.maxInsns,
  });
}

async function codeGenerator({ backend, sync }: CommonEngineOptions, port: MessagePort, store?: OpfsCodeStore): Promise<HostCodegen> {
  if (backend === 'tci') return {};
  if (sync) return { codegen: (await import('../accel/tcg/codegen-sync.js')).synchronousCodegen };
  return { codegen: workerCodegen(() => codegenWorker(port), store) };
}
