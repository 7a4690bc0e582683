import { describe, expect, it } from 'vitest';
import { CharBackend, StreamChardev } from '../../chardev/chardev.js';
import { mayFollow, NEEDS_RESET, RUN_STATES, RunStateMachine, type RunState } from './runstate.js';
import { TestMachine } from './testing.js';

describe('run states', () => {
  it('are those of QAPI 10.0', () => {
    expect(RUN_STATES).toEqual([
      ...['debug', 'inmigrate', 'internal-error', 'io-error', 'paused', 'postmigrate', 'prelaunch', 'finish-migrate', 'restore-vm'],
      ...['running', 'save-vm', 'shutdown', 'suspended', 'watchdog', 'guest-panicked', 'colo'],
    ]);
  });

  it('lead to each other as the table says: from all but those that need a reset to running, and from all that stand by a reset back', () => {
    for (const state of RUN_STATES) {
      if (state === 'running') continue;
      expect([state, mayFollow(state, 'running')]).toEqual([state, !NEEDS_RESET.includes(state)]);
      if (state !== 'save-vm' && state !== 'prelaunch') expect([state, mayFollow(state, 'prelaunch')]).toEqual([state, true]);
    }
    // From a guest that runs to each end that QEMU knows.
    expect(RUN_STATES.filter((state) => mayFollow('running', state))).toEqual([
      ...['debug', 'internal-error', 'io-error', 'paused', 'finish-migrate', 'restore-vm', 'save-vm', 'shutdown', 'suspended', 'watchdog'],
      ...['guest-panicked', 'colo'],
    ]);
  });

  it('an illegal transition says which, and changes nothing', () => {
    const states = new RunStateMachine();
    const heard: RunState[] = [];
    states.addHandler((_, state) => heard.push(state));
    expect(() => states.set('debug')).toThrow("invalid runstate transition: 'prelaunch' -> 'debug'");
    states.set('running');
    states.set('shutdown');
    expect(() => states.set('running')).toThrow("invalid runstate transition: 'shutdown' -> 'running'");
    expect([states.state, heard]).toEqual(['shutdown', ['running', 'shutdown']]);
  });

  it('handlers are called in ascending order on start, in descending on stop, and not between two states in which nothing runs', () => {
    const states = new RunStateMachine();
    const heard: string[] = [];
    for (const priority of [5, -1, 0, 5]) states.addHandler((running) => heard.push(`${priority}${running ? '+' : '-'}`), priority);
    const remove = states.addHandler(() => heard.push('x'), 1);
    remove();
    states.set('running');
    expect(heard.splice(0)).toEqual(['-1+', '0+', '5+', '5+']);
    states.set('paused');
    expect(heard.splice(0)).toEqual(['5-', '5-', '0-', '-1-']);
    states.set('prelaunch');
    expect(heard).toEqual([]);
  });
});

