/** Whatever is wrong with what the user gave: one clear line on standard error, status 1, no stack. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { exitStatus, main } from '../../src/cli/program.js';
import { CLI, shellQuote, Session, wemu } from '../support/session.js';

const ELF = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wemu-bad-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

const elf = readFileSync(ELF);

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}
/** The embedded guest with its ELF header or first program header spoilt. */
function spoilt(name: string, spoil: (view: DataView, programHeader: number) => void): string {
  const bytes = Uint8Array.from(elf);
  const view = new DataView(bytes.buffer);
  spoil(view, Number(view.getBigUint64(32, true)));
  return file(name, bytes);
}
function large(name: string, size = 200 * 2 ** 20): string {
  const path = file(name, new Uint8Array(0));
  truncateSync(path, size);
  return path;
}

const GARBAGE = file(
  'garbage',
  Uint8Array.from({ length: 4096 }, (_, i) => (i * 31 + 7) & 0xff),
);
const LOOP = join(folder, 'loop.js');
symlinkSync(LOOP, LOOP);
const BARE = ['-M', 'virt', '-bios', 'none', '-accel', 'tci'];
const kernel = (path: string): string[] => [...BARE, '-kernel', path];
const bare = (...more: string[]): string[] => [...kernel(ELF), ...more];

