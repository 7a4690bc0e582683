/** The devices of this build, by folder: each folder's index.ts names its own. A board, or `-device`, takes them from here. */
import type { TypedClass } from '../qom/object.js';
import { blockDevices } from './block/index.js';
import { charDevices } from './char/index.js';
import { intcDevices } from './intc/index.js';
import { miscDevices } from './misc/index.js';
import { nvramDevices } from './nvram/index.js';
import { pciDevices } from './pci/index.js';
import { pciHostDevices } from './pci-host/index.js';
import { rtcDevices } from './rtc/index.js';
import { virtioDevices } from './virtio/index.js';
import { PlatformBusDevice } from './core/platform-bus.js';

export const DEVICES: readonly TypedClass[] = [
  PlatformBusDevice,
  ...blockDevices,
  ...charDevices,
  ...intcDevices,
  ...miscDevices,
  ...nvramDevices,
  ...pciDevices,
  ...pciHostDevices,
  ...rtcDevices,
  ...virtioDevices,
];
