/** QMP's commands about disks (QAPI block.json, block-core.json). */
import type { BlockStats, RequestStats } from '../block/stats.js';
import type { DriveInfo } from '../system/control.js';
import { command, type QmpCommand } from './command.js';
import { any, bool, enumeration, int, list, optional, str, struct } from './schema.js';

const ImageInfo = struct('ImageInfo', { filename: str, format: str, 'virtual-size': int });
const BlockdevCacheInfo = struct('BlockdevCacheInfo', { writeback: bool, direct: bool, 'no-flush': bool });
const BlockDeviceInfo = struct('BlockDeviceInfo', {
  ...{ file: str, 'node-name': optional(str), ro: bool, drv: str, backing_file_depth: int, encrypted: bool },
  ...{ cache: BlockdevCacheInfo, image: ImageInfo, write_threshold: int },
  ...{ detect_zeroes: enumeration('BlockdevDetectZeroesOptions', ['off', 'on', 'unmap']) },
  ...{ bps: int, bps_rd: int, bps_wr: int, iops: int, iops_rd: int, iops_wr: int },
});
const BlockInfo = struct('BlockInfo', {
  ...{ device: str, qdev: optional(str), type: str, removable: bool, locked: bool, inserted: optional(BlockDeviceInfo) },
});
const NO_LIMITS = { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 };

const BlockDeviceStats = struct('BlockDeviceStats', {
  ...{ rd_bytes: int, wr_bytes: int, zone_append_bytes: int, unmap_bytes: int },
  ...{ rd_operations: int, wr_operations: int, zone_append_operations: int, flush_operations: int, unmap_operations: int },
  ...{ rd_total_time_ns: int, wr_total_time_ns: int, zone_append_total_time_ns: int, flush_total_time_ns: int, unmap_total_time_ns: int },
  ...{ wr_highest_offset: int, rd_merged: int, wr_merged: int, zone_append_merged: int, unmap_merged: int, idle_time_ns: optional(int) },
  ...{ failed_rd_operations: int, failed_wr_operations: int, failed_zone_append_operations: int, failed_flush_operations: int },
  ...{ failed_unmap_operations: int, invalid_rd_operations: int, invalid_wr_operations: int, invalid_zone_append_operations: int },
  ...{ invalid_flush_operations: int, invalid_unmap_operations: int, account_invalid: bool, account_failed: bool, timed_stats: list(any) },
});
const BlockStatsInfo = struct('BlockStats', {
  ...{ device: optional(str), qdev: optional(str), 'node-name': optional(str), stats: BlockDeviceStats },
});

export const BLOCK_COMMANDS: readonly QmpCommand[] = [
  command('query-block', {}, list(BlockInfo), ({ control }) =>
    control.drives().map((drive) => ({
      ...{ device: drive.device, qdev: drive.user, type: 'unknown', removable: false, locked: false, inserted: inserted(drive) },
    })),
  ),
  command('query-named-block-nodes', { flat: optional(bool) }, list(BlockDeviceInfo), ({ control }) =>
    control.drives().map((drive) => ({ ...inserted(drive), 'node-name': drive.device })),
  ),
  command('query-blockstats', { 'query-nodes': optional(bool) }, list(BlockStatsInfo), ({ control }, { 'query-nodes': nodes = false }) =>
    control.drives().map(({ device, user, stats, idleNs }) => ({
      ...(nodes ? { 'node-name': device } : { device, qdev: user, 'node-name': device }),
      stats: statsJson(stats, idleNs),
    })),
  ),
];

const inserted = ({ file, driver, readOnly, length, writeCache, noFlush }: DriveInfo) => ({
  ...{ file, ro: readOnly, drv: driver, backing_file_depth: 0, encrypted: false, write_threshold: 0, ...NO_LIMITS },
  detect_zeroes: 'off' as const,
  cache: { writeback: writeCache, direct: false, 'no-flush': noFlush },
  image: { filename: file, format: driver, 'virtual-size': length },
});

/** What is never counted, since nothing here does it: appending to zones, merging, invalid requests that reach a disk. */
const NEVER = {
  ...{
    zone_append_bytes: 0,
    zone_append_operations: 0,
    zone_append_total_time_ns: 0,
    zone_append_merged: 0,
    failed_zone_append_operations: 0,
  },
  ...{ rd_merged: 0, wr_merged: 0, unmap_merged: 0, invalid_rd_operations: 0, invalid_wr_operations: 0 },
  ...{ invalid_zone_append_operations: 0, invalid_flush_operations: 0, invalid_unmap_operations: 0 },
};

const statsJson = ({ read, write, flush, unmap, highestWrite }: BlockStats, idleNs: number | undefined) => ({
  ...{ rd_bytes: read.bytes, rd_operations: read.operations, failed_rd_operations: read.failed, rd_total_time_ns: ns(read) },
  ...{ wr_bytes: write.bytes, wr_operations: write.operations, failed_wr_operations: write.failed, wr_total_time_ns: ns(write) },
  ...{ flush_operations: flush.operations, failed_flush_operations: flush.failed, flush_total_time_ns: ns(flush) },
  ...{
    unmap_bytes: unmap.bytes,
    unmap_operations: unmap.operations,
    failed_unmap_operations: unmap.failed,
    unmap_total_time_ns: ns(unmap),
  },
  ...{ wr_highest_offset: highestWrite, idle_time_ns: idleNs, ...NEVER, account_invalid: true, account_failed: true, timed_stats: [] },
});
const ns = ({ totalTimeNs }: RequestStats): number => Math.round(totalTimeNs);
