/** The text of `info pci`, and what `info qtree` says of a function, in QEMU's layout. */
import { addressText } from '../hw/pci/address-property.js';
import type { PciDevice } from '../hw/pci/device.js';
import { functionInfo, functionsOn, rootBuses, type FunctionInfo, type RegionInfo } from '../hw/pci/info.js';
import type { MachineState } from '../hw/core/machine.js';

const hex = (value: number, digits: number): string => BigInt.asUintN(64, BigInt(value)).toString(16).padStart(digits, '0');
const range = ({ base, limit }: { base: number; limit: number }, digits: number): string =>
  `[0x${hex(base, digits)}, 0x${hex(limit, digits)}]`;

export function pciText(machine: MachineState): string {
  const roots = rootBuses(machine.realizedDevices);
  if (roots.length === 0) return 'This machine has no PCI bus\n';
  return roots.flatMap((bus) => functionsOn(bus).map(functionText)).join('');
}

function functionText(it: FunctionInfo): string {
  const { bus, slot, function: fn, className, class: kind, vendor, device, subsystem, irq, pin, bridge, regions, id } = it;
  const lines = [
    `  Bus ${String(bus).padStart(2)}, device ${String(slot).padStart(3)}, function ${fn}:`,
    `    ${className ?? `Class ${String(kind).padStart(4, '0')}`}: PCI device ${hex(vendor, 4)}:${hex(device, 4)}`,
    ...(subsystem ? [`      PCI subsystem ${hex(subsystem.vendor, 4)}:${hex(subsystem.device, 4)}`] : []),
    ...(irq === undefined ? [] : [`      IRQ ${irq}, pin ${pinName(pin)}`]),
    ...(bridge ? bridgeLines(bridge.bus) : []),
    ...regions.map((region) => `      BAR${region.bar}: ${regionText(region)}`),
    `      id "${id}"`,
  ];
  return lines.map((line) => `${line}\n`).join('') + (bridge?.functions.map(functionText).join('') ?? '');
}

const pinName = (pin: number): string => String.fromCharCode(0x40 + pin);

function bridgeLines({ number, secondary, subordinate, io, memory, prefetchable }: NonNullable<FunctionInfo['bridge']>['bus']): string[] {
  return [
    `      BUS ${number}.`,
    `      secondary bus ${secondary}.`,
    `      subordinate bus ${subordinate}.`,
    `      IO range ${range(io, 4)}`,
    `      memory range ${range(memory, 8)}`,
    `      prefetchable memory range ${range(prefetchable, 8)}`,
  ];
}

function regionText({ type, address, size, wide, prefetch }: RegionInfo): string {
  if (type === 'io' && address < 0) return 'I/O (not mapped)';
  if (type === 'io') return `I/O at 0x${hex(address, 4)} [0x${hex(address + size - 1, 4)}].`;
  const kind = `${wide ? 64 : 32} bit${prefetch ? ' prefetchable' : ''} memory`;
  if (address < 0) return `${kind} (not mapped)`;
  return `${kind} at 0x${hex(address, 8)} [0x${hex(address + size - 1, 8)}].`;
}

/** Of `info qtree`, behind the properties. */
export function pciDeviceLines(device: PciDevice): string[] {
  const info = functionInfo(device);
  const { className, class: kind, vendor, device: model, subsystem, regions, bus } = info;
  const place = `${hex(bus, 2)}:${addressText(device.devfn)}`;
  const sub = subsystem ?? { vendor: 0, device: 0 };
  return [
    `class ${className ?? `Class ${hex(kind, 4)}`}, addr ${place}, pci id ${hex(vendor, 4)}:${hex(model, 4)} (sub ${hex(sub.vendor, 4)}:${hex(sub.device, 4)})`,
    ...regions.map(
      ({ bar, type, address, size }) =>
        `bar ${bar}: ${type === 'io' ? 'i/o' : 'mem'} at 0x${hex(address, 1)} [0x${hex(address + size - 1, 1)}]`,
    ),
  ];
}
