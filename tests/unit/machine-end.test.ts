/** How machines end, and what the next ones get: memory, the code generator's thread, backends. */
import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chardev, createNodeHost, Machine, type MachineOptions, type NodeHost } from 'wemu/node';

const kernel = fs.readFileSync(new URL('../../guests/embedded.elf', import.meta.url));
const CLOSED = 'the machine is closed';

// lui t0, 0x100; lui t1, 5; addi t1, t1, 0x555; sw t1, 0(t0): the test device's "pass"
const words = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);
const PASS = words(0x001002b7, 0x00005337, 0x55530313, 0x0062a023);
// 1: j 1b
const LOOP = words(0x0000006f);

class Printer extends Chardev {
  text = '';
  constructor() {
    super('printer', 'test');
  }
  override write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
  }
}

let host: NodeHost;
beforeAll(async () => {
  host = await createNodeHost({ backend: 'tci' });
});
afterAll(() => host.close());

const create = (options: MachineOptions, on = host): Machine =>
  Machine.create({ machine: 'virt', memory: '16M', bios: 'none', ...options }, on);
const turns = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hangs = (): Promise<string> => turns(5000).then(() => 'nothing happened');

describe('close', () => {
  it('twice, at once and later', async () => {
    const machine = create({ kernel: PASS });
    expect((await machine.run()).reason).toBe('guest-shutdown');
    await Promise.all([machine.close(), machine.close()]);
    await machine.close();
    await machine[Symbol.asyncDispose]();
  });

  it('of a machine that was never run', async () => {
    await create({}).close();
  });

  it.each<[string, MachineOptions]>([
    ['computes', { kernel: LOOP }],
    // 1: wfi; j 1b
    ['sleeps', { kernel: words(0x10500073, 0xffdff06f) }],
    ['computes in icount mode', { kernel: LOOP, icount: 'shift=3' }],
  ])('of a machine that %s: run ends as by stop', async (_, options) => {
    const machine = create(options);
    const ended = machine.run();
    await turns(20);
    await Promise.race([machine.close(), hangs().then(expect.unreachable)]);
    expect(await ended).toEqual({ reason: 'stopped', exitCode: 0 });
  });

  it('of a machine that is paused: run ends, and so does a pause that waits', async () => {
    const machine = create({ kernel: LOOP });
    const ended = machine.run();
    await machine.pause();
    await machine.close();
    expect((await ended).reason).toBe('stopped');

    const other = create({ kernel: LOOP });
    const run = other.run();
    const paused = other.pause();
    await other.close();
    await Promise.race([paused, hangs().then(expect.unreachable)]);
    await run;
  });

  it('of a machine that is held: nobody reads its output', async () => {
    const serial = new Printer();
    const machine = create({ kernel: LOOP, serial });
    const ended = machine.run();
    serial.hold(true);
    await turns(20);
    await Promise.race([machine.close(), hangs().then(expect.unreachable)]);
    expect((await ended).reason).toBe('stopped');
  });

  it('from a callback, in the middle of guest code', async () => {
    let closed: Promise<void> | undefined;
    const machine = create({ kernel, append: 'quiet=1 run=fib scale=1', serial: () => (closed ??= machine.close()) });
    expect((await machine.run()).reason).toBe('stopped');
    await closed;
  });

  it('run rejects with what a callback threw, and the machine is closed all the same', async () => {
    const machine = create({
      kernel,
      append: 'run=fib scale=1',
      serial: () => {
        void machine.close();
        throw new Error('out of paper');
      },
    });
    await expect(machine.run()).rejects.toThrow('out of paper');
    await machine.close();
    expect(() => machine.state).toThrow(CLOSED);
  });

  it('closes the files that the guest had open', async () => {
    let open = 0;
    const file = { read: () => 0, write: () => {}, size: () => 0, close: () => void open-- };
    const refuse = (): never => expect.unreachable();
    const machine = create({ semihosting: { files: { open: () => (open++, file), remove: refuse, rename: refuse } } });
    const { handles, files } = machine.state.semihosting!;
    files.open('x', { read: true, write: false, truncate: false, append: false });
    handles.open(() => ({ ...file }) as unknown as ReturnType<typeof handles.get>);
    expect(open).toBe(1);
    await machine.close();
    expect(open).toBe(0);
  });

  it('gives backends back: another machine may have them, and none of this one hears their input', async () => {
    const serial = new Printer();
    const first = create({ serial });
    expect(() => create({ serial })).toThrow(/already in use/);
    const used = create({ kernel: PASS });
    await first.close();
    await used.close();
    serial.input(Uint8Array.of(1));
    const second = create({ kernel, append: 'run=fib scale=1', serial });
    await second.run();
    expect(serial.text).toContain('fib');
    await second.close();
  });
});

