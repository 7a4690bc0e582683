import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { OUTPUT_LIMIT, StreamChardev } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { MemorySnapshotStore } from '../migration/store.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { COMMANDS } from './commands.js';
import { Monitor } from './monitor.js';

let host: NodeHost;
afterEach(() => host.close());

async function setup(shared = false, smp = 1, options: Partial<MachineOptions> = {}) {
  host = await createNodeHost({ backend: 'tci' });
  const code = Uint32Array.of(0x0000_0297, 0x0000_006f); // auipc t0, 0; j .
  const machine = Machine.create({ machine: 'virt', memory: '16M', smp, bios: new Uint8Array(code.buffer), ...options }, host);
  let output = '';
  const chardev = new StreamChardev('m', (bytes) => (output += new TextDecoder().decode(bytes)));
  const mux = shared ? new MuxChardev(chardev, { escapes: true, quit: () => {} }) : undefined;
  mux?.join({ canReceive: () => 1, receive: () => {} });
  machine.control.machine.backends.joinChardev(mux ?? chardev);
  new Monitor(machine.control, mux ?? chardev, '1.2.3', Infinity); // lines are answered at once, however slow this computer is
  /** What a line prints, without its echo and the prompt behind it. */
  const run = (line: string): string => {
    output = '';
    chardev.input(new TextEncoder().encode(`${line}\r`));
    return output
      .slice(output.indexOf('\r\n') + 2)
      .replace(/\(wemu\) $/, '')
      .replaceAll('\r\n', '\n');
  };
  /** As run, of a line that takes its time. */
  const runLong = async (line: string): Promise<string> => {
    run(line);
    await vi.waitFor(() => expect(output).toMatch(/\n\(wemu\) $/), 30_000);
    return output.slice(output.indexOf('\r\n') + 2, -'(wemu) '.length).replaceAll('\r\n', '\n');
  };
  return { machine, chardev, run, runLong, text: () => output };
}

