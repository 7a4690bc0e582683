import { expect, it } from 'vitest';
import { IdleVirt } from '../hw/riscv/testing.js';
import { DEVICES } from '../hw/devices.js';
import { TypeRegistry } from '../qom/registry.js';
import { queryPci } from '../qmp/pci.js';
import { pciDeviceLines, pciText } from './pci.js';
import { rootBuses } from '../hw/pci/info.js';

const devices = ['pci-bridge,id=br,chassis_nr=1,addr=5', 'virtio-rng-pci,id=r', 'edu,bus=br', 'pci-serial', 'pci-testdev'];
const virt = (): IdleVirt => {
  const m = new IdleVirt({ devices }, { env: { types: new TypeRegistry(DEVICES) } });
  m.create();
  return m;
};
const config = (slot: number, at: number, bus = 0) => 0x3000_0000 + bus * 0x10_0000 + slot * 0x8000 + at;

// what QEMU 10.0 prints
it('info pci, before anything has been programmed', () =>
  expect(pciText(virt())).toBe(`\
  Bus  0, device   0, function 0:
    Host bridge: PCI device 1b36:0008
      PCI subsystem 1af4:1100
      id ""
  Bus  0, device   1, function 0:
    Class 0255: PCI device 1af4:1005
      PCI subsystem 1af4:0004
      IRQ 0, pin A
      BAR0: I/O (not mapped)
      BAR1: 32 bit memory (not mapped)
      BAR4: 64 bit prefetchable memory (not mapped)
      id "r"
  Bus  0, device   2, function 0:
    Serial port: PCI device 1b36:0002
      PCI subsystem 1af4:1100
      IRQ 0, pin A
      BAR0: I/O (not mapped)
      id ""
  Bus  0, device   3, function 0:
    Class 0255: PCI device 1b36:0005
      PCI subsystem 1af4:1100
      BAR0: 32 bit memory (not mapped)
      BAR1: I/O (not mapped)
      id ""
  Bus  0, device   5, function 0:
    PCI bridge: PCI device 1b36:0001
      BUS 0.
      secondary bus 0.
      subordinate bus 0.
      IO range [0x0000, 0x0fff]
      memory range [0x00000000, 0x000fffff]
      prefetchable memory range [0x00000000, 0x000fffff]
      id "br"
`));

it('info pci and query-pci, with a bus behind a bridge, and BARs', () => {
  const m = virt();
  const put = (at: number, value: number) => void m.addressSpace.write(at, 4, value);
  put(config(5, 0x18), 0x0001_0100);
  put(config(5, 0x20), 0x4010_4010);
  put(config(5, 4), 7);
  put(config(0, 0x10, 1), 0x4010_0000);
  put(config(0, 4, 1), 7);
  put(config(0, 0x3c, 1), 9);
  put(config(2, 0x10), 0x1000);
  put(config(2, 4), 1);
  expect(pciText(m).split('Bus  0, device   5, function 0:\n')[1]).toBe(`\
    PCI bridge: PCI device 1b36:0001
      BUS 0.
      secondary bus 1.
      subordinate bus 1.
      IO range [0x0000, 0x0fff]
      memory range [0x40100000, 0x401fffff]
      prefetchable memory range [0x00000000, 0x000fffff]
      id "br"
  Bus  1, device   0, function 0:
    Class 0255: PCI device 1234:11e8
      PCI subsystem 1af4:1100
      IRQ 9, pin A
      BAR0: 32 bit memory at 0x40100000 [0x401fffff].
      id ""
`);
  expect(pciText(m)).toContain('      BAR0: I/O at 0x1000 [0x1007].\n');
  const [{ bus, devices: found }] = queryPci(m);
  expect([bus, found.map(({ slot }) => slot)]).toEqual([0, [0, 1, 2, 3, 5]]);
  expect(found[4]).toEqual({
    ...{ bus: 0, slot: 5, function: 0, class_info: { desc: 'PCI bridge', class: 0x604 } },
    ...{ id: { device: 1, vendor: 0x1b36 }, irq_pin: 0, qdev_id: 'br', regions: [] },
    pci_bridge: {
      bus: {
        ...{ number: 0, secondary: 1, subordinate: 1, io_range: { base: 0, limit: 0xfff } },
        ...{ memory_range: { base: 0x4010_0000, limit: 0x401f_ffff }, prefetchable_range: { base: 0, limit: 0xf_ffff } },
      },
      devices: [
        {
          ...{
            bus: 1,
            slot: 0,
            function: 0,
            class_info: { class: 0xff },
            id: { device: 0x11e8, vendor: 0x1234, subsystem: 0x1100, 'subsystem-vendor': 0x1af4 },
          },
          ...{
            irq: 9,
            irq_pin: 1,
            qdev_id: '',
            regions: [{ bar: 0, type: 'memory', address: 0x4010_0000, size: 0x10_0000, prefetch: false, mem_type_64: false }],
          },
        },
      ],
    },
  });
  expect(pciDeviceLines(rootBuses(m.realizedDevices)[0].at(0x10)!)).toEqual([
    'class Serial port, addr 00:02.0, pci id 1b36:0002 (sub 1af4:1100)',
    'bar 0: i/o at 0x1000 [0x1007]',
  ]);
});
