/** The devices of this folder on PCI. Numbers of the transitional ones: VIRTIO 1.2, section 4.1.2; classes are those that QEMU gives them. */
import type { TypedClass } from '../../qom/object.js';
import { virtioPci } from './virtio-pci.js';
import { VirtioBlk } from './virtio-blk.js';
import { VirtioRng } from './virtio-rng.js';
import { VirtioSerial } from './virtio-serial.js';

const blk = virtioPci(
  'virtio-blk-pci',
  VirtioBlk,
  { class: 0x0100, transitionalId: 0x1001, vectors: ({ queues }) => queues.length + 1 },
  { category: 'storage', alias: 'virtio-blk' },
);
const rng = virtioPci(
  'virtio-rng-pci',
  VirtioRng,
  { class: 0x00ff, transitionalId: 0x1005, vectors: () => 2 },
  { category: 'misc', alias: 'virtio-rng' },
);
const serial = virtioPci(
  'virtio-serial-pci',
  VirtioSerial,
  { class: 0x0780, transitionalId: 0x1003, defaultVectors: 2, vectors: (device) => (device as VirtioSerial).maxPorts + 1 },
  { category: 'input', alias: 'virtio-serial' },
);

export const [VirtioBlkPci] = blk;
export const [VirtioRngPci] = rng;
export const [VirtioSerialPci] = serial;
export const virtioPciDevices: readonly TypedClass[] = [...blk, ...rng, ...serial];
