/** Virtio: transports, and devices for them: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { VirtioDevice } from './virtio.js';
import { VirtioBlk } from './virtio-blk.js';
import { virtioPciDevices } from './virtio-pci-devices.js';
import { VirtioPci } from './virtio-pci.js';
import { VirtioMmio } from './virtio-mmio.js';
import { VirtioRng } from './virtio-rng.js';
import { VirtConsole, VirtSerialPort, VirtioSerial } from './virtio-serial.js';

export const virtioDevices: readonly TypedClass[] = [
  VirtioDevice,
  VirtioBlk,
  VirtioMmio,
  VirtioPci,
  ...virtioPciDevices,
  VirtioRng,
  VirtConsole,
  VirtSerialPort,
  VirtioSerial,
];
