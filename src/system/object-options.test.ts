import { describe, expect, it } from 'vitest';
import { BACKENDS } from '../backends/index.js';
import { RngBuiltin } from '../backends/rng.js';
import { TestMachine } from '../hw/core/testing.js';
import { virtioDevices } from '../hw/virtio/index.js';
import { TypeRegistry } from '../qom/registry.js';
import { objectPropertiesHelp } from './help.js';
import { memoryBackendSize, objectAdd, objectHelp } from './object-options.js';

const types = new TypeRegistry(BACKENDS, virtioDevices);

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
    ['memory-backend-file,id=x,size=1M,mem-path=/tmp/x', "not built yet: objects of type 'memory-backend-file'"],
    ['{"qom-type":"rng-builtin"', '-object {"qom-type":"rng-builtin": invalid JSON'],
    ['memory-backend-ram,id=x', "property 'size' of memory-backend-ram doesn't take value '0'"],
  ])('%s: %s', (text, says) => {
    const machine = new TestMachine({ types });
    objectAdd(machine, 'rng-builtin,id=taken');
    expect(() => objectAdd(machine, text)).toThrow(says);
    expect([...machine.objects.qomChildren.keys()]).toEqual(['taken']);
  });

  it('lists types, and the properties of one', () => {
    expect(objectHelp(types)).toBe('List of user creatable objects:\n  memory-backend-ram\n  rng-builtin\n  rng-random\n  secret\n');
    expect(objectPropertiesHelp(types.find('rng-builtin')!)).toBe('There are no options for rng-builtin.\n');
    expect(objectPropertiesHelp(types.find('rng-random')!)).toBe('rng-random options:\n  filename=<string>\n');
    expect(objectPropertiesHelp(types.find('memory-backend-ram')!)).toContain(
      '  size=<int>             - Size of the memory region (ex: 500M)\n',
    );
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