describe('after close, an error says so', () => {
  it.each<[string, (machine: Machine) => unknown]>([
    ['state', (m) => m.state],
    ['runState', (m) => m.runState],
    ['reset', (m) => m.reset()],
    ['resume', (m) => m.resume()],
    ['quit', (m) => m.quit()],
    ['writeSerial', (m) => m.writeSerial('x')],
    ['readRegister', (m) => m.readRegister('pc')],
    ['readRegisters', (m) => m.readRegisters()],
    ['writeRegister', (m) => m.writeRegister('pc', 0n)],
    ['readMemory', (m) => m.readMemory(0x8000_0000, 4)],
    ['readPhysical', (m) => m.readPhysical(0x8000_0000, 4)],
    ['writePhysical', (m) => m.writePhysical(0x8000_0000, Uint8Array.of(1))],
  ])('%s', async (_, use) => {
    const machine = create({});
    await machine.close();
    expect(() => use(machine)).toThrow(CLOSED);
  });

  it.each<[string, (machine: Machine) => Promise<unknown>]>([
    ['run', (m) => m.run()],
    ['stop', (m) => m.stop()],
    ['pause', (m) => m.pause()],
  ])('%s', async (_, use) => {
    const machine = create({});
    await machine.close();
    await expect(use(machine)).rejects.toThrow(CLOSED);
  });

  it('what was kept of the machine reaches no memory of another', async () => {
    const own = await createNodeHost({ backend: 'tci' });
    const first = create({ kernel: LOOP }, own);
    const { state } = first;
    await first.close();
    const second = create({}, own);
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const attempts = [
      () => state.addressSpace.writeBytes(0x8000_0000, bytes),
      () => state.cpus[0].writeRegister('sp', 5n),
      () => state.cpus[0].run(100),
      () => state.systemReset('guest-reset'),
    ];
    for (const attempt of attempts) expect(attempt).toThrow();
    expect(second.readPhysical(0x8000_0000, 4)).toEqual(new Uint8Array(4));
    expect(second.readRegister('sp')).toBe(0n);
    own.close();
  });

  it('a host that is closed makes no machines; those that it made can be closed', async () => {
    const own = await createNodeHost({ backend: 'tci' });
    const machine = create({}, own);
    own.close();
    expect(() => create({}, own)).toThrow('the host is closed');
    await machine.close();
  });
});

describe('stop and pause resolve when nothing is in flight', () => {
  it('stop: run has ended', async () => {
    const machine = create({ kernel: LOOP });
    let isRunning = true;
    const ended = machine.run().finally(() => (isRunning = false));
    await turns(5);
    await machine.stop();
    await Promise.resolve();
    expect(machine.loop.isActive).toBe(false);
    expect((await ended).reason).toBe('stopped');
    expect(isRunning).toBe(false);
    // a pause that nobody served is not left over
    await machine.pause();
    const again = machine.run();
    await turns(20);
    expect(machine.runState).toBe('running');
    await machine.close();
    await again;
  });

  it('pause: code that comes from the worker meanwhile waits for resume', async () => {
    const own = await createNodeHost({ hotThreshold: 256 });
    let output = 0;
    const machine = create({ kernel, append: 'scale=200 run=int', serial: (bytes) => (output += bytes.length) }, own);
    const wasm = () => machine.state.accelerator!.info!().wasm!;
    const ended = machine.run();
    while (wasm().queue.inFlight === 0) await turns(1);
    await machine.pause();
    const before = { ...wasm(), output, insns: machine.state.cpus[0].instructionCount };
    await turns(300);
    expect({ ...wasm(), output, insns: machine.state.cpus[0].instructionCount }).toEqual(before);
    machine.resume();
    while (wasm().modules === before.modules) await turns(5);
    await machine.close();
    await ended;
    own.close();
  });
});

