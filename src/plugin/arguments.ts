/** `-plugin [file=]FILE[,NAME=VALUE][,arg=NAME=VALUE]`: QEMU's two ways of giving arguments, and what a plugin says of its own. */
import { isHelp, parseOptions } from '../qom/option-list.js';
import { parseBool, parseInteger } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import type { ArgumentSpec, ArgumentSpecs, ArgumentValues, Plugin } from './api.js';

/** One `-plugin`. */
export interface PluginChoice {
  readonly file: string;
  readonly args: Readonly<Record<string, string>>;
  /** `-plugin FILE,help` */
  readonly wantsHelp: boolean;
  /** For messages. */
  readonly where: string;
}

/** @throws OptionError */
export function parsePlugin(text: string): PluginChoice {
  const list = parseOptions('-plugin', text, 'file');
  const file = list.required('file');
  if (file === '') throw new OptionError('a plugin has a file', list.where);
  const args: Record<string, string> = list.rest();
  for (const old of list.all('arg')) {
    const [, name, value = 'on'] = /^([^=]+)(?:=(.*))?$/s.exec(old) ?? [];
    if (name === undefined) throw new OptionError(`invalid argument '${old}'`, list.where, 'arg=NAME=VALUE');
    args[name] = value;
  }
  delete args['arg'];
  const wantsHelp = isHelp(file) || Object.keys(args).some(isHelp);
  return { file, args, wantsHelp, where: list.where };
}

/** What is given to `install`. @throws OptionError */
export function readArguments<Specs extends ArgumentSpecs>(
  { name, args: specs }: Plugin<Specs>,
  given: Readonly<Record<string, string | number | boolean>>,
  where = `plugin '${name}'`,
): ArgumentValues<Specs> {
  const known: ArgumentSpecs = specs ?? {};
  for (const key of Object.keys(given))
    if (!Object.hasOwn(known, key))
      throw new OptionError(
        `the plugin '${name}' has no argument '${key}'${didYouMean(key, Object.keys(known))}`,
        where,
        Object.keys(known).length > 0 ? `one of ${Object.keys(known).join(', ')}` : 'none',
      );
  const values = Object.entries(known).map(([key, spec]) => [key, valueOf(spec, given[key], `${where}: ${key}`)]);
  return Object.fromEntries(values) as ArgumentValues<Specs>;
}

function valueOf(spec: ArgumentSpec, given: string | number | boolean | undefined, where: string): string | number | boolean | undefined {
  if (given === undefined) return spec.default;
  const type = typeof (spec.default ?? { number: 0, flag: false, text: '' }[spec.type ?? 'text']);
  try {
    if (type === 'boolean') return parseBool(String(given));
    if (type === 'number') return Number(parseInteger(String(given), 0n, BigInt(Number.MAX_SAFE_INTEGER)));
  } catch (error) {
    throw error instanceof OptionError ? error.at(where) : error;
  }
  const text = String(given);
  if (spec.oneOf && !spec.oneOf.includes(text)) throw new OptionError(`invalid value '${text}'`, where, `one of ${spec.oneOf.join(', ')}`);
  return text;
}

/** `-plugin FILE,help` */
export function pluginHelp({ name, description, args = {} }: Plugin): string {
  const rows = Object.entries(args).map(([key, { help, default: value, oneOf }]) => {
    const choices = oneOf ? ` (${oneOf.join(', ')})` : '';
    const shown = typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
    return `  ${key.padEnd(15)} ${help}${choices}${shown === undefined ? '' : ` (default: ${shown})`}\n`;
  });
  return `${name}: ${description}\n${rows.length > 0 ? `Arguments:\n${rows.join('')}` : 'It has no arguments.\n'}`;
}

/** It stands in messages. */
const NAME = /^[\x20-\x7e]{1,64}$/;

/** What a module's default export must be. @throws OptionError */
export function checkPlugin(value: unknown, where: string): Plugin {
  const plugin = value as Partial<Plugin> | undefined | null;
  const isPlugin = typeof plugin === 'object' && plugin !== null && typeof plugin.name === 'string' && typeof plugin.install === 'function';
  if (!isPlugin) throw new OptionError('this is no plugin', where, 'a default export with name, description and install');
  const { name, args = {} } = plugin as Plugin;
  if (!NAME.test(name)) throw new OptionError("this is no plugin's name", where, '1 to 64 printable characters');
  const isTable = (each: unknown): boolean => typeof each === 'object' && each !== null;
  if (!isTable(args) || !Object.values(args).every(isTable))
    throw new OptionError("the plugin's args are wrong", where, '{ NAME: { help } }');
  return plugin as Plugin;
}
