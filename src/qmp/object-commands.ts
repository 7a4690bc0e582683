/** QMP's commands about objects and devices (QAPI qom.json, qdev.json). */
import { BACKENDS } from '../backends/index.js';
import { DeviceState } from '../hw/core/device.js';
import { MachineState } from '../hw/core/machine.js';
import { ancestry, isA, propertiesOf, type QObject, type TypeInfo } from '../qom/object.js';
import type { Property } from '../qom/property.js';
import { ACCEL_TYPES } from '../system/accel-types.js';
import { COMMON_PROPERTIES, QOM_KINDS } from '../system/help.js';
import { command, NOTHING, type QmpCommand, type QmpContext } from './command.js';
import { parseJson, type Json } from './json.js';
import { any, bool, EMPTY, enumeration, int, list, optional, QmpError, str, struct, union, type QmpType } from './schema.js';

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

/** Devices have kinds of their own; a machine has the command line's, too. */
function describe(type: TypeInfo) {
  const ofMachine = isA(type, MachineState.type) ? COMMON_PROPERTIES : [];
  const qomKind = isA(type, DeviceState.type) ? (kind: string) => kind : (kind: string) => QOM_KINDS[kind] ?? kind;
  return [...propertiesOf(type), ...ofMachine].map(({ name, kind, description }) => ({ name, type: qomKind(kind), description }));
}

const TYPE = { name: 'type', type: 'string' };

/** All there are, machines too, which are called so here. */
function allTypes({ control, machines }: QmpContext): { readonly name: string; readonly type: TypeInfo }[] {
  const boards = machines.machines.flatMap(({ type }) => [...ancestry(type)]).filter((type) => isA(type, MachineState.type));
  return [
    ...[...ACCEL_TYPES, ...control.machine.types.all()].map((type) => ({ name: type.name, type })),
    ...[...new Set(boards)].map((type) => ({ name: typeName(type), type })),
  ];
}
/** `virt` is a name for the command line; those that are abstract have none there. */
const typeName = (type: TypeInfo): string => (isA(type, MachineState.type) && !type.abstract ? `${type.name}-machine` : type.name);

/** As an argument: what `-object` takes as text. */
const qmpType = ({ kind, values }: Property): QmpType<unknown> =>
  kind === 'bool' ? bool : values ? enumeration(kind, values) : /^u?int|^size$/.test(kind) ? int : str;
const CREATABLE = BACKENDS.map(({ type }) => type).filter(({ userCreatable }) => userCreatable);
const ObjectOptions = union(
  'ObjectOptions',
  {
    'qom-type': enumeration(
      'ObjectType',
      CREATABLE.map(({ name }) => name),
    ),
    id: str,
  },
  'qom-type',
  Object.fromEntries(
    CREATABLE.map((type) => {
      const members = propertiesOf(type).map((property) => [property.name, optional(qmpType(property))] as const);
      return [type.name, struct(`${type.name}-properties`, Object.fromEntries(members))] as const;
    }),
  ),
);

export const OBJECT_COMMANDS: readonly QmpCommand[] = [
  command('qom-list', { path: str }, list(ObjectPropertyInfo), (context, { path }) => {
    const object = find(context, path);
    const children = [...object.qomChildren.values()].map((child) => ({ name: child.qomName, type: `child<${child.typeName}>` }));
    return [TYPE, ...describe(object.type), ...children];
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
  command('qom-list-types', { implements: optional(str), abstract: optional(bool) }, list(ObjectTypeInfo), (context, args) =>
    allTypes(context)
      .filter(({ type }) => args.implements === undefined || isA(type, args.implements))
      .filter(({ type }) => args.abstract === true || !type.abstract)
      .map(({ name, type: { abstract, parent } }) => ({ name, abstract: abstract || undefined, parent: parent && typeName(parent) })),
  ),
  command('qom-list-properties', { typename: str }, list(ObjectPropertyInfo), (context, { typename }) => {
    const found = allTypes(context).find(({ name }) => name === typename);
    if (!found) throw new QmpError(`Class '${typename}' not found`, 'DeviceNotFound');
    return [TYPE, ...describe(found.type)];
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
  {
    name: 'object-add',
    args: ObjectOptions,
    returns: EMPTY,
    run: ({ control }, given) => {
      control.addObject(Object.fromEntries(Object.entries(given as object).map(([name, value]) => [name, String(value)])));
      return NOTHING;
    },
  },
  command('object-del', { id: str }, EMPTY, ({ control }, { id }) => {
    control.deleteObject(id);
    return NOTHING;
  }),
  command('device_del', { id: str }, EMPTY, ({ control }, { id }) => {
    control.deleteDevice(id);
    return NOTHING;
  }),
];
