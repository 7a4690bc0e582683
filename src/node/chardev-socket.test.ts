import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frontend, until } from '../../tests/support/chardev.js';
import type { SocketBackend } from '../system/chardev-options.js';
import { SocketChardev } from './chardev-socket.js';

let folder: string;
const cleanups: (() => void)[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wemu-chardev-'))));
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
  rmSync(folder, { recursive: true });
});

async function open(options: Partial<SocketBackend> = {}) {
  const path = join(folder, 's');
  const chardev = await SocketChardev.open(
    'c',
    { backend: 'socket', address: { path }, server: true, wait: false, reconnectMs: 0, nodelay: false, telnet: false, ...options },
    '-chardev c',
  );
  cleanups.push(() => chardev.close());
  return Object.assign(frontend(chardev), { chardev, path });
}

function client(path: string) {
  const socket = connect({ path, allowHalfOpen: true });
  const state = { socket, text: '', ended: false };
  socket.on('data', (bytes) => (state.text += bytes.toString())).on('end', () => (state.ended = true));
  socket.on('error', () => {});
  cleanups.push(() => socket.destroy());
  return state;
}

describe('a server', () => {
  it('talks with one client at a time; the next is served when it has gone', async () => {
    const state = await open();
    expect(state.chardev.filename).toBe(`disconnected:unix:${state.path},server=on`);
    expect(state.events).toEqual([]);
    const first = client(state.path);
    first.socket.write('hello');
    await until(() => state.text === 'hello');
    expect(state.events).toEqual(['opened']);
    expect(state.chardev.filename).toBe(`unix:${state.path},server=on`);
    const second = client(state.path);
    second.socket.write('second');
    state.front.write(new TextEncoder().encode('to the first'));
    await until(() => first.text === 'to the first');
    expect([state.text, second.text]).toEqual(['hello', '']);
    first.socket.destroy();
    await until(() => state.text === 'hellosecond');
    expect(state.events).toEqual(['opened', 'closed', 'opened']);
  });

  it('answers a client that has sent all', async () => {
    const state = await open();
    state.room = 2;
    const one = client(state.path);
    one.socket.end('abcd');
    await until(() => state.text === 'ab');
    expect(state.events).toEqual(['opened']);
    state.front.write(new TextEncoder().encode('answer'));
    state.room = Infinity;
    state.front.acceptInput();
    expect([state.text, state.events]).toEqual(['abcd', ['opened', 'closed']]);
    await until(() => one.ended);
    expect(one.text).toBe('answer');
  });

  it('a client that does not read costs bounded memory, and nobody waits for it', async () => {
    const state = await open();
    let held = false;
    state.chardev.hold = (on) => (held = on);
    const lazy = client(state.path);
    await until(() => state.events.length === 1);
    lazy.socket.pause();
    const block = new Uint8Array(1 << 16);
    for (let i = 0; i < 200; i++) {
      state.front.write(block);
      if (i % 20 === 0) await setTimeout(1);
    }
    expect([state.chardev.writable, held]).toEqual([false, false]);
    lazy.socket.destroy();
    await until(() => state.events.includes('closed'));
    expect(state.chardev.writable).toBe(true);
    expect(state.writable).toBeGreaterThan(0);
  });

  it('a flood waits in the socket', async () => {
    const state = await open();
    state.room = 0;
    const eager = client(state.path);
    for (let i = 0; i < 100; i++) eager.socket.write(new Uint8Array(1 << 16));
    await until(() => state.chardev.queued > 0);
    await setTimeout(50);
    expect(state.chardev.queued).toBeLessThan(1 << 20);
    state.room = Infinity;
    state.front.acceptInput();
    await until(() => state.text.length === 100 << 16);
  });

  it('on a port that is taken, or a folder that is not there, says so', async () => {
    const server = await new Promise<Server>((resolve) => {
      const made = createServer().listen(0, '127.0.0.1', () => resolve(made));
    });
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(open({ address: { host: '127.0.0.1', port } })).rejects.toThrow(
      `-chardev c: Failed to bind socket to 127.0.0.1:${port}: address already in use`,
    );
    await expect(open({ address: { path: join(folder, 'no/s') } })).rejects.toThrow('no such file or directory');
  });

  it('takes the place of one that has died', async () => {
    const state = await open();
    const again = await open(); // the file is there
    client(again.path).socket.write('x');
    await until(() => again.text === 'x');
    expect(state.text).toBe('');
  });
});

describe('a client', () => {
  it('connects, or says why not', async () => {
    await expect(open({ server: false })).rejects.toThrow(/^-chardev c: Failed to connect to '.*s': no such file or directory$/);
    const server = await open();
    const other = await open({ server: false });
    other.front.write(new TextEncoder().encode('hi'));
    await until(() => server.text === 'hi');
    expect(other.events).toEqual(['opened']);
  });

  it('comes back', async () => {
    const state = await open({ server: false, reconnectMs: 20 });
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(state.path);
    cleanups.push(() => server.close());
    await until(() => sockets.length === 1);
    await until(() => state.events.length === 1);
    sockets[0].destroy();
    await until(() => sockets.length === 2);
    await until(() => state.events.length === 3);
    expect(state.events).toEqual(['opened', 'closed', 'opened']);
    sockets[1].write('again');
    await until(() => state.text === 'again');
    sockets[1].destroy();
  });
});

describe('a telnet server', () => {
  it('greets, takes commands out of what comes, and hears of a break', async () => {
    const state = await open({ telnet: true });
    const { socket } = client(state.path);
    const got: number[] = [];
    socket.on('data', (bytes) => got.push(...bytes));
    await until(() => got.length >= 12);
    expect(got).toEqual([255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0]);
    socket.write(Uint8Array.of(0x61, 255, 253, 1, 0x62, 255));
    await until(() => state.text === 'ab');
    socket.write(Uint8Array.of(255, 255, 250, 24, 1, 255, 240, 0x63, 255, 243));
    await until(() => state.text.endsWith('c'));
    expect(state.text).toBe('ab\ufffdc');
    await until(() => state.events.includes('break'));
    state.front.write(Uint8Array.of(1, 255, 2));
    await until(() => got.length >= 16);
    expect(got.slice(12)).toEqual([1, 255, 255, 2]);
  });
});
