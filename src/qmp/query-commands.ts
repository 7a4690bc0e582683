/** QMP's commands that only ask (QAPI control.json, misc.json, machine.json, char.json, block-core.json), and what looks at trace events. */
import { RingBufferChardev } from '../chardev/chardev.js';
import type { DriveInfo } from '../system/control.js';
import { command, NOTHING, type QmpCommand } from './command.js';
import { PciInfo, queryPci } from './pci.js';
import { any, bool, EMPTY, enumeration, int, list, optional, QmpError, str, struct } from './schema.js';
import { versionInfo } from './version.js';

const VersionTriple = struct('VersionTriple', { major: int, minor: int, micro: int });
const VersionInfo = struct('VersionInfo', { qemu: VersionTriple, package: str });

const CpuInstanceProperties = struct('CpuInstanceProperties', { 'core-id': optional(int) });
const CpuInfoFast = struct('CpuInfoFast', {
  ...{ 'cpu-index': int, 'qom-path': str, 'thread-id': int, props: optional(CpuInstanceProperties), target: str },
});
const MachineInfo = struct('MachineInfo', {
  ...{ name: str, alias: optional(str), 'is-default': optional(bool), 'cpu-max': int, 'hotpluggable-cpus': bool },
  ...{ 'numa-mem-supported': bool, deprecated: bool, 'default-cpu-type': optional(str), acpi: bool },
});

const ChardevInfo = struct('ChardevInfo', { label: str, filename: str, 'frontend-open': bool });
const DataFormat = enumeration('DataFormat', ['utf8', 'base64']);

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

const HumanReadableText = struct('HumanReadableText', { 'human-readable-text': str });

const ReplayMode = enumeration('ReplayMode', ['none', 'record', 'play']);
const ReplayInfo = struct('ReplayInfo', { mode: ReplayMode, filename: optional(str), icount: int });

const TraceEventState = enumeration('TraceEventState', ['unavailable', 'disabled', 'enabled']);
const TraceEventInfo = struct('TraceEventInfo', { name: str, state: TraceEventState });

