/** What is told of the parts of a machine. */
import type { BlockBackend } from '../block/backend.js';
import type { BlockStats } from '../block/stats.js';
import type { DeviceState } from '../hw/core/device.js';
import { SysBusDevice } from '../hw/core/sysbus.js';

export interface DeviceInfo {
  /** In the QOM tree: `/machine/unattached/device[3]`. */
  readonly path: string;
  readonly type: string;
  readonly id?: string;
  readonly bus?: string;
  /** Regions and where each is in the one around it; not mapped: -1. Bytes. */
  readonly mmio: readonly { readonly name: string; readonly address: number; readonly size: number }[];
}

export interface PropertyInfo {
  readonly name: string;
  readonly kind: string;
  /** As text. */
  readonly value: string;
}

export interface DriveInfo {
  readonly device: string;
  /** The device that has it. */
  readonly user: string | undefined;
  readonly file: string;
  readonly driver: string;
  readonly readOnly: boolean;
  /** Bytes. */
  readonly length: number;
  readonly writeCache: boolean;
  readonly noFlush: boolean;
  readonly stats: BlockStats;
  /** ns since its last request; undefined: it had none. */
  readonly idleNs: number | undefined;
}

export interface ChardevInfo {
  readonly label: string;
  readonly filename: string;
  /** A frontend uses it. */
  readonly open: boolean;
}

export const deviceInfo = (device: DeviceState): DeviceInfo => ({
  path: device.canonicalPath ?? '',
  type: device.typeName,
  id: device.id,
  bus: device.parentBus?.name,
  mmio: device instanceof SysBusDevice ? device.mmio.map(regionInfo) : [],
});

const regionInfo = ({ name, address, size, parentRegion }: SysBusDevice['mmio'][number]) => ({
  name,
  address: parentRegion ? address : -1,
  size,
});

export const driveInfo = ({ id, user, node, options, stats, now }: BlockBackend): DriveInfo => ({
  device: id,
  user,
  file: node.filename,
  driver: node.driver,
  readOnly: node.readOnly,
  length: node.length,
  writeCache: options.writeCache,
  noFlush: options.noFlush,
  stats,
  idleNs: stats.lastNs === undefined ? undefined : Math.round(now() - stats.lastNs),
});
