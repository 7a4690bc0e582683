/** What every host in a browser takes of it: the engine, compiled; time; entropy. */
import type { HostClock } from '../hw/core/clock.js';
import { OptionError } from '../util/errors.js';
import { MORE_RUNTIMES } from '../runtimes.js';
import * as read from '../util/readers.js';

/** The engine, `wemu/wemu.wasm`: compiled, as bytes, or where it is served. */
export type EngineSource = WebAssembly.Module | BufferSource | URL | string;

/** Engines of other targets than the default board's, by the names of their files (`wemu/<name>.wasm`). */
export type MoreEngines = { readonly [Name in (typeof MORE_RUNTIMES)[number]]?: EngineSource };

const WASM = 'wemu/wemu.wasm: its URL, bytes or WebAssembly.Module';
const isWasm = (value: unknown): boolean => value instanceof WebAssembly.Module || value instanceof URL || read.isText(value);
export const ENGINE_READER: read.Reader<EngineSource> = read.either<WebAssembly.Module | URL | string, BufferSource>(
  isWasm,
  (value) => value as URL,
  read.bytes(WASM) as read.Reader<BufferSource>,
);

export const MORE_ENGINES_READER: read.Reader<MoreEngines> = read.record<MoreEngines>(
  Object.fromEntries(MORE_RUNTIMES.map((name) => [name, ENGINE_READER])) as read.Readers<MoreEngines>,
);

/** @throws OptionError if it cannot be fetched */
export async function compileEngine(wasm: EngineSource): Promise<WebAssembly.Module> {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm !== 'string' && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
  const response = await fetch(wasm);
  if (!response.ok) throw new OptionError(`cannot fetch the engine '${wasm}': ${response.status} ${response.statusText}`);
  // While it arrives, where the server calls it what it is.
  const isWasm = response.headers.get('content-type')?.startsWith('application/wasm') ?? false;
  return isWasm ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

export const SYSTEM_CLOCK: HostClock = { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() };

/** crypto.getRandomValues gives no more at once. */
const MOST_RANDOM = 65536;

/** Host entropy for a guest. */
export function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += MOST_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
  return bytes;
}
