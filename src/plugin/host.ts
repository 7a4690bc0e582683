/** The plugins of a machine: what they listen to, and the engine's way to them. A plugin that throws ends the machine, with its error. */
import { DISCON_EXCEPTION, DISCON_HOSTCALL, DISCON_INTERRUPT, TELL_DISCONTINUITIES, TELL_TRAPS } from '../../assembly/shared/layout.js';
import type { Instrumentation, TranslatedTb } from '../accel/tcg/instrumentation.js';
import type { MachineState } from '../hw/core/machine.js';
import type { Injection } from '../tcg/instrument.js';
import { errorMessage, isUserError, PluginError } from '../util/errors.js';
import type { Discontinuity, MemoryCallback, Plugin, PluginApi, PluginInfo, RegisterAccess, VcpuCallback } from './api.js';
import { readArguments } from './arguments.js';
import { BlockHandle } from './block.js';
import { CellPool } from './cells.js';
import { VcpuHandle } from './vcpu.js';

/** One plugin of a machine's, and what it is given. */
export interface PluginUse {
  readonly plugin: Plugin;
  readonly args?: Readonly<Record<string, string | number | boolean>>;
  /** For messages: `-plugin FILE`. */
  readonly where?: string;
}

const KINDS: Readonly<Record<Discontinuity, number>> = {
  interrupt: DISCON_INTERRUPT,
  exception: DISCON_EXCEPTION,
  hostcall: DISCON_HOSTCALL,
};

type OnDiscontinuity = Parameters<PluginApi['onDiscontinuity']>[1];

/** What one plugin listens to. */
class Listeners {
  readonly init: VcpuCallback[] = [];
  readonly exit: VcpuCallback[] = [];
  readonly idle: VcpuCallback[] = [];
  readonly resume: VcpuCallback[] = [];
  readonly translate: Parameters<PluginApi['onTranslate']>[0][] = [];
  readonly discontinuity: { readonly kinds: number; readonly callback: OnDiscontinuity }[] = [];
  readonly syscall: Parameters<PluginApi['onSyscall']>[0][] = [];
  readonly flush: (() => void)[] = [];
  readonly end: (() => void)[] = [];
}

class Installed {
  listeners = new Listeners();
  isGone = false;
  constructor(readonly name: string) {}
}

/** What code calls by an id. */
interface Callback {
  readonly owner: Installed;
  /** It is the owner's as long as these are. */
  readonly listeners: Listeners;
  readonly call: VcpuCallback | MemoryCallback;
  readonly registers: RegisterAccess;
  readonly pc: bigint;
}

export class PluginHost implements Instrumentation {
  private machine: MachineState | undefined;
  private readonly installed: Installed[] = [];
  private vcpus: VcpuHandle[] = [];
  private callbacks: Callback[] = [];
  /** To be called when all TBs have gone. */
  private waiting: { readonly owner: Installed; readonly done: () => void }[] = [];
  private readonly cells = new CellPool((vcpu) => {
    const scores = this.machine?.accelerator?.scoresOf?.(vcpu);
    if (!scores) throw new PluginError('this machine has no engine that counts');
    return scores;
  });
  private isOver = false;
  /** Hears of what a plugin has thrown. */
  failed: (error: Error) => void = () => {};

  constructor(private readonly uses: readonly PluginUse[]) {}

  /** Installs them, before the machine makes its CPUs. @throws OptionError, PluginError */
  install(machine: MachineState): void {
    this.machine = machine;
    for (const { plugin, args = {}, where } of this.uses) {
      const values = readArguments(plugin, args, where);
      const owner = new Installed(plugin.name);
      this.installed.push(owner);
      try {
        const installing = plugin.install(this.apiOf(owner, machine), values) as unknown;
        // an `async` one: the machine does not wait for it
        if (installing instanceof Promise) installing.catch((error: unknown) => this.fail(owner, error));
      } catch (error) {
        throw this.errorOf(owner, error);
      }
    }
  }

