/**
 * A fuzzing harness inside of a machine: from a snapshot in the middle of a guest's code it runs that with one input after the other, and goes back each time by
 * putting back what was written. Needs icount: the same input does the same each time, and the host's clock never ends a run.
 */
import type { CpuState } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import type { MemorySnapshot } from '../migration/memory-snapshot.js';
import type { Plugin } from '../plugin/api.js';
import type { Machine } from '../system/facade.js';
import type { SprintEnd } from '../system/main-loop.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import { DEFAULTS, readConfig, type EndState, type GustaveConfig, type InRegister, type Place } from './config.js';
import { EdgeCoverage, Edges } from './edges.js';
import { outside, Places } from './places.js';

export type OutcomeKind = 'ok' | 'crash' | 'hang';

export interface Outcome {
  readonly kind: OutcomeKind;
  /** How the run ended, in words: the same for the same place. */
  readonly reason: string;
  /** Executed. */
  readonly instructions: number;
}

/** Guest-physical memory, a part of the input each. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly address: number;
}
type Store = (value: number) => void;

/** A machine that stands at its snapshot. */
interface Ready {
  readonly machine: Machine;
  readonly places: Places;
  readonly snapshot: MemorySnapshot;
  readonly parts: readonly Part[];
  readonly storeLength: Store;
  readonly ends: ReadonlyMap<bigint, OutcomeKind>;
}

const PAGE = 4096;

export class Gustave {
  readonly config: GustaveConfig;
  /** What the last run has covered; another run changes it. */
  readonly edges = new Edges();
  /** To be among the machine's `plugins`. */
  readonly plugin: Plugin;
  private readonly coverage = new EdgeCoverage();
  /** Exceptions that are crashes, by number. Undefined: the run has not begun. */
  private isCrash: ((code: number) => boolean) | undefined;
  /** The exception that ends the run. */
  private exception: string | undefined;
  private state: MachineState | undefined;
  private readyAt: Ready | undefined;
  /** It stands at the snapshot, and no input has been put in. */
  private isFresh = false;

  /** @throws OptionError; `where`: what it is about */
  constructor(
    config: unknown,
    private readonly where = 'Gustave',
  ) {
    this.config = readConfig(config, where);
    this.whole = new Uint8Array(this.config.input.limit);
    this.plugin = {
      name: 'gustave',
      description: 'what a fuzzing harness sees of a run',
      install: (api) => {
        this.coverage.install(api);
        if (this.config.crash?.exceptions !== undefined)
          api.onDiscontinuity(['exception'], ({ index }, _, from) => this.excepted(index, from));
      },
    };
  }

  /**
   * Runs a machine, which has the plugin and has not been run, to where the snapshot is, and takes it. Resolves when it is there.
   * @throws OptionError if what the configuration names is not there, or the guest never comes there
   */
  async prepare(machine: Machine): Promise<void> {
    const { config, where } = this;
    const { state } = machine;
    if (!state.clocks.icount) throw new OptionError('runs repeat by counting instructions', where, 'icount');
    if (state.replay) throw new OptionError('a run that is recorded or replayed does not go back', where, 'no rr=');
    this.state = state;
    const places = new Places(state);
    const at = places.address(config.snapshot.at, `${where}: snapshot: at`);
    this.findEnds(places, at); // what is wrong in it is told before the guest runs
    const isCrash = this.findExceptions(state.cpus[0]);
    const writable = config.crash?.writable?.map((range, i) => places.range(range, `${where}: crash: writable[${i}]`));
    this.coverage.ranges = config.coverage?.map((range, i) => places.range(range, `${where}: coverage[${i}]`)) ?? [];

    const cpu = await this.runTo(machine, at, places);
    const ends = this.findEnds(places, at, cpu);
    const parts = this.findInput(machine, cpu, places);
    const storeLength = this.findLength(machine, cpu, places);
    for (const address of ends.keys()) this.insertPoint(machine, 'breakpoint', address, 1n);
    for (const { first, last } of writable ? outside(writable) : []) this.insertPoint(machine, 'write', first, last - first + 1n);
    state.vmStart();
    this.coverage.end(this.edges); // what was counted on the way here is no run's
    this.readyAt = { machine, places, snapshot: machine.snapshot(), parts, storeLength, ends };
    this.isCrash = isCrash;
    this.isFresh = true;
  }

