/** A MachineHost with TCG as its engine, for any host: src/node and src/browser add what only they know. */
import { TcgAccel, type CodegenSetup } from './accel/tcg/accel.js';
import type { Checks } from './accel/tcg/checking.js';
import type { CodeCacheLimits } from './accel/tcg/codegen/code-cache.js';
import type { CodeGenerator } from './accel/tcg/codegen/wasm-generator.js';
import { arenaSizeFor, createEngineMemory, MAX_TB_SIZE } from './accel/tcg/memory.js';
import { EngineMemoryPool } from './accel/tcg/memory-pool.js';
import type { StartProfiler } from './accel/tcg/profile.js';
import type { TcgTuning } from './accel/tcg/codegen/tuning.js';
import { BACKENDS } from './backends/index.js';
import { TypeRegistry } from './qom/registry.js';
import type { EngineRequest, MachineHost } from './system/facade.js';
import { MachineRegistry } from './system/registry.js';
import type { Target } from './target/target.js';
import type { WasmDisassembler } from './tcg/wasm/disassemble.js';
import { PASSES } from './tcg/wasm/passes.js';
import * as read from './util/readers.js';
import { MiB } from './util/size.js';

/** How guest code is run. */
export interface EngineOptions {
  /** `tci` interprets everything; `wasm` (default) generates code for what is hot. */
  readonly backend?: 'tci' | 'wasm';
  /** Generate code in the machine's thread, at once. */
  readonly sync?: boolean;
  /** Executions after which a block is hot. */
  readonly hotThreshold?: number;
  /** How generated code is formed. */
  readonly tuning?: Omit<TcgTuning, 'threshold' | 'lockstep'>;
  /** Guest instructions of a block at most. */
  readonly maxInsns?: number;
  /** MiB of the TB cache; 0: the usual, 64. */
  readonly tbSize?: number;
  /** Sample where time goes (JitInfo.profile). */
  readonly profile?: boolean;
  /** Load what shows generated wasm as text (`-d out_asm`): the package wabt, which must be installed. */
  readonly disassemble?: boolean;
  /** Keep generated code for later runs: in the user's cache folder, or in this one. Needs a worker. */
  readonly codeCache?: boolean | string;
  /** Guest randomness from this seed instead of the host's entropy. */
  readonly seed?: number;
}

/** What hosts of all kinds take. */
export type CommonEngineOptions = Pick<EngineOptions, 'backend' | 'sync' | 'hotThreshold' | 'tuning' | 'maxInsns' | 'tbSize' | 'seed'>;

/** How each of them is checked. */
export const ENGINE_OPTIONS: read.Readers<CommonEngineOptions> = {
  backend: read.oneOf('tci', 'wasm'),
  sync: read.flag,
  hotThreshold: read.integer(1),
  tuning: read.record<NonNullable<EngineOptions['tuning']>>({
    chain: read.flag,
    indirect: read.flag,
    regionSize: read.integer(1),
    regionTbs: read.integer(1),
    join: read.flag,
    tlbReuse: read.flag,
    fusedMulAdd: read.flag,
    check: read.flag,
    cache: read.record<CodeCacheLimits>({ bytes: read.integer(0), modules: read.integer(0) }),
    passes: read.list(read.oneOf(...Object.keys(PASSES))),
  }),
  maxInsns: read.integer(1, 511),
  tbSize: read.integer(0, MAX_TB_SIZE),
  seed: read.integer(0),
};

/** All that says how code is generated, for whoever asks: it is passed on whole. */
export const tuningOf = ({ hotThreshold: threshold, tuning }: CommonEngineOptions): TcgTuning => ({
  ...tuning,
  threshold,
  lockstep: tuning?.check,
});

/** A host that lives until it is closed. */
export interface TcgHost extends MachineHost {
  readonly targets: readonly Target[];
  /** Ends the code generator (a worker thread) of the machines made with it, and makes no more. Those that are not closed must no longer run. */
  close(): void;
}

/** Tier 2 of a host's machines. */
export interface HostCodegen {
  /** Makes a machine's; without it everything runs in tci. */
  readonly codegen?: (setup: CodegenSetup) => CodeGenerator;
  /** Ends what they share. */
  readonly endCodegen?: () => void;
}

/** What the host must bring. */
export interface TcgHostParts extends Omit<MachineHost, 'machines' | 'types' | 'engine'>, HostCodegen {
  /** The compiled engine of the only target, or what compiles the one that is linked with a target, when the first machine of it is made. */
  readonly wasm: WebAssembly.Module | ((target: Target) => WebAssembly.Module);
  /** Those of this build (targets.ts), or some of them. */
  readonly targets: readonly Target[];
  readonly tuning?: TcgTuning;
  readonly maxInsns?: number;
  readonly tbSize?: number;
  /** What `tuning.check` asks for. */
  readonly checks?: Checks;
  readonly disassembleWasm?: WasmDisassembler;
  readonly startProfiler?: StartProfiler;
}

/** Guest memory beside -m: boot ROM, flash. */
const ROM_ALLOWANCE = 80 * MiB;

export function createTcgHost({
  wasm,
  targets,
  codegen,
  endCodegen,
  tuning,
  maxInsns,
  tbSize,
  checks,
  disassembleWasm,
  startProfiler,
  ...host
}: TcgHostParts): TcgHost {
  const accels = new Set<TcgAccel>();
  const pool = new EngineMemoryPool();
  let isClosed = false;
  const engines = new Map<Target, WebAssembly.Module>();
  const engineOf = (target: Target): WebAssembly.Module => {
    if (typeof wasm !== 'function') return wasm;
    const module = engines.get(target) ?? wasm(target);
    engines.set(target, module);
    return module;
  };
  return {
    ...host,
    targets,
    machines: new MachineRegistry(targets.flatMap(({ machines }) => machines)),
    types: new TypeRegistry(
      targets.flatMap(({ devices }) => devices),
      targets.flatMap(({ cpus }) => cpus),
      BACKENDS,
    ),
    engine({ machine, ramSize, smp, icount, plugins }: EngineRequest) {
      if (isClosed) throw new Error('the host is closed: it makes no more machines');
      const target = targets.find(({ machines }) => machines.includes(machine))!;
      const arenaSize = arenaSizeFor(smp, plugins !== undefined, tbSize);
      const memory = createEngineMemory(ramSize + ROM_ALLOWANCE, arenaSize, pool.take, 1 << target.traits.pageBits);
      const accelerator = new TcgAccel({
        isa: target,
        wasm: engineOf(target),
        memory,
        hasSoleVcpu: smp === 1,
        codegen,
        tuning,
        maxInsns,
        checks,
        disassembleWasm,
        startProfiler,
        icount: icount !== undefined,
        instrumentation: plugins,
      });
      accels.add(accelerator);
      return {
        ram: memory.ram,
        accelerator,
        close() {
          accels.delete(accelerator);
          const clear = accelerator.close();
          if (!isClosed) pool.give(memory.memory, clear);
        },
      };
    },
    close() {
      isClosed = true;
      for (const accel of accels) accel.dispose();
      accels.clear();
      pool.clear();
      endCodegen?.();
    },
  };
}
