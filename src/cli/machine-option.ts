/** `-machine`, as often as it is given: what of it is the command line's, and the rest for the machine. */
import { escapeCommas, isHelp, parseOptions } from '../qom/option-list.js';

/** Properties that are other options. */
export const ALIASES = ['accel', 'kernel', 'initrd', 'append', 'dtb', 'firmware'] as const;

export interface MachineArguments extends Readonly<Partial<Record<(typeof ALIASES)[number], string>>> {
  readonly type?: string;
  /** As `-smp` and `-m` have them. */
  readonly smp?: string;
  readonly memory?: string;
  /** Type and properties, as MachineOptions.machine takes them; undefined: neither is given. */
  readonly text?: string;
  readonly help?: 'machines' | 'properties';
}

/** Later values win. */
export function parseMachine(texts: readonly string[] = []): MachineArguments {
  const values = new Map<string, string>();
  let wantsHelp = false;
  for (const text of texts) {
    const list = parseOptions('-machine', text, 'type');
    wantsHelp ||= list.wantsHelp;
    for (const [key, value] of list.entries) values.set(key, value);
  }
  const type = values.get('type');
  if (wantsHelp) return { type, help: type === undefined || isHelp(type) ? 'machines' : 'properties' };
  const aliases = Object.fromEntries(ALIASES.map((key) => [key, values.get(key)]));
  /** Structures: their members are other options' parameters. */
  const members = (structure: string): string | undefined => {
    const inside = [...values].filter(([key]) => key.startsWith(`${structure}.`));
    for (const [key] of inside) values.delete(key);
    return inside.length === 0
      ? undefined
      : inside.map(([key, value]) => `${key.slice(structure.length + 1)}=${escapeCommas(value)}`).join(',');
  };
  const [smp, memory] = [members('smp'), members('memory')];
  const own = [...values].filter(([key]) => key !== 'type' && !ALIASES.some((alias) => alias === key));
  const words = [...(type === undefined ? [] : [escapeCommas(type)]), ...own.map(([key, value]) => `${key}=${escapeCommas(value)}`)];
  return { ...aliases, type, smp, memory, text: words.length === 0 ? undefined : words.join(',') };
}
