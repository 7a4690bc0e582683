/** Guest code to a registered TB (QEMU's translate-all.c): frontend, optimiser, tci code, record. The runtime's import `translate`. */
import * as layout from '../../../assembly/shared/layout.js';
import { ENV } from './env.js';
import { readEnv } from './env-field.js';
import { TcgContext } from '../../tcg/context.js';
import { instrument, PLUGIN_HELPERS, type Injection } from '../../tcg/instrument.js';
import { optimize } from '../../tcg/optimize.js';
import { Op, OP_WORDS } from '../../tcg/opcodes.js';
import { disassembleTci } from '../../tcg/tci/disas.js';
import { TciLowering, TciOverflow } from '../../tcg/tci/lower.js';
import { formatIr } from '../../tcg/text.js';
import type { TciInfo } from '../jit-info.js';
import type { Log } from '../../util/log.js';
import { listGuestCode } from './guest-listing.js';
import { insnOffsets, type Instrumentation } from './instrumentation.js';
import type { PersistentPages } from './persistent-pages.js';
import type { Runtime } from './runtime.js';
import type { Disassembler, Isa } from '../../target/target.js';
import { TranslateFault, type TargetFrontend, type TbSource } from '../../target/translator.js';
import { hex, traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({ translate_block: (tb: number, pc: bigint, size: number) => `tb:${hex(tb)}, pc:${hex(pc)}, size:${size}` });

const DEFAULT_MAX_INSNS = 64;
/** What breakpointFrom says where there is none. */
const NO_BREAKPOINT = (1n << 64n) - 1n;

interface CompiledTb {
  readonly size: number;
  readonly icount: number;
  /** What plugins have added. */
  readonly injections?: readonly Injection[];
}

export interface TranslatorStats {
  tbs: number;
  /** Guest instructions and bytes translated. */
  insns: number;
  guestBytes: number;
  tciBytes: number;
  /** Milliseconds in all of it. */
  translateMs: number;
  /** Flushes because the arena was full. */
  arenaFlushes: number;
  /** TBs that had to be made shorter for the tci format. */
  overflows: number;
  /** What the translator itself could not do; the machine stops with EXEC_TRANSLATE_FAILED. */
  lastError: string;
}

export interface TranslatorOptions {
  readonly maxInsns?: number;
  readonly fences?: boolean;
  readonly log?: Log;
  /** For `-d in_asm`. */
  readonly symbolAt?: (pc: bigint) => string | undefined;
  /**
   * Optimise the IR (default). With a tier above tci it does not pay: half of the TBs of a Linux boot run fewer than ten times, and what is
   * hot is optimised there. Measured: 0.4 s of 1.0 s for the boot's 72,000 TBs; tci code 10% longer.
   */
  readonly optimize?: boolean;
  /** Looks at each TB's IR, as the frontend emitted it and as the optimiser left it; throws what is wrong with it. */
  readonly verify?: (ctx: TcgContext) => void;
  /** Hears of each TB that was made; `injections`: what plugins have added to it. */
  readonly translated?: (tb: number, injections?: readonly Injection[]) => void;
  /** TBs of earlier runs. */
  readonly persistent?: Pick<PersistentPages, 'find' | 'translated'> | undefined;
  /** Plugins. */
  readonly instrumentation?: Instrumentation;
}

export class Translator {
  readonly stats: TranslatorStats = {
    tbs: 0,
    insns: 0,
    guestBytes: 0,
    tciBytes: 0,
    translateMs: 0,
    arenaFlushes: 0,
    overflows: 0,
    lastError: '',
  };
  private readonly frontend: TargetFrontend;
  private disassembler: Disassembler | undefined;
  private readonly pageSize: number;
  private readonly ctx: TcgContext;
  private readonly lowering: TciLowering;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly units: Uint16Array;
  private readonly view: DataView;

  constructor(
    private readonly runtime: Runtime,
    private readonly isa: Isa,
    private readonly config: unknown,
    private readonly options: TranslatorOptions = {},
  ) {
    const { traits } = isa;
    this.frontend = isa.createFrontend(config);
    this.pageSize = 1 << traits.pageBits;
    const helpers = options.instrumentation ? [...isa.helpers, ...PLUGIN_HELPERS] : isa.helpers;
    this.ctx = new TcgContext(isa.globals, helpers);
    const resumable = !(options.optimize ?? true);
    const helperIndex = runtime.helperTable(helpers);
    this.lowering = new TciLowering({ helperIndex, fences: options.fences, resumable });
    const { buffer } = runtime.memory; // a fixed size: the views stay good
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.units = new Uint16Array(buffer);
    this.view = new DataView(buffer);
  }

  info(restored = 0): TciInfo {
    const { tbs, insns, guestBytes, tciBytes: bytes, translateMs, overflows } = this.stats;
    return { tbs, restored, insns, guestBytes, bytes, translateMs, overflows };
  }

  /** Makes the TB that the env describes. 0: a guest fault is pending, or (see stats.lastError) the translator failed. Never throws. */
  translate(env: number, pcLo: number, pcHi: number): number {
    const start = performance.now();
    try {
      return this.make(env >>> 0, pcLo, pcHi);
    } catch (error) {
      if (error instanceof TranslateFault) return 0;
      this.stats.lastError = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.options.log?.write(`translation failed: ${this.stats.lastError}\n`);
      return 0;
    } finally {
      this.stats.translateMs += performance.now() - start;
    }
  }

  private make(env: number, pcLo: number, pcHi: number): number {
    const { runtime, view, words, pageSize } = this;
    const { persistent, log } = this.options;
    // what is to be seen is made
    const known = persistent && !log?.has('in_asm') ? persistent.find(env) : 0;
    if (known !== 0) return known;
    const host = readEnv(view, env, ENV.codeHost);
    const cflags = readEnv(view, env, ENV.codeCflags) | 0;
    let host1 = 0;
    let page1: number = layout.NO_PAGE;
    const source = {
      pc: (BigInt(pcHi >>> 0) << 32n) | BigInt(pcLo >>> 0),
      flags: readEnv(view, env, ENV.tbFlags) | 0,
      csBase: readEnv(view, env, ENV.csBase),
      cflags,
      maxInsns: cflags & layout.CF_COUNT_MASK || (this.options.maxInsns ?? DEFAULT_MAX_INSNS),
      bytes: this.bytes,
      host,
      nextPage: () => {
        host1 = runtime.exports.codeNextPage(env) >>> 0;
        if (host1 !== 0) page1 = runtime.exports.codeNextPhysPage() >>> 0;
        return host1;
      },
    };
    const { size, icount, injections } = this.compile(source, env);
    const { code } = this.lowering;
    const unitCount = code.size;
    const tb = runtime.exports.tbAlloc(unitCount * 2 + icount * 4) >>> 0;
    if (tb === 0) return this.overflow();
    const tciCode = tb + layout.TB_RECORD_SIZE;
    const insnTable = tciCode + unitCount * 2;

    const set = (field: number, value: number) => (words[(tb + field) >> 2] = value);
    set(layout.TB_PC, pcLo);
    set(layout.TB_PC + 4, pcHi);
    set(layout.TB_FLAGS, source.flags);
    set(layout.TB_CS_BASE, source.csBase);
    set(layout.TB_CFLAGS, cflags);
    set(layout.TB_SIZE, size);
    set(layout.TB_ICOUNT, icount);
    const phys = readEnv(view, env, ENV.codePhys);
    set(layout.TB_PHYS_PAGE0, Math.floor(Number(phys) / pageSize)); // below 2^53
    const crosses = (pcLo & (pageSize - 1)) + size > pageSize;
    if (crosses && (icount > 1 || size > this.isa.traits.maxInsnSize || host1 === 0))
      throw new RangeError(`the frontend of '${this.isa.name}' has read code beyond its page`);
    set(layout.TB_PHYS_PAGE1, crosses ? page1 : layout.NO_PAGE);
    set(layout.TB_HOST0, host);
    set(layout.TB_HOST1, crosses ? host1 : 0);
    set(layout.TB_INSN_TABLE, insnTable);
    code.copyTo(this.units, tciCode >> 1, insnTable >> 1);
    if (runtime.exports.tbRegister(tb) === 0) return this.overflow();
    // optimised code keeps values from one instruction to the next; and what plugins do before an instruction must not be done again
    if ((this.options.optimize ?? true) || injections) Atomics.or(words, (tb + layout.TB_STATE) >> 2, layout.TB_STATE_CALLS);
    this.stats.tbs++;
    this.stats.insns += icount;
    this.stats.guestBytes += size;
    this.stats.tciBytes += unitCount * 2;
    this.options.log?.trace(TRACE.translate_block, tb, source.pc, size);
    persistent?.translated(tb);
    this.options.translated?.(tb, injections);
    return tb;
  }

  /** Frontend, optimiser, tci lowering; again with fewer instructions if there is a breakpoint behind the first, or the code is too long for the format. */
  private compile(source: TbSource, env: number): CompiledTb {
    const { ctx, frontend } = this;
    for (let { maxInsns } = source; ;) {
      ctx.reset();
      const result = frontend.translate(ctx, maxInsns === source.maxInsns ? source : { ...source, maxInsns });
      const before = this.insnsBeforeBreakpoint(env, source.pc, result.size);
      if (before < result.icount) {
        maxInsns = before;
        continue;
      }
      this.options.verify?.(ctx);
      this.logGuest(source, result.size);
      const injections = this.instrument(source, result.size, env);
      this.logStage('op', 'OP', source.pc);
      if (this.options.optimize ?? true) {
        optimize(ctx);
        this.options.verify?.(ctx);
        this.logStage('op_opt', 'OP after optimization', source.pc);
      }
      try {
        this.lowering.lower(ctx);
      } catch (error) {
        if (!(error instanceof TciOverflow) || result.icount <= 1) throw error;
        this.stats.overflows++;
        maxInsns = result.icount >> 1;
        continue;
      }
      this.logCode(source.pc);
      return { size: result.size, icount: result.icount, injections };
    }
  }

  /** What plugins add to the TB in `ctx`; undefined: nothing. */
  private instrument(source: TbSource, size: number, env: number): readonly Injection[] | undefined {
    const { instrumentation } = this.options;
    if (!instrumentation) return undefined;
    const injections = instrumentation
      .translated({
        cpu: readEnv(this.view, env, ENV.cpuIndex),
        pc: source.pc,
        physical: readEnv(this.view, env, ENV.codePhys),
        source,
        pageSize: this.pageSize,
        offsets: insnOffsets(this.ctx, size),
      })
      .filter(({ access }) => access !== 0 || (source.cflags & layout.CF_MEMI_ONLY) === 0);
    if (injections.length === 0) return undefined;
    this.logStage('op_plugin', 'OP before plugin injection', source.pc);
    instrument(this.ctx, injections);
    return injections;
  }

  /** The virtual pc of the first breakpoint of a vCPU behind a TB's first instruction. */
  private breakpointIn(env: number, pc: bigint, size: number): bigint | undefined {
    if (this.words[(this.runtime.engine + layout.ENGINE_BREAKPOINTS) >> 2] === 0) return undefined;
    const found = BigInt.asUintN(64, this.runtime.exports.breakpointFrom(env, pc + 1n, pc + BigInt(size - 1)));
    return found === NO_BREAKPOINT ? undefined : found;
  }

  /** How many instructions of the TB in `ctx` come before the first one with a breakpoint; Infinity: there is none. */
  private insnsBeforeBreakpoint(env: number, pc: bigint, size: number): number {
    for (let found = this.breakpointIn(env, pc, size); found !== undefined;) {
      const offset = Number(found - pc);
      const insn = this.insnAt(offset);
      if (insn > 0) return insn;
      found = this.breakpointIn(env, found, size - offset); // it is in the middle of one: nobody comes there in this TB
    }
    return Infinity;
  }

  /** Which instruction of the TB in `ctx` begins at an offset; -1: none. */
  private insnAt(offset: number): number {
    const { ops, opCount } = this.ctx;
    for (let op = 0, insn = 0; op < opCount; op++) {
      if (ops[op * OP_WORDS] !== Op.insn_start) continue;
      if (ops[op * OP_WORDS + 1] === offset) return insn;
      insn++;
    }
    return -1;
  }

  /** The tci code that the guest's bytes give for a TB now; undefined: its instructions are others. */
  again(tb: number): Uint16Array | undefined {
    const { ctx, lowering, words } = this;
    const get = (field: number): number => words[(tb + field) >> 2];
    ctx.reset();
    const { size, icount } = this.frontend.translate(ctx, {
      pc: this.view.getBigUint64(tb + layout.TB_PC, true),
      flags: get(layout.TB_FLAGS),
      csBase: get(layout.TB_CS_BASE),
      cflags: get(layout.TB_CFLAGS),
      maxInsns: get(layout.TB_ICOUNT),
      bytes: this.bytes,
      host: get(layout.TB_HOST0) >>> 0,
      nextPage: () => get(layout.TB_HOST1) >>> 0,
    });
    if (size !== get(layout.TB_SIZE) || icount !== get(layout.TB_ICOUNT)) return undefined;
    if (this.options.optimize ?? true) optimize(ctx);
    lowering.lower(ctx);
    return lowering.code.units.subarray(0, lowering.code.size);
  }

  /** The arena is full: all TBs go, and the dispatcher asks again. */
  private overflow(): number {
    this.stats.arenaFlushes++;
    this.stats.lastError = 'the code arena is too small for one TB';
    this.runtime.exports.tbFlushAll();
    return 0;
  }

  private logStage(item: 'op' | 'op_opt' | 'op_plugin', title: string, pc: bigint): void {
    const { log } = this.options;
    if (log?.has(item) && log.isInRange(pc)) log.mask(item, `${title}:\n${formatIr(this.ctx)}\n`);
  }

  private logGuest(source: TbSource, size: number): void {
    const { log, symbolAt } = this.options;
    if (!log?.has('in_asm') || !log.isInRange(source.pc)) return;
    const disassemble = (this.disassembler ??= this.isa.createDisassembler(this.config));
    const code = listGuestCode(disassemble, this.bytes, source, size);
    log.mask('in_asm', `----------------\nIN: ${symbolAt?.(source.pc) ?? ''}\n${code}\n`);
  }

  private logCode(pc: bigint): void {
    const { log } = this.options;
    if (!log?.has('out_asm') || !log.isInRange(pc)) return;
    const { code } = this.lowering;
    const guest = `  -- guest addr 0x${BigInt.asUintN(64, pc).toString(16).padStart(16, '0')}`;
    log.mask('out_asm', `OUT: [tci, size=${2 * code.size}]\n${guest}\n${disassembleTci(code.units.subarray(0, code.size))}\n`);
  }
}
