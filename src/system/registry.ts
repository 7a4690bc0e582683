/** The machines that can be made, and the `help` texts of machines, devices and their properties. */
import type { DeviceOptions } from '../hw/core/device.js';
import { ancestry, propertiesOf, type TypeInfo } from '../qom/object.js';
import type { TypeRegistry } from '../qom/registry.js';
import { OptionError } from '../util/errors.js';
import type { MachineClass, MachineClassOptions } from '../hw/core/machine.js';

export class MachineRegistry {
  constructor(readonly machines: readonly MachineClass[]) {}

  /** The machine called `name` (or having that alias). */
  get(name: string): MachineClass {
    const found = this.machines.find(({ type }) => type.name === name || type.ext.aliases?.includes(name));
    if (!found)
      throw new OptionError(
        `unsupported machine type '${name}'`,
        '-machine',
        `one of ${this.machines.map((m) => m.type.name).join(', ')}; 'help' lists them`,
      );
    return found;
  }
  get default(): MachineClass | undefined {
    return this.machines.find(({ type }) => type.ext.isDefault);
  }
  /** The text of `-M ?`. */
  help(): string {
    const line = (name: string, text: string) => `${name.padEnd(20)} ${text}\n`;
    const lines = this.machines.flatMap(({ type: { name, ext } }) => [
      ...(ext.aliases ?? []).map((alias) => line(alias, `${ext.desc} (alias of ${name})`)),
      line(name, `${ext.desc}${ext.isDefault ? ' (default)' : ''}`),
    ]);
    return `Supported machines are:\n${lines.sort().join('')}`;
  }
}

/** The text of `-M name,help`. */
export function machineHelp(type: TypeInfo<MachineClassOptions>): string {
  return `${type.name} options:\n${propertyLines(type)}`;
}

/** The text of `-device help`. */
export function deviceHelp(types: TypeRegistry, device: TypeInfo): string {
  const groups = new Map<string, string[]>();
  for (const type of types.list(device)) {
    if (type.category === 'cpu') continue;
    const bus = [...ancestry(type)].map((t) => (t.ext as DeviceOptions | undefined)?.bus).find((b) => b !== undefined);
    const line = [
      `name "${type.name}"`,
      bus && `bus ${bus}`,
      type.description && `desc "${type.description}"`,
      type.userCreatable ? undefined : 'no-user',
    ];
    const group = type.category ?? 'misc';
    groups.set(group, [...(groups.get(group) ?? []), line.filter(Boolean).join(', ')]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, lines]) => `${group[0].toUpperCase()}${group.slice(1)} devices:\n${lines.join('\n')}\n`)
    .join('\n');
}

/** The text of `-device name,help`. */
export function devicePropertiesHelp(type: TypeInfo): string {
  return `${type.name} options:\n${propertyLines(type)}`;
}

const propertyLines = (type: TypeInfo): string =>
  propertiesOf(type)
    .map((p) => `  ${`${p.name}=<${p.kind}>`.padEnd(24)}${p.description ? ` - ${p.description}` : ''}`.trimEnd() + '\n')
    .sort()
    .join('');