describe('the monitor', () => {
  it.each([
    ['a device of its own', false],
    ['a shared one', true],
  ])('with -icount, too, stops at answers that nobody reads on %s', async (_, shared) => {
    const { chardev, text } = await setup(shared, 1, { icount: { shift: 0 } });
    if (shared) chardev.input(Uint8Array.of(1, 0x63)); // Ctrl-A c
    chardev.congested(true);
    const before = text().length;
    for (let i = 0; i < 100; i++) chardev.input(new TextEncoder().encode('help\r'.repeat(20)));
    expect(text().length - before).toBeLessThan(OUTPUT_LIMIT + 65536);
    chardev.congested(false);
    await vi.waitFor(() => expect(text().match(/\n\(wemu\) /g)?.length).toBe(2001), 10_000);
  });

  it('greets on a device of its own at once, on a shared one with the focus', async () => {
    expect((await setup()).text()).toBe("wemu 1.2.3 monitor - type 'help' for more information\r\n(wemu) ");
    const { text, chardev } = await setup(true);
    expect(text()).toBe('');
    chardev.input(Uint8Array.of(1, 0x63)); // Ctrl-A c
    expect(text()).toMatch(/^wemu 1\.2\.3 monitor.*\r\n\(wemu\) $/);
  });

  it('answers what it does not know as QEMU does', async () => {
    const { run } = await setup();
    expect(run('foo bar')).toBe("unknown command: 'foo'\n");
    expect(run('info foo')).toBe("unknown command: 'info foo'\n");
    expect(run('stop now')).toBe('stop|s: extraneous characters at the end of line\nTry "help stop" for more information\n');
    expect(run('migrate x')).toBe('migrate: not built yet\n');
    expect(run('')).toBe('');
  });

  it('helps: every command, or one', async () => {
    const { run } = await setup();
    expect(run('help').trimEnd().split('\n')).toHaveLength(COMMANDS.length);
    expect(run('? quit')).toBe('quit|q  -- quit the emulator\n');
    expect(run('info')).toContain('info jit  -- show dynamic compiler info\n');
  });

  // as QEMU 10.0 answers
  it('makes and removes objects and chardevs', async () => {
    const { run, runLong } = await setup();
    expect(run('object_add rng-builtin,id=r1')).toBe('');
    expect(run('object_add rng-builtin,id=r1')).toBe("Error: attempt to add duplicate property 'r1' to object (type 'container')\n");
    expect(run('info qom-tree /objects')).toContain('/r1 (rng-builtin)');
    expect(run('object_del r1')).toBe('');
    expect(run('object_del r1')).toBe("Error: object 'r1' not found\n");
    expect(await runLong('chardev-add null,id=c1')).toBe('Error: character devices cannot be added here\n'); // by the command line they can
    expect(run('chardev-remove c1')).toBe("Error: Chardev 'c1' not found\n");
    expect(run('chardev-add null')).toBe('Error: Chardev: no id specified\n');
    expect(run('info memdev')).toContain('memory backend: riscv_virt_board.ram\n  size:  ');
    expect(run('info blockstats')).toBe('info blockstats: not built yet\n');
  });

  // as QEMU 10.0 answers
  it('commits what was written to disks', async () => {
    const [bytes, plain, forbidden] = [1, 2, 3].map(() => new Uint8Array(1024));
    const drives = [
      { bytes, snapshot: true },
      { bytes: plain },
      { id: 'no', interface: 'none' as const, bytes: forbidden, snapshot: true, readonly: true },
    ];
    const { machine, run, runLong } = await setup(false, 1, { drives });
    expect(run('commit')).toBe('commit: block device name expected\nTry "help commit" for more information\n');
    expect(await runLong('commit nosuch')).toBe("Device 'nosuch' not found\n");
    expect(await runLong('commit virtio1')).toBe("'commit' error for 'virtio1': Operation not supported\n");
    expect(await runLong('commit no')).toBe("'commit' error for 'no': Operation not permitted\n");
    await [...machine.state.backends.drives][0].write(0, new Uint8Array(512).fill(7));
    expect([bytes[0], await runLong('commit virtio0'), bytes[0]]).toEqual([0, '', 7]);
    expect(await runLong('commit all')).toBe("'commit' error for 'all': Operation not permitted\n");
  });

  it('answers all lines of a script whose end is there while one takes its time', async () => {
    const { chardev, text } = await setup();
    chardev.input(new TextEncoder().encode('sum 0x80000000 0x1000\rinfo name\rinfo status\r'));
    chardev.closed();
    await vi.waitFor(() => expect(text()).toContain('VM status: paused (prelaunch)'), 30_000);
  });

  it('stops and goes on, resets and quits', async () => {
    const { machine, run, runLong } = await setup();
    machine.state.vmStart();
    expect(run('info status')).toBe('VM status: running\n');
    expect(await runLong('stop')).toBe('');
    expect(run('info status')).toBe('VM status: paused\n');
    run('c');
    expect(machine.runState).toBe('running');
    machine.writeRegister('a0', 5n);
    run('system_reset');
    expect(machine.readRegister('a0')).toBe(0n);
    run('q');
    expect(machine.state.runState.shutdownRequest?.cause).toBe('host-qmp-quit');
  });

  it('shows registers, memory map and what the engine did', async () => {
    const { run } = await setup();
    expect(run('info registers')).toMatch(/^\nCPU#0\n pc +0000000000001000\n/);
    expect(run('info mtree')).toContain('address-space: memory');
    expect(run('info mtree -f')).toContain('FlatView #0');
    expect(run('info jit')).toContain('TBs translated');
    expect(run('info version')).toBe('1.2.3\n');
    expect(run('info roms')).toContain('name="firmware"');
  });

  // as QEMU 10.0 answers
  it('is about one CPU: the first, or the one that is chosen', async () => {
    const { machine, run } = await setup(false, 3);
    machine.cpu(1).pc = 0x8000_0004n;
    machine.writeRegister('sp', 0x8000_0004n, 2);
    const thread = `thread_id=${process.pid}`;
    expect(run('info cpus')).toBe(`* CPU #0: ${thread}\n  CPU #1: ${thread}\n  CPU #2: ${thread}\n`);
    expect(run('info registers')).toMatch(/^\nCPU#0\n pc +0000000000001000\n/);
    expect(run('info registers 1')).toMatch(/^\nCPU#1\n pc +0000000080000004\n/);
    expect(run('cpu 1')).toBe('');
    expect(run('info cpus')).toBe(`  CPU #0: ${thread}\n* CPU #1: ${thread}\n  CPU #2: ${thread}\n`);
    expect(run('info registers')).toMatch(/^\nCPU#1\n pc +0000000080000004\n/);
    expect(run('x $pc')).toBe('0000000080000004: 0x0000006f\n');
    expect(run('info registers -a').match(/CPU#\d/g)).toEqual(['CPU#0', 'CPU#1', 'CPU#2']);
    run('cpu 1+1');
    expect(run('xp $sp-4')).toBe('0000000080000000: 0x00000297\n');
    expect(run('info registers 3')).toBe('CPU#3 not available\n');
    expect([run('cpu 3'), run('cpu -1'), run('cpu')]).toEqual([
      'invalid CPU index\n',
      `'cpu' has failed: integer is for 32-bit values\nTry "help cpu" for more information\n`,
      'unexpected end of expression\nTry "help cpu" for more information\n',
    ]);
    expect(run('help cpu')).toBe('cpu index -- set the default CPU\n');
  });

  it("dumps memory in QEMU's layout", async () => {
    const { run, runLong } = await setup();
    expect(run('xp /3xw 0x80000000')).toBe('0000000080000000: 0x00000297 0x0000006f 0x00000000\n');
    expect(run('xp /1xg 0x80000000')).toBe('0000000080000000: 0x0000006f00000297\n');
    expect(run('xp /2db 0x80000000')).toBe('0000000080000000: -105   2\n');
    expect(run('xp /4cb 0x80000000')).toBe("0000000080000000: '\\x97' '\\x02' '\\x00' '\\x00'\n");
    expect(run('x /1c 0x1000')).toBe("0000000000001000: '\\x97'\n"); // sizes are kept
    expect(run('xp /1wc 0x80000000')).toBe("0000000080000000: '\\x97' '\\x02' '\\x00' '\\x00'\n");
    expect(run('x /3o 0x1000')).toBe('0000000000001000:       01227  0240503023 036120022563\n');
    expect(run('x/2xh 0x1000')).toBe('0000000000001000: 0x0297 0x0000\n');
    expect(run('x /xw 0x1000')).toBe('0000000000001000: 0x00000297\n');
    expect(run('x $pc+0x7ffff004')).toBe('0000000080000004: 0x0000006f\n');
    expect(run('xp /9b 0x80000000').split('\n')).toHaveLength(3);
    expect(run('xp 0x06000000')).toBe('0000000006000000: Cannot access memory\n');
    expect(run('x /99999999xg 0')).toContain('bytes at once');
    expect((await runLong('xp /20000xb 0x80000000')).trim().split('\n')).toHaveLength(2500);
    expect((await runLong('xp /3000i 0x80000000')).trim().split('\n')).toHaveLength(3000);
  });

  it('shows code, strings and numbers', async () => {
    const { run, runLong, machine } = await setup();
    expect(run('x /2i 0x80000000')).toBe(
      '0x0000000080000000:  00000297          auipc\tt0,0x0\n0x0000000080000004:  0000006f          j\t0x80000004\n',
    );
    expect(run('xp /2i 0x0ffffffe')).toBe('0x0ffffffe:  Cannot access memory\n');
    machine.writePhysical(0x8000_0100, new TextEncoder().encode('a "b"\n\0c\0'));
    expect(run('x /2s 0x80000100')).toBe('0000000080000100: "a \\"b\\"\\n"\n0000000080000107: "c"\n');
    expect(run('xp /s 0x06000000')).toBe('0000000006000000: Cannot access memory\n');
    machine.writeRegister('a0', 0x8000_0000n);
    expect(run('print /x $a0+4')).toBe('0x80000004\n');
    expect(run('print $pc')).toBe('0x1000\n');
    expect(await runLong('sum 0x80000000 8')).toBe('05647\n'); // as sum -r of these bytes
  });

  // as QEMU 10.0 answers
  it.each([
    ['print 1+2', '0x3'],
    ['print /x 10', '0xa'],
    ['print /o 10', '012'],
    ['print /d -1', '-1'],
    ['print /u -1', '18446744073709551615'],
    ['print /c 65', "'A'"],
    ['print /c -1', "'\\xffffffff'"],
    ["print 'a'", '0x61'],
    ['print 2+3&1', '0x3'],
    ['print 017*(1+1)', '0x1e'],
    ['print ~0', '0xffffffffffffffff'],
    ['i /b 0x10', 'portb[0x0010] = 0xff'],
    ['i 0x70.8', 'portl[0x0071] = 0xffffffff'],
    ['o /b 0x10 1', ''],
    ['gva2gpa 0x1000', 'gpa: 0x1000'],
    ['info mem', 'No translation or protection'],
    ['info irq', ''],
    ['info pic', ''],
    ['info name', ''],
    ['info kvm', 'kvm support: not compiled'],
    ['info uuid', '00000000-0000-0000-0000-000000000000'],
    ['info tlb', "Software does not see this CPU's TLB ('info mem' has its page tables)"],
    ['chardev-send-break x', "Error: Chardev 'x' not found"],
    ['ringbuf_read serial0 5', 'Error: serial0 is not a ringbuf device'],
    ['ringbuf_write x y', "Error: Device 'x' not found"],
    ['info chardev', 'serial0: filename=null\nm: filename=stream'],
    ['info block', ''],
    ['info memory_size_summary', 'base memory: 16777216'],
    ['loadvm no-such', "Error: Snapshot 'no-such' does not exist in one or more devices"],
    ['nmi', 'Error: machine does not provide NMIs'],
    ['sendkey ctrl-alt-f1', 'Error: this machine has no keyboard'],
    ['sendkey a-nosuch 5', 'invalid parameter: nosuch'],
    ['watchdog_action foo', 'Error: invalid parameter value: foo'],
    ['watchdog_action reset', ''],
    ['trace-event foo on', 'unknown event "foo"'],
    ['one-insn-per-tb foo', 'unexpected option foo'],
    ['info qom-tree /nosuch', "Path '/nosuch' could not be resolved."],
    ['device_add', "Error: Parameter 'driver' is missing"],
    ['device_add nosuch', "Error: 'nosuch' is not a valid device model name"],
    ['device_add serial-mm', "Error: Parameter 'driver' expects a pluggable device type"],
    ['device_add virtio-rng-device', "Error: Bus 'virtio-mmio-bus.7' does not support hotplugging"],
    ['device_add virtio-rng-device,bus=foo', "Error: Bus 'foo' not found"],
    ['device_add virtserialport', "Error: No 'virtio-serial-bus' bus found for device 'virtserialport'"],
    ['device_add loader,addr=0x80000000', "Error: Device 'loader' can not be hotplugged on this machine"],
    ['device_del nosuch', "Error: Device 'nosuch' not found"],
    ['device_del /machine/unattached', 'Error: /machine/unattached is not a device'],
    ['device_del /machine/unattached/device[1]', "Error: Bus 'main-system-bus' does not support hotplugging"],
  ])('answers %s', async (line, answer) => expect(await (await setup()).runLong(line)).toBe(answer === '' ? '' : `${answer}\n`));

  // as QEMU 10.0 answers; then it says where to find help
  it.each([
    ['print $nothing', 'unknown register'],
    ['print 1/0', 'division by zero'],
    ['print (1', "')' expected"],
    ["print 'a", "missing terminating ' character"],
    ['print zzz', "invalid char 'z' in expression"],
    ['print 1 2', 'print|p: extraneous characters at the end of line'],
    ['print 08', 'print|p: extraneous characters at the end of line'],
    ['print 1+', 'unexpected end of expression'],
    ['print 0x1ffffffffffffffff', 'number too large'],
    ['print /z 1', "invalid char in format: 'z'"],
    ['x', 'unexpected end of expression'],
    ['memsave 0x1000 16', 'memsave: string expected'],
    ['dump-guest-memory', 'dump-guest-memory: filename expected'],
    ['dump-guest-memory -q /tmp/x', 'dump-guest-memory: unsupported option -q'],
    ['log', 'log: string expected'],
    ['logfile', 'logfile: filename expected'],
    ['trace-event', 'trace-event: string expected'],
    ['trace-event virtio_mmio_read maybe', "Expected 'on' or 'off'"],
    ['qom-get /machine', 'qom-get: string expected'],
    ['device_del', 'device_del: string expected'],
    ['system_powerdown x', 'system_powerdown: extraneous characters at the end of line'],
  ])('does not take %s', async (line, answer) =>
    expect((await setup()).run(line)).toBe(`${answer}\nTry "help ${line.split(' ')[0]}" for more information\n`),
  );

  it.each([
    ['info registers -b', 'registers: unsupported option -b', 'registers'],
    ['info registers 0 1', 'registers: extraneous characters at the end of line', 'registers'],
    ['info mtree -x', 'mtree: unsupported option -x', 'mtree'],
  ])('does not take %s', async (line, answer, name) =>
    expect((await setup()).run(line)).toBe(`${answer}\nTry "help info ${name}" for more information\n`),
  );

  // as QEMU 10.0 answers on a virt that has not run yet
  it.each([
    ['xp /4xb 0x10000000', '0000000010000000: 0x00 0x00 0x00 0x00\n'],
    ['xp /16xb 0x10000000', '0000000010000000: 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00\n0000000010000008: Cannot access memory\n'],
    ['xp /4xw 0x10000000', '0000000010000000: Cannot access memory\n'],
    ['x /4xw 0x10000000', '0000000010000000: Cannot access memory\n'],
    [
      'xp /16xb 0x2004000',
      '0000000002004000: 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00\n0000000002004008: 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00\n',
    ],
    ['xp /1xg 0x200bff8', '000000000200bff8: 0x0000000000000000\n'],
    ['xp /4xw 0x10001000', '0000000010001000: 0x74726976 0x00000001 0x00000000 0x554d4551\n'],
    ['x /1xw 0x10001000', '0000000010001000: 0x74726976\n'],
    ['xp /4xh 0x0c000004', '000000000c000004: 0x0000 0x0000 0x0000 0x0000\n'],
    ['xp /2xw 0x10100000', '0000000010100000: 0x554d4551 0x00000000\n'],
    ['xp /8xb 0x10100008', '0000000010100008: Cannot access memory\n'],
    ['xp /3xb 0x101001', '0000000000101001: Cannot access memory\n'],
    ['xp /4xw 0xfffffffffffffff0', 'fffffffffffffff0: Cannot access memory\n'],
  ])('reads devices: %s', async (line, answer) => expect((await setup()).run(line)).toBe(answer));

  it('shows the objects, and their properties', async () => {
    const { run } = await setup();
    expect(run('info qom-tree')).toMatch(/^\/machine \(virt-machine\)\n/);
    expect(run('qom-list /machine')).toContain('aclint (bool)\n');
    expect(run('qom-get /machine aclint')).toBe('false\n');
    expect(run('qom-set /machine aclint maybe')).toContain("invalid value 'maybe'");
    expect(run('qom-set -j /machine aclint true')).toBe('');
    expect(run('qom-get /machine aclint')).toBe('true\n');
    expect(run('qom-get /machine nothing')).toBe("Error: Property 'virt-machine.nothing' not found\n");
    expect(run('qom-list nothing')).toBe("Error: Device 'nothing' not found\n");
    expect(run('qom-list')).toBe('/\n');
  });

  describe('files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-monitor-'));
    const file = join(folder, 'file');
    afterAll(() => rmSync(folder, { recursive: true }));

    it('get memory', async () => {
      const { runLong } = await setup();
      expect(await runLong(`memsave 0x80000000 8 ${file}`)).toBe('');
      expect([...readFileSync(file)]).toEqual([0x97, 2, 0, 0, 0x6f, 0, 0, 0]);
      expect(await runLong(`pmemsave 0x80000004 4 "${file}"`)).toBe('');
      expect([...readFileSync(file)]).toEqual([0x6f, 0, 0, 0]);
      // as QEMU 10.0 answers
      expect(await runLong(`memsave 0x40 16 ${file}`)).toBe('Error: Invalid addr 0x0000000000000040/size 16 specified\n');
      expect(await runLong('pmemsave 0x1000 16 /nosuch/x')).toBe("Error: Could not open '/nosuch/x': no such file or directory\n");
      expect(await runLong('dump-guest-memory /nosuch/x')).toBe("Error: Could not create '/nosuch/x': no such file or directory\n");
      expect(await runLong(`dump-guest-memory ${file} 1 1`)).toBe('Error: dump: no guest memory to dump\n');
    });

    it('leave the event loop its turns while they are long', async () => {
      const size = 64 << 20;
      const { machine } = await setup(false, 1, { memory: '64M' });
      const { control } = machine;
      const turnsOf = async (work: Promise<unknown>): Promise<number> => {
        let turns = 0;
        let isOver = false;
        const turn = (): void => void (isOver || (turns++, setImmediate(turn)));
        setImmediate(turn);
        await work;
        isOver = true;
        return turns;
      };
      expect(await turnsOf(control.saveMemory('physical', 0x8000_0000n, size, file))).toBeGreaterThan(1);
      expect(await turnsOf(control.saveMemory(control.cpus[0], 0x8000_0000n, size, file))).toBeGreaterThan(1);
      expect(statSync(file).size).toBe(size);
      expect(await turnsOf(control.checksum(0x8000_0000n, size))).toBeGreaterThan(1);
    });

    it('get an ELF core of CPUs and memory', async () => {
      const { runLong, machine } = await setup(false, 2);
      machine.writeRegister('a0', 0x1234n, 1);
      machine.state.vmStart();
      expect(await runLong(`dump-guest-memory ${file}`)).toBe('');
      expect(machine.runState).toBe('running');
      const core = readFileSync(file);
      const word = (at: number): number => core.readUInt32LE(at);
      expect([core.toString('latin1', 0, 4), core.readUInt16LE(16), core.readUInt16LE(18)]).toEqual(['\x7fELF', 4, 243]);
      const headers = Array.from({ length: core.readUInt16LE(56) }, (_, i) => {
        const at = 64 + 56 * i;
        const [offset, virtual, physical, size] = [8, 16, 24, 32].map((field) => Number(core.readBigUInt64LE(at + field)));
        return { type: word(at), offset, virtual, physical, size };
      });
      expect(headers.map(({ type, virtual, physical, size }) => [type, virtual, physical, size])).toEqual([
        [4, 0, 0, 2 * (12 + 8 + 376)],
        [1, 0x1000, 0x1000, 0xf000],
        [1, 0x8000_0000, 0x8000_0000, 16 << 20],
      ]);
      const [notes, , ram] = headers;
      expect(word(ram.offset)).toBe(0x297);
      const registers = notes.offset + 396 + 20 + 112; // of the second CPU: pc, then x1
      expect([core.readBigUInt64LE(registers), core.readBigUInt64LE(registers + 80)]).toEqual([0x1000n, 0x1234n]);
      expect(core.length).toBe(ram.offset + ram.size);
    });

    it('get the log', async () => {
      const { run } = await setup();
      expect(run(`logfile ${file}`)).toBe('');
      expect(run('log guest_errors,in_asm')).toBe('');
      expect(run('log nothing')).toContain("unknown log item 'nothing'");
      expect(run('info trace-events virtio_mmio_*')).toBe('virtio_mmio_read : state 0\nvirtio_mmio_write : state 0\n');
      expect(run('trace-event virtio_mmio_* on')).toBe('');
      expect(run('trace-event virtio_mmio_write off')).toBe('');
      expect(run('info trace-events virtio_mmio_*')).toBe('virtio_mmio_read : state 1\nvirtio_mmio_write : state 0\n');
      run('trace-event goldfish_rtc_read on');
      run('xp /1xw 0x101000');
      run('trace-event goldfish_rtc_read off');
      run('xp /1xw 0x101004');
      await vi.waitFor(() => expect(readFileSync(file, 'latin1')).toMatch(/^goldfish_rtc_read 0x0 \w+ = 0x\w+, size 4\n$/));
    });
  });

  it('makes blocks of one instruction', async () => {
    const { run, machine } = await setup();
    const record = () => machine.state.accelerator!.info!().tci;
    const step = (): number => {
      const { tbs, insns } = record();
      machine.cpu().pc = 0x8000_0000n;
      machine.cpu().run(2);
      return (record().insns - insns) / (record().tbs - tbs);
    };
    expect(step()).toBe(2);
    run('one-insn-per-tb on');
    expect(step()).toBe(1);
    run('one-insn-per-tb off');
    expect(step()).toBe(2);
  });

  it('completes', async () => {
    const { run, chardev, text } = await setup();
    const typed = (keys: string): string => {
      const before = text().length;
      chardev.input(new TextEncoder().encode(keys));
      return text().slice(before);
    };
    expect(typed('inf\t')).toBe('info ');
    expect(typed('qt\t')).toBe('qtree ');
    run('');
    typed('\x15trace-event goldfish_rtc_r\t');
    expect(text()).toMatch(/goldfish_rtc_read $/);
    typed('\x15qom-get /machine/virt.flash\t');
    typed('0\t');
    expect(text()).toContain('/machine/virt.flash0/virt.flash0[0]');
  });

  it('edits lines, and recalls them', async () => {
    const { run } = await setup();
    expect(run('inx\x7ffo vers\x08\x08\x08\x08version')).toBe('1.2.3\n');
    expect(run('garbage\x15info version')).toBe('1.2.3\n');
    expect(run('\x1b[A')).toBe('1.2.3\n');
    expect(run('\x1b[Z\x1b[1;5Cinfo version')).toBe('1.2.3\n');
  });
});

it('saves only what is different', async () => {
  const { machine, runLong, run } = await setup(false, 1, { snapshots: new MemorySnapshotStore() });
  for (const line of ['savevm a', 'savevm -i b', 'savevm -i c', 'savevm d']) expect(await runLong(line)).toBe('');
  expect((await machine.control.snapshots()).map(({ name, parent }) => [name, parent])).toEqual([
    ['a', undefined],
    ['b', undefined],
    ['c', 'b'],
    ['d', undefined],
  ]);
  expect(await runLong('delvm b')).toBe("Error: Snapshot 'b' cannot be deleted: 'c' builds on it\n");
  expect(await runLong('loadvm c')).toBe('');
  expect(run('help savevm')).toMatch(/^savevm \[-i\] \[tag\] -- /);
});
