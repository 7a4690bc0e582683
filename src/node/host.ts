/** What Node gives a machine: clock, scheduler, entropy, files, firmware, and the engine. */
import { closeSync, fstatSync, openSync, realpathSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { SharedThread, workerCodegen } from '../accel/tcg/codegen-remote.js';
import type { CodegenThread } from '../accel/tcg/codegen/protocol.js';
import { loadAllTargets, loadTargets } from '../load-targets.js';
import { BOARDS, RUNTIME } from '../runtimes.js';
import { createTcgHost, ENGINE_OPTIONS, tuningOf, type EngineOptions, type HostCodegen, type TcgHost } from '../host.js';
import { blockThread, TimeoutScheduler } from '../system/scheduler.js';
import { wakeInTime } from './timer-slack.js';
import { loadWasmDisassembler } from '../tcg/wasm/disassemble.js';
import type { MachineHost } from '../system/facade.js';
import { HostError, OptionError } from '../util/errors.js';
import * as read from '../util/readers.js';
import { loadWithBinaryen } from './binaryen.js';
import { FileNode } from './block/file.js';
import { loadChecks } from './checks.js';
import { FileCodeStore } from './code-store.js';
import { patientCodegenWorker } from './codegen-worker.js';
import { randomBytes } from './entropy.js';
import { engineBuild } from './engine-build.js';
import { engineWasmPath } from './engine-wasm.js';
import { findFirmware } from './firmware.js';
import { readImage } from './image-file.js';
import { refuseInput } from './input-files.js';
import { tell } from './messages.js';
import { packageInfo } from './modules.js';
import { loadOptional } from './optional.js';
import { Output } from './output.js';
import { writeWhole } from './disk/files.js';
import { readFully } from './disk/read.js';
import { startProfiler } from './profiler.js';
import { FolderSnapshotStore, snapshotTools } from './snapshot-store.js';
import { loadWasm, v8MachineCode } from './v8-cache.js';
import { setV8Flags } from './v8-flags.js';
import { systemReason, writeFully } from './disk/write.js';
import { cacheFolder } from './guest/debian.js';

export type { EngineOptions } from '../host.js';

export interface NodeHostOptions extends EngineOptions {
  /** The board of all machines here: only its target is loaded. Default: they may have any. */
  readonly board?: string;
  /** A codegen worker that runs already (startCodegenWorker). The host ends it. */
  readonly worker?: CodegenThread;
  /** Looked through for firmware before all others (`-L`). */
  readonly firmwareFolders?: readonly string[];
}

/** Of a command line that names none. */
export const [DEFAULT_BOARD] = BOARDS[RUNTIME];

const READERS: read.Readers<NodeHostOptions> = {
  ...ENGINE_OPTIONS,
  profile: read.flag,
  disassemble: read.flag,
  codeCache: read.either(
    read.isText,
    read.text(),
    read.is<boolean>('true, false or a folder', (value) => typeof value === 'boolean'),
  ),
  board: read.text(),
  firmwareFolders: read.list(read.text('the path of a folder')),
  worker: read.is('a worker of startCodegenWorker', (value) => typeof value === 'object' && value !== null),
};

/** A host for machines in this Node process. */
export type NodeHost = TcgHost;

class NodeScheduler extends TimeoutScheduler {
  /** setTimeout(0) waits a millisecond; this does not. */
  override yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  readonly rest = blockThread;
}

/** A host for machines in this process; close it when they have ended. The engine is compiled when the first machine is made. */
export async function createNodeHost(given: NodeHostOptions = {}): Promise<NodeHost> {
  const options = read.readOptions(given, 'createNodeHost', READERS);
  setV8Flags();
  wakeInTime();
  return createTcgHost({
    clock: { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() },
    scheduler: new NodeScheduler(),
    randomBytes: options.seed === undefined ? randomBytes : undefined,
    version: packageInfo().version,
    snapshotTools,
    snapshotStore: (folder) => FolderSnapshotStore.open(folder),
    threadId: isMainThread ? process.pid : undefined, // a worker's has no name here
    firmware: (name) => findFirmware(name, options.firmwareFolders),
    readFile: (name) => readImage('file', name),
    writeFile,
    createFile,
    openFile,
    openLog,
    openImage: FileNode.open,
    scratch: FileNode.scratch,
    targets: await (options.board === undefined ? loadAllTargets() : loadTargets(options.board)),
    wasm: ({ runtime }) => loadWasm(engineWasmPath(options.tuning?.check, runtime)),
    ...(await codeGenerator(options)),
    tuning: tuningOf(options),
    maxInsns: options.maxInsns,
    tbSize: options.tbSize,
    checks: options.tuning?.check ? await loadChecks() : undefined,
    startProfiler: options.profile ? startProfiler : undefined,
    disassembleWasm: options.disassemble ? await loadWasmDisassembler(() => loadOptional(['wabt'], () => import('wabt'))) : undefined,
  });
}

/** Only the synchronous one loads binaryen into this thread. */
async function codeGenerator({ backend, sync, worker, codeCache = false }: NodeHostOptions): Promise<HostCodegen> {
  if (backend === 'tci') return {};
  if (sync) {
    const codegen = await loadWithBinaryen('../accel/tcg/codegen-sync', import.meta.url);
    return { codegen: (codegen as typeof import('../accel/tcg/codegen-sync.js')).synchronousCodegen };
  }
  const folder = codeFolder(codeCache);
  const store = folder === undefined ? undefined : new FileCodeStore(folder, engineBuild, { machineCode: v8MachineCode });
  const thread = new SharedThread(patientCodegenWorker, worker);
  return { codegen: workerCodegen(thread.connect, store), endCodegen: () => thread.terminate() };
}

/** Undefined: no code is kept. */
function codeFolder(wanted: boolean | string): string | undefined {
  if (typeof wanted === 'string') return wanted;
  const cache = wanted ? cacheFolder() : undefined;
  return cache && join(cache, 'code');
}

/** What cannot be written is the user's to mend: the machine goes on. */
function createFile(name: string): ReturnType<NonNullable<MachineHost['createFile']>> {
  const fd = openForWriting(name);
  return {
    write(bytes) {
      try {
        writeFully(fd, bytes);
      } catch (error) {
        throw new HostError(systemReason(error));
      }
    },
    close: () => closeSync(fd),
  };
}

function openFile(name: string, zeros?: number): ReturnType<NonNullable<MachineHost['openFile']>> {
  if (zeros !== undefined) extendEmpty(name, zeros);
  const fd = attempt(() => openSync(name, 'r'));
  const stat = fstatSync(fd);
  if (zeros !== undefined && stat.isDirectory()) {
    closeSync(fd);
    return { size: zeros, read: (_, into) => void into.fill(0), close: () => {} };
  }
  if (!stat.isFile()) {
    closeSync(fd);
    throw new OptionError(stat.isDirectory() ? 'is a directory' : 'is no file whose size is known');
  }
  return {
    size: stat.size,
    read(at, into) {
      if (readFully(fd, into, at) < into.length) throw new HostError(`'${name}' has become shorter`);
    },
    close: () => closeSync(fd),
  };
}

/** A file that is not there is made. @throws OptionError */
function extendEmpty(name: string, size: number): void {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (stat && !(stat.isFile() && stat.size === 0)) return;
  attempt(() => closeSync(openSync(name, 'a')));
  attempt(() => truncateSync(name, size));
}

/** What the system says no to is the user's to mend. @throws OptionError */
function attempt<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new OptionError(systemReason(error));
  }
}

/** Lines that cannot be written are lost, which is told once. */
function openLog(name: string): ReturnType<NonNullable<MachineHost['openLog']>> {
  const output = new Output(openForWriting(name), `log file '${name}'`, {
    failed: (error) => tell(error.message),
  });
  return { sink: (text) => output.text(text), close: () => void output.drained().then(() => output.close()) };
}

function openForWriting(name: string): number {
  refuseInput(name);
  return attempt(() => openSync(name, 'w'));
}

/** A file appears whole or not at all; what is no file (a terminal, a pipe) is written to. */
function writeFile(name: string, bytes: Uint8Array): void {
  refuseInput(name);
  try {
    const stat = statSync(name, { throwIfNoEntry: false });
    if (!stat) return writeWhole(name, bytes, { mode: 0o666 });
    if (stat.isFile()) return writeWhole(realpathSync(name), bytes, { mode: stat.mode & 0o777 });
    const fd = openSync(name, 'w');
    try {
      writeFully(fd, bytes);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new OptionError(`cannot write '${name}': ${systemReason(error)}`);
  }
}
