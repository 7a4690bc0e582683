/** wemu as a library: the example of docs/library.md is run as it stands there; and what it leaves out. */
import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as wemu from 'wemu/node';
import { Chardev, createNodeHost, isUserError, Machine, type MachineOptions, type NodeHost } from 'wemu/node';
import { codeBlocks } from '../support/samples.js';

const root = new URL('../../', import.meta.url);
const kernel = fs.readFileSync(new URL('guests/embedded.elf', root));

interface Example {
  reason: string;
  exitCode: number;
  console: string;
  pc: bigint;
  sp: bigint;
  code: Uint8Array;
  reset: Uint8Array;
  state: string;
}

/** The first code block of the page, with its imports taken from here. */
async function runExample(): Promise<Example> {
  const text = fs.readFileSync(new URL('docs/library.md', root), 'utf8');
  const code = codeBlocks(text, ['ts'])[0].text.replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = modules[$2];');
  const modules = { 'node:fs': fs, 'wemu/node': wemu };
  const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;
  let result: Example | undefined;
  await new AsyncFunction('modules', 'report', code)(modules, (value: Example) => (result = value));
  return result!;
}

it('the example of docs/library.md', async () => {
  const result = await runExample();
  expect(result).toMatchObject({ reason: 'guest-shutdown', exitCode: 0, state: 'shutdown' });
  expect(result.console).toMatch(/fib +recursive calls/);
  expect(result.console).toContain('all checks passed');
  expect(result.pc).toBeGreaterThanOrEqual(0x8000_0000n);
  expect(result.sp).toBeGreaterThan(0x8000_0000n);
  expect(result.code).toEqual(Uint8Array.from(kernelBytes(result.pc, 4)));
  expect(result.reset).toEqual(Uint8Array.of(0x97, 0x02, 0x00, 0x00)); // auipc t0,0: the board's reset vector
});

/** What the ELF file has at a physical address: its first segment is all of text. */
function kernelBytes(address: bigint, size: number): Uint8Array {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const headers = Number(view.getBigUint64(32, true));
  const segment = Array.from({ length: view.getUint16(56, true) }, (_, i) => headers + i * view.getUint16(54, true)).find(
    (at) =>
      view.getUint32(at, true) === 1 &&
      address - view.getBigUint64(at + 24, true) < view.getBigUint64(at + 32, true) &&
      address >= view.getBigUint64(at + 24, true),
  )!;
  const offset = Number(view.getBigUint64(segment + 8, true) + address - view.getBigUint64(segment + 24, true));
  return kernel.subarray(offset, offset + size);
}

