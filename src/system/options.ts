/** QEMU-style options: `key=value,key,...` with `,,` for a comma; typed, with errors that say what is wrong and where. */
import { parseBool, parseInteger } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { isLogItem, LOG_ITEMS, type LogItem } from '../util/log.js';
import { MiB, parseSize } from '../util/size.js';

/** A parsed list. Reading a value marks it as known; `finish` complains about the rest. */
export class OptionList {
  private readonly values = new Map<string, string>();
  private readonly known = new Set<string>();

  constructor(
    /** For messages, e.g. `-drive file=x`. */
    readonly where: string,
    entries: Iterable<readonly [string, string]>,
  ) {
    // The last one wins, as in QEMU.
    for (const [key, value] of entries) this.values.set(key, value);
  }

  get entries(): [string, string][] {
    return [...this.values];
  }
  /** `help` or `?` was asked for. */
  get wantsHelp(): boolean {
    return [...this.values].some(([key, value]) => isHelp(key) || isHelp(value));
  }
  has(key: string): boolean {
    return this.values.has(key);
  }
  string(key: string): string | undefined {
    this.known.add(key);
    return this.values.get(key);
  }
  required(key: string): string {
    const value = this.string(key);
    if (value === undefined) throw new OptionError(`parameter '${key}' is missing`, this.where);
    return value;
  }
  bool(key: string): boolean | undefined {
    return this.read(key, parseBool);
  }
  integer(key: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    return this.read(key, (text) => Number(parseInteger(text, BigInt(min), BigInt(max))));
  }
  /** Bytes; a bare number counts in `unit`. */
  size(key: string, unit = 1): number | undefined {
    return this.read(key, (text) => parseSize(text, unit));
  }
  enumeration<T extends string>(key: string, values: readonly T[]): T | undefined {
    return this.read(key, (text) => {
      if (!(values as readonly string[]).includes(text))
        throw new OptionError(`invalid value '${text}'`, undefined, `one of ${values.join(', ')}`);
      return text as T;
    });
  }
  /** What nobody has read yet, for options that pass properties on. */
  rest(): Record<string, string> {
    const rest = Object.fromEntries(this.entries.filter(([key]) => !this.known.has(key)));
    for (const key of Object.keys(rest)) this.known.add(key);
    return rest;
  }
  /** Call when all that is known was read. */
  finish(): void {
    const stray = this.entries.find(([key]) => !this.known.has(key));
    if (stray)
      throw new OptionError(
        `invalid parameter '${stray[0]}'`,
        this.where,
        this.known.size ? `one of ${[...this.known].join(', ')}` : undefined,
      );
  }

  private read<T>(key: string, parse: (text: string) => T): T | undefined {
    const text = this.string(key);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof OptionError ? error.at(`${this.where}: ${key}`) : error;
    }
  }
}

export const isHelp = (text: string): boolean => text === 'help' || text === '?';

/** Cuts at single commas; `,,` is one comma. */
export function splitCommas(text: string): string[] {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ',') parts[parts.length - 1] += text[i];
    else if (text[i + 1] === ',') {
      parts[parts.length - 1] += ',';
      i++;
    } else parts.push('');
  }
  return parts;
}

/** Parses the argument of `option` (`-drive`). A first part without `=` is the value of `implied`; later ones mean `=on`, `nokey` means `key=off`. */
export function parseOptions(option: string, text: string, implied?: string): OptionList {
  const where = `${option} ${text}`;
  const entries: [string, string][] = [];
  splitCommas(text).forEach((part, i) => {
    if (part === '' && text !== '') throw new OptionError('empty parameter', where);
    const equals = part.indexOf('=');
    if (equals === 0) throw new OptionError(`parameter without a name '${part}'`, where);
    if (equals > 0) entries.push([part.slice(0, equals), part.slice(equals + 1)]);
    else if (i === 0 && implied !== undefined) entries.push([implied, part]);
    else if (/^no[a-z]/.test(part) && !isHelp(part)) entries.push([part.slice(2), 'off']);
    else entries.push([part, 'on']);
  });
  return new OptionList(where, entries);
}

