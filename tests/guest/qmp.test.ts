/** QMP on sockets: what a program that drives wemu sees. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { CLI, wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-qmp-'));
let child: ChildProcess | undefined;
let ended: Promise<number | null>;
afterEach(() => void child?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Message = Record<string, unknown>;

class Client {
  readonly got: Message[] = [];
  text = '';
  /** How the connection ended, when it has. */
  end: string | undefined;
  private changed = (): void => {};

  private constructor(readonly socket: Socket) {
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      const lines = (rest + text).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith('{"')) this.got.push(JSON.parse(line) as Message);
      this.changed();
    });
    socket.on('error', (error) => (this.end ??= error.message));
    socket.on('end', () => ((this.end ??= 'end'), this.changed()));
  }
  static async to(place: string | number): Promise<Client> {
    for (let n = 0; ; n++) {
      const socket = connect(place as string);
      try {
        await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        return new Client(socket);
      } catch (error) {
        if (n === 300) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => (this.changed = resolve));
  }
  /** What came until the answer. */
  async ask(execute: string, args?: object): Promise<Message[]> {
    const from = this.got.length;
    this.socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    await this.until(() => this.end !== undefined || this.got.slice(from).some((each) => 'return' in each || 'error' in each));
    return this.got.slice(from);
  }
}

