/** The one shared memory of a machine: [runtime data][arena: envs, TBs, tci code][guest RAM, ROM, flash]. */
import { SCORES_MAX } from '../../../assembly/shared/layout.js';
import { LinearRamAllocator } from '../../memory/ram.js';
import { errorMessage, OptionError } from '../../util/errors.js';

export const WASM_PAGE = 0x1_0000;
const MAX_PAGES = 65536;
const MiB = 0x10_0000;

/** Statics and the stub heap of the AssemblyScript module end below: asconfig.json's initialMemory, with room to spare. */
export const RUNTIME_DATA_END = 1 * MiB;

/** Arena sizes in bytes: some 300 bytes of TB record and tci code a guest instruction block of average length. */
const DEFAULT_ARENA_SIZE = 64 * MiB;
/** What each vCPU takes of the arena, with some room: its env with the TLBs, its jump caches. */
const VCPU_ARENA_SIZE = 1.25 * MiB;
/** MiB of a TB cache at most: of the 4 GiB that there are, guest memory wants some. */
export const MAX_TB_SIZE = 2048;
/** What a TB cache has at least: a few megabytes are the hash tables. */
const LEAST_TB_SIZE = 8;
/** Bytes for so many vCPUs. `tbSize`: of the TB cache, MiB (QEMU's tb-size); 0: the usual. The first vCPU is part of it. */
export const arenaSizeFor = (vcpus: number, withScores = false, tbSize = 0): number =>
  (tbSize === 0 ? DEFAULT_ARENA_SIZE : Math.max(tbSize, LEAST_TB_SIZE) * MiB) +
  (vcpus - 1) * VCPU_ARENA_SIZE +
  (withScores ? vcpus * 8 * SCORES_MAX : 0);

export interface EngineMemory {
  readonly memory: WebAssembly.Memory;
  readonly arena: { readonly start: number; readonly end: number };
  /** Cuts guest memory from what follows the arena. */
  readonly ram: LinearRamAllocator;
}

/** Makes or finds a zeroed memory of at least so many pages. */
export type MemorySource = (pages: number) => WebAssembly.Memory;

/** `ramSize`: bytes of all guest memory together, ROMs and flash included. Untouched pages cost address space only. `pageSize`: the target's. */
export function createEngineMemory(
  ramSize: number,
  arenaSize = DEFAULT_ARENA_SIZE,
  source: MemorySource = newMemory,
  pageSize?: number,
): EngineMemory {
  const arena = { start: RUNTIME_DATA_END, end: RUNTIME_DATA_END + Math.ceil(arenaSize / WASM_PAGE) * WASM_PAGE };
  const pages = Math.ceil((arena.end + ramSize) / WASM_PAGE);
  if (pages > MAX_PAGES) {
    const most = Math.floor((MAX_PAGES * WASM_PAGE - arena.end) / MiB);
    throw new OptionError(`guest memory of ${Math.ceil(ramSize / MiB)} MiB, ROMs included, is more than the engine's ${most} MiB`, '-m');
  }
  const memory = source(pages);
  return { memory, arena, ram: new LinearRamAllocator(memory.buffer, arena.end, pages * WASM_PAGE, pageSize) };
}

/** @throws OptionError if the host gives none */
export function newMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    // Firefox throws a string. Whatever their size, engines reserve 8 to 10 GiB of addresses for each memory, and that is what runs out.
    throw new OptionError(
      `this host gives no more memory (${errorMessage(error)}): each machine reserves about 10 GiB of address space, ` +
        `${Math.ceil((pages * WASM_PAGE) / MiB)} MiB of them used; a limit (ulimit -v) is too low, or too many machines of this process are not closed`,
    );
  }
}
