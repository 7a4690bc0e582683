import { describe, expect, it } from 'vitest';
import { Chardev } from '../chardev/chardev.js';
import { CpuState, ExitReason } from '../hw/core/cpu.js';
import { ClockType, ManualHostClock, Timer, type IcountOptions } from '../hw/core/clock.js';
import { defineDevice } from '../hw/core/device.js';
import { PlainRamAllocator } from '../memory/ram.js';
import { MemoryRegion } from '../memory/region.js';
import type { TypeInfo } from '../qom/object.js';
import { TypeRegistry } from '../qom/registry.js';
import { Machine, type MachineHost, type MachineOptions } from './facade.js';
import { MachineState, defineMachine, type MachineClassOptions } from '../hw/core/machine.js';
import { MachineRegistry } from './registry.js';
import { HostError } from '../util/errors.js';
import type { HostScheduler, Sleep } from './scheduler.js';

/** Executes nothing, at 10 ns an instruction of host time. `script` looks at every instruction and may change the state. */
class ScriptedCpu extends CpuState {
  static override readonly type: TypeInfo = defineDevice('scripted-cpu', CpuState, ScriptedCpu);
  readonly env = 0;
  pc = 0n;
  halted = false;
  irq = false;
  instructionCount = 0;
  resets = 0;
  slices: number[] = [];
  yields = false;
  reservations = 0;
  private exit = false;
  script: (cpu: ScriptedCpu) => void = () => {};
  hostClock!: ManualHostClock;

  override reset(): void {
    this.resets++;
    this.halted = false;
  }
  run(budget: number, contended = false): ExitReason {
    this.exit = this.yields = false;
    if (this.irq) {
      this.halted = false;
      this.irq = false;
    }
    const start = this.instructionCount;
    let reason = ExitReason.Budget;
    for (let i = 0; i < budget; i++) {
      this.instructionCount++;
      this.hostClock.ns += 10;
      this.script(this);
      if (this.halted) reason = ExitReason.Halted;
      if (this.exit) reason = ExitReason.Request;
      if (this.yields && contended) reason = ExitReason.Yield;
      if (reason !== ExitReason.Budget) break;
    }
    this.slices.push(this.instructionCount - start);
    return reason;
  }
  requestExit(): void {
    this.exit = true;
  }
  get budgetUsed(): number {
    return this.slices.at(-1) ?? 0;
  }
  hasWork(): boolean {
    return this.irq;
  }
  override endReservation(): void {
    this.reservations++;
  }
  interrupt(): void {
    this.irq = true;
    this.interrupted();
  }
  registers(): [string, bigint][] {
    return [['x1', 5n]];
  }
  writeRegister(): boolean {
    return false;
  }
  translateDebug(address: bigint): number | undefined {
    return address >= 0x1000n ? Number(address) - 0x1000 : undefined;
  }
  dumpState(): string {
    return '';
  }
}

class Board extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('board', MachineState, Board, {
    desc: 'a board',
    isDefault: true,
    aliases: ['b'],
    maxCpus: 4,
  });
  protected override init(): void {
    this.systemMemory.addSubregion(0, this.newRam('ram', 0x4000));
    for (let i = 0; i < this.smpCpus; i++) {
      const cpu = this.newDevice(ScriptedCpu);
      cpu.hostClock = this.env.hostClock as ManualHostClock;
      this.addCpu(cpu);
      this.realize(cpu);
    }
  }
}

/** Output that leaves when it is told to. */
class SlowOutput extends Chardev {
  finish: () => void = () => {};
  constructor() {
    super('slow', 'slow');
  }
  override write(): void {}
  override flushed(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.finish;
      this.finish = () => {
        before();
        resolve();
      };
    });
  }
}

function make(options: MachineOptions = {}) {
  const clock = new ManualHostClock();
  const sleeps: number[] = [];
  const rests: number[] = [];
  const host: MachineHost = {
    clock,
    machines: new MachineRegistry([Board]),
    types: new TypeRegistry([ScriptedCpu]),
    engine: () => ({ ram: new PlainRamAllocator() }),
    scheduler: {
      yield: async () => {
        clock.ns += 10_000;
        await new Promise((resolve) => setTimeout(resolve, 0));
      },
      sleep: (ms): Sleep => {
        sleeps.push(ms);
        let wake!: () => void;
        const done = new Promise<void>((resolve) => (wake = resolve));
        if (ms !== Infinity) {
          clock.ns += ms * 1e6;
          wake();
        }
        return { done, wake };
      },
      rest: (ns) => {
        rests.push(ns);
        clock.ns += ns;
      },
    },
  };
  const machine = Machine.create(options, host);
  return { machine, clock, sleeps, rests, cpu: machine.cpu() as ScriptedCpu, cpus: machine.state.cpus as ScriptedCpu[] };
}