// prettier-ignore
const CASES: Record<string, Record<string, [args: string[], says: RegExp]>> = {
  images: {
    'no such kernel':        [kernel(join(folder, 'none')), /-kernel: could not load kernel '.*none': no such file/],
    'a folder':              [kernel(folder), /is a directory/],
    'an empty kernel':       [kernel(file('empty', new Uint8Array(0))), /'kernel': the file is empty/],
    'an ELF header alone':   [kernel(file('header', elf.subarray(0, 64))), /'kernel': the program headers lie outside of the file/],
    'a truncated ELF file':  [kernel(file('half', elf.subarray(0, 5000))), /'kernel': truncated/],
    'another machine':       [kernel(spoilt('x86', (v) => v.setUint16(18, 62, true))), /'kernel': wrong machine type 62/],
    'this x86 program':      [kernel(process.execPath), process.arch === 'riscv64' ? /./ : /'kernel': wrong machine type/],
    'big-endian ELF':        [kernel(spoilt('be', (v) => v.setUint8(5, 2))), /big-endian/],
    'program headers far off': [kernel(spoilt('phoff', (v) => v.setBigUint64(32, 2n ** 64n - 8n, true))), /program headers lie outside/],
    'memory of 2^62 bytes':  [kernel(spoilt('memsz', (v, p) => v.setBigUint64(p + 40, 2n ** 62n, true))), /segment 0 .*is absurd/],
    'memory of a tebibyte':  [kernel(spoilt('tib', (v, p) => v.setBigUint64(p + 40, 2n ** 40n, true))), /is not in RAM or ROM|absurd/],
    'file part above memory': [kernel(spoilt('filesz', (v, p) => v.setBigUint64(p + 40, 1n, true))), /larger in the file/],
    'a segment at the top':  [kernel(spoilt('paddr', (v, p) => v.setBigUint64(p + 24, 2n ** 64n - 4096n, true))), /absurd/],
    'a segment on a device': [kernel(spoilt('uart', (v, p) => v.setBigUint64(p + 24, 0x1000_0000n, true))), /is not in RAM or ROM/],
    'a segment on the reset vector': [kernel(spoilt('rom', (v, p) => v.setBigUint64(p + 24, 0x1000n, true))), /overlaps/],
    'a device tree of garbage': [bare('-dtb', GARBAGE), /device tree blob: no device tree magic/],
    'an initrd above RAM':   [bare('-initrd', large('initrd')), /'initrd': 200 MiB .* do not fit/],
    'firmware above RAM':    [['-M', 'virt', '-accel', 'tci', '-bios', large('bios')], /'firmware': 200 MiB .* do not fit/],
    'an initrd alone':       [[...BARE, '-initrd', GARBAGE], /-initrd only allowed with -kernel option/],
    'an endless kernel':     [kernel('/dev/zero'), /-kernel: could not load kernel '\/dev\/zero': is a device/],
    'a kernel of 2 GiB':     [kernel(large('huge', 2 ** 31)), /has 2 GiB, the limit is 1 GiB/],
    'a device tree of 200 MiB': [bare('-dtb', large('dtb')), /has 200 MiB, the limit is 1 MiB/],
    'a name of two lines':   [kernel('a\nb'), /could not load kernel 'a\\x0ab'/],
    'a name that a terminal would obey': [kernel('\x1b[31mx'), /could not load kernel '\\x1b\[31mx'/],
    'dumpdtb nowhere':       [['-M', `virt,dumpdtb=${join(folder, 'no', 'x.dtb')}`, '-bios', 'none', '-accel', 'tci'], /cannot write '.*x.dtb'/],
  },
  RAM: {
    'hexadecimal': [bare('-m', '0x10'), /-m 0x10: invalid size '0x10'/],
    '1K':   [bare('-m', '1K'), /not enough RAM/],
    '64G':  [bare('-m', '64G'), /-m: guest memory of \d+ MiB.* is more than the engine's \d+ MiB/],
    '64G in wasm': [['-M', 'virt', '-bios', 'none', '-m', '64G'], /-m: guest memory of/],
    'abc':  [bare('-m', 'abc'), /-m abc: size: invalid size 'abc'/],
    'beyond 2^53': [bare('-m', '99999999999999999999G'), /below 2\^53/],
    'linux with 64G': [['linux', '-m', '64G', '--', 'true'], /-m: guest memory of|no Linux guest/],
  },
  names: {
    'machine':           [['-M', 'foo'], /unsupported machine type 'foo'/],
    'nothing':           [[], /nothing to run; 'wemu --help' lists the options/],
    'machine property':  [['-M', 'virt,foo=1', '-accel', 'tci', '-bios', 'none'], /property 'virt-machine.foo' not found/],
    'CPU':               [[...BARE, '-cpu', 'foo'], /unable to find CPU model 'foo'/],
    'CPU feature':       [[...BARE, '-cpu', 'rv64,foo=on'], /property 'foo' not found/],
    'CPU feature value': [[...BARE, '-cpu', 'rv64,zba=maybe'], /'zba' expects 'on' or 'off'/],
    'CPU features that clash': [[...BARE, '-cpu', 'rv64,f=off'], /d requires f/],
    'option':            [['-frob'], /-frob: invalid option\n/],
    'option, nearly':    [['-snapshat'], /-snapshat: invalid option; did you mean 'snapshot'\?/],
    'option glued to its value': [['-M', 'virt', '-m512'], /-m512: invalid option/],
    'option without its value': [['-M', 'virt', '-m'], /-m: requires an argument/],
    'stray word':        [[...BARE, 'stray'], /'stray' is no command of wemu \('wemu --help' lists them; a disk image is -hda stray\)/],
    'snapshot alone':    [['snapshot'], /snapshot: which command\? \(expected info, diff or flatten\)/],
    'what is no snapshot': [['snapshot', 'info', GARBAGE], /'.*garbage': this is no snapshot of wemu/],
    'subcommand option': [['linux', '--frob'], /^wemu: linux: --frob: invalid option \('wemu linux --help' lists its options\)$/m],
    'subcommand of a subcommand': [['snapshot', 'info', '--frob'], /^wemu: snapshot info: --frob: invalid option \('wemu snapshot info --help' lists/m],
    'subcommand option without its value': [['bench', '--runs'], /^wemu: bench: --runs: requires an argument \('wemu bench --help' lists/m],
    'subcommand without its file': [['bench', 'report'], /^wemu: bench report: missing required argument 'results.json' \('wemu bench report --help' lists/m],
    'subcommand with one word more': [['embedded', 'now'], /^wemu: embedded: too many arguments. Expected 0 arguments but got 1. \('wemu embedded --help' lists/m],
    'accelerator':       [['-M', 'virt', '-accel', 'kvm'], /invalid accelerator 'kvm'/],
    'accelerator of the machine': [['-M', 'virt,accel=kvm:hvf'], /invalid accelerator 'kvm'/],
    'two ways to an accelerator': [['-M', 'virt,accel=tcg', '-accel', 'tcg'], /options are incompatible/],
    'device':            [[...BARE, '-device', 'foo'], /'foo' is not a valid device model/],
    'device property':   [[...BARE, '-device', 'virtio-rng-device,foo=1'], /property 'virtio-rng-device.foo' not found/],
    'device, nearly':    [[...BARE, '-device', 'virtio-rgn-device'], /'virtio-rgn-device' is not a valid device model name; did you mean 'virtio-rng-device'\?/],
    'device property, nearly': [[...BARE, '-device', 'virtio-rng-device,max-byte=1'], /not found; did you mean 'max-bytes'\?/],
    'drive of two devices': [[...BARE, '-drive', `file=${GARBAGE},format=raw,id=d`, '-device', 'virtio-blk-device,drive=d'], /-drive: Drive 'd' is already in use because it has been automatically connected to another device \(did you need 'if=none'/],
    'global':            [[...BARE, '-global', 'virtio-rng-device.bar=1', '-device', 'virtio-rng-device'], /can't apply global virtio-rng-device.bar=1: property 'virtio-rng-device.bar' not found/],
    'global value':      [[...BARE, '-global', 'virtio-rng-device.max-bytes=x', '-device', 'virtio-rng-device'], /can't apply global virtio-rng-device.max-bytes=x: .*invalid value 'x'/],
    'object':            [[...BARE, '-object', 'rng-builtn,id=r'], /'qom-type' does not accept value 'rng-builtn'; did you mean 'rng-builtin'/],
    'object of a device': [[...BARE, '-device', 'virtio-rng-device,rng=r'], /rng: can't find value 'r'/],
    'memory backend':    [['-M', 'virt,memory-backend=m', '-accel', 'tci', '-bios', 'none'], /Memory backend 'm' not found/],
    'memory backend and -m': [[...BARE, '-M', 'memory-backend=m', '-m', '32M', '-object', 'memory-backend-ram,id=m,size=64M'], /Machine memory size does not match/],
    'serial':            [[...BARE, '-serial', 'foo'], /'foo' is not a valid char driver/],
    'pipe that is none': [[...BARE, '-chardev', `pipe,id=p,path=${GARBAGE}`], /-chardev .*: Could not open '.*': it is no pipe/],
    'pipe that is a device': [[...BARE, '-serial', 'pipe:/dev/null'], /-serial pipe:\/dev\/null: Could not open '\/dev\/null': it is no pipe/],
    'node name':         [[...BARE, '-blockdev', `driver=file,filename=${GARBAGE},node-name=1`], /Invalid node-name: '1'/],
    'parallel':          [[...BARE, '-parallel', 'foo'], /-parallel: 'foo' is not a valid char driver/],
    'parallel twice':    [[...BARE, '-parallel', 'stdio', '-serial', 'stdio'], /cannot use stdio by multiple character devices/],
    'nested monitors':   [[...BARE, '-serial', 'mon:mon:stdio'], /-serial: 'mon:stdio' is not a valid char driver/],
    'nested monitors of a debugger': [[...BARE, '-gdb', 'mon:mon:stdio'], /-gdb: 'mon:stdio' is not a valid char driver/],
    'serial file':       [[...BARE, '-serial', `file:${folder}`], /Could not open/],
    'plugin below a file': [[...BARE, '-plugin', join(GARBAGE, 'plugin.js')], /-plugin .*: cannot read '.*plugin.js': not a directory/],
    'plugin in a circle of links': [[...BARE, '-plugin', LOOP], /-plugin .*: cannot read '.*loop.js': too many symbolic links/],
    'a report of a device': [['bench', 'report', '/dev/zero'], /report: cannot read '\/dev\/zero': is a device/],
    'log item':          [[...BARE, '-d', 'foo'], /unknown log item 'foo'/],
    'rtc':               [[...BARE, '-rtc', 'clock=sun'], /clock: invalid value 'sun'/],
    'a command line alone': [[...BARE, '-append', 'x'], /-append only allowed with -kernel option/],
    'icount':            [[...BARE, '-icount', 'shift=99'], /shift: invalid value '99'/],
    'semihosting':       [bare('-semihosting-config', 'foo=1'), /-semihosting-config foo=1: invalid parameter 'foo'/],
    'semihosting target': [bare('-semihosting-config', 'target=x'), /target: invalid value 'x'/],
    'semihosting chardev': [bare('-semihosting-config', 'chardev=nope'), /semihosting chardev 'nope' not found/],
    'semihosting folder': [bare('-semihosting-config', `root=${GARBAGE}`), /root: cannot use '.*': not a folder/],
    'seed':              [[...BARE, '-seed', 'x'], /invalid seed 'x'/],
  },
  // Standard input is a socket here, as whoever starts a program may have it.
  descriptors: {
    'a file':            [[...BARE, '-chardev', 'socket,id=c,fd=3'], /-chardev socket,id=c,fd=3: File descriptor '3' is not a socket/],
    "one of Node's, to listen at": [[...BARE, '-chardev', 'socket,id=c,fd=4,server=on,wait=off'], /File descriptor '4' is not a socket/],
    'none':              [[...BARE, '-chardev', 'socket,id=c,fd=99'], /File descriptor '99' is not a socket/],
    'a socket that is connected, to listen at': [[...BARE, '-chardev', 'socket,id=c,fd=0,server=on'], /Failed to bind socket to descriptor 0: invalid argument/],
    'twice':             [[...BARE, '-chardev', 'socket,id=c,fd=0', '-chardev', 'socket,id=d,fd=0'], /-chardev socket,id=d,fd=0: descriptor 0 is in use by chardev 'c' already/],
    'standard input':    [[...BARE, '-chardev', 'socket,id=c,fd=0', '-serial', 'stdio'], /-serial stdio: descriptor 0 is in use by chardev 'c' already/],
    'standard output':   [[...BARE, '-chardev', 'socket,id=c,fd=1', '-nographic'], /-serial mon:stdio: descriptor 1 is in use by chardev 'c' already/],
    'semihosting':       [bare('-semihosting', '-chardev', 'socket,id=c,fd=0'), /-semihosting: descriptor 0 is in use by chardev 'c' already/],
  },
  'what is not built': {
    '--share':  [['linux', '--share', '/tmp'], /not built/],
    '-device of QEMU': [[...BARE, '-device', 'virtio-net-device,netdev=n'], /not built yet: networking \('virtio-net-device'\) \(expected a device that '-device help' lists\)/],
    '--net':    [['linux', '--net'], /not built/],
    '-drive format':   [['-M', 'virt', '-drive', `file=${CLI},format=qcow2`], /image format 'qcow2' is not built yet/],
    '-drive protocol': [['-M', 'virt', '-drive', 'file=nbd:localhost:1,format=raw'], /protocol 'nbd' is not built yet/],
    '-smp 513': [bare('-smp', '513'), /Invalid SMP CPUs 513. The max CPUs supported by machine 'virt' is 512/],
    'target=gdb': [bare('-semihosting-config', 'target=gdb'), /-semihosting-config target=gdb: target 'gdb' is not built yet \(expected native or auto\)/],
    '-net user': [bare('-net', 'user'), /not built yet: networking \(-net user\)/],
    'acpi=on':  [['-M', 'virt,acpi=on', '-accel', 'tci', '-bios', 'none'], /virt-machine.acpi: 'on' is not built yet/],
    '-monitor': [bare('-monitor', 'vc'), /not built/],
  },
};

/** Groups in which nothing is read or opened that outlives a case: of each the first is a process of its own, the others only what it calls, which saves 0.2 s. */
const OF_ARGUMENTS: readonly string[] = ['RAM', 'names', 'what is not built'];

async function called(args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    });
  try {
    const status = exitStatus(await main(args));
    return { status, ...said };
  } finally {
    vi.restoreAllMocks();
  }
}

describe('bad input ends in one clear line', () => {
  for (const [group, cases] of Object.entries(CASES)) {
    const isCalled = (name: string): boolean => OF_ARGUMENTS.includes(group) && name !== Object.keys(cases)[0];
    it.each(Object.entries(cases))(`${group}: %s`, async (name, [args, says]) => {
      const { status, stdout, stderr } = isCalled(name) ? await called(args) : wemu(args);
      expect(stderr).toMatch(says);
      expect(stderr).toMatch(/^wemu: [^\n]+\n$/);
      expect(stdout).toBe('');
      expect(status).toBe(1);
    });
  }
});

describe('a reader that has seen enough', () => {
  it.each(['-M help', '-device help', '--help'])('%s: a closed pipe is no error', async (args) => {
    // Reads nothing and closes at once: the write is sure to fail.
    const child = spawn(process.execPath, [CLI, ...args.split(' ')], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
  });

  it('ends a guest whose console nobody reads', async () => {
    const session = Session.program('sh', [
      '-c',
      `${[process.execPath, CLI, 'embedded', '--accel', 'tci'].map(shellQuote).join(' ')} | head -1; echo done`,
    ]);
    await session.expect('done', 10_000);
    expect(await session.ended(1000)).toBe(0);
    expect(session.output).not.toContain('Error');
  });
});
