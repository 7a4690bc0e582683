/** The devices of this build, by folder: each folder's index.ts names its own. A board, or `-device`, takes them from here. */
import type { TypedClass } from '../qom/object.js';
import { audioDevices } from './audio/index.js';
import { blockDevices } from './block/index.js';
import { charDevices } from './char/index.js';
import { dmaDevices } from './dma/index.js';
import { inputDevices } from './input/index.js';
import { intcDevices } from './intc/index.js';
import { isaDevices } from './isa/index.js';
import { miscDevices } from './misc/index.js';
import { netDevices } from './net/index.js';
import { nvramDevices } from './nvram/index.js';
import { pciHostDevices } from './pci-host/index.js';
import { pciDevices } from './pci/index.js';
import { rtcDevices } from './rtc/index.js';
import { scsiDevices } from './scsi/index.js';
import { southbridgeDevices } from './southbridge/index.js';
import { timerDevices } from './timer/index.js';
import { virtioDevices } from './virtio/index.js';
import { PlatformBusDevice } from './core/platform-bus.js';

export const DEVICES: readonly TypedClass[] = [
  PlatformBusDevice,
  ...audioDevices,
  ...blockDevices,
  ...charDevices,
  ...dmaDevices,
  ...inputDevices,
  ...intcDevices,
  ...isaDevices,
  ...miscDevices,
  ...netDevices,
  ...nvramDevices,
  ...pciDevices,
  ...pciHostDevices,
  ...rtcDevices,
  ...scsiDevices,
  ...southbridgeDevices,
  ...timerDevices,
  ...virtioDevices,
];
