import { describe, expect, it } from 'vitest';
import { BACKENDS } from '../backends/index.js';
import { RngBuiltin } from '../backends/rng.js';
import type { FileSource } from '../hw/core/machine-config.js';
import { TestMachine } from '../hw/core/testing.js';
import { virtioDevices } from '../hw/virtio/index.js';
import { TypeRegistry } from '../qom/registry.js';
import { OptionError } from '../util/errors.js';
import { objectPropertiesHelp } from './help.js';
import { memoryBackendSize, objectAdd, objectHelp } from './object-options.js';

const types = new TypeRegistry(BACKENDS, virtioDevices);

/** `f` has 128 KiB; 0x42 is in the last byte of the first half, 0x43 in the last of all. */
const BYTES = new Uint8Array(0x2_0000);
[BYTES[0xffff], BYTES[0x1_ffff]] = [0x42, 0x43];
function openFile(name: string): FileSource {
  if (name !== 'f') throw new OptionError('no such file');
  return { size: BYTES.length, read: (at, into) => into.set(BYTES.subarray(at, at + into.length)), close() {} };
}

describe('-object', () => {
  it('makes objects below /objects, for devices that name them', () => {
    const machine = new TestMachine({ types });
    const rng = objectAdd(machine, 'rng-builtin,id=r0');
    expect(rng).toBeInstanceOf(RngBuiltin);
    expect(rng.canonicalPath).toBe('/objects/r0');
    expect(machine.resolveLink('rng-backend', 'r0')).toBe(rng);
    objectAdd(machine, '{"qom-type": "memory-backend-ram", "id": "m", "size": 67108864, "prealloc": true}');
    expect(machine.resolveLink('rng-backend', 'm')).toBeUndefined();
    expect(() => rng.setProperty('filename', 'x')).toThrow('not found');
    expect((rng as RngBuiltin).bytes(5).length).toBe(5);
  });

  it.each([
    ['foo,id=x', "Parameter 'qom-type' does not accept value 'foo'"],
    ['rng-builtn,id=x', "did you mean 'rng-builtin'?"],
    ['iothread,id=x', "not built yet: objects of type 'iothread'"],
    ['virtio-rng-device,id=x', "does not accept value 'virtio-rng-device'"],
    ['rng-backend,id=x', "does not accept value 'rng-backend'"],
    ['rng-builtin', "Parameter 'id' is missing"],
    ['rng-builtin,id=1a', "Parameter 'id' expects an identifier"],
    ['rng-builtin,id=taken', "attempt to add duplicate property 'taken' to object (type 'container')"],
    ['rng-builtin,id=x,foo=1', "property 'rng-builtin.foo' not found"],
    ['rng-random,id=x,filename=/etc/passwd', "not built yet: entropy from '/etc/passwd'"],
    ['memory-backend-memfd,id=x,size=1M', "not built yet: objects of type 'memory-backend-memfd'"],
    // QEMU's words (10.0), but for what is not built
    ['memory-backend-file,id=x,size=1M', "Parameter 'mem-path' is missing"],
    ['memory-backend-file,id=x,mem-path=f', "Parameter 'size' is missing"],
    ['memory-backend-file,id=x,size=1234,mem-path=f', "backend 'memory-backend-file' memory size must be multiple of 4 KiB"],
    ['memory-backend-file,id=x,size=64K,mem-path=f,align=3', 'alignment 0x3 must be multiples of page size 0x1000'],
    ['memory-backend-file,id=x,size=64K,mem-path=f,rom=on', "property 'rom' = 'on' is not supported with 'readonly' = 'off'"],
    ['memory-backend-file,id=x,size=64K,mem-path=f,readonly=on', 'not built yet: memory that cannot be written (readonly=on)'],
    ['memory-backend-file,id=x,size=64K,mem-path=f,share=on', 'not built: memory that is a file (share=on) (expected share=off'],
    ['memory-backend-file,id=x,size=64K,mem-path=/nope', "can't open backing store /nope for guest RAM: no such file"],
    [
      'memory-backend-file,id=x,size=128K,mem-path=f,offset=4K',
      "x backing store size 0x20000 is too small for 'size' option 0x20000 plus 'offset' option 0x1000",
    ],
    ['{"qom-type":"rng-builtin"', '-object {"qom-type":"rng-builtin": invalid JSON'],
    ['memory-backend-ram,id=x', "property 'size' of memory-backend-ram doesn't take value '0'"],
  ])('%s: %s', (text, says) => {
    const machine = new TestMachine({ types, openFile });
    objectAdd(machine, 'rng-builtin,id=taken');
    expect(() => objectAdd(machine, text)).toThrow(says);
    expect([...machine.objects.qomChildren.keys()]).toEqual(['taken']);
  });

  it('lists types, and the properties of one', () => {
    expect(objectHelp(types)).toBe(
      'List of user creatable objects:\n  memory-backend-file\n  memory-backend-ram\n  rng-builtin\n  rng-random\n  secret\n',
    );
    expect(objectPropertiesHelp(types.find('rng-builtin')!)).toBe('There are no options for rng-builtin.\n');
    expect(objectPropertiesHelp(types.find('rng-random')!)).toBe('rng-random options:\n  filename=<string>\n');
    expect(objectPropertiesHelp(types.find('memory-backend-ram')!)).toContain(
      '  size=<int>             - Size of the memory region (ex: 500M)\n',
    );
  });

  it('memory begins as a file is, from an offset on, and does not write to it', () => {
    const machine = new TestMachine({ types, openFile, config: { memoryBackend: 'm' } });
    objectAdd(machine, 'memory-backend-file,id=m,size=64K,offset=64K,mem-path=f,share=off,pmem=on,discard-data=on');
    machine.systemMemory.addSubregion(0, machine.newRam('ram', 0x1_0000));
    expect([0, 0xfffe, 0xffff].map((at) => machine.addressSpace.read(at, 1))).toEqual([0, 0, 0x43]);
    machine.addressSpace.write(0xffff, 1, 7);
    expect(BYTES[0x1_ffff]).toBe(0x43);
    expect(memoryBackendSize(['memory-backend-file,id=m,size=64K,mem-path=f'], 'm')).toBe(0x1_0000);
  });

  it('a memory backend says how much RAM there is', () => {
    const objects = ['rng-builtin,id=r', 'memory-backend-ram,id=m,size=64M', 'memory-backend-ram,id=n', 'memory-backend-ram,id=z,size=0'];
    expect(memoryBackendSize(objects, 'm')).toBe(64 << 20);
    expect(() => memoryBackendSize(objects, 'q')).toThrow("Memory backend 'q' not found");
    expect(() => memoryBackendSize(objects, 'r')).toThrow("Memory backend 'r' not found");
    expect(() => memoryBackendSize(objects, 'n')).toThrow("Parameter 'size' is missing");
    expect(() => memoryBackendSize(objects, 'z')).toThrow("doesn't take value '0'");
  });
});
