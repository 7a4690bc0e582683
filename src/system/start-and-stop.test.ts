import { describe, expect, it } from 'vitest';
import { ClockType } from '../hw/core/clock.js';
import type { Machine, MachineOptions } from './facade.js';
import { SlowOutput, scriptedMachine } from '../../tests/support/scripted-machine.js';

describe('starting and stopping', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  /** What is told, with the state that the machine is in then. */
  function watch(machine: Machine): string[] {
    const told: string[] = [];
    machine.onEvent(({ event }) => told.push(`${event} ${machine.runState}`));
    return told;
  }

  it('is done by the main loop, when guest code, a device or a timer asks', async () => {
    const { machine, cpu } = scriptedMachine();
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
    const { machine, clock } = scriptedMachine({ serial: new SlowOutput() });
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
    const { machine, cpu } = scriptedMachine({ startPaused: true });
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
      const { machine, cpu } = scriptedMachine(options);
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
    expect(await ends({ noShutdown: true }, shutdown)).toEqual([4, ...SHUTDOWN, 'STOP', {}, ...QUIT]);
    const reset = (machine: Machine): void => machine.state.requestReset('guest-reset');
    expect(await ends({}, reset)).toEqual([0, 'RESET', { guest: true, reason: 'guest-reset' }, ...QUIT]);
    expect(await ends({ actions: { reboot: 'shutdown' } }, reset)).toEqual([0, 'SHUTDOWN', { guest: true, reason: 'guest-reset' }]);
    const panic = (machine: Machine): void => machine.state.guestPanicked();
    expect(await ends({ actions: { panic: 'exit-failure' } }, panic)).toEqual([
      ...[1, 'GUEST_PANICKED', { action: 'poweroff' }, 'SHUTDOWN', { guest: true, reason: 'guest-panic' }],
    ]);
    expect(await ends({ actions: { panic: 'pause' } }, panic)).toEqual([0, 'GUEST_PANICKED', { action: 'pause' }, 'STOP', {}, ...QUIT]);
  });
});
