/** TCG as a machine's accelerator: owns the runtime, the translator and code generation of one machine, and makes its vCPUs. */
import * as layout from '../../../assembly/shared/layout.js';
import { ENV } from './env.js';
import { readEnv, writeEnv } from './env-field.js';
import type { AddressSpace } from '../../memory/address-space.js';
import type { JitInfo, TciInfo } from '../jit-info.js';
import { errorMessage, HostError, OptionError } from '../../util/errors.js';
import type { Log, LogItem } from '../../util/log.js';
import { hex } from '../../util/trace.js';
import type { CodePeers } from './codegen/code-cache.js';
import { formatModule, isShown, type MadeModule } from './codegen/listing.js';
import type { CodegenInit, CodeOptions } from './codegen/protocol.js';
import type { InjectionsOf } from './codegen/region-request.js';
import type { CodeGenerator } from './codegen/wasm-generator.js';
import { PLUGIN_HELPERS, type Injection } from '../../tcg/instrument.js';
import type { WasmDisassembler } from '../../tcg/wasm/disassemble.js';
import type { Checks, EngineCheck } from './checking.js';
import { DebugPoints } from './debug-points.js';
import { CodeInspector } from './inspect.js';
import type { Instrumentation } from './instrumentation.js';
import { TcgError } from './errors.js';
import { PersistentPages } from './persistent-pages.js';
import { PersistentTbs } from './persistent-tbs.js';
import type { EngineMemory } from './memory.js';
import { helperWrappers } from './helper-wrappers.js';
import { Activity, Profile, type StartProfiler } from './profile.js';
import { PhysicalMap } from './physmap.js';
import { WatchedPages } from './watched-pages.js';
import { Runtime, targetImportNames, type RuntimeExports, type RuntimeHost } from './runtime.js';
import { Translator } from './translate-all.js';
import type { Isa } from '../../target/target.js';
import { joinsRegions, type TcgTuning } from './codegen/tuning.js';
import { idleWatch, Vcpu, type VcpuHooks } from './vcpu.js';

/** What a code generator (tier 2) is made from. */
export interface CodegenSetup extends CodeOptions {
  readonly memory: WebAssembly.Memory;
  readonly runtime: Runtime;
  readonly isa: Isa;
  /** Hears of each module that was made. */
  readonly onModule?: (module: MadeModule) => void;
  readonly peers?: CodePeers;
  readonly checks?: Checks;
  /** There are plugins: what they have added to a TB. */
  readonly injectionsOf?: InjectionsOf | undefined;
}

export interface TcgOptions {
  readonly isa: Isa;
  /** The compiled runtime (build/wemu.wasm), which is linked with it. */
  readonly wasm: WebAssembly.Module;
  readonly memory: EngineMemory;
  /**
   * The engine record of another thread's accelerator on the same memory (Runtime.engine): its vCPUs and ours are of one machine. It owns the machine's devices
   * and physical map, and makes generated code.
   */
  readonly engine?: number;
  /** There is to be one vCPU, which generated code is made for (TargetInfo.env). */
  readonly hasSoleVcpu?: boolean;
  /** The accelerators of other threads, in the one that makes their code. */
  readonly peers?: CodePeers;
  /** Makes tier 2 (codegen-sync.ts, codegen-remote.ts); without it everything runs in tci. */
  readonly codegen?: (setup: CodegenSetup) => CodeGenerator;
  readonly tuning?: TcgTuning;
  readonly icount?: boolean;
  /** `check=on`. */
  readonly checks?: Checks;
  /** Guest instructions a TB at most; default 64. */
  readonly maxInsns?: number;
  /** Shows modules as text for `-d out_asm` (src/tcg/wasm/disassemble.ts). */
  readonly disassembleWasm?: WasmDisassembler;
  /** Profile the machine's thread by this sampler. */
  readonly startProfiler?: StartProfiler;
  /** Plugins. */
  readonly instrumentation?: Instrumentation | undefined;
}

/** What TCG needs of a machine (MachineState has it). */
export interface TcgMachine {
  readonly addressSpace: AddressSpace;
  readonly log?: Log;
  /** Ends the running slice if it is over by the clock. */
  checkSlice?(): void;
  /** The symbol that a pc belongs to, for logs and profiles. */
  symbolAt?(pc: bigint): string | undefined;
}

const NO_TCI: TciInfo = { tbs: 0, restored: 0, insns: 0, guestBytes: 0, bytes: 0, translateMs: 0, overflows: 0 };

