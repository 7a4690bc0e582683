import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Output } from './output.js';

let folder: string;
let reader: number;
let failures: string[];
let congested: boolean[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wemu-output-'));
  [failures, congested] = [[], []];
});
afterEach(() => rmSync(folder, { recursive: true }));

const listen = (fd: number): Output =>
  new Output(fd, 'it', {
    failed: (error) => failures.push(error.message),
    closed: () => failures.push('closed'),
    congested: (on) => congested.push(on),
  });

/** An output to a pipe of which `reader` is the other end. */
function pipe(): Output {
  const path = join(folder, 'pipe');
  spawnSync('mkfifo', [path]);
  reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return listen(openSync(path, 'w'));
}

function read(): Buffer {
  const buffer = Buffer.alloc(1 << 20);
  try {
    return buffer.subarray(0, readSync(reader, buffer));
  } catch {
    return buffer.subarray(0, 0); // EAGAIN
  }
}

describe('Output to a pipe', () => {
  it('that nobody reads asks for a pause, and loses nothing when somebody does', async () => {
    const output = pipe();
    let sent = 0;
    const byte = new Uint8Array(1);
    const send = (): void => {
      byte[0] = sent++ % 251;
      output.write(byte);
    };
    while (congested.length === 0 && sent < 1 << 20) {
      for (let i = 0; i < 1000; i++) send();
      await sleep(0);
    }
    expect(congested).toEqual([true]);
    expect(output.backlog).toBeLessThan(Output.LIMIT + 2000);

    let drained = false;
    void output.drained().then(() => (drained = true));
    const parts: Buffer[] = [];
    for (let i = 0; i < 1000 && !drained; i++) {
      parts.push(read());
      await sleep(1);
    }
    parts.push(read());
    const got = Buffer.concat(parts);
    expect(got).toHaveLength(sent);
    expect(got.every((value, i) => value === i % 251)).toBe(true);
    expect(congested).toEqual([true, false]);
    output.close();
    closeSync(reader);
    expect(failures).toEqual([]);
  });

  it('tells once that its reader is gone', async () => {
    const output = pipe();
    closeSync(reader);
    output.write(Buffer.from('x'));
    await output.drained();
    output.write(Buffer.from('y'));
    await output.drained();
    expect(failures).toEqual(['closed']);
    output.close();
  });

  it('can be given up', async () => {
    const output = pipe();
    output.write(new Uint8Array(1 << 20));
    const drained = output.drained();
    await sleep(10);
    output.close();
    await drained;
    expect([output.backlog, congested, failures]).toEqual([0, [true, false], []]);
    closeSync(reader);
  });
});

describe('Output to a file', () => {
  it('writes what has come together', async () => {
    const path = join(folder, 'file');
    const output = listen(openSync(path, 'w'));
    for (const letter of 'coalesce') output.text(letter);
    expect(readFileSync(path, 'utf8')).toBe('');
    await output.drained();
    expect(readFileSync(path, 'utf8')).toBe('coalesce');
    output.close();
  });

  it('says what the system says, once', async () => {
    const output = listen(openSync('/dev/full', 'w'));
    output.text('x');
    await output.drained();
    output.text('y');
    await output.drained();
    expect(failures).toEqual(['it: no space left on device']);
    output.close();
  });
});
