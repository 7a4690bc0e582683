/** The main loop: slices of guest code, timers, requests, and the host's event loop in between. */
import { ClockType, type IcountOptions } from '../hw/core/clock.js';
import { ExitReason, type CpuState } from '../hw/core/cpu.js';
import type { HostClock } from '../hw/core/clock.js';
import type { MachineState } from '../hw/core/machine.js';
import type { Replay } from '../hw/core/replay.js';
import { isCausedByGuest, type RunState, type ShutdownCause, type ShutdownRequest } from '../hw/core/runstate.js';
import { CpuTurns, type TurnLengths } from './cpu-turns.js';
import { IcountPace } from './icount-pace.js';
import type { HostScheduler, Sleep } from './scheduler.js';

/** Shortest slice that is worth entering the CPU for, ns. */
const MIN_SLICE_NS = 20e3;
/** The longest slice, ns; then the host's event loop has a turn, which costs it 5 us. Input waits as long. */
const YIELD_NS = 2e6;
/** While something comes from the host: a dialogue is slow if every answer waits. */
const BUSY_YIELD_NS = 300e3;
/** So long after the last time, ns. */
const HOST_BUSY_NS = 200e6;
/** An idle guest's input does not wait as long: there is time. */
const IDLE_YIELD_NS = 1e6;
/** A held machine looks at its timers this often, ns. */
const HELD_NS = 10e6;
/** Hosts sleep whole ms, and a little longer: the rest of a wait is rested (HostScheduler.rest). */
const SLEEP_LATE_NS = 300e3;
/** Work outside of slices goes on for so long before the event loop has a turn. */
const WORK_NS = 4e6;

/** Call it, and wait for it, after each piece of long work. */
export type Pauses = () => Promise<void>;
/** How much of the way to its end a slice is planned for: the rate is that of late, and what is left over is the next slice's. */
const APPROACH = 0.75;
/** Guest instructions of a slice at most. */
const MAX_BUDGET = 8e6;
const MIN_BUDGET = 500;
/** Guest instructions a ns before anything was measured. */
const FIRST_RATE = 0.02;
/**
 * Several CPUs in turn, ns. A change costs 10 us: a twentieth of a quantum. As long as all quanta together may a CPU spin for one that is not running.
 */
const TURNS: TurnLengths = { quantum: 200e3, prompt: 50e3, least: MIN_SLICE_NS };
/** Icount mode, instructions: as long in guest time, but no more than the host runs in about that time, and enough to get somewhere. */
const ICOUNT_QUANTUM = { most: 20_000, least: 1_000 };

function turnLengths(icount: IcountOptions | undefined): TurnLengths {
  if (!icount) return TURNS;
  const quantum = Math.min(Math.max(Math.floor(TURNS.quantum / 2 ** icount.shift), ICOUNT_QUANTUM.least), ICOUNT_QUANTUM.most);
  return { quantum, prompt: Math.ceil(quantum / 4), least: 1 };
}

/** How fast a CPU runs its guest's code. */
class Speed {
  /** Instructions a ns of late. */
  rate = FIRST_RATE;
  // Of slices that were too short to tell by themselves.
  private instructions = 0;
  private ns = 0;

  /**
   * Of a slice for which `planned` ns were planned; `whole`: it used up its budget. Moves the rate a quarter of the way, or, after a slice that was far
   * too long, all of it. A slice that was ended early after a short time says nothing; one whose budget was too small does, or it would stay too small.
   */
  measure(instructions: number, ns: number, planned: number, whole: boolean): void {
    if (instructions <= 0) return;
    if (ns < MIN_SLICE_NS) {
      if (!whole) return;
      this.instructions += instructions;
      this.ns += ns;
      if (this.ns < MIN_SLICE_NS) return;
      [instructions, ns] = [this.instructions, this.ns];
      planned = Infinity;
    }
    this.instructions = this.ns = 0;
    this.rate += (Math.max(1e-5, instructions / ns) - this.rate) / (ns > 2 * planned ? 1 : 4);
  }
}