describe('a machine', () => {
  let host: NodeHost;
  beforeAll(async () => {
    host = await createNodeHost({ backend: 'tci' });
  });
  afterAll(() => host.close());

  const create = (options: MachineOptions = {}): Machine =>
    Machine.create({ machine: 'virt', memory: '32M', bios: 'none', kernel, append: 'quiet=1 run=fib scale=1000', ...options }, host);

  it('stops, keeps its state, goes on, and starts again after a reset', async () => {
    const machine = create();
    const counts: number[] = [];
    for (let i = 0; i < 2; i++) {
      const before = machine.cpu().instructionCount;
      const poll = setInterval(() => {
        if (machine.cpu().instructionCount === before) return;
        clearInterval(poll);
        machine.stop();
      }, 5);
      expect(await machine.run()).toEqual({ reason: 'stopped', exitCode: 0 });
      counts.push(machine.cpu().instructionCount);
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBeGreaterThan(counts[0]);
    machine.reset();
    expect(machine.readRegister('pc')).toBe(0x1000n);
    machine.quit();
    expect((await machine.run()).reason).toBe('host-qmp-quit');
  });

  it('has an end that only a reset leads back from', async () => {
    const machine = create({ append: 'quiet=1 run=fib scale=1' });
    expect((await machine.run()).reason).toBe('guest-shutdown');
    await expect(machine.run()).rejects.toThrow('the machine has ended (shutdown): reset it before it is run again');
    expect(machine.runState).toBe('shutdown');
    machine.reset();
    expect((await machine.run()).reason).toBe('guest-shutdown');
  });

  it('is run once at a time', async () => {
    const machine = create();
    const first = machine.run();
    await expect(machine.run()).rejects.toThrow('the machine is being run already');
    machine.stop();
    expect(await first).toEqual({ reason: 'stopped', exitCode: 0 });
  });

  it('is not stopped before it is run', async () => {
    const machine = create({ append: 'quiet=1 run=fib scale=1' });
    machine.stop();
    expect(machine.runState).toBe('prelaunch');
    expect((await machine.run()).reason).toBe('guest-shutdown');
  });

  const broken = new Error('the disk of the callback is full');
  const throws = (): never => {
    throw broken;
  };
  class BrokenChardev extends Chardev {
    override write = throws;
  }
  it.each<[string, MachineOptions]>([
    ['of serial output', { serial: throws }],
    ['of serial output, where a shutdown only pauses', { serial: throws, noShutdown: true }],
    ["in a Chardev of the user's own", { serial: new BrokenChardev('mine', 'mine') }],
    ['of the log', { log: { items: ['in_asm'], sink: throws } }],
  ])('ends with what a callback throws: %s', async (_name, options) => {
    const machine = create({ append: 'run=fib scale=1', ...options });
    await expect(machine.run()).rejects.toBe(broken);
    expect(machine.runState).toBe('shutdown');
    await expect(machine.run()).rejects.toThrow('the machine has ended');
  });

  it('stands still while it is paused', async () => {
    const machine = create();
    const ended = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await machine.pause();
    expect(machine.runState).toBe('paused');
    const before = machine.cpu().instructionCount;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(machine.cpu().instructionCount).toBe(before);
    machine.resume();
    expect(machine.runState).toBe('running');
    await new Promise((resolve) => setTimeout(resolve, 20));
    machine.stop();
    await ended;
    expect(machine.cpu().instructionCount).toBeGreaterThan(before);
  });

  it('is read and written: registers and memory', () => {
    const machine = create();
    machine.writeRegister('a0', 0x1234n);
    expect(machine.readRegister('a0')).toBe(0x1234n);
    expect(machine.readRegisters()).toMatchObject({ x10: 0x1234n });
    machine.writeMemory(0x8100_0ffe, Uint8Array.of(1, 2, 3, 4));
    expect(machine.readPhysical(0x8100_0ffe, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    machine.writePhysical(0x8100_1000, Uint8Array.of(9));
    expect(machine.readMemory(0x8100_0ffen, 4)).toEqual(Uint8Array.of(1, 2, 9, 4));
  });

  it.each<[string, (machine: Machine) => unknown]>([
    ['no such register', (m) => m.readRegister('r99')],
    ['no such register to write', (m) => m.writeRegister('r99', 0n)],
    ['no memory there', (m) => m.readPhysical(0x2800_0000, 4)],
    ['no memory there to write', (m) => m.writeMemory(0x2800_0000, new Uint8Array(4))],
    ['no such CPU', (m) => m.readRegister('pc', 1)],
    ['no such serial port', (m) => m.writeSerial('x', 3)],
  ])('throws RangeError: %s', (_name, use) => {
    const machine = create();
    expect(() => use(machine)).toThrow(RangeError);
  });

  it.each<[string, MachineOptions]>([
    ['an unknown machine', { machine: 'toaster' }],
    ['an unknown CPU', { cpu: 'z80' }],
    ['too much memory', { memory: '64G' }],
    ['a memory size that is none', { memory: 'lots' }],
    ['an image that is none', { kernel: kernel.subarray(0, 100) }],
    ['an unknown device', { devices: ['toaster'] }],
  ])('is refused with one line for the user: %s', (_name, options) => {
    let error: unknown;
    try {
      create(options);
    } catch (caught) {
      error = caught;
    }
    expect(isUserError(error), String(error)).toBe(true);
    expect((error as Error).message).not.toContain('\n');
  });

  it('shares its host with another one, and nothing else', async () => {
    const texts = ['', ''];
    const machines = texts.map((_, i) =>
      create({ append: 'quiet=1 run=fib scale=1', serial: (bytes) => void (texts[i] += new TextDecoder().decode(bytes)) }),
    );
    const results = await Promise.all(machines.map((machine) => machine.run()));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    for (const text of texts) expect(text).toContain('all checks passed');
  });
});
