/** Devices that any board may have, by folder: each folder's index.ts names its own. What only some boards have, their target lists, and pc-devices.ts. */
import type { TypedClass } from '../qom/object.js';
import { blockDevices } from './block/index.js';
import { charDevices } from './char/index.js';
import { miscDevices } from './misc/index.js';
import { netDevices } from './net/index.js';
import { nvramDevices } from './nvram/index.js';
import { pciDevices } from './pci/index.js';
import { scsiDevices } from './scsi/index.js';
import { virtioDevices } from './virtio/index.js';
import { watchdogDevices } from './watchdog/index.js';
import { PlatformBusDevice } from './core/platform-bus.js';

export const DEVICES: readonly TypedClass[] = [
  PlatformBusDevice,
  ...blockDevices,
  ...charDevices,
  ...miscDevices,
  ...netDevices,
  ...nvramDevices,
  ...pciDevices,
  ...scsiDevices,
  ...virtioDevices,
  ...watchdogDevices,
];