/** What a guest asks for ends the run unless a shutdown is to pause it (`-no-shutdown`); these end it always. */
const HOST_ENDS: ReadonlySet<ShutdownCause> = new Set(['host-error', 'host-qmp-quit', 'host-signal', 'host-ui']);

export interface RunResult {
  reason: ShutdownCause | 'stopped';
  exitCode: number;
}

/**
 * Why `sprint` came back: its instructions are used up; somebody has a request (a shutdown, a reset, a stop); a CPU came to a break- or watchpoint
 * (MachineState.debugCpu); all CPUs wait, and nothing will wake them; the host holds the machine; code could not be translated.
 */
export type SprintEnd = 'budget' | 'request' | 'debug' | 'halted' | 'held' | 'failed';

export class MainLoop {
  /** Work (`pauses`) that goes on when the event loop has had its turn: nobody sleeps. */
  private works = 0;
  private sleeping: Sleep | undefined;
  private readonly turns: CpuTurns;
  /** The CPU that is in a slice now. */
  private inside: CpuState | undefined;
  /** The one that was last. */
  private last: CpuState | undefined;
  private sliceEndNs = 0;
  private woken = false;
  private leaving = false;
  private active = false;
  /** How fast each CPU is. */
  private readonly speeds: Speed[] = [];
  private lastYield = 0;
  /** When something last came from the host's event loop. */
  private lastEvent = -Infinity;
  private inTimers = false;
  private readonly endListeners = new Set<() => void>();
  private readonly pace: IcountPace | undefined;
  /** It has run once. */
  hasBegun = false;

  constructor(
    private readonly machine: MachineState,
    private readonly scheduler: HostScheduler,
    private readonly clock: HostClock,
  ) {
    this.turns = new CpuTurns(turnLengths(machine.clocks.icount));
    machine.notify = () => this.wake();
    machine.promptCpu = (cpu) => this.prompt(cpu);
    machine.onReset(() => this.turns.reset(machine.cpus));
    machine.addVmState('cpu_turns', CpuTurns.vmState, this.turns);
    machine.clocks.onDeadlineChange = () => this.deadlineChanged();
    machine.checkSlice = () => this.checkSlice();
    machine.isExecuting = () => this.isExecuting;
    const { icount } = machine.clocks;
    this.pace = icount && new IcountPace(machine.clocks, icount, (text) => machine.log.write(text));
  }

  /** `run` is at work (the guest may be paused all the same). */
  get isActive(): boolean {
    return this.active;
  }

  /** Guest code runs, or a timer's callback: it called what asks. */
  get isExecuting(): boolean {
    return this.inside !== undefined || this.inTimers;
  }

  /** As the machine's. */
  onStop(listener: (state: RunState) => void): () => void {
    return this.machine.onStop(listener);
  }

  /** Resolves when `run` is not at work: no guest code or timer runs, and no backend is written to, until it is again. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.active) this.endListeners.add(resolve);
      else resolve();
    });
  }

  /** Something happened: leave the slice at the next block, or wake from sleep. */
  wake(): void {
    this.woken = true;
    if (this.inside) this.inside.requestExit();
    else if (this.active) this.lastEvent = this.lastYield;
    this.sleeping?.wake();
  }

  /** Leaves `run` soon; the machine keeps its state, its time stands still, and it can be run again. */
  leave(): void {
    if (!this.active) return;
    this.leaving = true;
    this.wake();
  }

