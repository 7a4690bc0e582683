/** `-object TYPE,id=ID,property=value`: makes the object, below /objects. */
import { MemoryBackendFile, MemoryBackendRam } from '../backends/hostmem.js';
import { UserCreatable } from '../backends/user-creatable.js';
import type { MachineState } from '../hw/core/machine.js';
import type { DeviceServices } from '../hw/core/services.js';
import { isA, type QObject, type TypeInfo } from '../qom/object.js';
import { OptionList, parseOptionsOrJson } from '../qom/option-list.js';
import type { TypeRegistry } from '../qom/registry.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import { ControlError } from './errors.js';

/** QEMU's that are not built (10.0, riscv64). */
const MISSING = (
  'acpi-generic-initiator acpi-generic-port authz-list authz-list-file authz-simple can-bus can-host-socketcan colo-compare cryptodev-backend ' +
  'cryptodev-backend-builtin cryptodev-vhost-user dbus-vmstate filter-buffer filter-dump filter-mirror filter-redirector filter-replay ' +
  'filter-rewriter input-barrier input-linux iothread main-loop memory-backend-memfd memory-backend-shm ' +
  'pr-manager-helper qtest rng-egd secret_keyring thread-context throttle-group tls-cipher-suites tls-creds-anon tls-creds-psk ' +
  'tls-creds-x509'
).split(' ');

type UserCreatableClass = new (services: DeviceServices) => UserCreatable;

export const creatableObjects = (types: TypeRegistry): TypeInfo[] =>
  types.list(UserCreatable.type).filter(({ userCreatable }) => userCreatable);

/** The text of `-object help`. */
export const objectHelp = (types: TypeRegistry): string =>
  `List of user creatable objects:\n${creatableObjects(types)
    .map(({ name }) => `  ${name}\n`)
    .join('')}`;

/** @throws OptionError if there is no such type, or its properties make no sense */
export function objectAdd(machine: MachineState, text: string): QObject {
  return createObject(machine, parseOptionsOrJson('-object', text, 'qom-type'));
}

/** `qom-type`, `id` and the object's own properties. @throws OptionError */
export function createObject(machine: MachineState, list: OptionList): QObject {
  const type = objectType(machine.types, list);
  const id = list.id();
  if (id === undefined) throw new OptionError("Parameter 'id' is missing", list.where);
  if (machine.objects.qomChildren.has(id))
    throw new OptionError(`attempt to add duplicate property '${id}' to object (type 'container')`, list.where);
  const object = new (type.class as unknown as UserCreatableClass)(machine.services);
  object.id = id;
  try {
    for (const [name, value] of Object.entries(list.rest())) object.setProperty(name, value);
    object.complete();
  } catch (error) {
    throw error instanceof OptionError ? error.at(list.where) : error;
  }
  return machine.objects.addChild(id, object);
}

/** What a machine's RAM belongs to where no `memory-backend=` says it. @throws OptionError if another object is called that */
export function addDefaultMemory(machine: MachineState): void {
  const { memoryBackend: id, ramSize: size, memPath } = machine.config;
  if (id === undefined) return;
  const [option, made] =
    memPath === undefined
      ? ['-m', { 'qom-type': MemoryBackendRam.type.name }]
      : ['-mem-path', { 'qom-type': MemoryBackendFile.type.name, 'mem-path': memPath }];
  createObject(machine, new OptionList(option, Object.entries({ ...made, id, size: String(size) })));
}

/** Devices that have it keep it, as in QEMU. @throws ControlError if there is none, or it is the machine's memory */
export function deleteObject(machine: MachineState, id: string): void {
  const object = machine.objects.qomChildren.get(id);
  if (!(object instanceof UserCreatable)) throw new ControlError(`object '${id}' not found`);
  if (machine.config.memoryBackend === id) throw new ControlError(`object '${id}' is in use, can not be deleted`);
  object.unparent();
}

export function objectType(types: TypeRegistry, list: OptionList): TypeInfo {
  const name = list.required('qom-type');
  const type = types.find(name);
  if (type?.userCreatable && isA(type, UserCreatable.type)) return type;
  const names = creatableObjects(types).map((each) => each.name);
  if (MISSING.includes(name)) throw new OptionError(`not built yet: objects of type '${name}'`, list.where, `one of ${names.join(', ')}`);
  throw new OptionError(
    `Parameter 'qom-type' does not accept value '${name}'${didYouMean(name, names)}`,
    list.where,
    `one of ${names.join(', ')}`,
  );
}

/**
 * Bytes of the memory backend of that id, which is to be a machine's RAM. It is wanted before there is a machine.
 * @throws OptionError if there is none
 */
export function memoryBackendSize(objects: readonly string[], id: string): number {
  for (const text of objects) {
    const list = parseOptionsOrJson('-object', text, 'qom-type');
    if (list.string('id') !== id) continue;
    const type = list.string('qom-type');
    if (![MemoryBackendFile, MemoryBackendRam].some((each) => each.type.name === type)) break;
    const size = list.size('size');
    if (size === undefined) throw new OptionError("Parameter 'size' is missing", list.where);
    if (size > 0) return size;
    throw new OptionError(`property 'size' of ${type} doesn't take value '0'`, list.where);
  }
  throw new OptionError(`Memory backend '${id}' not found`, '-machine');
}
