import { describe, expect, it, vi } from 'vitest';
import { CharBackend, StreamChardev, type CharEvent } from './chardev.js';
import { MuxChardev, type MuxOptions } from './mux.js';

function setup(options: Partial<MuxOptions> = {}) {
  let output = '';
  let quits = 0;
  const backend = new StreamChardev('c', (bytes) => (output += new TextDecoder('latin1').decode(bytes)));
  const mux = new MuxChardev(backend, { escapes: true, quit: () => quits++, ...options });
  const frontend = (room = Infinity) => {
    const front = new CharBackend(mux);
    const state = { front, text: '', events: [] as CharEvent[], room };
    front.setHandlers({
      canReceive: () => state.room,
      receive: (bytes) => {
        state.text += new TextDecoder('latin1').decode(bytes);
        state.room -= bytes.length;
      },
      event: (event) => state.events.push(event),
    });
    return state;
  };
  const type = (text: string) => backend.input(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  return { backend, mux, frontend, type, output: () => output, quits: () => quits };
}
const bytes = (text: string) => new TextEncoder().encode(text);

describe('a mux', () => {
  it('gives input to the frontend that has the focus, and output of all to the backend', () => {
    const { frontend, type, output } = setup();
    const [serial, monitor] = [frontend(), frontend()];
    type('a\x01cb\x01\x01\x01cc');
    expect([serial.text, monitor.text]).toEqual(['ac', 'b\x01']);
    expect(serial.events).toEqual(['opened', 'mux-in', 'mux-out', 'mux-in']);
    expect(monitor.events).toEqual(['opened', 'mux-in', 'mux-out']);
    serial.front.write(bytes('1'));
    monitor.front.write(bytes('2'));
    expect(output()).toBe('12');
  });

  it('obeys Ctrl-A, also where the letter comes later', () => {
    const { frontend, type, output, quits } = setup();
    const serial = frontend();
    type('\x01');
    type('x');
    expect(quits()).toBe(1);
    type('\x01b\x01h\x01q');
    expect(serial.events).toEqual(['opened', 'mux-in', 'break']);
    expect(output()).toContain('C-a x    exit emulator');
    type('\x01c');
    expect(output()).toContain('there is no monitor');
    expect(serial.text).toBe('');
  });

  it('has disks committed by Ctrl-A s, and tells what went wrong', async () => {
    const answers = [undefined, "'commit' error for 'all': Input/output error"];
    const { frontend, type, output } = setup({ commit: () => Promise.resolve(answers.shift()) });
    frontend();
    type('\x01s\x01s');
    await new Promise(setImmediate);
    expect(answers).toEqual([]);
    expect(output()).toBe("\r\nwemu: 'commit' error for 'all': Input/output error\r\n");
  });

  it('looks at nothing that is typed after Ctrl-A s until the disks are committed', async () => {
    const done: (() => void)[] = [];
    const { frontend, type, quits } = setup({ commit: () => new Promise((resolve) => done.push(() => resolve(undefined))) });
    const [serial, monitor] = [frontend(), frontend()];
    type('a\x01sb\x01cm');
    type('\x01sn\x01x');
    expect([serial.text, monitor.text]).toEqual(['a', '']);
    done.shift()!();
    await new Promise(setImmediate);
    expect([serial.text, monitor.text, quits()]).toEqual(['ab', 'm', 0]);
    done.shift()!();
    await new Promise(setImmediate);
    expect([serial.text, monitor.text, quits()]).toEqual(['ab', 'mn', 1]);
  });

  it('has another character than Ctrl-A, if that is wanted', () => {
    const { frontend, type, output, quits } = setup({ escape: 0x14 });
    const serial = frontend();
    type('\x01x\x14\x14\x14h\x14x');
    expect([serial.text, quits()]).toEqual(['\x01x\x14', 1]);
    expect(output()).toContain('C-t C-t  sends C-t\r\n');
  });

  it('without escapes lets everything through', () => {
    const { frontend, type, quits } = setup({ escapes: false });
    const serial = frontend();
    type('\x01x');
    expect([serial.text, quits()]).toEqual(['\x01x', 0]);
  });

  it('stamps lines after Ctrl-A t, and no more after the next', () => {
    let now = 1000;
    const { frontend, type, output } = setup({ now: () => now });
    const serial = frontend();
    type('\x01t');
    now += 3_723_004;
    serial.front.write(bytes('rest\nline\n'));
    type('\x01t');
    serial.front.write(bytes('plain\n'));
    expect(output()).toBe('rest\n[01:02:03.004] line\nplain\n');
  });

  it('has four places, and a limit of one is a device in use', () => {
    const { frontend } = setup();
    for (let i = 0; i < 4; i++) frontend();
    expect(frontend).toThrow("too many uses of multiplexed chardev 'c' (maximum is 4)");
    const { frontend: single } = setup({ limit: 1 });
    single();
    expect(single).toThrow("chardev 'c' is already in use");
  });

  it('a frontend that goes gives its place and the focus back', () => {
    const { frontend, type } = setup();
    const [serial, monitor] = [frontend(), frontend()];
    type('\x01c');
    monitor.front.detach();
    type('x');
    expect(serial.text).toBe('x');
    expect(serial.events.at(-1)).toBe('mux-in');
  });

  it('leaves input with its source while the frontend takes none, and tells the end behind it', async () => {
    const { backend, frontend, type } = setup();
    const serial = frontend(3);
    type('x'.repeat(600_000));
    expect(serial.text.length).toBe(3);
    expect(backend.queued).toBeGreaterThan(300_000);
    backend.closed();
    expect(serial.events).not.toContain('closed');
    serial.room = Infinity;
    serial.front.acceptInput();
    await vi.waitFor(() => expect([serial.text.length, serial.events.at(-1), backend.queued]).toEqual([600_000, 'closed', 0]), 10_000);
  });

  it('looks at a flood of commands in pieces, and prints nothing that nobody reads', async () => {
    const { frontend, backend, output, quits, type } = setup();
    frontend();
    type('\x01h'.repeat(50_000));
    expect(backend.queued).toBeGreaterThan(50_000);
    backend.congested(true);
    const before = output().length;
    await vi.waitFor(() => expect(backend.queued).toBe(0), 10_000);
    expect(output().length).toBe(before);
    type('\x01x');
    expect(quits()).toBe(1);
  });

  it('commits that were asked for at once come one after the other', async () => {
    let commits = 0;
    const { frontend, type } = setup({ commit: async () => void commits++ });
    const serial = frontend();
    type(`${'\x01s'.repeat(2000)}end`);
    await vi.waitFor(() => expect(serial.text).toBe('end'), 10_000);
    expect(commits).toBe(2000);
  });

  it("a guest's port that was made before the first frontend leaves the input with it until it reads", () => {
    const { mux, frontend, type } = setup();
    const port = mux.guestPort();
    const serial = frontend();
    type('a');
    let text = '';
    port.attach({ canReceive: () => 10, receive: (b) => (text += new TextDecoder().decode(b)) });
    type('b');
    expect([serial.text, text]).toEqual(['a', 'b']);
  });

  it("a guest's port takes the first one's input over when it reads", () => {
    const { mux, frontend, type } = setup();
    const serial = frontend();
    const port = mux.guestPort();
    type('a');
    let text = '';
    port.attach({ canReceive: () => 10, receive: (b) => (text += new TextDecoder().decode(b)) });
    type('b');
    expect([serial.text, text]).toEqual(['a', 'b']);
  });
});

it('of a guest that must run the same way every time shows what waits to who looks at the machine alone', () => {
  const { backend, mux } = setup();
  const told: string[] = [];
  const join = (name: string, isMonitor: boolean): CharBackend => {
    const front = new CharBackend(mux);
    front.setHandlers({ isMonitor, canReceive: () => 0, receive: () => {}, writable: () => void told.push(name) });
    return front;
  };
  mux.flowControl = false;
  const [serial, monitor] = [join('serial', false), join('monitor', true)];
  const port = mux.guestPort();
  port.flowControl = false;
  backend.congested(true);
  expect([serial.writable, monitor.writable, port.writable]).toEqual([true, false, true]);
  backend.congested(false);
  expect([serial.writable, monitor.writable, told]).toEqual([true, true, ['monitor']]);
});

it('a frontend that writes on insists once a write, and hears what the backend throws', () => {
  const { backend, mux, frontend } = setup();
  const { front } = frontend();
  let held = false;
  mux.hold = (on) => (held = on);
  backend.congested(true);
  for (let i = 0; i < 63; i++) front.write(bytes('x'));
  expect(held).toBe(false);
  front.write(bytes('x'));
  expect(held).toBe(true);
  backend.congested(false);
  expect(held).toBe(false);
  const failures: unknown[] = [];
  mux.failed = (error) => failures.push(error);
  backend.write = () => {
    throw new Error('full');
  };
  front.write(bytes('x'));
  expect(failures).toMatchObject([{ message: 'full' }]);
});
