/** Registers of virtio over PCI: the common configuration (VIRTIO 1.2, section 4.1.4.3), and those of the legacy interface (4.1.4.10). */
import { registerMap, ro, rw, wo } from '../core/registers.js';
import type { VirtioPci } from './virtio-pci.js';
import { featureWord, setHalf, withFeatureWord } from './virtio.js';

export const COMMON_SIZE = 0x3c;
/** Bytes before the device's configuration, without and with the registers of vectors. */
export const LEGACY_HEADER = 0x14;
export const LEGACY_VECTORS = 0x18;
/** What the address of a legacy queue is counted in. */
const LEGACY_PAGE = 4096;
const ACKNOWLEDGE_DRIVER = 3;

const WORDS = [[2, 4]] as const;
const halfOf = (value: number, word: number): number => (word === 1 ? Math.floor(value / 2 ** 32) : value % 2 ** 32);

const area = (at: number, name: string, n: number) =>
  rw<VirtioPci>(at, name, {
    array: () => WORDS,
    read: (s, word) => halfOf(s.queue?.areas[n] ?? 0, word),
    write: (s, value, word) => s.queue && setHalf(s.queue.areas, n, word === 1, value),
  });

export const commonRegisters = registerMap<VirtioPci>('virtio_pci_common', [
  rw(0x00, 'device_feature_select', { field: 'deviceFeatureSelect' }),
  ro(0x04, 'device_feature', { read: (s) => featureWord(s.backend.hostFeatures(false), s.deviceFeatureSelect) }),
  rw(0x08, 'driver_feature_select', { field: 'driverFeatureSelect' }),
  rw(0x0c, 'driver_feature', {
    read: (s) => featureWord(s.driverFeatures, s.driverFeatureSelect),
    write: (s, value) => void (s.driverFeatures = withFeatureWord(s.driverFeatures, s.driverFeatureSelect, value >>> 0)),
  }),
  rw(0x10, 'config_msix_vector', { read: (s) => s.configVector, write: (s, value) => s.setVector(undefined, value & 0xffff) }),
  ro(0x12, 'num_queues', { read: (s) => s.backend.queues.length }),
  rw(0x14, 'device_status', { read: (s) => s.backend.status, write: (s, value) => s.setStatus(value & 0xff, false) }),
  ro(0x15, 'config_generation', { read: (s) => s.backend.configGeneration & 0xff }),
  rw(0x16, 'queue_select', { field: 'queueSelect', fields: { QUEUE: 0xffff } }),
  rw(0x18, 'queue_size', { read: (s) => s.queue?.num ?? 0, write: (s, value) => s.setQueueSize(value & 0xffff) }),
  rw(0x1a, 'queue_msix_vector', {
    read: (s) => s.vectorOf[s.queueSelect] ?? 0xffff,
    write: (s, value) => s.setVector(s.queueSelect, value & 0xffff),
  }),
  rw(0x1c, 'queue_enable', { read: (s) => Number(s.queue?.ready ?? false), write: (s, value) => s.enableQueue(value & 0xffff) }),
  ro(0x1e, 'queue_notify_off', { read: (s) => s.queueSelect }),
  area(0x20, 'queue_desc', 0),
  area(0x28, 'queue_driver', 1),
  area(0x30, 'queue_device', 2),
  ro(0x38, 'queue_notify_data', { read: () => 0 }),
  rw(0x3a, 'queue_reset', { read: () => 0, write: (s, value) => s.resetQueue(value & 0xffff) }),
]);

/** Offered by QEMU to find drivers that take whatever they see, which then get nothing (VIRTIO 1.2, 6.3: UNUSED). */
const F_BAD_FEATURE = 2 ** 30;

const hasVectors = (s: VirtioPci): boolean => s.msix?.enabled === true;

export const legacyRegisters = registerMap<VirtioPci>('virtio_pci_legacy', [
  ro(0x00, 'device_features', { read: (s) => featureWord(s.backend.hostFeatures(true), 0) | F_BAD_FEATURE }),
  rw(0x04, 'driver_features', {
    read: (s) => featureWord(s.backend.guestFeatures, 0),
    write: (s, value) => s.backend.setGuestFeatures(value & F_BAD_FEATURE ? 0n : BigInt(value >>> 0), true),
  }),
  rw(0x08, 'queue_address', {
    read: (s) => Math.floor((s.queue?.desc ?? 0) / LEGACY_PAGE) >>> 0,
    write: (s, value) => s.setLegacyQueue((value >>> 0) * LEGACY_PAGE),
  }),
  ro(0x0c, 'queue_size', { read: (s) => s.queue?.num ?? 0 }),
  rw(0x0e, 'queue_select', { field: 'queueSelect', fields: { QUEUE: 0xffff } }),
  wo(0x10, 'queue_notify', { write: (s, value) => s.notifyQueue(value & 0xffff) }),
  rw(0x12, 'device_status', {
    read: (s) => s.backend.status,
    write: (s, value) => {
      s.setStatus(value & 0xff, true);
      if ((value & 0xff) === ACKNOWLEDGE_DRIVER) s.becomeMaster();
    },
  }),
  ro(0x13, 'isr_status', { read: (s) => s.readIsr() }),
  rw(0x14, 'config_msix_vector', {
    when: hasVectors,
    read: (s) => s.configVector,
    write: (s, value) => s.setVector(undefined, value & 0xffff),
  }),
  rw(0x16, 'queue_msix_vector', {
    when: hasVectors,
    read: (s) => s.vectorOf[s.queueSelect] ?? 0xffff,
    write: (s, value) => s.setVector(s.queueSelect, value & 0xffff),
  }),
]);
