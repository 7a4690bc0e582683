/** What a browser gives a machine: clock, scheduler, entropy, and the engine. Works in a page and in a worker. */
import { SharedThread, workerCodegen } from '../accel/tcg/codegen-remote.js';
import { loadTargets } from '../load-targets.js';
import { createTcgHost, ENGINE_OPTIONS, tuningOf, type CommonEngineOptions, type HostCodegen, type TcgHost } from '../host.js';
import { loadWasmDisassembler, type WabtLoader } from '../tcg/wasm/disassemble.js';
import { OptionError } from '../util/errors.js';
import * as read from '../util/readers.js';
import { codegenThread, defaultCodegenWorker } from './codegen.js';
import { compileEngine, ENGINE_READER, randomBytes, SYSTEM_CLOCK, type EngineSource } from './engine.js';
import { MessageChannelScheduler } from './scheduler.js';

export interface BrowserHostOptions extends CommonEngineOptions {
  /** The engine, `wemu/wemu.wasm`: compiled, as bytes, or where it is served. */
  readonly wasm: EngineSource;
  /** Firmware by QEMU's file name, for `bios: 'default'`. */
  readonly firmware?: (name: string) => Uint8Array | undefined;
  /** Makes the code generator's worker, where a bundler does not find it by itself: its module is `wemu/browser/codegen-worker`. */
  readonly createWorker?: () => Worker;
  /** What shows generated wasm as text for the log item `out_asm`: `() => import('wabt')`, a package of its own. */
  readonly wabt?: WabtLoader;
}

const READERS: read.Readers<BrowserHostOptions> = {
  ...ENGINE_OPTIONS,
  wasm: ENGINE_READER,
  firmware: read.callback(),
  createWorker: read.callback(),
  wabt: read.callback(),
};

export type BrowserHost = TcgHost;

/**
 * A host for machines in this page or worker; close it when they have ended.
 * @throws OptionError if the page is not cross-origin isolated: the engine's memory is shared with the code generator.
 */
export async function createBrowserHost(given: BrowserHostOptions): Promise<BrowserHost> {
  const options = read.readOptions(given, 'createBrowserHost', READERS, ['wasm']);
  if (!globalThis.crossOriginIsolated) {
    throw new OptionError(
      'shared memory needs a cross-origin isolated page: serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  return createTcgHost({
    clock: SYSTEM_CLOCK,
    scheduler: new MessageChannelScheduler(),
    randomBytes: options.seed === undefined ? randomBytes : undefined,
    firmware: options.firmware,
    targets: await loadTargets(undefined), // that engine's
    wasm: await compileEngine(options.wasm),
    ...(await codeGenerator(options)),
    tuning: tuningOf(options),
    maxInsns: options.maxInsns,
    tbSize: options.tbSize,
    checks: options.tuning?.check ? (await import('../accel/tcg/check/checks.js')).checks : undefined,
    disassembleWasm: options.wabt && (await loadWasmDisassembler(options.wabt)),
  });
}

async function codeGenerator({ backend, sync, createWorker = defaultCodegenWorker }: BrowserHostOptions): Promise<HostCodegen> {
  if (backend === 'tci') return {};
  if (sync) return { codegen: (await import('../accel/tcg/codegen-sync.js')).synchronousCodegen };
  const thread = new SharedThread(() => codegenThread(createWorker));
  return { codegen: workerCodegen(thread.connect), endCodegen: () => thread.terminate() };
}