/** A guest that does nothing. */
function start(...args: string[]): void {
  const guest = ['-M', 'virt', '-accel', 'tci', '-bios', 'none', '-display', 'none', '-serial', 'null', '-monitor', 'none'];
  child = spawn(process.execPath, [CLI, ...guest, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  ended = new Promise((resolve) => child!.on('exit', resolve));
}
const qmpOn = (name: string): [string, string[]] => {
  const path = join(folder, name);
  return [path, ['-qmp', `unix:${path},server=on,wait=off`]];
};

it('answers quit before it ends, and the connection ends in order', async () => {
  const [path, args] = qmpOn('quit');
  start('-S', ...args);
  const client = await Client.to(path);
  await client.ask('qmp_capabilities');
  expect(await client.ask('query-status')).toEqual([{ return: { status: 'prelaunch', running: false } }]);
  const answers = await client.ask('quit');
  expect(answers.map(({ event, data }) => [event, data])).toEqual([
    ['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }],
    [undefined, undefined],
  ]);
  expect(await ended).toBe(0);
  await client.until(() => client.end !== undefined);
  expect(client.end).toBe('end');
});

it('has clients that do not disturb each other, whatever they do', async () => {
  const [first, firstArgs] = qmpOn('first');
  const [second, secondArgs] = qmpOn('second');
  start(...firstArgs, ...secondArgs);
  const bad = await Client.to(first);
  await bad.ask('qmp_capabilities');
  bad.socket.pause(); // and never reads again
  const request = `${JSON.stringify({ execute: 'query-qmp-schema' })}\n`;
  for (let i = 0; i < 2000; i++) bad.socket.write(request); // their answers are a hundred times what may wait
  const good = await Client.to(second);
  await good.ask('qmp_capabilities');
  for (let i = 0; i < 50; i++) {
    expect((await good.ask('stop')).map(({ event }) => event)).toEqual(['STOP', undefined]);
    expect((await good.ask('cont')).map(({ event }) => event)).toEqual(['RESUME', undefined]);
  }
  bad.socket.destroy();
  const next = await Client.to(first); // its place is free
  await next.ask('qmp_capabilities');
  await good.ask('stop');
  await next.until(() => next.got.some(({ event }) => event === 'STOP'));
  await good.ask('quit');
  expect(await ended).toBe(0);
});

it('speaks on a chardev, and for people', async () => {
  const path = join(folder, 'mon');
  start('-S', '-chardev', `socket,id=c,path=${path},server=on,wait=off`, '-mon', 'chardev=c,mode=control,pretty=on');
  const client = await Client.to(path);
  await client.until(() => client.text.endsWith('}\r\n'));
  expect(client.text).toMatch(/^\{\n {4}"QMP": \{\n {8}"version": \{/);
  client.socket.write(`{"execute": "qmp_capabilities"}{"execute": "quit"}`);
  await client.until(() => client.end !== undefined);
  expect(client.text).toContain('\n    "event": "SHUTDOWN",\n');
  expect(await ended).toBe(0);
});

it('goes on in the background when it is ready, by QMP alone', async () => {
  const [path, args] = qmpOn('daemon');
  const pidFile = join(folder, 'pid');
  const guest = ['-M', 'none', '-S', '-nodefaults', '-nographic', '-no-user-config', '-pidfile', pidFile, '-daemonize'];
  const stderr = process.platform === 'linux' ? expect.stringMatching(/^char device redirected to \/dev\/pts\/\d+ \(label p\)\n$/) : '';
  const pty = process.platform === 'linux' ? ['-chardev', 'pty,id=p'] : [];
  expect(wemu([...guest, ...args, ...pty])).toEqual({ status: 0, stdout: '', stderr });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    const client = await Client.to(path);
    await client.ask('qmp_capabilities');
    expect(await client.ask('query-target')).toEqual([{ return: { arch: 'riscv64' } }]);
    expect(await client.ask('query-cpus-fast')).toEqual([{ return: [] }]);
    expect((await client.ask('cont')).map(({ event }) => event)).toEqual(['RESUME', undefined]);
    await client.ask('quit');
    await client.until(() => client.end !== undefined);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
    expect(existsSync(pidFile)).toBe(false);
  } catch (error) {
    process.kill(pid, 'SIGKILL');
    throw error;
  }
});

it('is refused a PID file that another one has, and takes one that is left over', async () => {
  const pidFile = join(folder, 'one');
  writeFileSync(pidFile, '1\n');
  const [path, args] = qmpOn('first');
  const guest = ['-M', 'none', '-S', '-nodefaults', '-pidfile', pidFile];
  start(...guest.slice(2), ...args);
  const client = await Client.to(path);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(pid).toBeGreaterThan(1);
  expect(wemu(guest)).toEqual({
    status: 1,
    stdout: '',
    stderr: 'wemu: -pidfile: cannot create PID file: Cannot lock pid file: another process has it\n',
  });
  expect(Number(readFileSync(pidFile, 'utf8'))).toBe(pid);
  await client.ask('qmp_capabilities');
  await client.ask('quit');
  expect(await ended).toBe(0);
  expect(existsSync(pidFile)).toBe(false);
});

it('tells the time, and the name, before what it says', () => {
  const { stderr } = wemu([
    '-M',
    'virt',
    '-name',
    'a guest',
    '-msg',
    'timestamp=on,guest-name=on',
    '-device',
    'nosuch',
    '-nodefaults',
    '-bios',
    'none',
  ]);
  expect(stderr).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z a guest wemu: -device nosuch: 'nosuch' is not a valid device model name/);
});

it.each([
  [['-M', 'nosuch', '-daemonize'], /^wemu: -machine: unsupported machine type 'nosuch'/],
  [['-M', 'virt', '-nographic', '-daemonize'], /^wemu: -nographic cannot be used with -daemonize\n$/],
  [['-M', 'virt', '-serial', 'mon:stdio', '-daemonize'], /^wemu: cannot use stdio with -daemonize\n$/],
  [['-M', 'none', '-nodefaults', '-pidfile', '/nosuch/pid'], /^wemu: -pidfile: cannot create PID file: /],
  [['-M', 'none', '-kernel', CLI, '-nodefaults'], /The -kernel parameter is not supported/],
])('says why it does not begin: %s', (args, why) => {
  const { status, stderr } = wemu(args);
  expect(stderr).toMatch(why);
  expect(status).toBe(1);
});

it('takes a socket of whoever starts it', async () => {
  const path = join(folder, 'more');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const guest = ['-M', 'none', '-nodefaults', '-chardev', 'socket,id=c,fd=3,server=on,wait=off', '-mon', 'chardev=c,mode=control'];
  child = spawn(process.execPath, [CLI, ...guest], { stdio: ['ignore', 'inherit', 'inherit', fd] });
  ended = new Promise((resolve) => child!.on('exit', resolve));
  server.close(); // it is the child's alone
  const client = await Client.to(port);
  await client.ask('qmp_capabilities');
  await client.ask('chardev-add', { id: 'more', backend: { type: 'socket', data: { addr: { type: 'unix', data: { path } } } } });
  const [{ return: chardevs }] = await client.ask('query-chardev');
  expect(chardevs).toContainEqual({ label: 'more', filename: `disconnected:unix:${path},server=on`, 'frontend-open': false });
  expect(await client.ask('chardev-remove', { id: 'more' })).toEqual([{ return: {} }]);
  expect(await client.ask('chardev-remove', { id: 'c' })).toEqual([{ error: { class: 'GenericError', desc: "Chardev 'c' is busy" } }]);
  await client.ask('quit');
  expect(await ended).toBe(0);
});