describe('a machine', () => {
  it('tells of stops and starts once, with the time', () => {
    const machine = new TestMachine();
    const events: unknown[] = [];
    const end = machine.events.listen((event) => events.push(event));
    machine.hostClock.ns = 1_234_567_000;
    void machine.vmStop();
    void machine.vmStop('debug'); // stands already
    machine.vmStart();
    machine.vmStart();
    const timestamp = { seconds: Date.UTC(2024, 0, 1) / 1000 + 1, microseconds: 234_567 };
    expect(events).toEqual([
      { event: 'STOP', data: {}, timestamp },
      { event: 'RESUME', data: {}, timestamp },
    ]);
    end();
    void machine.vmStop();
    expect([events.length, machine.runState.state]).toEqual([2, 'paused']);
  });

  it('that is reset while it stands is as before its start', () => {
    const machine = new TestMachine();
    const events: unknown[] = [];
    machine.events.listen(({ event, data }) => events.push([event, data]));
    machine.systemReset('guest-reset');
    expect(machine.runState.state).toBe('running');
    void machine.vmStop('io-error');
    machine.systemReset('host-qmp-system-reset');
    expect(machine.runState.state).toBe('prelaunch');
    machine.systemReset('snapshot-load');
    expect(events).toEqual([
      ['RESET', { guest: true, reason: 'guest-reset' }],
      ['STOP', {}],
      ['RESET', { guest: false, reason: 'host-qmp-system-reset' }],
    ]);
  });

  it.each([
    [{}, 'poweroff', 'guest-panicked', { cause: 'guest-panic', exitCode: 0 }],
    [{ panic: 'exit-failure' }, 'poweroff', 'guest-panicked', { cause: 'guest-panic', exitCode: 1 }],
    [{ panic: 'pause' }, 'pause', 'guest-panicked', undefined],
    [{ shutdown: 'pause' }, 'pause', 'guest-panicked', undefined],
    [{ panic: 'none' }, 'run', undefined, undefined],
  ] as const)('panics: -action %j', (actions, action, stop, shutdown) => {
    const machine = new TestMachine({ config: { actions } });
    const events: unknown[] = [];
    machine.events.listen(({ event, data }) => events.push(event, data));
    machine.services.requests.panic();
    expect(events).toEqual(['GUEST_PANICKED', { action }]);
    expect([machine.runState.vmStopRequest, machine.runState.shutdownRequest]).toEqual([stop, shutdown]);
  });

  it.each([
    ['reset', undefined, undefined, 'guest-reset'],
    ['poweroff', undefined, 'guest-shutdown', undefined],
    ['shutdown', undefined, undefined, undefined],
    ['pause', 'watchdog', undefined, undefined],
    ['debug', 'debug', undefined, undefined],
    ['none', undefined, undefined, undefined],
    ['inject-nmi', undefined, undefined, undefined],
  ] as const)('whose watchdog expires: %s', (watchdog, stop, shutdown, reset) => {
    const machine = new TestMachine({ config: { actions: { watchdog } } });
    const events: unknown[] = [];
    machine.events.listen(({ event, data }) => events.push([event, data]));
    machine.services.requests.watchdog();
    expect(events[0]).toEqual(['WATCHDOG', { action: watchdog }]);
    const { vmStopRequest, shutdownRequest, resetRequest } = machine.runState;
    expect([vmStopRequest, shutdownRequest?.cause, resetRequest]).toEqual([stop, shutdown, reset]);
  });

  it('is stopped when the output of its guest has left, whatever a monitor has that nobody reads', async () => {
    const machine = new TestMachine();
    let left = (): void => {};
    class Slow extends StreamChardev {
      override flushed(): Promise<void> {
        return new Promise((resolve) => (left = resolve));
      }
    }
    const join = (id: string, isMonitor: boolean): void => {
      const chardev = new Slow(id, () => {});
      machine.backends.joinChardev(chardev);
      new CharBackend(chardev).setHandlers({ isMonitor, canReceive: () => 0, receive: () => {} });
    };
    machine.vmStart();
    join('qmp', true);
    await machine.vmStop();
    machine.vmStart();
    join('serial', false);
    let isStopped = false;
    const stopped = machine.vmStop().then(() => (isStopped = true));
    await new Promise(setImmediate);
    expect(isStopped).toBe(false);
    left();
    await stopped;
    let isFlushed = false;
    void machine.backends.flushed().then(() => (isFlushed = true));
    await new Promise(setImmediate);
    expect(isFlushed).toBe(false);
  });

  it('a listener that throws harms nobody else', () => {
    const machine = new TestMachine();
    const failures: unknown[] = [];
    let heard = 0;
    machine.events.failed = (error) => failures.push(error);
    machine.events.listen(() => {
      throw new Error('mine');
    });
    machine.events.listen(() => heard++);
    void machine.vmStop();
    expect([heard, failures.length, machine.runState.state]).toEqual([1, 1, 'paused']);
  });
});
