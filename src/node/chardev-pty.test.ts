import { closeSync, constants, existsSync, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frontend, until } from '../../tests/support/chardev.js';
import { FLOW_LIMIT } from '../chardev/chardev.js';
import { PtyChardev } from './chardev-pty.js';

let folder: string;
const cleanups: (() => void)[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wemu-pty-'))));
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
  rmSync(folder, { recursive: true });
});

async function open(link?: string) {
  const chardev = await PtyChardev.open('c', link, '-chardev c');
  cleanups.push(() => chardev.close());
  return Object.assign(frontend(chardev), { chardev });
}

/** Who has opened the other end. */
function client(path: string) {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(65536);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  cleanups.push(close);
  /** What is there now. */
  const read = (): string => {
    try {
      return buffer.toString('latin1', 0, readSync(fd, buffer));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
      return '';
    }
  };
  return { write: (text: string) => writeSync(fd, text), read, close };
}

describe.skipIf(process.platform !== 'linux')('a pseudo terminal', () => {
  it('talks with whoever opens it, byte for byte; others come when they have gone', async () => {
    const state = await open();
    expect(state.chardev.filename).toBe(`pty:${state.chardev.pty}`);
    for (const word of ['one\r\n\x03\x04\x11', 'two']) {
      const events = state.events.length;
      const other = client(state.chardev.pty);
      await until(() => state.chardev.isOpen);
      other.write(word);
      await until(() => state.text === word);
      state.front.write(new TextEncoder().encode(`${word}\n`));
      let got = '';
      await until(() => (got += other.read()) === `${word}\n`);
      other.close();
      await until(() => !state.chardev.isOpen);
      expect(state.events.slice(events)).toEqual(['opened', 'closed']);
      state.text = '';
    }
  });

  it('loses output while nobody has it open, and what is too much for who does not read; nobody is held', async () => {
    const state = await open();
    state.front.write(Buffer.from('lost'));
    const other = client(state.chardev.pty);
    await until(() => state.chardev.isOpen);
    const chunk = Buffer.alloc(65536, 'x');
    for (let i = 0; i < 64; i++) state.front.write(chunk);
    expect(state.front.writable).toBe(true);
    let count = 0;
    let last = '';
    for (let quiet = 0; quiet < 50; quiet++) {
      const text = other.read();
      expect(text.replaceAll('x', '')).toBe('');
      if (text) quiet = 0;
      else await setTimeout(4);
      count += text.length;
      last = text;
    }
    expect(last).toBe('');
    expect(count).toBeGreaterThanOrEqual(1 << 20);
    expect(count).toBeLessThan(2 << 20);
    state.front.write(Buffer.from('then'));
    let got = '';
    await until(() => (got += other.read()) === 'then');
  });

  it('leaves input with who writes it while the frontend takes none', async () => {
    const state = await open();
    state.room = 0;
    const other = client(state.chardev.pty);
    let written = 0;
    for (let quiet = 0; quiet < 50;) {
      try {
        written += other.write('y'.repeat(4096));
        quiet = 0;
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
        quiet++;
        await setTimeout(2);
      }
    }
    expect(state.chardev.queued).toBeLessThan(FLOW_LIMIT + 65536);
    state.room = Infinity;
    state.chardev.acceptInput();
    await until(() => state.text.length === written);
  });

  it('has another name where one is wanted, until it is closed; not that of a file', async () => {
    const link = join(folder, 'console');
    const { chardev } = await open(link);
    expect(readlinkSync(link)).toBe(chardev.pty);
    await expect(open(link)).rejects.toThrow('Failed to create PTY symlink: file already exists');
    chardev.close();
    chardev.close();
    expect(existsSync(link)).toBe(false);
  });
});