/** Every TB is to be seen before it runs: then all of them run in tci, one at a time. */
const tracesExecution = (log: Log): boolean => log.has('exec') || log.has('cpu');

export class TcgAccel {
  readonly name = 'tcg';
  readonly endianness: 'little' | 'big';
  readonly runtime: Runtime;
  readonly debugPoints: DebugPoints;
  readonly vcpus: Vcpu[] = [];
  /** What the target's part of the runtime asks of every vCPU's hooks. */
  private readonly targetImports: readonly string[];
  private readonly hooks = new Map<number, VcpuHooks>();
  /** What plugins have added to TBs. */
  private readonly injections = new Map<number, readonly Injection[]>();
  private readonly physicalMap: PhysicalMap;
  readonly dirtyPages: WatchedPages;
  private machine: TcgMachine | undefined;
  private view: DataView;
  private translator: Translator | undefined;
  private generator: CodeGenerator | undefined;
  private profile: Profile | undefined;
  private check: EngineCheck | undefined;
  /** What makes its code again, elsewhere. */
  private codegenInit: CodegenInit | undefined;
  private inspection: CodeInspector | undefined;
  persistentTbs: PersistentTbs | undefined;
  private persistentPages: PersistentPages | undefined;
  private mmioReads = 0;
  private mmioWrites = 0;
  private readonly made = performance.now();

  constructor(private readonly options: TcgOptions) {
    const { engine, isa } = options;
    this.endianness = isa.traits.endianness;
    const { memory, arena } = options.memory;
    this.view = new DataView(memory.buffer);
    const host = this.host();
    this.targetImports = targetImportNames(options.wasm);
    const target = Object.fromEntries(this.targetImports.map((name) => [name, this.targetImport(name)]));
    this.runtime = new Runtime(
      options.wasm,
      memory,
      options.startProfiler ? this.profiled(host) : host,
      engine === undefined ? arena : { engine },
      target,
    );
    this.physicalMap = new PhysicalMap(this.runtime);
    this.debugPoints = new DebugPoints(this.runtime);
    this.dirtyPages = new WatchedPages(this.runtime, this.physicalMap, options.memory.arena.end, isa.traits.pageBits);
  }

  init(machine: TcgMachine): void {
    this.machine = machine;
    machine.addressSpace.addListener(this.physicalMap);
    machine.addressSpace.dirtyHook = (host, size) => {
      this.physicalMap.written(host, size);
      this.runtime.exports.dirtyMark(host, size);
      for (const hooks of this.hooks.values()) hooks.memoryWritten?.();
    };
  }

  /** `config` is the target's own and plain data: a codegen worker gets a copy. All vCPUs of a machine have one target and configuration. */
  createVcpu(target: string, config: unknown, hooks: VcpuHooks = {}): Vcpu {
    const { isa, icount = false, tuning, instrumentation, hasSoleVcpu = false } = this.options;
    if (hasSoleVcpu && this.vcpus.length > 0) throw new TcgError('a second vCPU in an engine for one');
    if (target !== isa.name) throw new TcgError(`a vCPU of '${target}' in an engine for '${isa.name}'`);
    const missing = this.targetImports.find((name) => hooks.imports?.[name] === undefined);
    if (missing !== undefined) throw new TcgError(`the runtime calls '${missing}', which a vCPU of '${target}' does not have`);
    const env = this.runtime.exports.cpuCreate(this.vcpus.length) >>> 0;
    if (env === 0) throw new TcgError('code arena too small for another vCPU');
    const { runtime } = this;
    this.hooks.set(env, hooks);
    writeEnv(this.view, env, ENV.icount, icount ? 1 : 0);
    const log = this.machine?.log;
    const chained = (tuning?.chain ?? true) && !log?.has('nochain');
    const isRelative = isa.traits.pcRelative && !instrumentation;
    const modes = (icount ? layout.CF_ICOUNT : 0) | (isRelative ? layout.CF_PCREL : 0);
    const cflags = modes | (chained ? 0 : layout.CF_NO_GOTO_TB | layout.CF_NO_GOTO_PTR);
    writeEnv(this.view, env, ENV.cflags, cflags);
    this.translator ??= this.start(config, env, cflags);
    if (instrumentation && runtime.exports.scoresCreate(env) === 0) throw new TcgError('code arena too small for plugins');
    const trace = () => (log && tracesExecution(log) ? () => this.traceTb(vcpu, log) : undefined);
    const poll = (): void => {
      this.during(Activity.Codegen, env, () => void this.runtime.inside(() => this.generator?.poll()));
      this.pollCheck(env);
    };
    const vcpu: Vcpu = new Vcpu(
      this.runtime,
      env,
      poll,
      () => this.machine?.checkSlice?.(),
      trace,
      (message) => this.check?.explain(message, env),
      instrumentation && idleWatch(instrumentation, this.vcpus.length),
    );
    this.vcpus.push(vcpu);
    this.logChanged();
    return vcpu;
  }

