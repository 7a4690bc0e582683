/** What the values of QEMU's options mean. */
import { parseOptions, splitCommas } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { isLogItem, LOG_ITEMS, type LogItem } from '../util/log.js';
import { MiB } from '../util/size.js';

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
