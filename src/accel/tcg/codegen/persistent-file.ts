/** What a key of the code store has: its modules, and how what is worth it is put in its place (docs/code-cache.md). */
import { concat } from '../../../util/bytes.js';
import type { CodeStore, StoredCode } from './code-store.js';
import {
  chunkLastUsed,
  decodeModule,
  identity,
  setChunkLastUsed,
  setChunkParts,
  splitChunks,
  type MachineCodePart,
  type Part,
  type PersistentModule,
} from './persistent-format.js';

export interface StoredModule {
  readonly chunk: Uint8Array<ArrayBuffer>;
  readonly stored: PersistentModule;
}

/** Those that are in order, each decoded when it is asked for. */
export function* storedModules(file: StoredCode | undefined, warn = (_message: string): void => {}): Generator<StoredModule> {
  const inOrder = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      warn(`${what} is damaged, and ignored: ${error.message}`);
      return undefined;
    }
  };
  const chunks = file && inOrder('persistent code', () => splitChunks(file.index));
  for (const chunk of chunks ?? []) {
    const stored = inOrder('a persistent module', () => decodeModule(chunk));
    if (stored) yield { chunk, stored };
  }
}

/** A module that may be kept. */
export interface Candidate {
  readonly chunk: Uint8Array<ArrayBuffer>;
  /** When this run first came to it, by performance.now; 0: it did not. */
  readonly usedAt: number;
  readonly wasm: Source;
  readonly machineCode?: MachineCodeSource | undefined;
}

/** A part's bytes, read when they are written, or undefined if they are not there any more. */
interface Source {
  readonly length: number;
  bytes(): Uint8Array | undefined;
}

export type MachineCodeSource = Source & Pick<MachineCodePart, 'crc' | 'engine'>;

export const sourceOf = (bytes: Uint8Array): Source => ({ length: bytes.length, bytes: () => bytes });
const sourceIn = (file: StoredCode, part: Part): Source => ({ length: part.length, bytes: () => file.read(part) });

export const storedCandidate = (file: StoredCode, { chunk, stored }: StoredModule): Candidate => ({
  chunk,
  usedAt: 0,
  wasm: sourceIn(file, stored.wasm),
  machineCode: stored.machineCode && { ...stored.machineCode, ...sourceIn(file, stored.machineCode) },
});

/**
 * What this run used comes first, in the order in which it came to it; then what was used last. What there is no room for is left out. `dropped`: chunks that are not to be kept,
 * though the key's file, as it is now (`file`), may have them.
 */
export function saveModules(
  store: CodeStore,
  key: string,
  candidates: readonly Candidate[],
  dropped: readonly Uint8Array[],
  file: StoredCode | undefined,
): void {
  const known = new Set([...candidates.map(({ chunk }) => chunk), ...dropped].map(identity));
  // Another process may have saved since.
  const others = [...storedModules(file)].filter(({ chunk }) => !known.has(identity(chunk)));
  const all = [...candidates, ...others.map((module) => storedCandidate(file!, module))];
  // later than all others: what has the same time was used by the same run
  const now = all.reduce((latest, { chunk }) => Math.max(latest, chunkLastUsed(chunk) + 1), Math.floor(Date.now() / 1000));
  for (const { chunk, usedAt } of all) if (usedAt > 0) setChunkLastUsed(chunk, now);
  all.sort((a, b) => chunkLastUsed(b.chunk) - chunkLastUsed(a.chunk) || a.usedAt - b.usedAt);
  let size = 0;
  const chosen = all.filter(({ chunk, wasm, machineCode }) => {
    const length = chunk.length + wasm.length + (machineCode?.length ?? 0);
    if (size + length > store.maxBytes) return false;
    size += length;
    return true;
  });
  let at = 0;
  const sources: Source[] = [];
  const place = (source: Source): number => {
    sources.push(source);
    const start = at;
    at += source.length;
    return start;
  };
  for (const { chunk, wasm, machineCode } of chosen)
    setChunkParts(chunk, place(wasm), machineCode && { ...machineCode, at: place(machineCode) });
  store.save(
    key,
    concat(chosen.map(({ chunk }) => chunk)),
    // zeros have another checksum: the module that they belong to is left aside when it is wanted
    sources.map(({ length, bytes }) => ({ length, bytes: () => bytes() ?? new Uint8Array(length) })),
  );
}