describe('the main loop', () => {
  it("ends with the guest's shutdown, its cause and code", async () => {
    const { machine, cpu } = make();
    cpu.script = () => cpu.instructionCount === 1234 && machine.state.requestShutdown('guest-panic', 3);
    expect(await machine.run()).toEqual({ reason: 'guest-panic', exitCode: 3 });
    expect(cpu.instructionCount).toBe(1234);
    expect(machine.runState).toBe('shutdown');
  });

  it('keeps slices near 2 ms, whatever was guessed at first', async () => {
    const { machine, cpu } = make();
    cpu.script = () => cpu.instructionCount === 20_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    const late = cpu.slices.slice(10, -1).map((n) => n * 10);
    const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
    expect(sum(late.filter((ns) => ns > 1.8e6)) / sum(late)).toBeGreaterThan(0.9);
    expect(Math.max(...late)).toBeLessThan(2.5e6);
  });

  it('ends a slice in which devices take the time', async () => {
    const { machine, cpu, clock } = make();
    const { systemMemory, addressSpace, topology } = machine.state;
    systemMemory.addSubregion(
      0x10_0000,
      MemoryRegion.io(topology, 'slow', 4, { read: () => ((clock.ns += 1e6), 0), write: () => (clock.ns += 1e6) }),
    );
    const times: number[] = [];
    let start = 0;
    const run = cpu.run.bind(cpu);
    cpu.run = (budget) => {
      start = clock.ns;
      const reason = run(budget);
      times.push(clock.ns - start);
      return reason;
    };
    cpu.script = () => {
      if (cpu.instructionCount < 5_000_000) return; // a quick guest: slices of many instructions
      if (cpu.instructionCount % 2) addressSpace.read(0x10_0000);
      else addressSpace.write(0x10_0000, 4, 0);
      if (times.length > 40) machine.state.requestShutdown('guest-shutdown');
    };
    await machine.run();
    expect(Math.max(...times)).toBeLessThan(8e6);
  });

  it('takes a slice that was far too long to heart at once', async () => {
    const { machine, cpu, clock } = make();
    const times: number[] = [];
    let before = 0;
    cpu.script = () => {
      if (cpu.instructionCount >= 5_000_000) clock.ns += 1000; // from now on a hundred times slower, and no device to tell
      if (cpu.slices.length === before) return;
      before = cpu.slices.length;
      if (cpu.instructionCount >= 5_000_000) times.push(cpu.slices.at(-1)!);
      if (times.length > 5) machine.state.requestShutdown('guest-shutdown');
    };
    await machine.run();
    expect(Math.max(...times.slice(2))).toBeLessThan(2_500); // 2 ms at 1 us each
  });

  it('fires timers on time: a slice ends at the next deadline, also at one that is armed in the slice', async () => {
    const { machine, cpu } = make();
    const { clocks } = machine.state;
    const late: number[] = [];
    const timer = clocks.timer(1, () => {
      late.push(Number(clocks.virtualNow - due));
      if (late.length === 20) machine.state.requestShutdown('guest-shutdown');
    });
    let due = 0n;
    cpu.script = () => {
      if (timer.pending || cpu.instructionCount % 50_000 !== 7) return;
      due = clocks.virtualNow + 300_000n;
      timer.modNs(due);
    };
    await machine.run();
    expect(late).toHaveLength(20);
    expect(Math.max(...late.slice(3))).toBeLessThan(50_000);
  });

  it('sleeps while the CPU waits, until the timer', async () => {
    const { machine, cpu, sleeps, clock } = make();
    machine.state.clocks.timer(1, () => (cpu.irq = true)).modNs(500_000_000n);
    cpu.script = () => {
      if (clock.ns < 400e6) cpu.halted = true;
      else machine.state.requestShutdown('guest-shutdown');
    };
    await machine.run();
    expect(sleeps).toEqual([499]); // and rests for what is left
    expect(clock.ns).toBeGreaterThanOrEqual(500e6);
    expect(clock.ns).toBeLessThan(500.1e6);
  });

  it('rests between the ticks of a fast timer, and looks at the host every ms', async () => {
    const { machine, cpu, rests, sleeps, clock } = make();
    let turns = 0;
    const { scheduler } = machine.loop as unknown as { scheduler: HostScheduler };
    const turn = scheduler.yield.bind(scheduler);
    scheduler.yield = () => (turns++, turn());
    const late: number[] = [];
    const tick = machine.state.clocks.timer(1, () => {
      late.push(Number(machine.state.clocks.virtualNow - due));
      cpu.irq = true;
      due += 250_000n;
      tick.modNs(due);
    });
    let due = 250_000n;
    tick.modNs(due);
    cpu.script = () => (late.length < 400 ? (cpu.halted = true) : machine.state.requestShutdown('guest-shutdown'));
    await machine.run();
    expect(sleeps).toEqual([]);
    expect(rests.length).toBeGreaterThan(200);
    expect(turns).toBeGreaterThan(50);
    expect(turns).toBeLessThan(110);
    expect(late.filter((ns) => ns > 100_000).length).toBeLessThan(8);
    expect(clock.ns).toBeLessThan(102e6);
  });

  it('is over for good, in state internal-error, when the engine fails', async () => {
    const { machine, cpu } = make();
    cpu.run = () => {
      throw new HostError('cpu 0: the engine failed near pc 0x0: unreachable');
    };
    await expect(machine.run()).rejects.toThrow(/engine failed/);
    expect([machine.runState, machine.loop.isActive]).toEqual(['internal-error', false]);
  });

  it('sleeps until input comes', async () => {
    const output: number[] = [];
    const { machine, cpu, sleeps } = make({ serial: (bytes) => output.push(...bytes) });
    machine.state.config.serials![0].attach({
      canReceive: () => 16,
      receive: (bytes) => {
        machine.state.config.serials![0].write(bytes);
        cpu.irq = true;
      },
    });
    cpu.halted = true;
    cpu.script = () => machine.state.requestShutdown('guest-shutdown');
    const running = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sleeps).toEqual([Infinity]);
    machine.writeSerial('hi');
    await running;
    expect(output).toEqual([0x68, 0x69]);
  });

  it.each([undefined, 'shift=3'])('runs no CPU while output waits for its reader, but timers; icount: %s', async (icount) => {
    const { machine, cpu } = make({ icount });
    const { clocks } = machine.state;
    const reader = new Timer(clocks, ClockType.Realtime, () => machine.state.hold(machine, false));
    const before: bigint[] = [];
    cpu.script = () => {
      if (cpu.instructionCount === 2000) machine.state.requestShutdown('guest-shutdown');
      if (cpu.instructionCount !== 1000) return;
      machine.state.hold(machine, true);
      reader.startNs(1e9);
      before.push(clocks.now(ClockType.Realtime), clocks.now(ClockType.Virtual));
    };
    const running = machine.run();
    expect(await running).toMatchObject({ reason: 'guest-shutdown' });
    const [real, virtual] = before;
    expect(cpu.slices[0]).toBe(1000); // left at once
    expect(clocks.now(ClockType.Realtime) - real).toBeGreaterThanOrEqual(1_000_000_000n);
    // Where time is made of instructions the guest cannot notice.
    const passed = clocks.now(ClockType.Virtual) - virtual;
    if (icount) expect(passed).toBe(8000n);
    else expect(passed).toBeGreaterThanOrEqual(1_000_000_000n);
  });

  it('turns to the host more often while something comes from there', async () => {
    const { machine, cpu, clock } = make();
    const serial = machine.state.config.serials![0];
    serial.attach({ canReceive: () => 16, receive: () => {} });
    const turns: number[] = [];
    const { scheduler } = machine.loop as unknown as { scheduler: HostScheduler };
    const turn = scheduler.yield.bind(scheduler);
    scheduler.yield = () => {
      turns.push(clock.ns);
      if (turns.length === 50) machine.writeSerial('hi');
      return turn();
    };
    cpu.script = () => clock.ns > 500e6 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    const between = turns.slice(1).map((ns, i) => ns - turns[i]);
    expect(between[40]).toBeGreaterThan(1.5e6);
    expect(between[60]).toBeLessThan(0.5e6);
    expect(between.at(-1)).toBeGreaterThan(1.5e6);
  });

  it('resets, or with noReboot ends', async () => {
    const run = async (noReboot: boolean) => {
      const { machine, cpu } = make({ noReboot });
      cpu.script = () => (cpu.resets === 1 ? machine.state.requestReset('guest-reset') : machine.state.requestShutdown('guest-shutdown'));
      return { ...(await machine.run()), resets: cpu.resets };
    };
    expect(await run(false)).toEqual({ reason: 'guest-shutdown', exitCode: 0, resets: 2 });
    expect(await run(true)).toEqual({ reason: 'guest-reset', exitCode: 0, resets: 1 });
  });

  it("with noShutdown a guest's shutdown pauses; what the host's user asks for ends the run all the same", async () => {
    const { machine, cpu } = make({ noShutdown: true });
    cpu.script = () => machine.state.requestShutdown('guest-shutdown');
    const ended = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(machine.runState).toBe('shutdown');
    machine.quit();
    expect(await ended).toEqual({ reason: 'host-qmp-quit', exitCode: 0 });
  });

  it('pauses, keeps guest time, resumes, stops', async () => {
    const { machine, cpu, clock } = make();
    const states: boolean[] = [];
    machine.state.runState.addHandler((running) => states.push(running));
    const running = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await machine.pause();
    const [count, time] = [cpu.instructionCount, machine.state.clocks.virtualNow];
    clock.ns += 1e9;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([cpu.instructionCount, machine.state.clocks.virtualNow]).toEqual([count, time]);
    machine.resume();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(cpu.instructionCount).toBeGreaterThan(count);
    machine.stop();
    expect(await running).toEqual({ reason: 'stopped', exitCode: 0 });
    expect(states).toEqual([true, false, true]);
  });

  it('keeps guest time still while nobody runs the machine', async () => {
    const { machine, cpu, clock } = make();
    const now = (): bigint => machine.state.clocks.virtualNow;
    cpu.script = () => machine.stop();
    await machine.run();
    const time = now();
    clock.ns += 1e9;
    expect([machine.runState, now()]).toEqual(['running', time]);
    await machine.run();
    expect(now()).toBeGreaterThan(time);
    expect(now()).toBeLessThan(time + 100_000_000n);
    await machine.pause();
    const paused = now();
    machine.resume();
    clock.ns += 1e9;
    expect(now()).toBe(paused);
  });

  it('stops at a debug exit and goes on when told', async () => {
    const { machine, cpu } = make();
    const stops: string[] = [];
    machine.loop.onStop((state) => {
      stops.push(state);
      if (state === 'debug') setTimeout(() => machine.quit(), 1);
    });
    cpu.run = () => ExitReason.Debug;
    expect((await machine.run()).reason).toBe('host-qmp-quit');
    expect(stops).toEqual(['debug']);
  });

  it('ends a pause that the end of running overtakes, and a stop while nothing runs stops nothing', async () => {
    const { machine, cpu } = make();
    machine.stop();
    const running = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const count = cpu.instructionCount;
    expect(count).toBeGreaterThan(0);
    machine.stop();
    await Promise.all([machine.pause(), running]);
    expect(machine.runState).toBe('paused');
    cpu.script = () => machine.state.requestShutdown('guest-shutdown');
    expect((await machine.run()).reason).toBe('guest-shutdown');
  });
});