  /** Runs the machine until it shuts down or `leave` is called. */
  async run(): Promise<RunResult> {
    if (this.active) throw new Error('the machine is running already');
    this.active = true;
    this.lastYield = this.clock.monotonicNs();
    const { replay } = this.machine;
    try {
      const isFirst = !this.hasBegun;
      this.hasBegun = true;
      if (isFirst) await replay?.begin(this.machine);
      if (this.machine.runState.running) this.machine.clocks.start();
      for (;;) {
        const end = this.serveRequests();
        if (end) {
          replay?.finish(end.cause, end.exitCode);
          return { reason: end.cause, exitCode: end.exitCode };
        }
        if (this.leaving) return { reason: 'stopped', exitCode: 0 };
        this.woken = false;
        if (replay) this.deliver(replay);
        // Icount mode: what a disk has under way ends first, so that the order is always the same.
        if (!this.machine.runState.hasRequest && !(this.pace && this.machine.backends.awaitsHost)) this.runTimers();
        if (this.machine.runState.hasRequest) continue;
        if (!this.machine.runState.running) await this.idle(this.machine.clocks.hostNsToDeadline());
        else if (this.machine.isHeld) await this.idle(HELD_NS);
        else if (!this.pace?.isKept || !(await this.keepPace(this.pace))) {
          const cpu = this.nextCpu();
          if (cpu) this.slice(cpu);
          else await this.halted();
        }
        if (this.clock.monotonicNs() - this.lastYield >= this.yieldNs - MIN_SLICE_NS) await this.yield();
      }
    } finally {
      this.active = this.leaving = false;
      this.machine.clocks.stop(); // the guest may still be 'running', but nobody runs it
      // It stands still: the next run is not to end by that.
      this.machine.runState.vmStopRequest = undefined;
      this.machine.runState.vmStartRequest = false;
      for (const ended of this.endListeners) ended();
      this.endListeners.clear();
    }
  }

  /**
   * Icount mode: runs the machine, which is `running` but not being run, for at most so many instructions, at once: nothing of the host comes in between, so from
   * the same state it always does the same. Requests are left for who called. @throws Error if it cannot
   */
  sprint(most: number): SprintEnd {
    const { machine, turns } = this;
    const { clocks, runState } = machine;
    if (this.active || this.isExecuting || !clocks.icount || !runState.running)
      throw new Error('a sprint is for a machine with icount that is let run, and that nobody runs');
    this.sliceEndNs = Infinity;
    for (let left = most; ;) {
      this.runTimers();
      if (runState.hasRequest) return 'request';
      if (machine.isHeld) return 'held';
      if (left <= 0) return 'budget';
      const cpu = this.nextCpu();
      if (!cpu) {
        const deadline = clocks.deadline(ClockType.Virtual);
        if (deadline === undefined) return 'halted';
        clocks.warpTo(deadline);
        left--; // timers that wake nobody
        continue;
      }
      this.inside = cpu;
      let reason: ExitReason;
      try {
        reason = cpu.run(Math.min(left, turns.left, this.instructionsToDeadline()), turns.isContended);
      } finally {
        this.inside = undefined;
      }
      turns.spend(cpu.budgetUsed);
      left -= cpu.budgetUsed;
      if (reason === ExitReason.Yield) turns.pass();
      else if (reason === ExitReason.Debug) {
        machine.debugCpu = cpu;
        return runState.hasRequest ? 'request' : 'debug';
      } else if (reason === ExitReason.TranslateFailed) return 'failed';
    }
  }

  private runTimers(): void {
    this.inTimers = true;
    try {
      if (this.machine.clocks.runTimers()) this.machine.replay?.pass(1);
    } finally {
      this.inTimers = false;
    }
  }

  /** What a disk has under way ends before anything else comes: so the order is always the same. */
  private deliver(replay: Replay): void {
    if (!this.machine.runState.running || this.machine.backends.awaitsHost) return;
    this.inTimers = true;
    try {
      // a recording that let time pass had looked for a CPU before, and found none: that ended the turn
      replay.deliver(() => void this.turns.next());
    } finally {
      this.inTimers = false;
    }
  }

