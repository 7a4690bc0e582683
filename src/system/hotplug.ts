/** Devices, objects and character devices that come and go while the machine is there. */
import { Chardev } from '../chardev/chardev.js';
import { createDevice } from '../hw/core/device-add.js';
import { DeviceState } from '../hw/core/device.js';
import type { MachineState } from '../hw/core/machine.js';
import { OptionList } from '../qom/option-list.js';
import type { QObject } from '../qom/object.js';
import { OptionError } from '../util/errors.js';
import { chardevFromParts, type ChardevOptions } from './chardev-options.js';
import { ControlError, NotFoundError } from './errors.js';
import { createObject } from './object-options.js';

/** `driver`, `id`, `bus` and the device's own properties, as on the command line. @throws ControlError, in QEMU's words */
export function addDevice(machine: MachineState, options: Readonly<Record<string, string>>): void {
  if (options.driver === undefined) throw new ControlError("Parameter 'driver' is missing");
  try {
    createDevice(machine, new OptionList('device_add', Object.entries(options)), true);
  } catch (error) {
    throw plain(error, options.driver);
  }
}

/** `qom-type`, `id` and the object's own properties. @throws ControlError, in QEMU's words */
export function addObject(machine: MachineState, options: Readonly<Record<string, string>>): void {
  try {
    createObject(machine, new OptionList('object-add', Object.entries(options)));
  } catch (error) {
    throw plain(error, options['qom-type']);
  }
}

/** What is wrong, and with which property of its type; without the command and the id, which who says it knows. */
function plain(error: unknown, type = ''): unknown {
  if (!(error instanceof OptionError)) return error;
  const what = error.what.replace(/^p(?=roperty )/, 'P');
  const { property: name } = error;
  if (name === undefined) return new ControlError(what);
  return new ControlError(what.startsWith("can't find") ? `Property '${type}.${name}' ${what}` : `${type}.${name}: ${what}`);
}

/** The device is gone when this comes back: no guest is asked. Its path. @throws ControlError */
export function deleteDevice(machine: MachineState, id: string, device: QObject | undefined): string {
  if (!device) throw new NotFoundError(`Device '${id}' not found`);
  if (!(device instanceof DeviceState)) throw new ControlError(`${device.canonicalPath} is not a device`);
  const { parentBus, canonicalPath } = device;
  if (parentBus === undefined || !parentBus.isHotpluggable)
    throw new ControlError(`Bus '${parentBus?.name ?? ''}' does not support hotplugging`);
  machine.forget(device);
  return canonicalPath ?? '';
}

/** A character device, described by keys and values of the command line. */
export interface NewChardev {
  readonly id: string;
  readonly backend: string;
  readonly parts: readonly (readonly [string, string])[];
}
export type OpenChardev = (options: ChardevOptions) => Promise<Chardev>;

/** The one that was made. @throws ControlError */
export async function addChardev(
  machine: MachineState,
  { id, backend, parts }: NewChardev,
  open: OpenChardev | undefined,
): Promise<Chardev> {
  if (machine.backends.chardevs.some((each) => each.id === id)) throw new ControlError(`Chardev with id '${id}' already exists`);
  if (!open) throw new ControlError('character devices cannot be added here');
  let chardev: Chardev | undefined;
  try {
    chardev = await open(chardevFromParts(id, backend, parts));
    machine.backends.add('chardev', id, chardev);
    return chardev;
  } catch (error) {
    chardev?.close(); // another client was quicker
    throw error instanceof OptionError ? new ControlError(`Failed to add chardev '${id}': ${error.what}`) : error;
  }
}

/** @throws ControlError */
export function removeChardev(machine: MachineState, id: string): void {
  const chardev = machine.backends.of('chardev').get(id);
  if (!(chardev instanceof Chardev)) throw new ControlError(`Chardev '${id}' not found`);
  if (chardev.isAttached) throw new ControlError(`Chardev '${id}' is busy`);
  machine.backends.removeChardev(id, chardev);
}
