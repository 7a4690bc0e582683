/**
 * Back and forth in a run that is replayed: by snapshots in memory, taken on the way, and from the nearest one forward again. Where it stops, all is as it was
 * when the run was there first.
 */
import type { CpuState, WatchpointHit } from '../hw/core/cpu.js';
import type { MemorySnapshot, MemorySnapshots } from '../migration/memory-snapshot.js';
import type { Player, ReplayMark, StopAt } from '../replay/player.js';
import { MiB } from '../util/size.js';
import { SnapshotError, VmStateError } from '../util/errors.js';
import type { MachineControl } from './control.js';
import { ControlError } from './errors.js';
import type { MainLoop } from './main-loop.js';

/** Memory that snapshots may have, bytes: what a guest writes between two of them, and once all that it has. */
const MOST_MEMORY = 512 * MiB;
/** ns of the host's between two snapshots: going back costs as long at least. */
const INTERVAL_NS = 500e6;
/** A step back first looks at so many moments before it. */
const NEAR = 8;

interface Checkpoint {
  readonly mark: ReplayMark;
  readonly instructions: number;
  readonly snapshot: MemorySnapshot;
  readonly lastCpu: number;
}

/** Why a way back has ended. */
export interface Arrival {
  /** At the beginning of the log: there is nothing before it. */
  readonly isBeginning: boolean;
  readonly cpu?: CpuState;
  readonly watchpoint?: WatchpointHit;
}

export class TimeTravel {
  /** By moments. The first one is that of the beginning. */
  private points: Checkpoint[] = [];
  /** Why there are none. */
  private refusal: string | undefined;
  private nextNs = 0;
  /** The replay is going somewhere: what stops on the way is nobody's business. */
  isTravelling = false;

  constructor(
    private readonly control: MachineControl,
    private readonly player: Player,
    private readonly loop: MainLoop,
    private readonly memory: () => MemorySnapshots,
    private readonly mostMemory = MOST_MEMORY,
  ) {
    player.onMoment = () => this.note();
  }

  get instructions(): number {
    return this.control.machine.clocks.instructionCount;
  }
  get isAtEnd(): boolean {
    return this.player.isAtEnd;
  }
  /** Somebody may want to go back from the end of the log. */
  pauseAtEnd(): void {
    this.player.pausesAtEnd = true;
  }

  // ---- snapshots on the way

  private note(): void {
    const { player, points } = this;
    const now = this.control.machine.env.hostClock.monotonicNs();
    if (this.refusal !== undefined || now < this.nextNs) return;
    const last = points.at(-1);
    if (last && last.mark.moment >= player.moment) return;
    try {
      this.take();
    } catch (error) {
      if (!(error instanceof VmStateError || error instanceof SnapshotError)) throw error;
      this.refusal = error.message;
    }
    this.nextNs = this.control.machine.env.hostClock.monotonicNs() + INTERVAL_NS;
  }
  private take(): void {
    const snapshot = this.memory().take();
    this.points.push({ mark: this.player.mark(), instructions: this.instructions, snapshot, lastCpu: this.loop.lastCpu });
    while (this.points.length > 2 && this.memory().bytes > this.mostMemory) this.thin();
  }
  /** Takes out the one whose absence costs least: the further away, the fewer there are. */
  private thin(): void {
    const { points } = this;
    const now = this.player.moment;
    let least = 1;
    let leastCost = Infinity;
    for (let i = 1; i < points.length - 1; i++) {
      const cost = (points[i + 1].mark.moment - points[i - 1].mark.moment) / (now - points[i].mark.moment + 1);
      if (cost < leastCost) [least, leastCost] = [i, cost];
    }
    const [out] = points.splice(least, 1);
    this.memory().release(out.snapshot);
  }

  private goBack({ mark, snapshot, lastCpu }: Checkpoint): void {
    this.memory().restore(snapshot);
    this.control.machine.revive();
    this.loop.lastCpu = lastCpu;
    this.player.goBack(mark);
  }
  /** The last one that `test` says yes to. */
  private last(test: (point: Checkpoint) => boolean): Checkpoint | undefined {
    return this.points.filter(test).at(-1);
  }
  /** As `last`. @throws ControlError if there is none */
  private before(test: (point: Checkpoint) => boolean): Checkpoint {
    const found = this.last(test);
    if (!found) throw new ControlError(this.refusal ?? 'cannot seek to the specified instruction count');
    return found;
  }

  // ---- what people ask for

  /** The machine is to stop when it has executed so many instructions. @throws ControlError if it has already */
  breakAt(instructions: number): void {
    if (instructions < this.instructions) throw new ControlError('cannot set breakpoint at the instruction in the past');
    this.player.stopAt = { instructions };
    this.control.machine.notify();
  }
  deleteBreak(): void {
    this.player.stopAt = undefined;
  }

