/** The machines that can be made. */
import type { MachineClass } from '../hw/core/machine-class.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';

export class MachineRegistry {
  constructor(readonly machines: readonly MachineClass[]) {}

  /** The machine called `name` (or having that alias). */
  find(name: string): MachineClass | undefined {
    return this.machines.find(({ type }) => type.name === name || type.ext.aliases?.includes(name));
  }
  /** @throws OptionError if there is none */
  get(name: string): MachineClass {
    const found = this.find(name);
    if (!found)
      throw new OptionError(
        `unsupported machine type '${name}'${didYouMean(name, this.names)}`,
        '-machine',
        `one of ${this.names.join(', ')}; 'help' lists them`,
      );
    return found;
  }
  get names(): string[] {
    return this.machines.map(({ type }) => type.name);
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
