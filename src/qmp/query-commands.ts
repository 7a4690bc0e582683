/** QMP's commands that only ask (QAPI control.json, misc.json, machine.json, migration.json, tpm.json), and what looks at trace events. */
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
  ...{ 'numa-mem-supported': bool, deprecated: bool, 'default-cpu-type': optional(str), 'default-ram-id': optional(str), acpi: bool },
});

/** Nothing migrates: whoever wants to be told of it can be promised that (libvirt insists on it). */
const MigrationCapability = enumeration('MigrationCapability', ['events']);
const MigrationCapabilityStatus = struct('MigrationCapabilityStatus', { capability: MigrationCapability, state: bool });

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
  command('query-machines', { 'compat-props': optional(bool) }, list(MachineInfo), ({ machines, cpuModels }) =>
    machines.machines.map(({ type: { name, ext } }) => ({
      ...{ name, alias: ext.aliases?.[0], 'is-default': ext.isDefault === true ? true : undefined, 'cpu-max': ext.maxCpus ?? 1 },
      ...{
        'hotpluggable-cpus': false,
        'numa-mem-supported': false,
        deprecated: false,
        'default-cpu-type': cpuModels?.list().find((model) => model.name === ext.defaultCpuType)?.typeName,
        'default-ram-id': ext.defaultRamId,
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
  command('query-tpm-models', {}, list(enumeration('TpmModel', ['tpm-tis', 'tpm-crb', 'tpm-spapr'])), () => []),
  command('query-tpm-types', {}, list(enumeration('TpmType', ['passthrough', 'emulator'])), () => []),
  command('query-rx-filter', {}, list(any), () => []),
  command('query-migrate', {}, EMPTY, () => NOTHING),
  command('query-migrate-capabilities', {}, list(MigrationCapabilityStatus), ({ control }) => [
    { capability: 'events' as const, state: control.wantsMigrationEvents },
  ]),
  command('migrate-set-capabilities', { capabilities: list(MigrationCapabilityStatus) }, EMPTY, ({ control }, { capabilities }) => {
    for (const { state } of capabilities) control.wantsMigrationEvents = state;
    return NOTHING;
  }),
  command('query-replay', {}, ReplayInfo, ({ control }) => control.replayInfo),
  command('query-balloon', {}, EMPTY, () => {
    throw new QmpError('No balloon device has been activated', 'DeviceNotActive');
  }),
  command('query-hotpluggable-cpus', {}, list(any), () => {
    throw new QmpError('machine does not support hot-plugging CPUs');
  }),

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