  /** Icount mode: guest time is brought nearer to the host's. True: it was ahead, and has waited a while. */
  private async keepPace(pace: IcountPace): Promise<boolean> {
    const { clocks, replay } = this.machine;
    if (replay?.mode === 'play') return false;
    const shift = pace.newShift();
    if (shift !== undefined) {
      replay?.changeShift(shift);
      clocks.shift = shift;
    }
    const ns = pace.waitNs();
    if (ns > 0) await this.idle(ns);
    return ns > 0;
  }

  /** In QEMU's order. */
  private serveRequests(): ShutdownRequest | undefined {
    const { machine } = this;
    const { runState } = machine;
    if (runState.shutdownRequest) {
      const request = runState.shutdownRequest;
      const { cause } = request;
      runState.shutdownRequest = undefined;
      machine.events.tell('SHUTDOWN', { guest: isCausedByGuest(cause), reason: cause });
      if (machine.actions.shutdown === 'poweroff' || HOST_ENDS.has(cause)) {
        if (runState.running) runState.set('shutdown');
        return request;
      }
      runState.exitCode = request.exitCode;
      void machine.vmStop('shutdown');
    }
    if (runState.resetRequest !== undefined) {
      const cause = runState.resetRequest;
      runState.resetRequest = undefined;
      runState.exitCode = 0;
      machine.systemReset(cause);
    }
    machine.serveStartAndStop();
    return undefined;
  }

  /** Whose turn it is. */
  private nextCpu(): CpuState | undefined {
    const { turns } = this;
    const { count } = turns;
    const cpu = turns.next();
    if (turns.count !== count) this.machine.replay?.pass(1);
    if (!cpu) return undefined;
    if (cpu !== this.last) this.last?.endReservation();
    this.last = cpu;
    return cpu;
  }

  /** One slice of `cpu`'s turn. */
  private slice(cpu: CpuState): void {
    const { turns, clock } = this;
    const { clocks, replay } = this.machine;
    const limit = replay?.limit() ?? Infinity;
    if (limit === 0) return;
    const start = clock.monotonicNs();
    const wait = clocks.hostNsToDeadline();
    const turn = clocks.icount ? { ns: Infinity, instructions: turns.left } : { ns: turns.left, instructions: Infinity };
    const share = Math.max(Math.min(this.lastYield + this.yieldNs - start, turn.ns), MIN_SLICE_NS);
    const ns = Math.max(Math.min(wait, share), MIN_SLICE_NS);
    const planned = wait <= share ? Math.max(APPROACH * ns, MIN_SLICE_NS) : ns;
    const speed = (this.speeds[cpu.cpuIndex] ??= new Speed());
    const most = Math.min(MAX_BUDGET, turn.instructions, this.instructionsToDeadline(), limit);
    const budget = Math.min(Math.max(MIN_BUDGET, Math.floor(speed.rate * planned)), most);
    const before = cpu.instructionCount;
    this.sliceEndNs = start + ns;
    this.inside = cpu;
    let reason = ExitReason.Budget;
    let failure: { readonly error: unknown } | undefined;
    try {
      reason = cpu.run(budget, turns.isContended);
    } catch (error) {
      failure = { error };
    } finally {
      this.inside = undefined;
    }
    if (failure) {
      void this.machine.vmStop('internal-error');
      throw failure.error;
    }
    const used = clock.monotonicNs() - start;
    speed.measure(cpu.instructionCount - before, used, planned, reason === ExitReason.Budget);
    turns.spend(clocks.icount ? cpu.budgetUsed : used);
    replay?.pass(cpu.budgetUsed);
    if (reason === ExitReason.Yield) turns.pass();
    else if (reason === ExitReason.Debug) {
      if (replay?.passesBy(cpu)) return;
      this.machine.debugCpu = cpu;
      this.machine.vmStopRequest('debug');
    } else if (reason === ExitReason.TranslateFailed) {
      this.machine.log.write(`wemu: cpu ${cpu.cpuIndex}: cannot translate code at pc 0x${cpu.pc.toString(16)}\n`);
      this.machine.vmStopRequest('internal-error');
    }
  }

