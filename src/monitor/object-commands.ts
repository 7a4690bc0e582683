/** The monitor's commands about objects and devices. Names are QEMU's (hmp-commands.hx). */
import { DeviceState } from '../hw/core/device.js';
import { parseOptions } from '../qom/option-list.js';
import { qomTreeText, type QObject } from '../qom/object.js';
import { creatableObjects } from '../system/object-options.js';
import { flag, optional, restOfLine, text } from './arguments.js';
import { MonitorError } from './errors.js';
import { command, type Command, type MonitorContext } from './command.js';
import { pciText } from './pci.js';
import { qtreeText } from './qtree.js';

function find({ control }: MonitorContext, path: string): QObject {
  const object = control.object(path);
  if (!object) throw new MonitorError(`Error: Device '${path}' not found`);
  return object;
}

/** Every object below a path, by its path. */
function* paths(object: QObject, path: string): Generator<string> {
  yield path === '' ? '/' : path;
  for (const [name, child] of object.qomChildren) yield* paths(child, `${path}/${name}`);
}
const completePath = { complete: ({ control }: MonitorContext) => paths(control.machine.root, '') };
const completeDriver = {
  complete: ({ control }: MonitorContext) =>
    control.machine.types
      .list(DeviceState.type)
      .filter((type) => type.userCreatable)
      .map(({ name }) => name),
};
const completeObject = { complete: ({ control }: MonitorContext) => creatableObjects(control.machine.types).map(({ name }) => name) };
const completeObjectId = { complete: ({ control }: MonitorContext) => control.machine.objects.qomChildren.keys() };
const completeId = { complete: ({ control }: MonitorContext) => control.machine.peripheral.qomChildren.keys() };

/** `qom-list [path]` */
function qomList(context: MonitorContext, path: string): string {
  const object = find(context, path);
  const children = [...object.qomChildren.values()].map((child) => `${child.qomName} (child<${child.typeName}>)\n`);
  const own = context.control.properties(object).map(({ name, kind }) => `${name} (${kind})\n`);
  return ['type (string)\n', ...own, ...children].join('');
}

// prettier-ignore
export const OBJECT_COMMANDS: readonly Command[] = [
  command('qom-list', { path: optional(text(completePath)) }, 'path', 'list QOM properties', (context, { path }) => path === undefined ? '/\n' : qomList(context, path)),
  command('qom-get', { path: text(completePath), property: text() }, 'path property', 'print QOM property', (context, { path, property }) =>
    `${context.control.property(find(context, path), property).value}\n`,
  ),
  command(
    'qom-set', { json: flag('j'), path: text(completePath), property: text(), value: restOfLine() }, '[-j] path property value',
    'set QOM property (-j: the value is JSON)',
    (context, { path, property, value, json }) => {
      const object = find(context, path);
      context.control.property(object, property); // there is one
      context.control.setProperty(object, property, json ? value.replace(/^"(.*)"$/, '$1') : value);
    },
  ),
  command('device_add', { device: optional(restOfLine(completeDriver)) }, 'driver[,prop=value][,...]', "add device, like -device on the command line", ({ control }, { device }) =>
    control.addDevice(device === undefined ? {} : Object.fromEntries(parseOptions('device_add', device, 'driver').entries)),
  ),
  command('object_add', { object: restOfLine(completeObject) }, '[qom-type=]type,id=str[,prop=value][,...]', 'create QOM object', ({ control }, { object }) =>
    control.addObject(Object.fromEntries(parseOptions('object_add', object, 'qom-type').entries)),
  ),
  command('object_del', { id: text(completeObjectId) }, 'id', 'destroy QOM object', ({ control }, { id }) => void control.deleteObject(id)),
  command('device_del', { id: text(completeId) }, 'device', 'remove device', ({ control }, { id }) => void control.deleteDevice(id)),
];

// prettier-ignore
export const OBJECT_INFO: readonly Command[] = [
  command('qom-tree', { path: optional(text(completePath)) }, '[path]', 'show QOM composition tree', (context, { path = '/machine' }) => {
    const object = context.control.object(path);
    return object ? qomTreeText(object) : `Path '${path}' could not be resolved.\n`;
  }),
  command('qtree', { brief: flag('b') }, '[-b]', 'show device tree (-b: brief, omit properties)', ({ control }, { brief }) => qtreeText(control.machine.sysbus, brief)),
  command('pci', {}, '', 'show PCI info', ({ control }) => pciText(control.machine)),
];
