/** What a browser gives a machine: clock, scheduler, entropy, and the engine. Works in a page and in a worker. */
import { SharedThread, workerCodegen } from '../accel/tcg/codegen-remote.js';
import { createTcgHost, ENGINE_OPTIONS, tuningOf, type CommonEngineOptions, type HostCodegen, type TcgHost } from '../host.js';
import { loadWasmDisassembler, type WabtLoader } from '../tcg/wasm/disassemble.js';
import { OptionError } from '../util/errors.js';
import * as read from '../util/readers.js';
import { codegenThread, defaultCodegenWorker } from './codegen.js';
import { MessageChannelScheduler } from './scheduler.js';

export interface BrowserHostOptions extends CommonEngineOptions {
  /** The engine, `wemu/wemu.wasm`: compiled, as bytes, or where it is served. */
  readonly wasm: WebAssembly.Module | BufferSource | URL | string;
  /** Firmware by QEMU's file name, for `bios: 'default'`. */
  readonly firmware?: (name: string) => Uint8Array | undefined;
  /** Makes the code generator's worker, where a bundler does not find it by itself: its module is `wemu/browser/codegen-worker`. */
  readonly createWorker?: () => Worker;
  /** What shows generated wasm as text for the log item `out_asm`: `() => import('wabt')`, a package of its own. */
  readonly wabt?: WabtLoader;
}

const WASM = 'wemu/wemu.wasm: its URL, bytes or WebAssembly.Module';
const isWasm = (value: unknown): boolean => value instanceof WebAssembly.Module || value instanceof URL || read.isText(value);
const READERS: read.Readers<BrowserHostOptions> = {
  ...ENGINE_OPTIONS,
  wasm: read.either<WebAssembly.Module | URL | string, BufferSource>(
    isWasm,
    (value) => value as URL,
    read.bytes(WASM) as read.Reader<BufferSource>,
  ),
  firmware: read.callback(),
  createWorker: read.callback(),
  wabt: read.callback(),
};

export type BrowserHost = TcgHost;

/** crypto.getRandomValues gives no more at once. */
const MOST_RANDOM = 65536;

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
    clock: { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() },
    scheduler: new MessageChannelScheduler(),
    randomBytes: options.seed === undefined ? randomBytes : undefined,
    firmware: options.firmware,
    wasm: await compile(options.wasm),
    ...(await codeGenerator(options)),
    tuning: tuningOf(options),
    maxInsns: options.maxInsns,
    checks: options.tuning?.check ? (await import('../accel/tcg/check/checks.js')).checks : undefined,
    disassembleWasm: options.wabt && (await loadWasmDisassembler(options.wabt)),
  });
}

async function compile(wasm: BrowserHostOptions['wasm']): Promise<WebAssembly.Module> {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm !== 'string' && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
  const response = await fetch(wasm);
  if (!response.ok) throw new OptionError(`cannot fetch the engine '${wasm}': ${response.status} ${response.statusText}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function codeGenerator({ backend, sync, createWorker = defaultCodegenWorker }: BrowserHostOptions): Promise<HostCodegen> {
  if (backend === 'tci') return {};
  if (sync) return { codegen: (await import('../accel/tcg/codegen-sync.js')).synchronousCodegen };
  const thread = new SharedThread(() => codegenThread(createWorker()));
  return { codegen: workerCodegen(thread.connect), endCodegen: () => thread.terminate() };
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += MOST_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
  return bytes;
}