  /** Icount mode: exactly so many until the next timer is due, at least one. */
  private instructionsToDeadline(): number {
    const { clocks } = this.machine;
    const deadline = clocks.icount && clocks.deadline(ClockType.Virtual);
    if (deadline === undefined) return Infinity;
    return Math.max(1, Math.ceil(Number(deadline - clocks.virtualNow) / 2 ** clocks.shift));
  }

  /** An interrupt has come for `cpu`: another one's turn ends for it. */
  private prompt(cpu: CpuState): void {
    if (this.turns.prompt(cpu)) this.inside?.requestExit();
    this.sleeping?.wake();
  }

  /** The guest makes the host work: its slice ends by the clock too, or a million slow register writes would be one slice. */
  private checkSlice(): void {
    if (this.inside && this.clock.monotonicNs() >= this.sliceEndNs) this.inside.requestExit();
  }

  /** All CPUs wait for an interrupt. */
  private async halted(): Promise<void> {
    const { clocks, replay } = this.machine;
    const deadline = clocks.icount && clocks.deadline(ClockType.Virtual);
    // Virtual time is made of instructions and nobody executes any: jump.
    if (deadline !== undefined && !this.pace!.sleeps) {
      if (clocks.warpTo(deadline)) replay?.pass(1);
      return;
    }
    if (replay?.starves()) return;
    if (deadline === undefined) return this.idle(clocks.hostNsToDeadline());
    const before = clocks.read(ClockType.VirtualRt);
    const start = clocks.virtualNow;
    await this.idle(clocks.hostNsToDeadline());
    const now = start + clocks.read(ClockType.VirtualRt) - before;
    const end = now < deadline ? now : deadline;
    if (end <= start) return;
    replay?.warp(end);
    clocks.warpTo(end);
    replay?.pass(1);
  }

  /** The CPU that was last in a slice, by its index; -1: none. A reservation of its ends when another's turn comes. */
  get lastCpu(): number {
    return this.last?.cpuIndex ?? -1;
  }
  set lastCpu(index: number) {
    this.last = this.machine.cpus[index];
  }

  private async idle(ns: number): Promise<void> {
    if (ns <= 0 || this.woken) return;
    if (this.works > 0) return this.yield();
    const ms = Math.floor((ns - SLEEP_LATE_NS) / 1e6);
    if (ms >= 1) {
      this.sleeping = this.scheduler.sleep(ms);
      await this.sleeping.done;
      this.sleeping = undefined;
      this.lastYield = this.clock.monotonicNs();
    } else if (!this.scheduler.rest || this.machine.backends.awaitsHost || this.clock.monotonicNs() - this.lastYield >= IDLE_YIELD_NS) {
      await this.yield();
    } else {
      this.scheduler.rest(ns);
    }
  }

  private get yieldNs(): number {
    return this.lastYield - this.lastEvent < HOST_BUSY_NS ? BUSY_YIELD_NS : YIELD_NS;
  }

  /** For work in pieces, outside of slices: to be called after each; the host's event loop gets a turn where it has waited long enough. */
  pauses(): Pauses {
    let last = this.clock.monotonicNs();
    return async () => {
      if (this.clock.monotonicNs() - last < WORK_NS) return;
      this.works++;
      await this.scheduler.yield();
      this.works--;
      last = this.clock.monotonicNs();
    };
  }

  private async yield(): Promise<void> {
    await this.scheduler.yield();
    this.lastYield = this.clock.monotonicNs();
  }

  /** A timer became the earliest: a slice that would run past it is cut short. */
  private deadlineChanged(): void {
    if (this.sleeping) return this.sleeping.wake();
    if (!this.inside) return;
    const { clocks } = this.machine;
    if (clocks.icount || this.clock.monotonicNs() + clocks.hostNsToDeadline() < this.sliceEndNs) this.inside.requestExit();
  }
}
