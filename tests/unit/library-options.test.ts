/** What the library is given: anything that it does not understand is refused at once, with one line that says what, where, and what would be right. */
import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeHost, Machine, OptionError, type MachineOptions, type NodeHost } from 'wemu/node';
import { suggest } from '../../src/util/suggest.js';

const kernel = fs.readFileSync(new URL('../../guests/embedded.elf', import.meta.url));

let host: NodeHost;
beforeAll(async () => {
  host = await createNodeHost({ backend: 'tci' });
});
afterAll(() => host.close());

const create = (options: unknown, given: unknown = host): Machine => Machine.create(options as MachineOptions, given as NodeHost);
const bare = (options: MachineOptions): Machine => create({ machine: 'virt', memory: '32M', bios: 'none', ...options });
const LOG = { items: ['int'], sink: () => {} };

/** Of what is thrown: it must be for the user's eyes. */
function complaint(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('a machine is refused', () => {
  it.each<[unknown, string | RegExp]>([
    [undefined, ' invalid value undefined (expected an object with options)'],
    ['virt', ' invalid value "virt" (expected an object with options)'],
    [[], ' invalid value of type Array (expected an object with options)'],
    [{ kernal: kernel }, " unknown option 'kernal' (expected 'kernel')"],
    [{ Memory: '64M' }, " unknown option 'Memory' (expected 'memory')"],
    [{ xyzzy: 1 }, /^ unknown option 'xyzzy' \(expected one of machine, cpu, memory, .*log\)$/],
    [{ machine: 3 }, " machine: invalid value 3 (expected a text like 'virt')"],
    [{ cpu: {} }, " cpu: invalid value of type Object (expected a text like 'model,name=off')"],
    [{ kernel: '/boot/Image' }, /^ kernel: invalid value "\/boot\/Image" \(expected the image's bytes: .*; files are not opened here\)$/],
    [{ kernel: 'x'.repeat(1e6) }, /^ kernel: invalid value "x{40}\.\.\." /],
    [{ kernel: [1, 2, 3] }, /^ kernel: invalid value of type Array /],
    [{ kernel: null }, /^ kernel: invalid value null /],
    [{ kernel: new Blob([kernel]) }, /^ kernel: invalid value of type Blob /],
    [{ kernel: Promise.resolve(kernel) }, /^ kernel: invalid value of type Promise \(is an await missing\?\) /],
    [{ initrd: 7 }, /^ initrd: /],
    [{ dtb: 'virt.dtb' }, /^ dtb: /],
    [{ symbols: 'System.map' }, /^ symbols: /],
    [{ bios: 'opensbi.bin' }, /^ bios: .*'none', 'default'/],
    [{ bios: 0 }, /^ bios: .*'none' or 'default'/],
    [{ memory: NaN }, " memory: invalid value NaN (expected a text like '512M', or a whole number of bytes)"],
    [{ memory: -5 }, /^ memory: invalid value -5 /],
    [{ memory: 1.5 }, /^ memory: invalid value 1.5 /],
    [{ memory: Infinity }, /^ memory: invalid value Infinity /],
    [{ memory: 64n }, /^ memory: invalid value 64n /],
    [{ smp: 0 }, ' smp: invalid value 0 (expected a whole number, at least 1)'],
    [{ smp: [2] }, /^ smp: invalid value /],
    [{ append: 5 }, /^ append: invalid value 5 /],
    [{ serial: 'stdio' }, ' serial: invalid value "stdio" (expected a function that takes bytes, or a Chardev)'],
    [{ serial: [() => {}, {}] }, /^ serial\[1\]: invalid value of type Object /],
    [{ devices: 'virtio-rng-device' }, /^ devices: .*an array of texts/],
    [{ devices: [{}] }, /^ devices\[0\]: /],
    [{ globals: [1] }, /^ globals\[0\]: /],
    [{ drives: [{ file: 5 }] }, /^ drives\[0\]: file: invalid value 5 \(expected the path of a file\)/],
    [{ drives: [{ bytes: 'x' }] }, /^ drives\[0\]: bytes: invalid value "x" \(expected a Uint8Array\)/],
    [{ drives: [{ interface: 'ide' }] }, /^ drives\[0\]: interface: .*'virtio', 'none'/],
    [{ backends: [['drive']] }, /^ backends\[0\]: .*\[kind, id, backend\]/],
    [{ icount: 7 }, /^ icount: /],
    [{ icount: {} }, ' icount: shift: invalid value undefined (expected a whole number from 0 to 10)'],
    [{ icount: { shift: NaN } }, ' icount: shift: invalid value NaN (expected a whole number from 0 to 10)'],
    [{ icount: { shift: 3, shft: 3 } }, " icount: unknown option 'shft' (expected 'shift')"],
    [{ speed: 0 }, ' speed: invalid value 0 (expected a positive number: guest ns a host ns)'],
    [{ speed: NaN }, /^ speed: invalid value NaN /],
    [{ rtcBaseMs: NaN }, /^ rtcBaseMs: invalid value NaN /],
    [{ rtcBaseMs: new Date() }, /^ rtcBaseMs: invalid value of type Date /],
    [{ semihosting: 'on' }, /^ semihosting: invalid value "on" /],
    [{ semihosting: { userspace: 1 } }, ' semihosting: userspace: invalid value 1 (expected true or false)'],
    [{ semihosting: { stdin: () => {} } }, ' semihosting: stdin: invalid value of type function (expected a Chardev)'],
    [{ semihosting: { root: '.' } }, /^ semihosting: unknown option 'root'/],
    [{ noReboot: 'yes' }, ' noReboot: invalid value "yes" (expected true or false)'],
    [{ noShutdown: 1 }, /^ noShutdown: /],
    [{ log: { ...LOG, items: ['in_asn'] } }, /^ log: items\[0\]: .*'in_asm'/],
    [{ log: { ...LOG, sink: 'x' } }, ' log: sink: invalid value "x" (expected a function)'],
    [{ log: { items: ['int'] } }, ' log: sink: invalid value undefined (expected a function)'],
  ])('case %#', (options, message) => {
    const text = complaint(() => create(options));
    expect(text).not.toContain('\n');
    expect(text).toMatch(/^Machine\.create:/);
    const rest = text.slice('Machine.create:'.length);
    if (typeof message === 'string') expect(rest).toBe(message);
    else expect(rest).toMatch(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['no host', undefined, /^Machine\.create: host: invalid value undefined/],
    ['a host that is not there yet', createNodeHost({ backend: 'tci' }), /^Machine\.create: host: .*Promise \(is an await missing\?\)/],
  ])('%s', (_name, given, message) => {
    expect(complaint(() => Machine.create({}, given as NodeHost))).toMatch(message);
  });

  it('with all its fields in the error', () => {
    const error = (() => {
      try {
        return create({ smp: NaN });
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({ what: 'invalid value NaN', where: 'Machine.create: smp', expected: 'a whole number, at least 1' });
  });
});

it.each<[unknown, string | RegExp]>([
  [null, 'createNodeHost: invalid value null (expected an object with options)'],
  [{ backend: 'llvm' }, `createNodeHost: backend: invalid value "llvm" (expected one of 'tci', 'wasm')`],
  [{ backed: 'tci' }, "createNodeHost: unknown option 'backed' (expected 'backend')"],
  [{ sync: 1 }, /^createNodeHost: sync: /],
  [{ hotThreshold: NaN }, /^createNodeHost: hotThreshold: .*at least 1/],
  [{ seed: 0.5 }, /^createNodeHost: seed: /],
  [{ codeCache: 1 }, /^createNodeHost: codeCache: .*true, false or a folder/],
  [{ tuning: { tlbreuse: true } }, "createNodeHost: tuning: unknown option 'tlbreuse' (expected 'tlbReuse')"],
  [{ tuning: { passes: ['dcee'] } }, /^createNodeHost: tuning: passes\[0\]: .*'dce'/],
  [{ tuning: { cache: { bytes: -1 } } }, /^createNodeHost: tuning: cache: bytes: /],
])('a host is refused: case %#', async (options, message) => {
  await expect(createNodeHost(options as object)).rejects.toThrow(message);
  await expect(createNodeHost(options as object)).rejects.toBeInstanceOf(OptionError);
});

it('what is undefined was not given', () => {
  expect(() => bare({ kernel, cpu: undefined, icount: undefined, log: undefined, serial: undefined })).not.toThrow();
});

describe('bytes in any form', () => {
  const copy = Uint8Array.from([...kernel, ...new Uint8Array(kernel.length & 1)]);
  const shared = new Uint8Array(new SharedArrayBuffer(copy.length + 8)).fill(0xff);
  shared.set(copy, 8);
  it.each<[string, MachineOptions['kernel']]>([
    ['ArrayBuffer', copy.buffer],
    ['DataView', new DataView(copy.buffer)],
    ['Uint16Array', new Uint16Array(copy.buffer)],
    ['a part of a SharedArrayBuffer', shared.subarray(8)],
    ['SharedArrayBuffer', shared.slice(8).buffer],
  ])('%s', (_name, form) => {
    expect(bare({ kernel: form }).readMemory(0x8000_0000, 64)).toEqual(bare({ kernel }).readMemory(0x8000_0000, 64));
  });

  it('to write', () => {
    const machine = bare({});
    machine.writePhysical(0x8100_0000, Uint8Array.of(1, 2, 3, 4).buffer);
    machine.writeMemory(0x8100_0004, new Uint16Array([0x605]));
    expect(machine.readPhysical(0x8100_0000, 6)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });
});

describe('calls are refused', () => {
  it.each<[string, (machine: Machine) => unknown]>([
    ['no number of bytes', (m) => m.readPhysical(0x8000_0000, NaN)],
    ['a negative one', (m) => m.readMemory(0x8000_0000, -1)],
    ['no address', (m) => m.readPhysical(NaN, 4)],
    ['no virtual address', (m) => m.readMemory(NaN, 4)],
    ['a negative address', (m) => m.writePhysical(-4, new Uint8Array(4))],
  ])('RangeError: %s', (_name, use) => {
    expect(() => use(bare({}))).toThrow(RangeError);
  });
  it.each<[string, (machine: Machine) => unknown]>([
    ['Machine.writeRegister: value: invalid value 5 (expected a bigint)', (m) => m.writeRegister('a0', 5 as never)],
    ['Machine.writeMemory: bytes: ', (m) => m.writeMemory(0x8000_0000, [1, 2] as never)],
    ['Machine.writePhysical: bytes: ', (m) => m.writePhysical(0x8000_0000, 'text' as never)],
    ['Machine.writeSerial: input: ', (m) => m.writeSerial(7 as never)],
  ])('OptionError: %s', (message, use) => {
    expect(complaint(() => use(bare({})))).toContain(message);
  });
});

it.each([
  ['kernal', 'kernel'],
  ['KERNEL', 'kernel'],
  ['kernle', 'kernel'],
  ['dtbs', 'dtb'],
  ['toaster', undefined],
  ['', undefined],
])('suggests for %j: %s', (word, meant) => {
  expect(suggest(word, ['cpu', 'kernel', 'initrd', 'dtb'])).toBe(meant);
});

describe('drives', () => {
  it('are disks in their order, or those of devices', async () => {
    const drives = [
      { bytes: new Uint8Array(1024) },
      { id: 'mine', interface: 'none', blob: new Blob(['x']) },
      { bytes: new Uint8Array(512) },
    ] as const;
    const machine = bare({ drives, devices: ['virtio-blk-device,drive=mine,bus=virtio-mmio-bus.0'] });
    const { control } = machine;
    const disks = control
      .devices()
      .filter(({ type, bus }) => type.startsWith('virtio-blk-') && /^(virtio-mmio-bus|pcie)\./.test(bus ?? ''));
    const driveOf = (path: string): unknown => control.property(control.object(path)!, 'drive').value;
    expect(disks.map(({ type, path }) => [type, driveOf(path)])).toEqual([
      ['virtio-blk-device', '"mine"'],
      ['virtio-blk-pci', '"virtio0"'],
      ['virtio-blk-pci', '"virtio2"'],
    ]);
    await machine.close();
  });

  it.each<[MachineOptions, RegExp]>([
    [{ drives: [{}] }, /^drive 'virtio0': Device needs media, but drive is empty/],
    [{ drives: [{ file: '/none' }] }, /^drive 'virtio0': Could not open '\/none': no such file or directory/],
    [{ drives: [{ id: 'a', bytes: new Uint8Array(512), format: 'qcow2' }] }, /^drive 'a': image format 'qcow2' is not built yet/],
    [{ drives: [1, 2].map(() => ({ id: 'a', bytes: new Uint8Array(512) })) }, /duplicate ID 'a' for drive/i],
    [{ devices: ['virtio-blk-device'] }, /^-device virtio-blk-device: drive property not set/],
    [{ devices: ['virtio-blk-device,drive=zz'] }, /can't find value 'zz' \(expected the id of a drive\)/],
  ])('%j', (options, message) => {
    expect(complaint(() => bare(options))).toMatch(message);
  });
});