  /** One input, from the snapshot; at once. The machine stays as the run has left it, to be looked at. @throws Error before `prepare` */
  run(input: Uint8Array): Outcome {
    const { machine, parts, storeLength } = this.ready;
    const { state, loop } = machine;
    if (!this.isFresh) machine.reset(this.ready.snapshot);
    this.isFresh = false;
    this.exception = undefined;
    const { limit, pad } = this.config.input;
    const length = Math.min(input.length, limit);
    const bytes = pad === undefined ? input.subarray(0, length) : this.padded(input, pad);
    for (const { from, to, address } of parts) {
      if (from >= bytes.length) break;
      state.addressSpace.writeBytes(address, bytes.subarray(from, Math.min(to, bytes.length)));
    }
    storeLength(length);
    this.coverage.begin();
    const before = state.clocks.instructionCount;
    const end = loop.sprint(this.config.end.instructions ?? DEFAULTS.instructions);
    const [kind, reason] = this.judge(end);
    this.coverage.end(this.edges);
    return { kind, reason, instructions: state.clocks.instructionCount - before };
  }

  private readonly whole: Uint8Array;
  private padded(input: Uint8Array, pad: number): Uint8Array {
    this.whole.fill(pad);
    this.whole.set(input.subarray(0, this.whole.length));
    return this.whole;
  }

  /** Goes back to the snapshot: the machine is as it was then. */
  reset(): void {
    this.ready.machine.reset(this.ready.snapshot);
    this.isFresh = true;
  }

  private get ready(): Ready {
    if (!this.readyAt) throw new Error('the machine is not at its snapshot: prepare comes first');
    return this.readyAt;
  }

  // ---- Before the first run

  /** Without a CPU but for those in registers. */
  private findEnds(places: Places, snapshot: bigint, cpu?: CpuState): Map<bigint, OutcomeKind> {
    const { config } = this;
    const ends = new Map<bigint, OutcomeKind>();
    const add = (list: readonly (Place | InRegister)[] | undefined, kind: OutcomeKind, key: string): void =>
      list?.forEach((place, i) => {
        if (typeof place === 'object' && !cpu) return;
        const where = `${this.where}: ${key}: at[${i}]`;
        const address = this.valueOf(place, cpu, places, where);
        if (address === snapshot) throw new OptionError('this is where the snapshot is taken', where, 'another address');
        ends.set(address, kind);
      });
    add(config.end.at, 'ok', 'end');
    add(config.crash?.at, 'crash', 'crash');
    return ends;
  }

  private findExceptions({ exceptionNames }: CpuState): (code: number) => boolean {
    const { exceptions = [] } = this.config.crash ?? {};
    if (exceptions === 'any') return () => true;
    const codes = new Set(
      exceptions.map((wanted, i) => {
        if (typeof wanted === 'number') return wanted;
        for (const [code, name] of exceptionNames) if (name.toLowerCase() === wanted.toLowerCase()) return code;
        const names = [...exceptionNames.values()];
        throw new OptionError(
          `there is no exception '${wanted}'${didYouMean(wanted, names)}`,
          `${this.where}: crash: exceptions[${i}]`,
          names.join(', '),
        );
      }),
    );
    return (code) => codes.has(code);
  }

  /** The CPU that has come there. */
  private async runTo(machine: Machine, at: bigint, places: Places): Promise<CpuState> {
    const { loop, state } = machine;
    const { type } = this.config.snapshot;
    this.insertPoint(machine, 'breakpoint', at, 1n);
    let remove = (): void => {};
    const arrived = new Promise<undefined>((resolve) => {
      remove = loop.onStop((runState) => runState === 'debug' && state.debugCpu?.pc === at && resolve(undefined));
    });
    if (type !== undefined) machine.writeSerial(type);
    const ended = await Promise.race([machine.run(), arrived]);
    remove();
    if (ended) {
      const why = ended.reason === 'stopped' ? 'the machine was stopped' : `the guest ended (${ended.reason})`;
      throw new OptionError(`${why} before it came to ${places.describe(at)}`, `${this.where}: snapshot: at`);
    }
    await machine.stop();
    machine.control.points.remove({ kind: 'breakpoint', address: at, length: 1n });
    return state.debugCpu!;
  }

  private valueOf(place: Place | InRegister, cpu: CpuState | undefined, places: Places, where: string): bigint {
    if (typeof place !== 'object') return places.address(place, where);
    const value = cpu?.readRegister(place.register);
    if (value === undefined) throw new OptionError(`there is no register '${place.register}'`, `${where}: register`);
    return value;
  }

