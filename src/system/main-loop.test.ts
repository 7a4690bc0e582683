import { describe, expect, it } from 'vitest';
import { ExitReason } from '../hw/core/cpu.js';
import { ClockType, Timer, type IcountOptions } from '../hw/core/clock.js';
import { MemoryRegion } from '../memory/region.js';
import { HostError } from '../util/errors.js';
import type { HostScheduler } from './scheduler.js';
import { scriptedMachine } from '../../tests/support/scripted-machine.js';

describe('the main loop', () => {
  it("ends with the guest's shutdown, its cause and code", async () => {
    const { machine, cpu } = scriptedMachine();
    cpu.script = () => cpu.instructionCount === 1234 && machine.state.requestShutdown('guest-panic', 3);
    expect(await machine.run()).toEqual({ reason: 'guest-panic', exitCode: 3 });
    expect(cpu.instructionCount).toBe(1234);
    expect(machine.runState).toBe('shutdown');
  });

  it('keeps slices near 2 ms, whatever was guessed at first', async () => {
    const { machine, cpu } = scriptedMachine();
    cpu.script = () => cpu.instructionCount === 20_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    const late = cpu.slices.slice(10, -1).map((n) => n * 10);
    const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
    expect(sum(late.filter((ns) => ns > 1.8e6)) / sum(late)).toBeGreaterThan(0.9);
    expect(Math.max(...late)).toBeLessThan(2.5e6);
  });

  it('ends a slice in which devices take the time', async () => {
    const { machine, cpu, clock } = scriptedMachine();
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
    const { machine, cpu, clock } = scriptedMachine();
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
    const { machine, cpu } = scriptedMachine();
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
    const { machine, cpu, sleeps, clock } = scriptedMachine();
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
    const { machine, cpu, rests, sleeps, clock } = scriptedMachine();
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
    const { machine, cpu } = scriptedMachine();
    cpu.run = () => {
      throw new HostError('cpu 0: the engine failed near pc 0x0: unreachable');
    };
    await expect(machine.run()).rejects.toThrow(/engine failed/);
    expect([machine.runState, machine.loop.isActive]).toEqual(['internal-error', false]);
  });

  it('sleeps until input comes', async () => {
    const output: number[] = [];
    const { machine, cpu, sleeps } = scriptedMachine({ serial: (bytes) => output.push(...bytes) });
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
    const { machine, cpu } = scriptedMachine({ icount });
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
    const { machine, cpu, clock } = scriptedMachine();
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
      const { machine, cpu } = scriptedMachine({ noReboot });
      cpu.script = () => (cpu.resets === 1 ? machine.state.requestReset('guest-reset') : machine.state.requestShutdown('guest-shutdown'));
      return { ...(await machine.run()), resets: cpu.resets };
    };
    expect(await run(false)).toEqual({ reason: 'guest-shutdown', exitCode: 0, resets: 2 });
    expect(await run(true)).toEqual({ reason: 'guest-reset', exitCode: 0, resets: 1 });
  });

  it("with noShutdown a guest's shutdown pauses; what the host's user asks for ends the run all the same", async () => {
    const { machine, cpu } = scriptedMachine({ noShutdown: true });
    cpu.script = () => machine.state.requestShutdown('guest-shutdown');
    const ended = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(machine.runState).toBe('shutdown');
    machine.quit();
    expect(await ended).toEqual({ reason: 'host-qmp-quit', exitCode: 0 });
  });

  it('pauses, keeps guest time, resumes, stops', async () => {
    const { machine, cpu, clock } = scriptedMachine();
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
    const { machine, cpu, clock } = scriptedMachine();
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
    const { machine, cpu } = scriptedMachine();
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
    const { machine, cpu } = scriptedMachine();
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

describe('icount', () => {
  const run = async (icount: IcountOptions, hostNoise: number) => {
    const { machine, cpu, clock } = scriptedMachine({ icount });
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