describe('starting and stopping', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  /** What is told, with the state that the machine is in then. */
  function watch(machine: Machine): string[] {
    const told: string[] = [];
    machine.onEvent(({ event }) => told.push(`${event} ${machine.runState}`));
    return told;
  }

  it('is done by the main loop, when guest code, a device or a timer asks', async () => {
    const { machine, cpu } = make();
    const told = watch(machine);
    const { state } = machine;
    let inPlace: unknown;
    const timer = state.clocks.timer(ClockType.Virtual, () => {
      try {
        void state.vmStop();
      } catch (error) {
        inPlace = error;
      }
      state.vmStopRequest('watchdog');
      expect(machine.runState).toBe('running');
    });
    cpu.script = () => {
      if (cpu.instructionCount === 100) timer.startNs(0);
      if (cpu.instructionCount === 2_000_000) {
        state.vmStopRequest('debug');
        state.vmStopRequest('paused'); // the first one counts
        machine.resume();
        expect(machine.runState).toBe('running');
      }
      if (cpu.instructionCount === 3_000_000) {
        machine.resume();
        void machine.pause(); // after that: it stays stopped
      }
    };
    const ended = machine.run();
    await settle();
    expect(inPlace).toMatchObject({ message: 'vmStop from guest code, a device or a timer: it is to be requested' });
    expect(machine.runState).toBe('watchdog');
    machine.resume();
    for (let i = 0; i < 100 && machine.runState !== 'paused'; i++) await settle();
    expect(machine.runState).toBe('paused');
    machine.quit();
    await ended;
    expect(told).toEqual([
      ...['RESUME prelaunch', 'STOP watchdog', 'RESUME watchdog', 'STOP debug', 'RESUME debug', 'STOP paused'],
      'SHUTDOWN paused',
    ]);
  });

  it('is told when nothing is in flight; who starts it meanwhile waits so long, and may think better of it', async () => {
    const { machine, clock } = make({ serial: new SlowOutput() });
    const [slow] = machine.control.serialPorts as SlowOutput[];
    const told = watch(machine);
    const ended = machine.run();
    await settle();
    const stopped = machine.pause();
    machine.resume();
    const time = machine.state.clocks.virtualNow;
    clock.ns += 1e9;
    await settle();
    expect([machine.runState, told, machine.state.clocks.virtualNow]).toEqual(['paused', ['RESUME prelaunch'], time]);
    slow.finish();
    await stopped;
    await settle();
    expect([machine.runState, told.splice(0)]).toEqual(['running', ['RESUME prelaunch', 'STOP paused', 'RESUME paused']]);
    const again = machine.pause();
    machine.resume();
    machine.state.vmStopRequest();
    slow.finish();
    await again;
    await settle();
    expect([machine.runState, told]).toEqual(['paused', ['STOP paused']]);
    // The user's end does not wait for what is in flight.
    machine.resume();
    void machine.pause();
    machine.quit();
    expect((await ended).reason).toBe('host-qmp-quit');
    slow.finish();
  });

  it('-S: the first run waits for somebody', async () => {
    const { machine, cpu } = make({ startPaused: true });
    const ended = machine.run();
    await settle();
    expect([machine.runState, cpu.instructionCount]).toEqual(['prelaunch', 0]);
    machine.resume();
    await settle();
    expect([machine.runState, cpu.instructionCount > 0]).toEqual(['running', true]);
    machine.stop();
    await ended;
  });

  it('ends are told, with who wanted them', async () => {
    const ends = async (options: MachineOptions, script: (machine: Machine) => void) => {
      const { machine, cpu } = make(options);
      const told: unknown[] = [];
      machine.onEvent(({ event, data }) => told.push(event, data));
      cpu.script = () => cpu.instructionCount === 100 && script(machine);
      const ended = machine.run();
      await settle();
      if (machine.loop.isActive) machine.quit();
      return [(await ended).exitCode, ...told.slice(2)];
    };
    const shutdown = (machine: Machine): void => machine.state.requestShutdown('guest-shutdown', 4);
    const SHUTDOWN = ['SHUTDOWN', { guest: true, reason: 'guest-shutdown' }];
    const QUIT = ['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }];
    expect(await ends({}, shutdown)).toEqual([4, ...SHUTDOWN]);
    expect(await ends({ noShutdown: true }, shutdown)).toEqual([0, ...SHUTDOWN, 'STOP', {}, ...QUIT]);
    const reset = (machine: Machine): void => machine.state.requestReset('guest-reset');
    expect(await ends({}, reset)).toEqual([0, 'RESET', { guest: true, reason: 'guest-reset' }, ...QUIT]);
    expect(await ends({ actions: { reboot: 'shutdown' } }, reset)).toEqual([0, 'SHUTDOWN', { guest: true, reason: 'guest-reset' }]);
    const panic = (machine: Machine): void => machine.state.guestPanicked();
    expect(await ends({ actions: { panic: 'exit-failure' } }, panic)).toEqual([
      ...[1, 'GUEST_PANICKED', { action: 'poweroff' }, 'SHUTDOWN', { guest: true, reason: 'guest-panic' }],
    ]);
    expect(await ends({ actions: { panic: 'pause' } }, panic)).toEqual([0, 'GUEST_PANICKED', { action: 'pause' }, 'STOP', {}, ...QUIT]);
  });

  it('work for a CPU is done between slices, before the next one', async () => {
    const { machine, cpu } = make();
    const { state } = machine;
    const done: boolean[] = [];
    cpu.script = () => {
      if (cpu.instructionCount === 100) state.asyncRunOnCpu(cpu, (which) => done.push(which === cpu, state.isExecuting()));
      if (cpu.instructionCount === 101) expect(done).toEqual([true, false]);
      if (cpu.instructionCount === 200) machine.stop();
    };
    await machine.run();
    expect(done).toEqual([true, false]);
    state.asyncRunOnCpu(cpu, () => done.push(true));
    expect(done.length).toBe(3);
  });
});