  /** The machine has its CPUs. */
  start(): void {
    const machine = this.machine!;
    this.vcpus = machine.cpus.map((cpu) => new VcpuHandle(machine, cpu));
    this.cells.vcpus = this.vcpus.length;
    for (const { cpu, index } of this.vcpus) {
      cpu.onSyscall = (number, args) => this.syscall(index, number, args);
      cpu.onHostcall = (from, to) => this.discontinuity(index, DISCON_HOSTCALL, from, to);
    }
    for (const vcpu of this.vcpus) this.tellVcpu('init', vcpu.index);
  }

  /** The machine's end, once. */
  end(): void {
    if (this.isOver || this.vcpus.length === 0) return;
    for (const { index } of this.vcpus) this.tellVcpu('exit', index);
    for (const owner of this.installed) for (const callback of owner.listeners.end) this.guard(owner, callback);
    this.isOver = true;
  }

  // ---- What the engine tells

  translated(tb: TranslatedTb): readonly Injection[] {
    const vcpu = this.vcpus[tb.cpu];
    const block = new BlockHandle(tb, vcpu);
    for (const owner of this.installed) {
      const { listeners } = owner;
      if (listeners.translate.length === 0) continue;
      block.keeper = (call, registers, pc) => this.callbacks.push({ owner, listeners, call, registers, pc }) - 1;
      for (const callback of listeners.translate) this.guard(owner, () => callback(block, vcpu));
    }
    return block.finish();
  }

  called(cpu: number, id: number): void {
    const callback = this.callbacks[id];
    if (callback.owner.listeners !== callback.listeners) return;
    const vcpu = this.enter(cpu, callback);
    try {
      (callback.call as VcpuCallback)(vcpu);
    } catch (error) {
      this.fail(callback.owner, error);
    }
    vcpu.access = undefined;
  }

  accessed(cpu: number, id: number, info: number, address: bigint, value: bigint, operand: bigint, other: bigint): void {
    const callback = this.callbacks[id];
    if (callback.owner.listeners !== callback.listeners) return;
    const vcpu = this.enter(cpu, callback);
    try {
      (callback.call as MemoryCallback)(vcpu, vcpu.info.fill(info, address, value, operand, other));
    } catch (error) {
      this.fail(callback.owner, error);
    }
    vcpu.access = undefined;
  }

  private enter(cpu: number, { registers, pc }: Callback): VcpuHandle {
    const vcpu = this.vcpus[cpu];
    vcpu.access = registers;
    vcpu.insnPc = pc;
    return vcpu;
  }

  discontinuity(cpu: number, kind: number, from: bigint, to: bigint): void {
    const name = (Object.keys(KINDS) as Discontinuity[]).find((each) => KINDS[each] === kind)!;
    this.tell(cpu, ({ discontinuity }, vcpu) => {
      for (const { kinds, callback } of discontinuity)
        if ((kinds & kind) !== 0) callback(vcpu, name, BigInt.asUintN(64, from), BigInt.asUintN(64, to));
    });
  }

  private syscall(cpu: number, number: bigint, args: readonly bigint[]): void {
    this.tell(cpu, ({ syscall }, vcpu) => {
      for (const callback of syscall) callback(vcpu, number, args);
    });
  }

  idle(cpu: number): void {
    this.tellVcpu('idle', cpu);
  }
  resumed(cpu: number): void {
    this.tellVcpu('resume', cpu);
  }
  private tellVcpu(what: 'init' | 'exit' | 'idle' | 'resume', cpu: number): void {
    this.tell(cpu, (listeners, vcpu) => {
      for (const callback of listeners[what]) callback(vcpu);
    });
  }

  get tells(): number {
    const any = (test: (listeners: Listeners) => boolean): boolean => this.installed.some(({ listeners }) => test(listeners));
    return (
      (any(({ discontinuity }) => discontinuity.length > 0) ? TELL_DISCONTINUITIES : 0) |
      (any(({ syscall }) => syscall.length > 0) ? TELL_TRAPS : 0)
    );
  }