  /** `size` bytes of guest memory from a virtual address, page by page. @throws OptionError if not all of it is memory that can be written */
  private memoryAt(machine: Machine, cpu: CpuState, start: bigint, size: number, where: string): Part[] {
    const { addressSpace } = machine.state;
    const parts: Part[] = [];
    for (let from = 0; from < size;) {
      const address = start + BigInt(from);
      const to = Math.min(size, from + PAGE - Number(address & BigInt(PAGE - 1)));
      const physical = cpu.translateDebug(address);
      const range = physical === undefined ? undefined : addressSpace.find(physical);
      const isMemory = range?.region.kind === 'ram' && !range.readonly && physical! + to - from <= range.start + range.size;
      if (physical === undefined || !isMemory) throw new OptionError(`there is no memory to write to at 0x${address.toString(16)}`, where);
      parts.push({ from, to, address: physical });
      from = to;
    }
    return parts;
  }

  private findInput(machine: Machine, cpu: CpuState, places: Places): Part[] {
    const where = `${this.where}: input: address`;
    const { address, limit } = this.config.input;
    return this.memoryAt(machine, cpu, this.valueOf(address, cpu, places, where), limit, where);
  }

  private findLength(machine: Machine, cpu: CpuState, places: Places): Store {
    const { length, limit } = this.config.input;
    const where = `${this.where}: input: length`;
    if (length === undefined) return () => {};
    if ('register' in length) {
      const value = this.valueOf(length, cpu, places, where);
      if (!cpu.writeRegister(length.register, value)) throw new OptionError(`register '${length.register}' cannot be written`, where);
      return (value) => void cpu.writeRegister(length.register, BigInt(value));
    }
    const { size } = length;
    if (size < 4 && limit >= 2 ** (8 * size)) throw new OptionError(`a limit of ${limit} does not fit ${size} bytes`, `${where}: size`);
    const start = this.valueOf(length.address, cpu, places, `${where}: address`);
    const parts = this.memoryAt(machine, cpu, start, size, `${where}: address`);
    const { addressSpace, endianness } = machine.state;
    const bytes = new Uint8Array(size);
    return (value) => {
      for (let i = 0; i < size; i++) bytes[endianness === 'little' ? i : size - 1 - i] = i < 4 ? value >>> (8 * i) : 0;
      for (const { from, to, address } of parts) addressSpace.writeBytes(address, bytes.subarray(from, to));
    };
  }

  private insertPoint({ control }: Machine, kind: 'breakpoint' | 'write', address: bigint, length: bigint): void {
    if (!control.points.insert({ kind, address, length })) throw new OptionError('there are too many addresses and ranges', this.where);
  }

  // ---- How a run ends

  /** Out of the middle of guest code. */
  private excepted(index: number, from: bigint): void {
    const { state } = this;
    const taken = state?.cpus[index].exceptionTaken;
    if (!taken || !this.isCrash?.(taken.code)) return;
    this.exception ??= `exception ${taken.name} at ${this.ready.places.describe(from)}`;
    state!.vmStopRequest('guest-panicked');
  }

  private judge(end: SprintEnd): [kind: OutcomeKind, reason: string] {
    const { machine, places, ends } = this.ready;
    const { runState, debugCpu } = machine.state;
    const { shutdownRequest, resetRequest, vmStopRequest } = runState;
    runState.shutdownRequest = runState.resetRequest = runState.vmStopRequest = undefined;
    runState.vmStartRequest = false;
    if (this.exception !== undefined) return ['crash', this.exception];
    const limit = this.config.end.instructions ?? DEFAULTS.instructions;
    switch (end) {
      case 'budget':
        return ['hang', `not at an end after ${limit} instructions`];
      case 'debug': {
        const hit = debugCpu!.debug?.takeWatchpointHit();
        const at = places.describe(debugCpu!.pc);
        return hit ? ['crash', `store to where nothing is to be written, at ${at}`] : [ends.get(debugCpu!.pc) ?? 'crash', `at ${at}`];
      }
      case 'halted':
        return this.atState('halted', 'all CPUs wait, and nothing will wake them');
      case 'held':
        return this.atState('held', 'the guest waits for the host');
      case 'failed':
        throw new Error(`code cannot be translated at pc ${places.describe(machine.cpu().pc)}`);
      case 'request':
        if (resetRequest !== undefined) return this.atState('reset', `the guest resets itself (${resetRequest})`);
        if (shutdownRequest?.cause === 'guest-panic' || vmStopRequest === 'guest-panicked')
          return this.atState('panic', 'the guest has panicked');
        if (shutdownRequest !== undefined)
          return this.atState('shutdown', `the guest ends (${shutdownRequest.cause}, ${shutdownRequest.exitCode})`);
        return this.atState('held', `the machine is stopped (${vmStopRequest ?? 'running'})`);
    }
  }

  private atState(state: EndState, reason: string): [kind: OutcomeKind, reason: string] {
    const states: readonly EndState[] = this.config.crash?.states ?? DEFAULTS.states;
    return [states.includes(state) ? 'crash' : 'ok', reason];
  }
}
