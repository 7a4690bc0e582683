/** What became of guest code, stage by stage, for whoever wants to look: guest code, IR, optimised IR; and what to ask a code generator for to have its wasm. */
import * as layout from '../../../assembly/shared/layout.js';
import { ENV } from './env.js';
import { readEnv } from './env-field.js';
import { TcgContext } from '../../tcg/context.js';
import { optimize } from '../../tcg/optimize.js';
import { formatIr } from '../../tcg/text.js';
import type { Disassembler, Isa } from '../../target/target.js';
import { TranslateFault, type TargetFrontend, type TbSource } from '../../target/translator.js';
import type { CodeView, FunctionCode, FunctionInfo } from '../code-view.js';
import type { RegionRecord } from './codegen/code-cache.js';
import type { CodegenInit, GenerateRequest } from './codegen/protocol.js';
import { requestAgain } from './codegen/region-request.js';
import { TbReader } from './codegen/regions.js';
import { regionLimits } from './codegen/tuning.js';
import type { CodeGenerator } from './codegen/wasm-generator.js';
import { listGuestCode } from './guest-listing.js';

/** A guest function: its stages, and the request that makes its code again, elsewhere. */
export interface InspectedFunction extends FunctionCode {
  readonly init: CodegenInit;
  readonly request: GenerateRequest;
}

/** Guest instructions that a block has at most, as the translator makes them. */
const MAX_INSNS = 64;

export class CodeInspector {
  /** Of its own: the translator's may be in the middle of a block. */
  private readonly frontend: TargetFrontend;
  private readonly disassemble: Disassembler;
  private readonly ctx: TcgContext;
  private readonly tbs: TbReader;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    isa: Isa,
    private readonly init: CodegenInit,
    private readonly generator: CodeGenerator | undefined,
    private readonly symbolAt: (pc: bigint) => string | undefined,
  ) {
    this.frontend = isa.createFrontend(init.config);
    this.disassemble = isa.createDisassembler(init.config);
    this.ctx = new TcgContext(isa.globals, isa.helpers);
    this.tbs = new TbReader(init.memory, isa.traits.pageBits);
    this.bytes = new Uint8Array(init.memory.buffer);
    this.view = new DataView(init.memory.buffer);
  }

  /** Guest functions that have generated code, those with most guest instructions first. */
  functions(): FunctionInfo[] {
    const regions = [...(this.generator?.regions?.() ?? [])];
    return regions.map((region) => this.info(region)).sort((a, b) => b.insns - a.insns);
  }

  /** Undefined: there is none of that number any more. */
  function(id: number): InspectedFunction | undefined {
    const region = [...(this.generator?.regions?.() ?? [])].find((each) => each.id === id);
    if (!region) return undefined;
    const request = requestAgain(this.tbs, region, regionLimits(this.init.tuning).indirect);
    return {
      info: this.info(region),
      blocks: region.tbs.map((tb, i) => this.block(tb, region.entries.includes(i))),
      init: this.init,
      request: { kind: 'generate', batch: id, regions: [request], wantBinary: true },
    };
  }

  /** The block at `pc` as it would be translated now, from a copy of what is there; undefined: that is no whole instruction. */
  blockAt(env: number, pc: bigint, code: Uint8Array): CodeView | undefined {
    const source: TbSource = {
      pc,
      flags: readEnv(this.view, env, ENV.tbFlags) | 0,
      csBase: readEnv(this.view, env, ENV.csBase),
      cflags: readEnv(this.view, env, ENV.cflags) & ~layout.CF_COUNT_MASK,
      maxInsns: MAX_INSNS,
      bytes: code,
      host: 0,
      nextPage: () => 0,
    };
    return this.stages(source);
  }

  private info({ id, tbs, entries }: RegionRecord): FunctionInfo {
    const pc = this.pcOf(tbs[0]);
    const insns = tbs.reduce((sum, tb) => sum + this.tbs.get(tb, layout.TB_ICOUNT), 0);
    return { id, pc, symbol: this.symbolAt(pc), blocks: tbs.length, entries: entries.length, insns };
  }

  private pcOf(tb: number): bigint {
    return this.view.getBigUint64(tb + layout.TB_PC, true);
  }

  private block(tb: number, isEntry: boolean): CodeView {
    const get = (field: number): number => this.tbs.get(tb, field);
    const view = this.stages({
      pc: this.pcOf(tb),
      flags: get(layout.TB_FLAGS) | 0,
      csBase: get(layout.TB_CS_BASE),
      cflags: get(layout.TB_CFLAGS) | 0,
      maxInsns: get(layout.TB_ICOUNT),
      bytes: this.bytes,
      host: get(layout.TB_HOST0),
      nextPage: () => get(layout.TB_HOST1),
    });
    const counters = { interpreted: get(layout.TB_EXEC_COUNT), tripCount: get(layout.TB_ROUNDS), size: get(layout.TB_SIZE), isEntry };
    return { ...(view ?? { pc: this.pcOf(tb), guest: '', ir: '', optimized: '' }), ...counters };
  }

  private stages(source: TbSource): CodeView | undefined {
    const { ctx, frontend } = this;
    ctx.reset();
    let size: number;
    try {
      ({ size } = frontend.translate(ctx, source));
    } catch (error) {
      if (error instanceof TranslateFault) return undefined;
      throw error;
    }
    const ir = formatIr(ctx);
    optimize(ctx);
    return {
      pc: source.pc,
      size,
      guest: listGuestCode(this.disassemble, source.bytes, source, size),
      ir,
      optimized: formatIr(ctx),
    };
  }
}