describe('several CPUs', () => {
  it('have equal shares, in slices that a guest does not feel', async () => {
    const { machine, cpus } = make({ smp: 3 });
    cpus[0].script = () => cpus[0].instructionCount === 1_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    for (const cpu of cpus) {
      expect(cpu.instructionCount).toBeGreaterThan(900_000);
      expect(Math.max(...cpu.slices.slice(5)) * 10).toBeLessThan(250e3);
    }
  });

  it('of different speed have equal time', async () => {
    const { machine, cpus, clock } = make({ smp: 2 });
    cpus[1].script = () => void (clock.ns += 90); // a tenth as fast
    cpus[0].script = () => cpus[0].instructionCount === 2_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    expect(cpus[1].instructionCount).toBeGreaterThan(150_000);
    expect(cpus[1].instructionCount).toBeLessThan(250_000);
  });

  it('that wait cost the others nothing', async () => {
    const { machine, cpus } = make({ smp: 2 });
    cpus[1].halted = true;
    cpus[0].script = () => cpus[0].instructionCount === 1_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    expect([cpus[1].instructionCount, cpus[1].slices]).toEqual([0, []]);
  });

  it('hear of an interrupt from another one soon, whoever else is running', async () => {
    const { machine, cpus, clock } = make({ smp: 4 });
    const late: number[] = [];
    let sent = 0;
    cpus[3].script = (cpu) => {
      if (sent > 0) late.push(clock.ns - sent);
      sent = 0;
      cpu.halted = true;
    };
    cpus[1].script = (cpu) => {
      if (cpu.instructionCount % 30_001 !== 0) return;
      sent = clock.ns;
      cpus[3].interrupt();
      if (late.length === 50) machine.state.requestShutdown('guest-shutdown');
    };
    await machine.run();
    expect(Math.max(...late)).toBeLessThan(1000);
  });

  it('that spin for each other give way', async () => {
    const { machine, cpus, clock } = make({ smp: 3 });
    let turn = 0;
    let rounds = 0;
    for (const cpu of cpus) {
      cpu.script = () => {
        if (turn !== cpu.cpuIndex) return void (cpu.yields = true);
        turn = (turn + 1) % 3;
        if (++rounds === 3000) machine.state.requestShutdown('guest-shutdown');
      };
    }
    await machine.run();
    expect(clock.ns / rounds).toBeLessThan(1000); // not a quantum a round
  });

  it('lose their reservations when another runs, and only then', async () => {
    const { machine, cpus } = make({ smp: 2 });
    cpus[1].halted = true;
    cpus[0].script = (cpu) => {
      if (cpu.instructionCount === 500_000) expect(cpu.reservations).toBe(0);
      if (cpu.instructionCount === 500_001) cpus[1].interrupt();
      if (cpu.instructionCount === 500_002) expect(cpu.reservations).toBe(1);
      if (cpu.instructionCount === 600_000) machine.state.requestShutdown('guest-shutdown');
    };
    cpus[1].script = (cpu) => (cpu.halted = true);
    await machine.run();
    expect(cpus.map((cpu) => cpu.reservations)).toEqual([1, 1]);
  });

  it.each([0, 3, 10])('in icount mode have turns that the host cannot change, shift=%i', async (shift) => {
    const run = async (noise: number) => {
      const { machine, cpus, clock } = make({ smp: 3, icount: { shift } });
      const trace: string[] = [];
      const { clocks } = machine.state;
      let seed = noise;
      const timer = clocks.timer(1, () => cpus[2].interrupt());
      for (const cpu of cpus) {
        let last = 0;
        cpu.script = ({ instructionCount }) => {
          seed = (seed * 1103515245 + 12345) & 0x7fffffff;
          clock.ns += noise * (seed % 700);
          if (noise > 0 && seed % 997 === 0) cpu.requestExit(); // as the clock's checks do
          if (instructionCount !== last + 1 || instructionCount % 1000 === 0)
            trace.push(`${cpu.cpuIndex} ${instructionCount} ${clocks.virtualNow}`);
          last = instructionCount;
          if (cpu.cpuIndex === 0 && instructionCount % 4321 === 0) cpus[1].interrupt();
          if (cpu.cpuIndex === 1 && instructionCount % 777 === 0) cpu.yields = true;
          if (cpu.cpuIndex === 1 && instructionCount % 5000 === 0) cpu.halted = true;
          if (cpu.cpuIndex === 2 && instructionCount % 3000 === 0) {
            cpu.halted = true;
            timer.modNs(clocks.virtualNow + 54_321n);
          }
          if (cpu.cpuIndex === 0 && instructionCount === 200_000) machine.state.requestShutdown('guest-shutdown');
        };
      }
      await machine.run();
      return trace;
    };
    const [calm, noisy, other] = [await run(0), await run(1), await run(2)];
    expect(calm.length).toBeGreaterThan(200);
    for (const n of ['0', '1', '2']) expect(calm.some((line) => line.startsWith(n))).toBe(true);
    expect(noisy).toEqual(calm);
    expect(other).toEqual(calm);
  });
});

