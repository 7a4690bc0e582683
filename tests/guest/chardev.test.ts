import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CLI, Session, wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-chardev-'));
const children: ChildProcess[] = [];
let session: Session | undefined;
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  session?.kill();
  session = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

// Echoes what comes to the serial port, as UART registers have it: lb t1, 5(t0); andi t1, t1, 1; beqz t1, -8; lb t2, 0(t0); sb t2, 0(t0); j -20
const ECHO = join(folder, 'echo.bin');
writeFileSync(ECHO, Uint32Array.of(0x1000_02b7, 0x0052_8303, 0x0013_7313, 0xfe03_0ce3, 0x0002_8383, 0x0072_8023, 0xfedf_f06f));
const ARGS = ['-M', 'virt', '-m', '16M', '-accel', 'tci', '-bios', ECHO];

function start(...args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [CLI, ...ARGS, ...args], { stdio: 'ignore' });
  children.push(child);
  return new Promise((resolve) => child.on('close', resolve));
}

/** Connects as soon as somebody listens, writes `text` when it is connected, and reads until `ends` has come. */
async function talk(path: string, text: string, ends: RegExp): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await new Promise<string>((resolve, reject) => {
        let got = '';
        const socket = connect(path, () => socket.write(text));
        socket.on('error', reject);
        socket.on('close', () => resolve(got));
        socket.on('data', (bytes) => {
          got += bytes.toString();
          if (ends.test(got)) socket.destroy();
        });
      });
    } catch (error) {
      if (tries === 200) throw error;
      await setTimeout(50);
    }
  }
}

describe('character devices of the command line', () => {
  it('a serial port and a monitor on sockets; clients come and go', async () => {
    const [serial, monitor] = [join(folder, 'serial'), join(folder, 'monitor')];
    const ended = start('-serial', `unix:${serial},server=on,wait=off`, '-monitor', `unix:${monitor},server=on,wait=off`);
    expect(await talk(serial, 'hello', /hello/)).toBe('hello');
    expect(await talk(serial, 'again', /again/)).toBe('again');
    expect(await talk(monitor, 'info status\n', /VM status/)).toMatch(
      /^wemu .* monitor - type 'help'.*\r\n\(wemu\) info status\r\nVM status: running/,
    );
    expect(await talk(monitor, 'quit\n', /never/)).toMatch(/^wemu .*quit\r\n$/s);
    expect(await ended).toBe(0);
  });

  it('wait=on: the machine starts when somebody has come', async () => {
    const monitor = join(folder, 'wait');
    const ended = start('-serial', 'null', '-chardev', `socket,id=m,path=${monitor},server=on`, '-mon', 'm');
    expect(await talk(monitor, 'quit\n', /never/)).toContain('quit');
    expect(await ended).toBe(0);
  });

  it('-nographic: a mux, from a pipe too, and its log', async () => {
    const log = join(folder, 'log');
    session = Session.pipes([...ARGS, '-chardev', `stdio,id=c,mux=on,logfile=${log}`, '-serial', 'chardev:c', '-mon', 'chardev=c']);
    session.send('abc\x01c');
    await session.expect(/\(wemu\) /, 10_000);
    session.send('info version\n');
    await session.expect(/info version\r\n\d/, 10_000);
    session.send('\x01cdef');
    await session.expect(/def/, 10_000);
    session.send('\x01x');
    expect(await session.ended(10_000)).toBe(0);
    expect(readFileSync(log, 'latin1')).toBe(session.output);
  });

  it.skipIf(process.platform !== 'linux')(
    'pseudo terminals, whose names are told as by QEMU',
    async () => {
      session = Session.pipes([...ARGS, '-chardev', 'pty,id=p,mux=on', '-serial', 'chardev:p', '-mon', 'chardev=p', '-qmp', 'stdio']);
      await session.expect(/^char device redirected to \/dev\/pts\/\d+ \(label p-base\)$/m, 10_000);
      const [path] = /\/dev\/pts\/\d+/.exec(session.output)!;
      session.send('{"execute":"qmp_capabilities"}{"execute":"chardev-add","arguments":{"id":"q","backend":{"type":"pty","data":{}}}}');
      await session.expect(/\{"return": ?\{"pty": ?"\/dev\/pts\/\d+"\}\}/, 10_000);
      const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
      const say = (text: string): void => void writeSync(fd, text);
      let got = '';
      const reads = async (what: RegExp): Promise<void> => {
        for (const buffer = Buffer.alloc(4096); !what.test(got); await setTimeout(10))
          try {
            got += buffer.toString('latin1', 0, readSync(fd, buffer));
          } catch (error) {
            expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
          }
      };
      try {
        say('hello');
        await reads(/hello/);
        say('\x01cchardev-add pty,id=r\n');
        await reads(/char device redirected to \/dev\/pts\/\d+ \(label r\)/);
        say('quit\n');
        expect(await session.ended(10_000)).toBe(0);
      } finally {
        closeSync(fd);
      }
    },
    60_000,
  );

  it('a file that is typed, and one that is written behind what was there', () => {
    const [input, output] = [join(folder, 'in'), join(folder, 'out')];
    writeFileSync(input, 'typed');
    writeFileSync(output, 'before ');
    const chardev = `file,id=f,path=${output},append=on,input-path=${input}`;
    // The monitor's input ends when the guest has long answered.
    const { status } = wemu([...ARGS, '-chardev', chardev, '-serial', 'chardev:f', '-monitor', 'stdio'], {
      input: `${'info version\n'.repeat(50)}quit\n`,
    });
    expect(status).toBe(0);
    expect(readFileSync(output, 'latin1')).toMatch(/^before (t(y(p(e(d)?)?)?)?)?$/);
  });

  it.each([
    [['-serial', 'stdio', '-chardev', 'stdio,id=c'], /cannot use stdio by multiple character devices/],
    [['-nographic', '-monitor', 'stdio'], /cannot use stdio by multiple character devices/],
    [['-serial', 'chardev:nosuch'], /chardev 'nosuch' not found/],
    [['-chardev', 'null,id=c', '-serial', 'chardev:c', '-mon', 'c'], /chardev 'c' is already in use/],
    [['-chardev', 'null,id=c', '-chardev', 'null,id=c'], /Duplicate ID 'c' for chardev/],
    [['-mon', 'chardev=c,mode=foo'], /mode: invalid value 'foo'/],
    [['-mon', 'chardev=c,pretty=on'], /'pretty' is not compatible with HMP monitors/],
    [['-serial', `unix:${folder}/no/s,server=on`], /Failed to bind socket to .*: no such file or directory/],
  ])('%j is refused', (args, says) => {
    const { status, stdout, stderr } = wemu([...ARGS, ...args]);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^wemu: [^\n]+\n$/);
    expect([stdout, status]).toEqual(['', 1]);
  });
});
