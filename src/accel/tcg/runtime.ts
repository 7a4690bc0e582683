/** The AssemblyScript runtime (assembly/) as TypeScript sees it: its imports, its exports, its tables. */
import type { WasmExports } from '../../util/web-assembly.js';
import type { HelperDef } from '../../tcg/opcodes.js';
import { ENGINE_ARENA_NEXT, ENGINE_ARENA_TOP, ENGINE_PHYSMAP } from '../../../assembly/shared/layout.js';
import { TcgError } from './errors.js';

/** What the runtime asks of TypeScript: assembly/core/host.ts. Called from the middle of guest code: none of them may throw but a HostError, which ends the machine. */
export interface RuntimeHost {
  translate(env: number, pcLo: number, pcHi: number): number;
  mmioRead(env: number, address: number, size: number): number;
  mmioWrite(env: number, address: number, size: number): number;
  checkSlice(): void;
  tbHot(tb: number): void;
  tbMisses(tb: number): void;
  tbEntered(tb: number): void;
  regionInvalidated(region: number): void;
  tbFlushed(): void;
  /** With ENGINE_ABSENT. @throws HostError */
  fetchPage(host: number, size: number): void;
  /** What plugins have put into code. */
  pluginCall(env: number, id: number): void;
  pluginMem(env: number, id: number, info: number, address: bigint, value: bigint, operand: bigint, other: bigint): void;
  /** With TELL_DISCONTINUITIES. */
  discontinuity(env: number, kind: number, from: bigint): void;
  /** With TELL_FILLS. Address, TLB_KIND_*, and the physical one: -1: a fault. */
  tlbFilled(env: number, lo: number, hi: number, access: number, mmuIdx: number, phys: number): void;
}

/** What the target's part of a runtime asks of the vCPU's owner, by name: functions whose first argument is the env. */
export type TargetImports = Readonly<Record<string, (env: number, ...args: never[]) => unknown>>;

/** The names of these functions. */
export const targetImportNames = (module: WebAssembly.Module): string[] =>
  WebAssembly.Module.imports(module).flatMap(({ module: from, name }) => (from === 'target' ? [name] : []));

/** assembly/index.ts, but for helpers and what only targets call. u64 and i64 are bigints here, usize and u32 signed or unsigned numbers. */
export interface RuntimeExports {
  readonly table: WebAssembly.Table;
  runtimeInit(start: number, end: number): number;
  runtimeAttach(engine: number): number;
  engineEnter(): number;
  engineLeave(): void;
  cpuCreate(cpuIndex: number): number;
  cpuExec(env: number): number;
  cpuInsnCount(env: number): bigint;
  cpuRequestExit(env: number): void;
  /** -1: nowhere. */
  cpuPhysical(env: number, lo: number, hi: number, kind: number, mmuIdx: number): number;
  /** 0: no room. */
  scoresCreate(env: number): number;
  cpuProbe(env: number, lo: number, hi: number, size: number, kind: number): number;
  cpuTranslateDebug(env: number, lo: number, hi: number): number;
  codeNextPage(env: number): number;
  codeNextPhysPage(): number;
  tlbFlush(env: number): void;
  tlbFlushAllCpus(): void;
  tlbFlushPage(env: number, address: bigint): void;
  tlbStatFlushes(env: number): number;
  breakpointFrom(env: number, first: bigint, last: bigint): bigint;
  breakpointInsert(env: number, pc: bigint, flags: number): number;
  breakpointRemove(env: number, pc: bigint, flags: number): number;
  breakpointsRemove(env: number, flags: number): void;
  watchpointInsert(env: number, first: bigint, last: bigint, flags: number): number;
  watchpointRemove(env: number, first: bigint, last: bigint, flags: number): number;
  watchpointsRemove(env: number, flags: number): void;
  tbAlloc(bytes: number): number;
  codeTableAlloc(bytes: number): number;
  tbRegister(tb: number): number;
  tbInvalidate(tb: number): void;
  tbsCollect(cflags: number, at: number, end: number): number;
  tbPack(tb: number, at: number, end: number): number;
  tbsUnpack(cflags: number, at: number, end: number): number;
  tbPageKey(env: number, cflags: number): number;
  tbsPackByPage(cflags: number, list: number, count: number, at: number, end: number): number;
  tbsUnpackPage(env: number, at: number, end: number): number;
  tbKnown(env: number): number;
  tbInvalidatePhysRange(start: number, length: number): void;
  tbInPhysRange(start: number, length: number): number;
  tbFlushAll(): void;
  tbStatCount(): number;
  tbStatInvalidated(): number;
  tbStatFlushes(): number;
  arenaUsed(): number;
  arenaFree(): number;
  dirtyWatch(start: number, end: number): number;
  dirtyMark(host: number, length: number): void;
  dirtyCount(): number;
  memoryClear(start: number, end: number, most: number): number;
  setHotThreshold(count: number): void;
  setJoinThreshold(count: number): void;
  tciExec(env: number, tb: number): number;
  ldSlow(env: number, address: bigint, oi: number): bigint;
  stSlow(env: number, address: bigint, value: bigint, oi: number): void;
  targetDoInterrupt(env: number): void;
  targetReset(env: number): void;
  // assembly/debug.ts: the debug build only
  checkTbs?(): number;
  checkTlbs?(env: number): number;
  lockstepStart?(): number;
}

