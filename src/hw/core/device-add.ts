/** `-device driver,id=..,bus=..,property=value`: finds the type and a bus for it, sets the properties, realizes it. */
import { absentFamily } from './absent-devices.js';
import type { Bus } from './bus.js';
import { busOf, DeviceState, type DeviceClass, type DeviceOptions } from './device.js';
import { isA, type TypeInfo } from '../../qom/object.js';
import type { TypeRegistry } from '../../qom/registry.js';
import { BlockBackend } from '../../block/backend.js';
import { OptionError } from '../../util/errors.js';
import { didYouMean } from '../../util/suggest.js';
import type { MachineState } from './machine.js';
import { OptionList, parseOptionsOrJson } from '../../qom/option-list.js';

export function deviceAdd(machine: MachineState, text: string): DeviceState {
  return createDevice(machine, parseOptionsOrJson('-device', text, 'driver'));
}

/** `isHot`: the machine is made, so the bus must be one that takes and gives back devices. @throws OptionError */
export function createDevice(machine: MachineState, list: OptionList, isHot = false): DeviceState {
  const type = deviceType(machine.types, list);
  const driver = type.name;
  if (type.abstract) throw new OptionError("Parameter 'driver' expects a non-abstract device type", list.where);
  if (!type.userCreatable)
    throw new OptionError("Parameter 'driver' expects a pluggable device type", list.where, `'${driver}' is part of a board`);
  const id = list.id();
  if (id !== undefined && machine.peripheral.qomChildren.has(id)) throw new OptionError(`Duplicate device ID '${id}'`, list.where);
  const bus = findBus(machine, type, list.string('bus'), list.where);
  if (isHot && !bus) throw new OptionError(`Device '${driver}' can not be hotplugged on this machine`, list.where);
  if (isHot && !bus?.isHotpluggable) throw new OptionError(`Bus '${bus?.name}' does not support hotplugging`, list.where);
  const device = machine.newDevice(type.class as unknown as DeviceClass);
  device.id = id;
  try {
    for (const [name, value] of Object.entries(list.rest())) device.setProperty(name, value);
    if (id === undefined) machine.peripheralAnon.addChild('device[*]', device);
    return machine.realize(device, { bus });
  } catch (error) {
    if (isHot) machine.forget(device);
    throw error instanceof OptionError ? error.at(list.where) : error;
  }
}

/** A disk for a drive that no device has been given. @throws OptionError, in QEMU's words, if one has */
export function diskAdd(machine: MachineState, drive: string): DeviceState {
  const backend = machine.backends.find('drive', drive);
  if (backend instanceof BlockBackend && backend.user !== undefined)
    throw new OptionError(
      `Drive '${drive}' is already in use because it has been automatically connected to another device (did you need 'if=none' in the drive options?)`,
      '-drive',
    );
  return createDevice(machine, new OptionList('-drive', Object.entries({ driver: 'virtio-blk-pci', drive })));
}

/** What `driver` names, or has as another name. @throws OptionError if that is no device */
export function deviceType(types: TypeRegistry, list: OptionList): TypeInfo {
  const driver = list.required('driver');
  const devices = types.list(DeviceState.type);
  const type = types.find(driver) ?? devices.find(({ ext }) => (ext as DeviceOptions | undefined)?.alias === driver);
  if (type && isA(type, DeviceState.type)) return type;
  const family = absentFamily(driver);
  if (family !== undefined)
    throw new OptionError(`not built yet: ${family} ('${driver}')`, list.where, "a device that '-device help' lists");
  const known = devices.flatMap(({ name, userCreatable }) => (userCreatable ? [name] : []));
  throw new OptionError(
    `'${driver}' is not a valid device model name${didYouMean(driver, known)}`,
    list.where,
    "one that '-device help' lists",
  );
}

/** Every bus of the machine, the system bus first. */
function* busesOf(machine: MachineState): Generator<Bus> {
  yield machine.sysbus;
  for (const device of machine.realizedDevices) yield* device.childBuses;
}

function findBus(machine: MachineState, type: TypeInfo, wanted: string | undefined, where: string): Bus | undefined {
  const kind = busOf(type);
  const buses = [...busesOf(machine)];
  if (wanted !== undefined) {
    const bus = buses.find((b) => b.name === wanted);
    if (!bus) throw new OptionError(`Bus '${wanted}' not found`, where, `one of ${buses.map((b) => b.name).join(', ')}`);
    if (kind && !bus.accepts(kind))
      throw new OptionError(`Device '${type.name}' can't go on ${bus.typeName} bus`, where, `a ${kind} bus, which '${wanted}' is not`);
    return bus;
  }
  if (!kind) return undefined;
  if (!buses.some((bus) => bus.accepts(kind))) throw new OptionError(`No '${kind}' bus found for device '${type.name}'`, where);
  const free = freeBus(machine.sysbus, kind);
  if (!free) throw new OptionError(`All '${kind}' buses are full`, where);
  return free;
}

/** The first with room, as QEMU looks for it: a bus before those below it, and of several on one bus what was made last. */
function freeBus(bus: Bus, kind: string): Bus | undefined {
  if (bus.accepts(kind) && !bus.isFull) return bus;
  for (const device of [...bus.children].reverse())
    for (const below of [...device.childBuses].reverse()) {
      const found = freeBus(below, kind);
      if (found) return found;
    }
  return undefined;
}
