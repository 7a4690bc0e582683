/** The text of `info qtree`, in QEMU's layout: buses, the devices on them, and the buses that these have. */
import type { Bus } from '../hw/core/bus.js';
import type { DeviceState } from '../hw/core/device.js';
import { PciDevice } from '../hw/pci/device.js';
import { SysBusDevice } from '../hw/core/sysbus.js';
import { propertiesOf } from '../qom/object.js';
import type { Property } from '../qom/property.js';
import { ADDRESS_SPACE_SIZE } from '../memory/region.js';
import { formatSize } from '../util/size.js';
import { pciDeviceLines } from './pci.js';

/** `brief`: without properties. */
export function qtreeText(bus: Bus, brief: boolean): string {
  return busLines(bus, 0, brief)
    .map((line) => `${line}\n`)
    .join('');
}

function busLines(bus: Bus, indent: number, brief: boolean): string[] {
  const at = (columns: number, text: string): string => ' '.repeat(indent + columns) + text;
  const head = [at(0, `bus: ${bus.name}`), at(2, `type ${bus.typeName}`)];
  // The last one that was plugged in comes first.
  return [...head, ...[...bus.children].reverse().flatMap((device) => deviceLines(device, indent + 2, brief))];
}

function deviceLines(device: DeviceState, indent: number, brief: boolean): string[] {
  const at = (text: string): string => ' '.repeat(indent + 2) + text;
  const head = `${' '.repeat(indent)}dev: ${device.typeName}, id "${device.id ?? ''}"`;
  const own = brief
    ? []
    : [
        ...gpioLines(device),
        ...propertyLines(device),
        ...mmioLines(device),
        ...(device instanceof PciDevice ? pciDeviceLines(device) : []),
      ].map(at);
  return [head, ...own, ...device.childBuses.flatMap((bus) => busLines(bus, indent + 2, brief))];
}

function gpioLines(device: DeviceState): string[] {
  return device
    .gpioGroups()
    .flatMap(({ name, inputs, outputs }) => [
      ...(inputs > 0 ? [`gpio-in "${name}" ${inputs}`] : []),
      ...(outputs > 0 ? [`gpio-out "${name}" ${outputs}`] : []),
    ]);
}

function propertyLines(device: DeviceState): string[] {
  const own = propertiesOf(device.type).filter(({ isAlias }) => !isAlias);
  return own.map((property) => `${property.name} = ${valueText(property, device.getProperty(property.name))}`);
}

/** As QEMU prints a property of that kind. */
function valueText(property: Property, value: unknown): string {
  if (/^u?int/.test(property.kind)) return `${String(value)} (0x${BigInt.asUintN(64, BigInt(value as number | bigint)).toString(16)})`;
  if (property.kind === 'size') return `${String(value)} (${formatSize(Number(value))})`;
  return property.format(value);
}

function mmioLines(device: DeviceState): string[] {
  if (!(device instanceof SysBusDevice)) return [];
  return device.mmio.map((region) => {
    const address = region.parentRegion ? BigInt(region.address) : -1n;
    return `mmio ${hex(address)}/${hex(region.size === ADDRESS_SPACE_SIZE ? -1n : BigInt(region.size))}`;
  });
}

const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
