/** `-accel tcg,backend=...`: which engine runs guest code, and how code is generated. */
import type { EngineOptions } from '../node/host.js';
import { parseOptions } from '../system/options.js';
import { OptionError } from '../util/errors.js';

export const ACCEL_HELP = `Accelerators supported:
tcg                  translate guest code; properties:
  backend=wasm|tci   generate WebAssembly for hot code (default), or interpret all of it
  thread=worker|sync generate code on a thread of its own (default), or at once in the machine's
  threshold=N        executions after which a block is hot (default: by the backend)
tci                  the same as tcg,backend=tci
`;

export function parseAccel(text: string | undefined): EngineOptions {
  if (text === undefined) return {};
  const list = parseOptions('-accel', text, 'accel');
  const name = list.required('accel');
  if (list.wantsHelp) return {};
  if (name !== 'tcg' && name !== 'tci') throw new OptionError(`invalid accelerator '${name}'`, list.where, "'tcg' or 'tci'");
  const backend = list.enumeration('backend', ['wasm', 'tci'] as const) ?? (name === 'tci' ? 'tci' : 'wasm');
  if (name === 'tci' && backend !== 'tci') throw new OptionError("tci has no other backend than 'tci'", list.where);
  const thread = list.enumeration('thread', ['worker', 'sync'] as const);
  const hotThreshold = list.integer('threshold', 1, 1_000_000);
  list.finish();
  return { backend, sync: thread === 'sync', hotThreshold };
}
