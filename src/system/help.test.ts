import { expect, it } from 'vitest';
import { TARGETS } from '../targets.js';
import { DeviceState } from '../hw/core/device.js';
import { VirtMachine } from '../hw/riscv/virt.js';
import { TypeRegistry } from '../qom/registry.js';
import { deviceHelp, devicePropertiesHelp, machineHelp } from './help.js';

const types = new TypeRegistry(TARGETS.flatMap(({ devices }) => devices));

it('-device help: what can be added, by category', () => {
  const text = deviceHelp(types, DeviceState.type);
  expect(text).toContain(
    [
      'Storage devices:',
      'name "virtio-blk-device", bus virtio-bus, desc "Virtio disk"',
      'name "virtio-blk-pci", bus PCI, alias "virtio-blk", desc "Virtio disk on PCI"',
      'name "virtio-blk-pci-non-transitional", bus PCI, desc "Virtio disk on PCI, non-transitional"',
      'name "virtio-blk-pci-transitional", bus PCI, desc "Virtio disk on PCI, transitional"',
      '',
      'Input devices:',
    ].join('\n'),
  );
  expect(text).not.toContain('no-user');
  const listed = [...text.matchAll(/^name "([^"]+)"/gm)].map(([, name]) => name);
  const creatable = types.list(DeviceState.type).filter(({ userCreatable }) => userCreatable);
  expect(listed.sort()).toEqual(creatable.map(({ name }) => name).sort());
});

it('-device NAME,help: properties with types and defaults, in lines as QEMU has them', () => {
  const lines = devicePropertiesHelp(types.find('virtio-blk-device')!).split('\n');
  expect(lines[0]).toBe('virtio-blk-device options:');
  expect(lines).toContain('  any_layout=<bool>      - on/off (default: on)');
  expect(lines).toContain('  in_order=<bool>        - on/off (default: off)');
  expect(lines).toContain('  cyls=<uint32>          -  (default: 0)');
  expect(lines).toContain('  serial=<str>           - at most 20 characters');
  expect(lines).toContain('  rerror=<BlockdevOnError> - Error handling policy (report/ignore/enospc/stop/auto) (default: auto)');
  expect(lines).toContain('  drive=<str>            - Node name or ID of a block device to use as a backend');
});

it('every device has a listing', () => {
  for (const type of types.list(DeviceState.type))
    expect(devicePropertiesHelp(type)).toMatch(/^\S+ options:\n( {2}\S+=<[^>]+>.*\n)+$|^There are no options for \S+\.\n$/);
});

it('-machine NAME,help', () => {
  const text = machineHelp(VirtMachine.type);
  expect(text).toMatch(/^virt-machine options:\n/);
  expect(text).toContain('  acpi=<OnOffAuto>       - ');
  expect(text).toContain('  kernel=<string>        - Linux kernel image file\n');
});