  /** Blocks of one instruction, or as long as usual. */
  setOneInsnPerTb(on: boolean): void {
    for (const vcpu of this.vcpus) {
      const others = vcpu.get(ENV.cflags) & ~layout.CF_COUNT_MASK;
      vcpu.set(ENV.cflags, others | (on ? 1 : 0));
    }
    this.flush();
  }

  /** What is logged of traps and TLB misses; what is shown of code is looked up when it is made. */
  logChanged(): void {
    const { log } = this.machine ?? {};
    const isTraced = [...this.hooks.values()].some(({ trapEvent }) => trapEvent !== undefined && log?.isTraced(trapEvent));
    const logged = (log?.has('int') || isTraced ? layout.TELL_TRAPS : 0) | (log?.has('mmu') ? layout.TELL_FILLS : 0);
    const tell = logged | (this.options.instrumentation?.tells ?? 0);
    for (const vcpu of this.vcpus) vcpu.set(ENV.tell, tell);
  }

  /** What there is generated code of cannot be seen block by block, and modules that are not kept cannot be shown. */
  isLogFixed(item: LogItem): boolean {
    return item === 'nochain' || (this.generator !== undefined && ['exec', 'cpu', 'out_asm', 'op_opt'].includes(item));
  }

  /** `-d exec`, `-d cpu`. The TB has not been looked up yet: an interrupt that is due is taken first, and `-d int` says so. */
  private traceTb(vcpu: Vcpu, log: Log): void {
    const address = vcpu.get(ENV.pc);
    if (!log.isInRange(address)) return;
    const pc = address.toString(16).padStart(16, '0');
    const flags = vcpu.get(ENV.tbFlags).toString(16).padStart(8, '0');
    log.mask('exec', `Trace ${vcpu.get(ENV.cpuIndex)}: [${pc}/${flags}]`);
    if (log.has('cpu')) log.mask('cpu', this.hooks.get(vcpu.env)?.dumpState?.(log.has('fpu')) ?? '');
  }

  /** Forgets all translated code, as soon as no vCPU is in the middle of some. */
  flush(): void {
    this.runtime.exports.tbFlushAll();
  }

  /** Keeps what was made up to now for later runs, where that is done at all; so does `dispose`. */
  keepCode(): void {
    this.persistentTbs?.keep();
    this.persistentPages?.save();
    this.generator?.keep?.();
  }

  /** Ends what runs beside the machine's thread. The figures stay. */
  dispose(): void {
    this.profile?.stop();
    this.profile = undefined;
    this.persistentTbs?.keep();
    this.persistentPages?.save();
    this.persistentPages?.close();
    this.generator?.dispose();
  }

  /** The end of the machine: nothing of it can be used any more. Returns what zeroes its memory, for another. */
  close(): RuntimeExports['memoryClear'] {
    this.dispose();
    const { memoryClear } = this.runtime.exports;
    this.runtime.close();
    for (const vcpu of this.vcpus) vcpu.close();
    this.options.memory.ram.close();
    this.forget();
    return memoryClear;
  }

  /** The engine's instance stays until a full garbage collection, since its memory knows it, and so does what its imports hold: that is to be little. */
  private forget(): void {
    this.machine = this.translator = this.generator = this.check = this.inspection = this.codegenInit = undefined;
    this.persistentTbs = this.persistentPages = undefined;
    this.view = new DataView(new ArrayBuffer(0));
    this.hooks.clear();
    this.injections.clear();
    this.vcpus.length = 0;
  }

