/** query-pci (QAPI pci.json). */
import type { MachineState } from '../hw/core/machine.js';
import { functionsOn, rootBuses, type BridgeInfo, type FunctionInfo, type RegionInfo } from '../hw/pci/info.js';
import { bool, int, list, optional, recursive, str, struct, type QmpType, type Values } from './schema.js';

const PciMemoryRegion = struct('PciMemoryRegion', {
  ...{ bar: int, type: str, address: int, size: int, prefetch: optional(bool), mem_type_64: optional(bool) },
});
const PciMemoryRange = struct('PciMemoryRange', { base: int, limit: int });
const PciBusInfo = struct('PciBusInfo', {
  ...{ number: int, secondary: int, subordinate: int },
  ...{ io_range: PciMemoryRange, memory_range: PciMemoryRange, prefetchable_range: PciMemoryRange },
});
const PciDeviceClass = struct('PciDeviceClass', { desc: optional(str), class: int });
const PciDeviceId = struct('PciDeviceId', { device: int, vendor: int, subsystem: optional(int), 'subsystem-vendor': optional(int) });

const FIELDS = {
  ...{ bus: int, slot: int, function: int, class_info: PciDeviceClass, id: PciDeviceId },
  ...{ irq: optional(int), irq_pin: int, qdev_id: str, regions: list(PciMemoryRegion) },
};
interface Device extends Values<typeof FIELDS> {
  readonly pci_bridge?: Bridge;
}
interface Bridge {
  readonly bus: typeof PciBusInfo extends QmpType<infer T> ? T : never;
  readonly devices?: readonly Device[];
}
const PciBridgeInfo: QmpType<Bridge> = struct('PciBridgeInfo', {
  bus: PciBusInfo,
  devices: optional(list(recursive<Device>('PciDeviceInfo', () => PciDeviceInfo))),
});
const PciDeviceInfo: QmpType<Device> = struct('PciDeviceInfo', { ...FIELDS, pci_bridge: optional(PciBridgeInfo) });
export const PciInfo = struct('PciInfo', { bus: int, devices: list(PciDeviceInfo) });

export const queryPci = (machine: MachineState) =>
  rootBuses(machine.realizedDevices).map((bus) => ({ bus: bus.number, devices: functionsOn(bus).map(deviceOf) }));

function deviceOf(it: FunctionInfo): Device {
  const { subsystem, bridge } = it;
  return {
    ...{ bus: it.bus, slot: it.slot, function: it.function },
    class_info: { desc: it.className, class: it.class },
    id: { device: it.device, vendor: it.vendor, subsystem: subsystem?.device, 'subsystem-vendor': subsystem?.vendor },
    ...{ irq: it.irq, irq_pin: it.pin, qdev_id: it.id, regions: it.regions.map(regionOf), pci_bridge: bridge && bridgeOf(bridge) },
  };
}

const regionOf = ({ bar, type, address, size, prefetch, wide }: RegionInfo) => ({ bar, type, address, size, prefetch, mem_type_64: wide });

function bridgeOf({ bus, functions }: BridgeInfo): Bridge {
  const { number, secondary, subordinate } = bus;
  return {
    bus: { number, secondary, subordinate, io_range: bus.io, memory_range: bus.memory, prefetchable_range: bus.prefetchable },
    devices: functions.length === 0 ? undefined : functions.map(deviceOf),
  };
}