/** `-m 512`, `-m 1G`, `-m size=2G`: bytes; a bare number is MiB. */
export function parseMemory(text: string): number {
  const list = parseOptions('-m', text, 'size');
  const size = list.size('size', MiB);
  list.finish();
  if (!size) throw new OptionError('no memory', list.where, 'a size like 512M');
  return size;
}

/** `-smp 4`, `-smp cpus=4,sockets=1,cores=4,threads=1`. The topology must fit; only the number of CPUs matters here. */
export function parseSmp(text: string): number {
  const list = parseOptions('-smp', text, 'cpus');
  const part = (key: string) => list.integer(key, 1, 4096);
  const [cpus, sockets, cores, threads, most] = [part('cpus'), part('sockets'), part('cores'), part('threads'), part('maxcpus')];
  list.finish();
  const product = (sockets ?? 1) * (cores ?? 1) * (threads ?? 1);
  const count = cpus ?? product;
  const complete = sockets !== undefined && cores !== undefined && threads !== undefined;
  if (complete && product !== (most ?? count)) {
    throw new OptionError(
      `sockets (${sockets}) * cores (${cores}) * threads (${threads}) is not the number of CPUs (${most ?? count})`,
      list.where,
    );
  }
  if (most !== undefined && most < count) throw new OptionError(`maxcpus (${most}) is below the number of CPUs (${count})`, list.where);
  return count;
}

export interface GlobalProperty {
  driver: string;
  property: string;
  value: string;
}

/** `-global driver.property=value` or `-global driver=d,property=p,value=v`. */
export function parseGlobal(text: string): GlobalProperty {
  // The dot before the property is the last one before '=': driver names have dots themselves.
  const short = /^([^=,]+)\.([^=.,]+)=(.*)$/s.exec(text);
  if (short) return { driver: short[1], property: short[2], value: short[3] };
  const list = parseOptions('-global', text);
  const global = { driver: list.required('driver'), property: list.required('property'), value: list.required('value') };
  list.finish();
  return global;
}

/** `-cpu rv64,zba=on,v=false`: the model, and its properties in order. */
export function parseCpu(text: string): { model: string; features: [string, string][] } {
  const [model, ...features] = splitCommas(text);
  return {
    model,
    features: features.map((feature): [string, string] => {
      if (feature.startsWith('+')) return [feature.slice(1), 'on'];
      if (feature.startsWith('-')) return [feature.slice(1), 'off'];
      const equals = feature.indexOf('=');
      if (equals <= 0) throw new OptionError(`expected key=value, found '${feature}'`, `-cpu ${text}`);
      return [feature.slice(0, equals), feature.slice(equals + 1)];
    }),
  };
}

/** `-icount shift=7`: an instruction takes 2^shift ns. */
export function parseIcount(text: string): { shift: number } {
  const list = parseOptions('-icount', text, 'shift');
  if (list.string('shift') === 'auto') throw new OptionError('shift=auto is not supported', list.where, 'a number from 0 to 10');
  const shift = list.integer('shift', 0, 10);
  if (list.bool('sleep') === true) throw new OptionError('sleep=on is not supported: idle time is skipped', list.where);
  list.finish();
  return { shift: shift ?? 3 };
}

/** `-d item,item`. */
export function parseLogItems(text: string): LogItem[] {
  return text.split(',').map((item) => {
    if (!isLogItem(item)) throw new OptionError(`unknown log item '${item}'`, `-d ${text}`, `one of ${Object.keys(LOG_ITEMS).join(', ')}`);
    return item;
  });
}

/** The text of `-d help`. */
export function logHelp(): string {
  return `Log items (comma separated):\n${Object.entries(LOG_ITEMS)
    .map(([name, text]) => `${name.padEnd(15)} ${text}\n`)
    .join('')}`;
}
