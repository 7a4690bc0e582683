import { afterEach, describe, expect, it } from 'vitest';
import { StreamChardev } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { Machine } from '../system/facade.js';
import { COMMANDS } from './commands.js';
import { Monitor } from './monitor.js';

let host: NodeHost;
afterEach(() => host.close());

async function setup(shared = false, smp = 1) {
  host = await createNodeHost({ backend: 'tci' });
  const code = Uint32Array.of(0x0000_0297, 0x0000_006f); // auipc t0, 0; j .
  const machine = Machine.create({ machine: 'virt', memory: '16M', smp, bios: new Uint8Array(code.buffer) }, host);
  let output = '';
  const chardev = new StreamChardev('m', (bytes) => (output += new TextDecoder().decode(bytes)));
  const mux = shared ? new MuxChardev(chardev, { escapes: true, quit: () => {} }) : undefined;
  mux?.join({ canReceive: () => 1, receive: () => {} });
  new Monitor(machine.control, mux ?? chardev, '1.2.3');
  /** What a line prints, without its echo and the prompt behind it. */
  const run = (line: string): string => {
    output = '';
    chardev.input(new TextEncoder().encode(`${line}\r`));
    return output
      .slice(output.indexOf('\r\n') + 2)
      .replace(/\(wemu\) $/, '')
      .replaceAll('\r\n', '\n');
  };
  return { machine, chardev, run, text: () => output };
}

describe('the monitor', () => {
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
    expect(run('stop now')).toBe('stop: extraneous characters at the end of line\n');
    expect(run('savevm x')).toBe('savevm: not built yet\n');
    expect(run('')).toBe('');
  });

  it('helps: every command, or one', async () => {
    const { run } = await setup();
    expect(run('help').trimEnd().split('\n')).toHaveLength(COMMANDS.length);
    expect(run('? quit')).toBe('quit|q -- quit the emulator\n');
    expect(run('info')).toContain('info jit -- show dynamic compiler info\n');
  });

  it('stops and goes on, resets and quits', async () => {
    const { machine, run } = await setup();
    machine.state.vmStart();
    expect(run('info status')).toBe('VM status: running\n');
    run('stop');
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
      'invalid CPU index\n',
      'unexpected end of expression\n',
    ]);
    expect(run('help cpu')).toBe('cpu index -- set the default CPU\n');
  });

  it("dumps memory in QEMU's layout", async () => {
    const { run } = await setup();
    expect(run('xp /3xw 0x80000000')).toBe('0000000080000000: 0x00000297 0x0000006f 0x00000000\n');
    expect(run('xp /1xg 0x80000000')).toBe('0000000080000000: 0x0000006f00000297\n');
    expect(run('xp /2db 0x80000000')).toBe('0000000080000000: -105   2\n');
    expect(run('xp /4cb 0x80000000')).toBe("0000000080000000: '\\x97' '\\x02' '\\x00' '\\x00'\n");
    expect(run('xp /1c 0x80000000')).toBe("0000000080000000: '\\x97' '\\x02' '\\x00' '\\x00'\n");
    expect(run('x $pc+0x7ffff004')).toBe('0000000080000004: 0x0000006f\n');
    expect(run('xp /9b 0x80000000').split('\n')).toHaveLength(3);
    expect(run('xp 0x70000000')).toBe('0000000070000000: Cannot access memory\n');
    expect(run('x 1+')).toContain("invalid expression '1+'");
    expect(run('x $nothing')).toBe("unknown register '$nothing'\n");
    expect(run('x /1i 0')).toBe("format 'i' is not built yet\n");
    expect(run('x /99999999xg 0')).toContain('bytes at once');
    expect(run('x')).toContain('expected');
  });

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
    expect(run('info qom-tree')).toContain('  /machine (virt)\n');
    expect(run('qom-list /machine')).toContain('aclint (bool)\n');
    expect(run('qom-get /machine aclint')).toBe('false\n');
    expect(run('qom-set /machine aclint maybe')).toContain("invalid value 'maybe'");
    expect(run('qom-get /machine nothing')).toBe("Property 'virt.nothing' not found\n");
    expect(run('qom-list nothing')).toBe("Device 'nothing' not found\n");
    expect(run('qom-get /machine')).toBe('expected path, property\n');
  });

  it('edits lines, and recalls them', async () => {
    const { run } = await setup();
    expect(run('inx\x7ffo vers\x08\x08\x08\x08version')).toBe('1.2.3\n');
    expect(run('garbage\x15info version')).toBe('1.2.3\n');
    expect(run('\x1b[A')).toBe('1.2.3\n');
    expect(run('\x1b[Z\x1b[1;5Cinfo version')).toBe('1.2.3\n');
  });
});
