/** wemu's host-independent core. Hosts: `wemu/node`, `wemu/browser`. */
export * as layout from '../assembly/shared/layout.js';
export {
  Machine,
  type EngineRequest,
  type MachineHost,
  type MachineOptions,
  type SemihostingOptions,
  type SerialPort,
} from './system/facade.js';
export { MachineState } from './hw/core/machine.js';
export type { MachineClass } from './hw/core/machine-class.js';
export type { MachineConfig, MachineEnvironment } from './hw/core/machine-config.js';
export type { RunResult } from './system/main-loop.js';
export type { Actions } from './hw/core/actions.js';
export type { MachineEvent, MachineEventData, MachineEventName } from './hw/core/events.js';
export type { RunState, ShutdownCause } from './hw/core/runstate.js';
export { TimeoutScheduler, type HostScheduler, type Sleep } from './system/scheduler.js';
export type { Accelerator } from './hw/core/accelerator.js';
export { MachineRegistry } from './system/registry.js';
export { deviceHelp, devicePropertiesHelp, machineHelp } from './system/help.js';
export { TARGETS } from './targets.js';
export { createTcgHost, type CommonEngineOptions, type EngineOptions, type TcgHost, type TcgHostParts } from './host.js';
export { TypeRegistry } from './qom/registry.js';
export { CpuState } from './hw/core/cpu.js';
export { ManualHostClock, type HostClock, type IcountOptions } from './hw/core/clock.js';
export {
  Chardev,
  CharBackend,
  NullChardev,
  RingBufferChardev,
  StreamChardev,
  type CharEvent,
  type CharHandlers,
} from './chardev/chardev.js';
export { MuxChardev, type MuxOptions } from './chardev/mux.js';
export { parseChardev, type ChardevOptions } from './system/chardev-options.js';
export type { HostFile, HostFiles, OpenMode } from './semihosting/services.js';
export { Refusal, type ErrnoName } from './semihosting/errno.js';
export type { SnapshotSink, SnapshotSource } from './migration/format.js';
export type { MemorySnapshot } from './migration/memory-snapshot.js';
export { MemorySnapshotStore, type NewSnapshot, type OpenSnapshot, type SnapshotStore } from './migration/store.js';
export type { SaveNamedOptions, SaveOptions, SnapshotInfo } from './system/snapshots.js';
export type { FindParent } from './migration/chain.js';
export type { LoadOptions } from './migration/snapshot.js';
export { LinearRamAllocator, type RamAllocator, type RamBlock } from './memory/ram.js';
export { ControlError, type DeviceInfo, type MachineControl, type MemorySpace, type PropertyInfo } from './system/control.js';
export { isUserError, BusError, GuestError, LoaderError, OptionError, SnapshotError, VmStateError } from './util/errors.js';
export { Log, LOG_ITEMS, type LogItem } from './util/log.js';
export {
  Campaign,
  Gustave,
  GustaveDriver,
  type CampaignHost,
  type CampaignStats,
  type Finding,
  type GustaveConfig,
  type NamedInput,
  type Outcome,
} from './gustave/index.js';
