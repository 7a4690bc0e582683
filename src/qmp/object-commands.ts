/** QMP's commands about objects and devices (QAPI qom.json, qdev.json). */
import { DeviceState } from '../hw/core/device.js';
import { ancestry, isA, propertiesOf, type QObject, type TypeInfo } from '../qom/object.js';
import { command, NOTHING, type QmpCommand, type QmpContext } from './command.js';
import { parseJson, type Json } from './json.js';
import { any, bool, EMPTY, list, optional, QmpError, str, struct } from './schema.js';

const ObjectPropertyInfo = struct('ObjectPropertyInfo', {
  name: str,
  type: str,
  description: optional(str),
  'default-value': optional(any),
});
const ObjectTypeInfo = struct('ObjectTypeInfo', { name: str, abstract: optional(bool), parent: optional(str) });

function find({ control }: QmpContext, path: string): QObject {
  const object = control.object(path);
  if (!object) throw new QmpError(`Device '${path}' not found`, 'DeviceNotFound');
  return object;
}

function textOf(object: QObject, name: string, value: Json): string {
  const kind = propertiesOf(object.type).find((property) => property.name === name)?.kind;
  const wrong = (expected: string) => new QmpError(`Invalid parameter type for '${name}', expected: ${expected}`);
  if (kind === 'bool' && typeof value !== 'boolean') throw wrong('boolean');
  if (kind !== undefined && /^u?int|^size$/.test(kind) && typeof value !== 'number' && typeof value !== 'bigint') throw wrong('integer');
  if (typeof value === 'object') throw wrong('string');
  return String(value);
}

const describe = (type: TypeInfo) => propertiesOf(type).map(({ name, kind, description }) => ({ name, type: kind, description }));

export const OBJECT_COMMANDS: readonly QmpCommand[] = [
  command('qom-list', { path: str }, list(ObjectPropertyInfo), (context, { path }) => {
    const object = find(context, path);
    const children = [...object.qomChildren.values()].map((child) => ({ name: child.qomName, type: `child<${child.typeName}>` }));
    return [{ name: 'type', type: 'string' }, ...describe(object.type), ...children];
  }),
  command('qom-get', { path: str, property: str }, any, (context, { path, property }) =>
    parseJson(context.control.property(find(context, path), property).value),
  ),
  command('qom-set', { path: str, property: str, value: any }, EMPTY, (context, { path, property, value }) => {
    const object = find(context, path);
    context.control.property(object, property); // there is one
    context.control.setProperty(object, property, textOf(object, property, value));
    return NOTHING;
  }),
  command('qom-list-types', { implements: optional(str), abstract: optional(bool) }, list(ObjectTypeInfo), ({ control }, args) => {
    const types = control.machine.types.all().filter((type) => args.implements === undefined || isA(type, args.implements));
    return types
      .filter((type) => args.abstract === true || !type.abstract)
      .map(({ name, abstract, parent }) => ({ name, abstract: abstract || undefined, parent: parent?.name }));
  }),
  command('qom-list-properties', { typename: str }, list(ObjectPropertyInfo), ({ control }, { typename }) => {
    const type = control.machine.types.find(typename);
    if (!type) throw new QmpError(`Class '${typename}' not found`, 'DeviceNotFound');
    return describe(type);
  }),
  command('device-list-properties', { typename: str }, list(ObjectPropertyInfo), ({ control }, { typename }) => {
    const type = control.machine.types.find(typename);
    if (!type) throw new QmpError(`Device '${typename}' not found`, 'DeviceNotFound');
    if (type.abstract || ![...ancestry(type)].includes(DeviceState.type))
      throw new QmpError("Parameter 'typename' expects a non-abstract device type");
    return describe(type);
  }),
  command(
    'device_add',
    { driver: str, bus: optional(str), id: optional(str) },
    EMPTY,
    ({ control }, options) => {
      const texts = Object.entries(options).map(([name, value]) => [name, String(value)] as const);
      control.addDevice(Object.fromEntries(texts));
      return NOTHING;
    },
    { open: true },
  ),
  command('device_del', { id: str }, EMPTY, ({ control }, { id }) => {
    control.deleteDevice(id);
    return NOTHING;
  }),
];