describe('icount', () => {
  const run = async (icount: IcountOptions, hostNoise: number) => {
    const { machine, cpu, clock } = make({ icount });
    const trace: string[] = [];
    const { clocks } = machine.state;
    const timer = clocks.timer(1, () => {
      trace.push(`timer ${clocks.virtualNow} ${cpu.instructionCount}`);
      cpu.irq = true;
      if (trace.length === 10) machine.state.requestShutdown('guest-shutdown');
    });
    cpu.script = () => {
      clock.ns += hostNoise * (cpu.instructionCount % 7);
      if (!timer.pending) timer.modNs(clocks.virtualNow + 12_345n);
      if (cpu.instructionCount % 1000 === 0) cpu.halted = true;
    };
    await machine.run();
    return trace;
  };

  it('is the same whatever the host does, fires timers at their instruction, and skips idle time', async () => {
    const [a, b] = [await run({ shift: 3 }, 0), await run({ shift: 3 }, 100)];
    expect(a).toEqual(b);
    expect(a).toHaveLength(10);
    expect(a[0]).toBe('timer 12353 1000'); // armed at 8 ns; the CPU halts at 8000 ns, then time jumps
  });
});

describe('the facade', () => {
  it('reads and writes registers and memory, physical and virtual', () => {
    const { machine } = make();
    machine.writePhysical(0x10, Uint8Array.of(1, 2));
    expect([...machine.readMemory(0x1010, 2)]).toEqual([1, 2]);
    machine.writeMemory(0x1ffen, Uint8Array.of(3, 4, 5, 6));
    expect([...machine.readPhysical(0xffe, 4)]).toEqual([3, 4, 5, 6]);
    expect(() => machine.readMemory(0, 1)).toThrow(/0x0/);
    expect(() => machine.readPhysical(0x10_0000, 1)).toThrow(RangeError);
    expect(machine.readRegister('x1')).toBe(5n);
    expect(() => machine.readRegister('x99')).toThrow(/x99/);
  });

  it('says what it cannot build', () => {
    expect(() => make({ machine: 'bord' })).toThrow(/unsupported machine type 'bord'.*board/);
    expect(() => make({ machine: 'b,colour=red' })).toThrow(/colour/);
    expect(() => make({ smp: 5 })).toThrow(/Invalid SMP CPUs 5. The max CPUs .* is 4/);
    expect(() => make({ smp: '2,maxcpus=5' })).toThrow(/Invalid SMP CPUs 5. The max CPUs .* is 4/);
    expect(() => make({ devices: ['warp-core'] })).toThrow(/'warp-core' is not a valid device/);
    expect(() => make({ devices: ['scripted-cpu'] })).toThrow(/expects a pluggable device type/);
  });

  it('lists machines', () => {
    expect(new MachineRegistry([Board]).help()).toBe(
      `Supported machines are:\n${'b'.padEnd(20)} a board (alias of board)\n${'board'.padEnd(20)} a board (default)\n`,
    );
  });

  it('keeps two machines apart', async () => {
    const [a, b] = [make(), make()];
    a.cpu.script = () => a.machine.state.requestShutdown('guest-shutdown', 1);
    b.cpu.script = () => b.machine.state.requestShutdown('guest-shutdown', 2);
    const results = await Promise.all([a.machine.run(), b.machine.run()]);
    expect(results.map((r) => r.exitCode)).toEqual([1, 2]);
  });
});
