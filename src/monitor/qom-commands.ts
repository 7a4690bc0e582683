/** The monitor's commands about the object tree. Names are QEMU's (hmp-commands.hx). */
import { qomTreeText, type QObject } from '../qom/object.js';
import type { MonitorContext } from './commands.js';
import { MonitorError } from './expression.js';

function find({ control }: MonitorContext, path: string): QObject {
  const object = control.object(path);
  if (!object) throw new MonitorError(`Device '${path}' not found`);
  return object;
}

/** `info qom-tree [path]` */
export const qomTree = (context: MonitorContext, args: string): string => qomTreeText(find(context, args || '/'));

/** `qom-list [path]` */
export function qomList(context: MonitorContext, args: string): string {
  const object = find(context, args || '/');
  const children = [...object.qomChildren.values()].map((child) => `${child.qomName} (child<${child.typeName}>)\n`);
  return [...context.control.properties(object).map(({ name, kind }) => `${name} (${kind})\n`), ...children].join('');
}

/** `qom-get path property` */
export function qomGet(context: MonitorContext, args: string): string {
  const [path, name] = words(args, 2);
  const object = find(context, path);
  const property = context.control.properties(object).find((each) => each.name === name);
  if (!property) throw new MonitorError(`Property '${object.typeName}.${name}' not found`);
  return `${property.value}\n`;
}

/** `qom-set path property value` */
export function qomSet(context: MonitorContext, args: string): string {
  const [path, name, value] = words(args, 3);
  context.control.setProperty(find(context, path), name, value);
  return '';
}

function words(args: string, count: number): string[] {
  const all = args.split(/\s+/).filter(Boolean);
  if (all.length !== count) throw new MonitorError(`expected ${['path', 'property', 'value'].slice(0, count).join(', ')}`);
  return all;
}