  /** Goes to where so many instructions have been executed, and stops there. @throws ControlError if it cannot */
  async seek(instructions: number): Promise<void> {
    await this.travel(async () => {
      const from = this.last((point) => point.instructions <= instructions);
      const here = this.instructions;
      if (here > instructions || (from && from.instructions > here))
        this.goBack(this.before((point) => point.instructions <= instructions));
      if (this.instructions < instructions) await this.runTo({ instructions });
    });
  }

  /** Goes back to before the instruction, or the exception, that was last. */
  async reverseStep(): Promise<Arrival> {
    return this.travel(async () => {
      const { moment } = this.player;
      for (let distance = NEAR; ; distance *= 8) {
        const start = Math.max(moment - distance, this.points[0]?.mark.moment ?? 0);
        await this.goTo(start);
        // an own one to go back to, and for the next step
        if (this.refusal === undefined && this.points.every(({ mark }) => mark.moment !== this.player.moment)) this.insert();
        const target = await this.lastStepBefore(moment);
        if (target !== undefined) {
          await this.goTo(target);
          return { isBeginning: false };
        }
        if (start <= (this.points[0]?.mark.moment ?? 0)) {
          await this.goTo(start);
          return { isBeginning: true };
        }
      }
    });
  }

  /** Goes back to the last break- or watchpoint before, or to the beginning. */
  async reverseContinue(): Promise<Arrival> {
    return this.travel(async () => {
      let end = this.player.moment;
      for (;;) {
        const from = this.last(({ mark }) => mark.moment < end);
        if (!from) {
          if (this.points.length > 0) this.goBack(this.points[0]);
          return { isBeginning: true };
        }
        this.goBack(from);
        const last = await this.scan(end);
        if (last) {
          await this.goTo(last.moment);
          return { isBeginning: false, cpu: last.cpu, watchpoint: last.watchpoint };
        }
        end = from.mark.moment;
      }
    });
  }

  // ---- ways

  /** The guest stands still before and after. */
  private async travel<T>(way: () => Promise<T>): Promise<T> {
    if (this.isTravelling) throw new ControlError('the replay is on its way already');
    if (!this.loop.isActive) throw new ControlError('the machine is not being run');
    this.isTravelling = true;
    const { stopAt } = this.player;
    this.player.stopAt = undefined;
    const pausesAtEnd = this.player.pausesAtEnd;
    this.player.pausesAtEnd = true;
    try {
      await this.control.stop();
      return await way();
    } finally {
      this.isTravelling = false;
      this.player.stopAt = stopAt;
      this.player.pausesAtEnd = pausesAtEnd;
    }
  }

  /** @throws ControlError if something else has stopped it */
  private async runTo(stop: StopAt): Promise<void> {
    const { player, loop, control } = this;
    const { machine } = control;
    player.hasStopped = false;
    player.stopAt = stop;
    let remove = (): void => {};
    const stopped = new Promise<void>((resolve) => (remove = machine.onStop(() => resolve())));
    machine.vmStart();
    await Promise.race([stopped, loop.ended()]);
    remove();
    player.stopAt = undefined;
    if (!player.hasStopped) throw new ControlError(player.isAtEnd ? 'the log ends before' : 'the replay was stopped on its way');
  }

  /** Break- and watchpoints are left aside. */
  private async goTo(moment: number): Promise<void> {
    const from = this.last(({ mark }) => mark.moment <= moment);
    if (moment < this.player.moment || (from && from.mark.moment > this.player.moment))
      this.goBack(from ?? this.before(({ mark }) => mark.moment <= moment));
    if (this.player.moment === moment) return;
    const restore = this.control.points.lift();
    try {
      await this.runTo({ moment });
    } finally {
      restore();
    }
  }

  /** The last break- or watchpoint from here to before `end`. */
  private async scan(end: number) {
    let restore = (): void => {};
    const scan: NonNullable<Player['scan']> = {
      points: {
        lift: () => (restore = this.control.points.lift()),
        restore: () => {
          restore();
          restore = () => {};
        },
      },
    };
    this.player.scan = scan;
    try {
      await this.runTo({ moment: end });
    } finally {
      this.player.endScan();
    }
    return scan.last;
  }

  /** Steps from here: the last moment before `end` from which a CPU went on. */
  private async lastStepBefore(end: number): Promise<number | undefined> {
    const { cpus } = this.control;
    const state = (): string => cpus.map((cpu) => `${cpu.pc} ${cpu.instructionCount} ${cpu.halted}`).join();
    let found: number | undefined;
    const restore = this.control.points.lift();
    try {
      while (this.player.moment < end) {
        const { moment } = this.player;
        const before = state();
        await this.runTo({ moment: moment + 1 });
        if (state() !== before) found = moment;
      }
    } finally {
      restore();
    }
    return found;
  }

  /** A snapshot of here, in its place. */
  private insert(): void {
    this.take();
    this.points.sort((a, b) => a.mark.moment - b.mark.moment);
  }
}