  /** `info jit`, `--stats`. */
  info(): JitInfo {
    const { exports } = this.runtime;
    const arenaUsed = exports.arenaUsed();
    return {
      version: 1,
      accelerator: this.name,
      wallMs: performance.now() - this.made,
      insns: this.vcpus.reduce((sum, cpu) => sum + cpu.instructionCount, 0),
      tb: {
        count: exports.tbStatCount(),
        invalidated: exports.tbStatInvalidated(),
        flushes: exports.tbStatFlushes(),
        arenaUsed,
        arenaSize: arenaUsed + exports.arenaFree(),
      },
      tlbFlushes: this.vcpus.reduce((sum, cpu) => sum + exports.tlbStatFlushes(cpu.env), 0),
      mmioReads: this.mmioReads,
      mmioWrites: this.mmioWrites,
      tci: this.translator?.info((this.persistentTbs?.restored ?? 0) + (this.persistentPages?.restored ?? 0)) ?? NO_TCI,
      wasm: this.generator?.info(),
      profile: this.profile?.info((pc) => this.machine?.symbolAt?.(pc)),
      check: this.check?.info(),
    };
  }

  /** The last thing that the translator could not do (EXEC_TRANSLATE_FAILED), or ''. */
  get translateError(): string {
    return this.translator?.stats.lastError ?? '';
  }

  /** What became of guest code. Undefined: there is no vCPU yet. */
  get inspector(): CodeInspector | undefined {
    const { codegenInit: init, options } = this;
    if (!init) return undefined;
    return (this.inspection ??= new CodeInspector(options.isa, init, this.generator, (pc) => this.machine?.symbolAt?.(pc)));
  }

  /** `cflags`: of TBs when nobody steps or has breakpoints. */
  private start(config: unknown, env: number, cflags: number): Translator {
    const { options, runtime } = this;
    const { isa, icount = false, tuning } = options;
    const code: CodeOptions = { config, icount, env: options.hasSoleVcpu ? env : undefined, tuning };
    this.codegenInit = { kind: 'init', memory: runtime.memory, target: isa.name, ...code };
    if (options.startProfiler) this.startProfile(options.startProfiler, env);
    const { log } = this.machine ?? {};
    if (!log || !tracesExecution(log)) {
      const onModule = log?.has('out_asm')
        ? (made: MadeModule) => {
            if (isShown(made, log)) log.mask('out_asm', formatModule(made, options.disassembleWasm));
          }
        : undefined;
      this.generator = options.codegen?.({
        memory: runtime.memory,
        runtime,
        isa,
        ...code,
        onModule,
        peers: options.peers,
        checks: options.checks,
        injectionsOf: options.instrumentation && ((tb) => this.injections.get(tb)),
      });
    }
    if (this.generator) {
      const threshold = tuning?.threshold ?? this.generator.defaultThreshold;
      runtime.exports.setHotThreshold(this.generator.reportedEvery);
      // A join is worth as much as code of its own once a region was come to thirty times as often as a TB has to be hot.
      if (joinsRegions(tuning)) runtime.exports.setJoinThreshold(Math.ceil(threshold / 2));
    }
    // With a tier above, most TBs are not worth optimising; who asks to see the result gets it.
    const optimize = !this.generator || (log?.has('op_opt') ?? false);
    const { generator } = this;
    const { checks } = options;
    if (checks && options.instrumentation)
      throw new OptionError('check=on does all that code does twice, and plugins would hear of it', '-accel tcg');
    const translated = (tb: number, injections?: readonly Injection[]): void => {
      if (injections) this.injections.set(tb, injections);
      generator?.tbTranslated?.(tb);
      this.check?.translated(tb);
    };
    // what plugins add is this run's, and what is looked at must be made
    const isAlone = options.engine === undefined && !options.peers;
    const persists = isAlone && !checks && !options.instrumentation && !log?.has('in_asm');
    const key = JSON.stringify({ target: isa.name, config, icount, optimize, maxInsns: options.maxInsns, cflags });
    const store = generator?.store;
    if (persists && store?.maxTbBytes !== undefined && (cflags & layout.CF_PCREL) !== 0) {
      const restored = (tb: number): void => generator?.tbTranslated?.(tb);
      this.persistentPages = new PersistentPages(runtime, { store, maxBytes: store.maxTbBytes, key: `TBs ${key}`, cflags, restored });
    }
    const translator = new Translator(runtime, isa, config, {
      maxInsns: options.maxInsns,
      log,
      optimize,
      verify: checks?.verifyIr,
      translated: checks || generator?.tbTranslated || options.instrumentation ? translated : undefined,
      persistent: this.persistentPages,
      instrumentation: options.instrumentation,
      // made with the default length
      symbolAt: (pc) => this.machine?.symbolAt?.(pc),
    });
    if (checks) this.startChecks(checks, translator);
    if (persists) this.persistentTbs = new PersistentTbs(runtime, key, cflags, () => translator.stats.tbs);
    return translator;
  }

