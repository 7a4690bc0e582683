/** Devices that come and go while the machine is there. */
import { createDevice } from '../hw/core/device-add.js';
import { DeviceState } from '../hw/core/device.js';
import type { MachineState } from '../hw/core/machine.js';
import { OptionList } from '../qom/option-list.js';
import type { QObject } from '../qom/object.js';
import { OptionError } from '../util/errors.js';
import { ControlError, NotFoundError } from './errors.js';

/** `driver`, `id`, `bus` and the device's own properties, as on the command line. @throws ControlError, in QEMU's words */
export function addDevice(machine: MachineState, options: Readonly<Record<string, string>>): void {
  if (options.driver === undefined) throw new ControlError("Parameter 'driver' is missing");
  try {
    createDevice(machine, new OptionList('device_add', Object.entries(options)), true);
  } catch (error) {
    throw error instanceof OptionError ? new ControlError(error.what.replace(/^p(?=roperty )/, 'P')) : error;
  }
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