  flushed(): void {
    this.callbacks = [];
    for (const owner of this.installed) for (const callback of owner.listeners.flush) this.guard(owner, callback);
    const { waiting } = this;
    this.waiting = [];
    for (const { owner, done } of waiting) this.guard(owner, done);
  }

  /** Between instructions: registers are in env. */
  private tell(cpu: number, body: (listeners: Listeners, vcpu: VcpuHandle) => void): void {
    const vcpu = this.vcpus[cpu];
    if (vcpu === undefined) return; // the machine is being made
    vcpu.insnPc = undefined;
    for (const owner of this.installed) this.guard(owner, () => body(owner.listeners, vcpu));
  }

  // ---- Plugins

  private guard(owner: Installed, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.fail(owner, error);
    }
  }

  /** Nothing more of it is called: it would fail a million times a second. */
  private fail(owner: Installed, error: unknown): void {
    owner.listeners = new Listeners();
    this.failed(this.errorOf(owner, error));
  }

  private errorOf({ name }: Installed, error: unknown): Error {
    if (isUserError(error) && !(error instanceof PluginError)) return error;
    return new PluginError(`plugin '${name}': ${errorMessage(error).split('\n')[0]}`, { cause: error });
  }

  private forget(owner: Installed, done: (() => void) | undefined): void {
    owner.listeners = new Listeners();
    if (done) this.waiting.push({ owner, done });
    const { accelerator } = this.machine!;
    accelerator?.flush?.();
    accelerator?.logChanged?.();
  }

  private apiOf(owner: Installed, machine: MachineState): PluginApi {
    const { log, env } = machine;
    /** What is added later must be heard of, too. */
    const listen =
      <T>(of: (listeners: Listeners) => T[]) =>
      (callback: T): void => {
        if (typeof callback !== 'function') throw new PluginError('a callback is a function');
        if (owner.isGone) throw new PluginError('it is uninstalled');
        of(owner.listeners).push(callback);
        machine.accelerator?.logChanged?.();
      };
    return {
      info: infoOf(machine),
      onVcpuInit: listen(({ init }) => init),
      onVcpuExit: listen(({ exit }) => exit),
      onVcpuIdle: listen(({ idle }) => idle),
      onVcpuResume: listen(({ resume }) => resume),
      onTranslate: listen(({ translate }) => translate),
      onSyscall: listen(({ syscall }) => syscall),
      onFlush: listen(({ flush }) => flush),
      onExit: listen(({ end }) => end),
      onDiscontinuity: (names, callback) => {
        const kinds = names.reduce((all, name) => {
          if (!Object.hasOwn(KINDS, name)) throw new PluginError(`invalid discontinuity '${String(name)}'`);
          return all | KINDS[name];
        }, 0);
        if (owner.isGone) throw new PluginError('it is uninstalled');
        owner.listeners.discontinuity.push({ kinds, callback });
        machine.accelerator?.logChanged?.();
      },
      cell: () => this.cells.take(),
      edgeMap: () => this.cells.takeEdgeMap(),
      outs: (text) => {
        if (typeof text !== 'string') throw new PluginError('outs takes a text');
        if (log.has('plugin')) log.write(text);
      },
      symbolAt: (address) => machine.symbolAt(address),
      writeFile: (name, contents) => {
        if (!env.writeFile) throw new PluginError('this host writes no files');
        env.writeFile(name, typeof contents === 'string' ? new TextEncoder().encode(contents) : contents);
      },
      readFile: (name) => {
        if (!env.readFile) throw new PluginError('this host reads no files');
        return env.readFile(name);
      },
      reset: (done) => this.forget(owner, done),
      uninstall: (done) => {
        owner.isGone = true;
        this.forget(owner, done);
      },
    };
  }
}

/** The target's name is not known before there is a CPU: it is asked for when somebody wants it. */
function infoOf(machine: MachineState): PluginInfo {
  return {
    get target() {
      return machine.cpus[0]?.targetName ?? '';
    },
    vcpus: machine.smpCpus,
    maxVcpus: machine.config.maxCpus ?? machine.smpCpus,
    isSystem: true,
  };
}