  /** @throws OptionError if the engine cannot be checked */
  private startChecks(checks: Checks, translator: Translator): void {
    const { runtime, physicalMap, generator } = this;
    const { isa } = this.options;
    const { lockstepStart } = runtime.exports;
    if (!lockstepStart) throw new OptionError('check=on wants the debug build of the engine, wemu.debug.wasm', '-accel tcg');
    const lockstep = lockstepStart() >>> 0;
    if (lockstep === 0) throw new TcgError('code arena too small for check=on');
    const warn = (line: string): void => this.machine?.log?.write(`wemu: ${line}\n`);
    this.check = checks.start({ runtime, physicalMap, isa, translator, generator, warn }, lockstep);
  }

  private pollCheck(env: number): void {
    try {
      this.check?.poll(env);
    } catch (error) {
      throw new HostError(`check=on: ${errorMessage(error)}`, { cause: error });
    }
  }

  private host(): RuntimeHost {
    return {
      translate: (env, pcLo, pcHi) => {
        const tb = this.translator!.translate(env, pcLo, pcHi);
        // A guest that keeps making new code spends its slice here, not in instructions.
        this.machine?.checkSlice?.();
        return tb;
      },
      mmioRead: (env, address, size) => this.guard('MMIO read', () => this.mmioRead(env >>> 0, address, size)),
      mmioWrite: (env, address, size) => this.guard('MMIO write', () => this.mmioWrite(env >>> 0, address, size)),
      checkSlice: () => this.machine?.checkSlice?.(),
      tbHot: (tb) => {
        this.guard('code generation', () => this.tbHot(tb >>> 0));
        // A slice is measured in instructions at the speed of late: what was generated code then may run in tci now, at a tenth of it.
        this.machine?.checkSlice?.();
      },
      tbMisses: (tb) => void this.guard('code generation', () => this.generator?.tbMisses(tb >>> 0)),
      tbEntered: (tb) => void this.guard('code generation', () => this.generator?.tbEntered?.(tb >>> 0)),
      regionInvalidated: (region) => void this.guard('code generation', () => this.generator?.regionInvalidated(region)),
      tlbFilled: (env, lo, hi, access, mmuIdx, phys) => this.logFill(env >>> 0, lo, hi, access, mmuIdx, phys),
      tbFlushed: () => void this.guard('code generation', () => this.flushed()),
      fetchPage: (host, size) => this.fetchPage?.(host >>> 0, size),
      pluginCall: (env, id) => this.options.instrumentation?.called(this.cpuIndex(env), id),
      pluginMem: (env, id, info, ...access) => this.options.instrumentation?.accessed(this.cpuIndex(env), id, info, ...access),
      discontinuity: (env, kind, from) =>
        this.options.instrumentation?.discontinuity(this.cpuIndex(env), kind, from, readEnv(this.view, env >>> 0, ENV.pc)),
    };
  }

  private cpuIndex(env: number): number {
    return readEnv(this.view, env >>> 0, ENV.cpuIndex);
  }

  private flushed(): void {
    this.persistentTbs?.flushed();
    this.persistentPages?.flushed();
    this.generator?.tbFlushed();
    this.injections.clear();
    this.options.instrumentation?.flushed();
  }

  /** The scores of a vCPU: what plugins count in it. */
  scoresOf(cpu: number): BigUint64Array {
    const scores = this.vcpus[cpu].get(ENV.scores);
    return new BigUint64Array(this.runtime.memory.buffer, scores, layout.SCORES_MAX);
  }

  /** Guest-physical address of an access with the rights of an mmu index (`kind`: TLB_KIND_*); undefined: it goes nowhere. */
  physicalOf(cpu: number, address: bigint, kind: number, mmuIdx: number): number | undefined {
    const { exports } = this.runtime;
    const phys = exports.cpuPhysical(
      this.vcpus[cpu].env,
      Number(BigInt.asIntN(32, address)),
      Number(BigInt.asIntN(32, address >> 32n)),
      kind,
      mmuIdx,
    );
    return phys < 0 ? undefined : phys;
  }