export const QUERY_COMMANDS: readonly QmpCommand[] = [
  command('query-version', {}, VersionInfo, ({ version }) => versionInfo(version)),
  command('query-name', {}, struct('NameInfo', { name: optional(str) }), ({ control }) => ({ name: control.name })),
  command('query-uuid', {}, struct('UuidInfo', { UUID: str }), ({ control }) => ({ UUID: control.uuid })),
  command('query-kvm', {}, struct('KvmInfo', { enabled: bool, present: bool }), () => ({ enabled: false, present: false })),
  command('query-target', {}, struct('TargetInfo', { arch: str }), ({ control }) => ({ arch: control.target })),
  command('query-cpus-fast', {}, list(CpuInfoFast), ({ control }) =>
    control.cpus.map((cpu) => ({
      ...{ 'cpu-index': cpu.cpuIndex, 'qom-path': cpu.canonicalPath ?? '', 'thread-id': control.machine.env.threadId ?? 0 },
      ...{ props: { 'core-id': cpu.cpuIndex }, target: control.target },
    })),
  ),
  command('query-machines', { 'compat-props': optional(bool) }, list(MachineInfo), ({ machines }) =>
    machines.machines.map(({ type: { name, ext } }) => ({
      ...{ name, alias: ext.aliases?.[0], 'is-default': ext.isDefault === true ? true : undefined, 'cpu-max': ext.maxCpus ?? 1 },
      ...{
        'hotpluggable-cpus': false,
        'numa-mem-supported': false,
        deprecated: false,
        'default-cpu-type': ext.defaultCpuType,
        acpi: false,
      },
    })),
  ),
  command('query-iothreads', {}, list(any), () => []),
  command('query-memory-devices', {}, list(any), () => []),
  command('query-pci', {}, list(PciInfo), ({ control }) => queryPci(control.machine)),
  command('query-mice', {}, list(any), () => []),
  command('query-fdsets', {}, list(any), () => []),
  command('query-tpm', {}, list(any), () => []),
  command('query-rx-filter', {}, list(any), () => []),
  command('query-migrate', {}, EMPTY, () => NOTHING),
  command('query-replay', {}, ReplayInfo, ({ control }) => control.replayInfo),
  command('query-balloon', {}, EMPTY, () => {
    throw new QmpError('No balloon device has been activated', 'DeviceNotActive');
  }),
  command('query-hotpluggable-cpus', {}, list(any), () => {
    throw new QmpError('machine does not support hot-plugging CPUs');
  }),

  command('query-chardev', {}, list(ChardevInfo), ({ control }) =>
    control.chardevs().map(({ label, filename, open }) => ({ label, filename, 'frontend-open': open })),
  ),
  command(
    'ringbuf-read',
    { device: str, size: int, format: optional(DataFormat) },
    str,
    ({ control }, { device, size, format = 'utf8' }) => {
      const ring = ringBuffer(control.chardev(device), device);
      if (size <= 0) throw new QmpError('size must be greater than zero');
      const bytes = ring.read(size);
      return format === 'utf8' ? new TextDecoder().decode(bytes) : btoa(String.fromCharCode(...bytes));
    },
  ),
  command(
    'ringbuf-write',
    { device: str, data: str, format: optional(DataFormat) },
    EMPTY,
    ({ control }, { device, data, format = 'utf8' }) => {
      ringBuffer(control.chardev(device), device).write(format === 'utf8' ? new TextEncoder().encode(data) : decodeBase64(data));
      return NOTHING;
    },
  ),
  command('chardev-send-break', { id: str }, EMPTY, ({ control }, { id }) => {
    const chardev = control.chardev(id);
    if (!chardev) throw new QmpError(`Chardev '${id}' not found`);
    chardev.sendEvent('break');
    return NOTHING;
  }),

  command('query-block', {}, list(BlockInfo), ({ control }) =>
    control.drives().map((drive) => ({
      ...{ device: drive.device, qdev: drive.user, type: 'unknown', removable: false, locked: false, inserted: inserted(drive) },
    })),
  ),
  command('query-named-block-nodes', { flat: optional(bool) }, list(BlockDeviceInfo), ({ control }) =>
    control.drives().map((drive) => ({ ...inserted(drive), 'node-name': drive.device })),
  ),
  command('query-vnc', {}, struct('VncInfo', { enabled: bool }), () => ({ enabled: false })),

  command('x-query-jit', {}, HumanReadableText, ({ control }) => ({ 'human-readable-text': control.jitText() })),
  command('x-query-roms', {}, HumanReadableText, ({ control }) => ({ 'human-readable-text': control.machine.roms.text() })),
  command('x-query-irq', {}, HumanReadableText, () => ({ 'human-readable-text': '' })),
  command('x-query-interrupt-controllers', {}, HumanReadableText, () => ({ 'human-readable-text': '' })),

  command('trace-event-get-state', { name: str }, list(TraceEventInfo), ({ control }, { name }) => {
    const events = control.logs.traceEvents(name);
    if (events.length === 0 && !/[*?]/.test(name)) throw new QmpError(`unknown event "${name}"`);
    return events.map((event) => ({ name: event.name, state: event.enabled ? ('enabled' as const) : ('disabled' as const) }));
  }),
  command(
    'trace-event-set-state',
    { name: str, enable: bool, 'ignore-unavailable': optional(bool) },
    EMPTY,
    ({ control }, { name, enable }) => {
      if (!control.logs.setTraceEvent(name, enable)) throw new QmpError(`unknown event "${name}"`);
      return NOTHING;
    },
  ),
];

const inserted = ({ file, driver, readOnly, length, writeCache, noFlush }: DriveInfo) => ({
  ...{ file, ro: readOnly, drv: driver, backing_file_depth: 0, encrypted: false, write_threshold: 0, ...NO_LIMITS },
  detect_zeroes: 'off' as const,
  cache: { writeback: writeCache, direct: false, 'no-flush': noFlush },
  image: { filename: file, format: driver, 'virtual-size': length },
});

function ringBuffer(chardev: unknown, id: string): RingBufferChardev {
  if (chardev === undefined) throw new QmpError(`Device '${id}' not found`);
  if (!(chardev instanceof RingBufferChardev)) throw new QmpError(`${id} is not a ringbuf device`);
  return chardev;
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new QmpError('invalid base64 encoding');
  }
}