describe('a host keeps one thread', () => {
  it('whose machines get their own code each, also after one was closed in the middle of it', async () => {
    const own = await createNodeHost({ hotThreshold: 256 });
    const run = async (cpu: string, append: string): Promise<string> => {
      let text = '';
      const machine = create({ cpu, kernel, append, serial: (bytes) => (text += Buffer.from(bytes).toString('latin1')) }, own);
      const { exitCode } = await machine.run();
      expect(exitCode).toBe(0);
      const { errors, modules } = machine.state.accelerator!.info!().wasm!;
      expect(errors).toBe(0);
      expect(modules).toBeGreaterThan(0);
      await machine.close();
      expect(text).toContain('all checks passed');
      return /[0-9a-f]{16}/.exec(text)![0];
    };
    const busy = create({ kernel, append: 'run=sha256 scale=500' }, own);
    const ended = busy.run();
    while (busy.state.accelerator!.info!().wasm!.queue.inFlight === 0) await turns(1);
    const together = Promise.all([run('rv64', 'quiet=1 run=int scale=100'), run('rv64,zba=off,zbb=off', 'quiet=1 run=int scale=100')]);
    await busy.close();
    await ended;
    const [a, b] = await together;
    expect(a).toBe(b);
    own.close();
  }, 60_000);

  it.skipIf(!fs.existsSync('/proc/self/task'))('however many machines it makes', async () => {
    const threads = (): number => fs.readdirSync('/proc/self/task').length;
    const own = await createNodeHost();
    const open = [create({}, own)];
    await turns(200); // the thread has those of its own libraries
    const before = threads();
    for (let n = 0; n < 10; n++) open.push(create({}, own));
    await turns(200);
    expect(threads()).toBeLessThan(before + 5);
    for (const machine of open) await machine.close();
    own.close();
  });
});

describe('memory of closed machines', () => {
  it('is used again, zeroed: no guest sees what another left', async () => {
    const own = await createNodeHost({ backend: 'tci', seed: 1 });
    const first = create({ kernel, append: 'run=fib scale=1' }, own);
    const buffer = first.state.ram.blocks[0].bytes.buffer;
    await first.run();
    for (const { bytes } of first.state.ram.blocks) for (let at = 0; at < bytes.length; at += bytes.length >> 3) bytes[at] = 0xa5;
    await first.close();
    const second = create({ rtcBaseMs: 0 }, own);
    expect(second.state.ram.blocks[0].bytes.buffer).toBe(buffer);
    const fresh = create({ rtcBaseMs: 0 }, own);
    expect(fresh.state.ram.blocks[0].bytes.buffer).not.toBe(buffer);
    expect(Buffer.compare(new Uint8Array(buffer), new Uint8Array(fresh.state.ram.blocks[0].bytes.buffer))).toBe(0);
    own.close();
  });

  it('is given back when a machine cannot be made', async () => {
    const own = await createNodeHost({ backend: 'tci' });
    const machine = create({}, own);
    const buffer = machine.state.ram.blocks[0].bytes.buffer;
    await machine.close();
    for (let n = 0; n < 10; n++) expect(() => create({ devices: ['no-such-device'] }, own)).toThrow();
    expect(create({}, own).state.ram.blocks[0].bytes.buffer).toBe(buffer);
    own.close();
  });
});