  /** `-d mmu` */
  private logFill(env: number, lo: number, hi: number, access: number, mmuIdx: number, phys: number): void {
    const cpu = this.cpuIndex(env);
    const what = ['load', 'store', 'fetch'][access];
    const address = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    const comesTo = phys < 0 ? 'fault' : `physical ${hex(phys, 16)}`;
    this.machine?.log?.mask('mmu', `cpu ${cpu}: TLB miss: ${what} at ${hex(address, 16)}, mmu_idx ${mmuIdx}: ${comesTo}`);
  }

  /** As the runtime calls it: by env. */
  private targetImport(name: string): (env: number, ...args: never[]) => unknown {
    return (env, ...args) => {
      try {
        return this.hooks.get(env >>> 0)!.imports![name](...args);
      } catch (error) {
        this.failed(name, error);
      }
    };
  }

  /** From here on the machine's thread tells what it does: see profile.ts. */
  private startProfile(start: StartProfiler, env: number): void {
    const { runtime } = this;
    const profile = (this.profile = new Profile(runtime.memory, env, start));
    const wrappers = new WebAssembly.Module(helperWrappers([...this.options.isa.helpers, ...PLUGIN_HELPERS], profile.cell));
    const imports = { m: { m: runtime.memory }, r: runtime.allExports };
    const { cpuExec } = runtime.exports;
    runtime.replace({
      ...new WebAssembly.Instance(wrappers, imports).exports,
      cpuExec: (vcpu: number) => profile.during(Activity.Guest, vcpu, () => cpuExec(vcpu)),
    });
  }

  private during<T>(activity: Activity, env: number, body: () => T): T {
    return this.profile ? this.profile.during(activity, env, body) : body();
  }

  private profiled(host: RuntimeHost): RuntimeHost {
    return {
      ...host,
      translate: (env, pcLo, pcHi) => this.during(Activity.Translation, env, () => host.translate(env, pcLo, pcHi)),
      mmioRead: (env, address, size) => this.during(Activity.Mmio, env, () => host.mmioRead(env, address, size)),
      mmioWrite: (env, address, size) => this.during(Activity.Mmio, env, () => host.mmioWrite(env, address, size)),
      tbHot: (tb) => this.during(Activity.Codegen, 0, () => host.tbHot(tb)),
    };
  }

  /** As the machine's. Set by whoever has guest memory that is not there yet. */
  fetchAbsent(fetch: ((host: number, size: number) => void) | undefined): void {
    this.fetchPage = fetch;
    this.view.setUint32(this.runtime.engine + layout.ENGINE_ABSENT, fetch ? 1 : 0, true);
  }
  private fetchPage: ((host: number, size: number) => void) | undefined;

  /**
   * An exception must not unwind through wasm: it would leave the exec loop in the middle. It is a bus error for the guest instead; but for the host's own
   * failures, after which no guest code runs.
   */
  private guard(what: string, body: () => number | void): number {
    try {
      return body() ?? 0;
    } catch (error) {
      if (error instanceof HostError) throw error;
      this.failed(what, error);
      return 1;
    }
  }

  private failed(what: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // where it was thrown tells kinds apart: messages have numbers of the guest's choice
    this.machine?.log?.failure(`${what} failed ${/\bat .*/.exec(stack)?.[0] ?? ''}`.trimEnd(), `${what} failed: ${stack}`);
  }

  private tbHot(tb: number): void {
    // TBs of limited length are made for one occasion.
    if ((this.view.getUint32(tb + layout.TB_CFLAGS, true) & layout.CF_COUNT_MASK) !== 0) return;
    // who comes here runs long enough for code of earlier runs
    if (this.generator?.tbTranslated) for (const each of this.persistentTbs?.takeUnseen() ?? []) this.generator.tbTranslated(each);
    this.generator?.tbHot(tb);
  }

  private mmioRead(env: number, address: number, size: number): number {
    const space = this.machine?.addressSpace;
    this.mmioReads++;
    if (!space || space.readTx(address, size) !== 0) return 1;
    this.view.setUint32(env + layout.ENV_MMIO_VALUE, space.lo, true);
    this.view.setUint32(env + layout.ENV_MMIO_VALUE + 4, space.hi, true);
    return 0;
  }

  private mmioWrite(env: number, address: number, size: number): number {
    const space = this.machine?.addressSpace;
    this.mmioWrites++;
    const lo = this.view.getUint32(env + layout.ENV_MMIO_VALUE, true);
    const hi = this.view.getUint32(env + layout.ENV_MMIO_VALUE + 4, true);
    return space && space.writeTx(address, size, lo, hi) === 0 ? 0 : 1;
  }
}
