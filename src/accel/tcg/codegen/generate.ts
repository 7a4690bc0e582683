/** Requests to modules: runs the frontend and the optimiser again on the guest's bytes, and lowers the result. */
import { TcgContext, type GlobalDef } from '../../../tcg/context.js';
import { instrument, PLUGIN_HELPERS } from '../../../tcg/instrument.js';
import { optimize } from '../../../tcg/optimize.js';
import { compileRegions } from '../../../tcg/wasm/compile.js';
import type { TargetInfo, VerifyRegion } from '../../../tcg/wasm/target-info.js';
import { hasFusedMulAdd } from '../../../tcg/wasm/relaxed-simd.js';
import { copyIr, type Region, type TbIr } from '../../../tcg/wasm/region.js';
import type { Isa } from '../../../target/target.js';
import type { TargetFrontend } from '../../../target/translator.js';
import type { CodegenTimes, CodeOptions, GenerateReply, GenerateRequest, RegionRequest, TbRequest } from './protocol.js';

export type Compile = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;

export function targetOf(isa: Isa, { icount, env, tuning = {} }: CodeOptions, compile: Compile, verify?: VerifyRegion): TargetInfo {
  const { globals, traits } = isa;
  const { tlbReuse, fusedMulAdd = true, lockstep } = tuning;
  const globalOffset = globals.map((g) => g.offset);
  const helpers = [...isa.helpers, ...PLUGIN_HELPERS];
  const those = (test: (global: GlobalDef) => boolean) => new Set(globals.flatMap((global, g) => (test(global) ? [g] : [])));
  return {
    globalOffset,
    words: those(({ bits }) => bits === 32),
    notes: those(({ isNote = false }) => isNote),
    helpers,
    traits,
    env,
    icount,
    tlbReuse,
    fusedMulAdd: fusedMulAdd && hasFusedMulAdd(compile),
    verify,
    lockstep,
  };
}

export class RegionCompiler {
  private readonly ctx: TcgContext;
  private readonly target: TargetInfo;
  private readonly frontend: TargetFrontend;
  private readonly passes: readonly string[];

  constructor(
    isa: Isa,
    private readonly memory: WebAssembly.Memory,
    options: CodeOptions,
    /** Makes the module; a host may know how to get the engine's best code at once. */
    private readonly compile: Compile = (bytes) => new WebAssembly.Module(bytes),
    /** Looks at regions after each pass. */
    verify?: VerifyRegion,
  ) {
    this.frontend = isa.createFrontend(options.config);
    this.passes = options.tuning?.passes ?? [];
    this.target = targetOf(isa, options, compile, verify);
    this.ctx = new TcgContext(isa.globals, this.target.helpers);
  }

  /** Never throws: a batch that cannot be made says why, and its TBs stay in tci. */
  generate(request: GenerateRequest): GenerateReply {
    const watch = new Stopwatch();
    const reply = { kind: 'generated', batch: request.batch } as const;
    let insns = 0;
    try {
      const regions: Region[] = [];
      const functions: number[] = [];
      for (const wanted of request.regions) {
        const region = this.translate(wanted);
        if (region === undefined) continue;
        regions.push(region);
        functions.push(wanted.id);
        for (const { icount } of wanted.tbs) insns += icount;
      }
      watch.lap('translateMs');
      const { passes } = this;
      if (regions.length === 0) return { ...reply, functions, bytes: 0, insns: 0, times: watch.times };
      const bytes = compileRegions(regions, this.target, (module) => {
        watch.lap('lowerMs');
        if (passes.length > 0) module.runPasses([...passes]);
      });
      watch.lap('emitMs');
      const module = this.compile(bytes);
      watch.lap('compileMs');
      const binary = request.wantBinary ? bytes : undefined;
      return { ...reply, functions, module, binary, bytes: bytes.length, insns, times: watch.times };
    } catch (error) {
      return { ...reply, functions: [], bytes: 0, insns, times: watch.times, error: String(error) };
    }
  }

  /** The region's IR, or undefined if the guest's bytes no longer give the TBs that were asked for. */
  private translate(wanted: RegionRequest): Region | undefined {
    const tbs: TbIr[] = [];
    for (const tb of wanted.tbs) {
      const ir = this.translateTb(tb);
      if (ir === undefined) return undefined;
      tbs.push(ir);
    }
    return { tbs, entries: wanted.entries };
  }

  private translateTb(tb: TbRequest): TbIr | undefined {
    const { ctx } = this;
    const pc = (BigInt(tb.pcHi >>> 0) << 32n) | BigInt(tb.pcLo >>> 0);
    ctx.reset();
    const { icount, size } = this.frontend.translate(ctx, {
      pc,
      flags: tb.flags,
      csBase: tb.csBase,
      cflags: tb.cflags,
      maxInsns: tb.icount,
      bytes: new Uint8Array(this.memory.buffer),
      host: tb.host0,
      nextPage: () => tb.host1,
    });
    if (icount !== tb.icount || size !== tb.size) return undefined;
    if (tb.injections) instrument(ctx, tb.injections);
    optimize(ctx);
    return copyIr(ctx, pc, icount, tb);
  }
}

class Stopwatch {
  readonly times = { translateMs: 0, lowerMs: 0, emitMs: 0, compileMs: 0 } satisfies CodegenTimes;
  private last = performance.now();

  /** What has passed since the last lap was spent in this. */
  lap(part: keyof CodegenTimes): void {
    const now = performance.now();
    this.times[part] += now - this.last;
    this.last = now;
  }
}
