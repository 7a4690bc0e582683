/** What `help` (or `?`) lists: machines, devices and objects, and the properties of one. Lines are as QEMU 10.0's. */
import { ManualHostClock } from '../hw/core/clock.js';
import { busOf, type DeviceClass, type DeviceOptions } from '../hw/core/device.js';
import { MachineState } from '../hw/core/machine.js';
import { defineMachine, type MachineClassOptions } from '../hw/core/machine-class.js';
import { propertiesOf, type QObject, type TypeInfo } from '../qom/object.js';
import type { Property } from '../qom/property.js';
import type { TypeRegistry } from '../qom/registry.js';

/** In QEMU's order. */
const CATEGORIES: readonly (readonly [category: string, title: string])[] = [
  ['bridge', 'Controller/Bridge/Hub'],
  ['usb', 'USB'],
  ['storage', 'Storage'],
  ['network', 'Network'],
  ['input', 'Input'],
  ['display', 'Display'],
  ['sound', 'Sound'],
  ['misc', 'Misc'],
  ['watchdog', 'Watchdog'],
];

/** The text of `-device help`: what can be added. */
export function deviceHelp(types: TypeRegistry, device: TypeInfo): string {
  const creatable = types.list(device).filter(({ userCreatable }) => userCreatable);
  const groups = CATEGORIES.map(([category, title]) => {
    const lines = creatable.filter((type) => (type.category ?? 'misc') === category).map(deviceLine);
    return lines.length === 0 ? '' : `${title} devices:\n${lines.join('')}`;
  });
  return groups.filter((group) => group !== '').join('\n');
}

function deviceLine(type: TypeInfo): string {
  const bus = busOf(type);
  const alias = (type.ext as DeviceOptions | undefined)?.alias;
  return `${[`name "${type.name}"`, bus && `bus ${bus}`, alias && `alias "${alias}"`, type.description && `desc "${type.description}"`].filter(Boolean).join(', ')}\n`;
}

/** A machine with nothing in it: properties have their defaults in objects, which belong to one. */
class Bare extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('bare', MachineState, Bare, { desc: '' });
  protected override init(): void {}
}

/** The text of `-device name,help`. */
export function devicePropertiesHelp(type: TypeInfo): string {
  const machine = new Bare({ hostClock: new ManualHostClock() });
  const specimen = new (type.class as unknown as DeviceClass)(machine.services);
  return help(
    type.name,
    propertiesOf(type).map((property) => propertyLine(property, defaultOf(property, specimen))),
  );
}

/** The text of `-machine name,help`. */
export function machineHelp(type: TypeInfo<MachineClassOptions>): string {
  return help(
    `${type.name}-machine`,
    [...propertiesOf(type).map(plainRow), ...COMMON_PROPERTIES].map((row) => propertyLine(row)),
  );
}

/** Of the command line's `-machine`, for any machine. */
export const COMMON_PROPERTIES = [
  { name: 'append', kind: 'string', description: 'Linux kernel command line' },
  { name: 'dtb', kind: 'string', description: 'Linux kernel device tree file' },
  { name: 'firmware', kind: 'string', description: 'Firmware image' },
  { name: 'initrd', kind: 'string', description: 'Linux initial ramdisk file' },
  { name: 'kernel', kind: 'string', description: 'Linux kernel image file' },
  { name: 'memory-backend', kind: 'link<memory-backend>', description: 'Object whose size the RAM has' },
];

/** The text of `-object name,help`. */
export function objectPropertiesHelp(type: TypeInfo): string {
  return help(
    type.name,
    propertiesOf(type)
      .map(plainRow)
      .map((row) => propertyLine(row)),
  );
}

/** As QOM calls the types of what is no device, and tells no defaults of. */
export const QOM_KINDS: Readonly<Record<string, string>> = { str: 'string', size: 'int' };
const plainRow = ({ name, kind, description }: Property) => ({ name, kind: QOM_KINDS[kind] ?? kind, description });

const help = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? `There are no options for ${title}.\n` : `${title} options:\n${[...lines].sort().join('')}`;

/** Source: the shape of the lines of qemu-system-riscv64 -device NAME,help (10.0). */
function propertyLine({ name, kind, description }: Pick<Property, 'name' | 'kind' | 'description'>, value?: string): string {
  const start = `  ${name}=<${kind}>`;
  const text = description ?? (kind === 'bool' && value !== undefined ? 'on/off' : undefined);
  if (text === undefined && value === undefined) return `${start}\n`;
  return `${start.padEnd(24)} - ${text ?? ''}${value === undefined ? '' : ` (default: ${value})`}\n`;
}

/** Undefined: nothing. */
function defaultOf({ name, kind }: Property, specimen: QObject): string | undefined {
  const value = specimen.getProperty(name);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && kind !== 'str' ? value : undefined;
}