const CLOSED = new Proxy({} as never, {
  get: () => {
    throw new TcgError('the machine is closed');
  },
});

/** A string of AssemblyScript: UTF-16, its length in bytes before it. */
function textAt(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return '';
  const view = new DataView(memory.buffer);
  const length = view.getUint32(pointer - 4, true) >> 1;
  return String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint16(pointer + 2 * i, true)));
}

export class Runtime {
  /** Everything, helpers and the targets' own exports included. */
  allExports: WasmExports;
  exports: RuntimeExports;
  /** Address of the engine record (ENGINE_*). */
  readonly engine: number;
  private readonly helperIndexes = new Map<string, number>();

  constructor(
    module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
    host: RuntimeHost,
    /** Where a new engine is to be, or the one of another thread's runtime to work on: see runtimeAttach. */
    place: { readonly start: number; readonly end: number } | { readonly engine: number },
    target: TargetImports = {},
  ) {
    const abort = (message: number, file: number, line: number, column: number): never => {
      const text = textAt(memory, message);
      throw new TcgError(`${text === '' ? 'assertion failed' : text} (${textAt(memory, file)}:${line}:${column})`);
    };
    this.allExports = new WebAssembly.Instance(module, {
      env: { memory, abort },
      host: host as unknown as WebAssembly.ModuleImports,
      target,
    }).exports;
    this.exports = this.allExports as unknown as RuntimeExports;
    if ('engine' in place) {
      this.engine = place.engine;
      this.exports.runtimeAttach(this.engine);
      return;
    }
    this.engine = this.exports.runtimeInit(place.start, place.end) >>> 0;
    if (this.engine === 0) throw new TcgError(`code arena too small: ${place.end - place.start} bytes`);
  }

  /** Puts functions in the place of exports, for whoever asks from now on (a machine that is profiled). */
  replace(functions: Readonly<WasmExports>): void {
    this.allExports = { ...this.allExports, ...functions };
    this.exports = this.allExports as unknown as RuntimeExports;
  }

  /** From here on every use is an error: the memory may be another machine's. */
  close(): void {
    this.allExports = this.exports = CLOSED;
  }

  /** The physical map's address (PHYSMAP_*). */
  get physmap(): number {
    return this.field(ENGINE_PHYSMAP);
  }

  /** The arena's free part, from a multiple of 8 on. */
  get arenaRoom(): { readonly start: number; readonly end: number } {
    return { start: ((this.field(ENGINE_ARENA_NEXT) + 7) & ~7) >>> 0, end: this.field(ENGINE_ARENA_TOP) };
  }

  /** A u32 of the engine record (ENGINE_*). */
  field(offset: number): number {
    return new DataView(this.memory.buffer).getUint32(this.engine + offset, true);
  }

  /**
   * Does something with TBs, whose addresses stay good meanwhile. False: it was not done, as all TBs are about to go; there will be another time.
   * Not from inside of a vCPU's exec, where they stay anyway.
   */
  inside(work: () => void): boolean {
    const { engineEnter, engineLeave } = this.exports;
    if (engineEnter() === 0) return false;
    try {
      work();
    } finally {
      engineLeave();
    }
    return true;
  }

  /**
   * Function-table indexes of a target's helpers, by helper number. Puts each into the table once: first of all, so that the instances of an engine agree on them,
   * as tci code holds them.
   */
  helperTable(helpers: readonly HelperDef[], lookup = (name: string): unknown => this.allExports[`helper_${name}`]): number[] {
    return helpers.map(({ name }) => {
      let index = this.helperIndexes.get(name);
      if (index === undefined) {
        const func = lookup(name);
        if (typeof func !== 'function') throw new TcgError(`the runtime has no helper_${name}`);
        index = this.exports.table.grow(1, func);
        this.helperIndexes.set(name, index);
      }
      return index;
    });
  }
}
