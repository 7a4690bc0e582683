/** What a host (src/node, src/browser) provides. */
import type { BlockHost } from '../block/drive.js';
import type { Accelerator } from '../hw/core/accelerator.js';
import type { HostClock, IcountOptions } from '../hw/core/clock.js';
import type { MachineClass } from '../hw/core/machine-class.js';
import type { MachineEnvironment } from '../hw/core/machine-config.js';
import type { RamAllocator } from '../memory/ram.js';
import type { SnapshotTools } from '../migration/format.js';
import type { SnapshotStore } from '../migration/store.js';
import type { PluginHost } from '../plugin/host.js';
import type { TypeRegistry } from '../qom/registry.js';
import type { LogSource } from '../replay/format.js';
import type { MachineRegistry } from './registry.js';
import type { HostScheduler } from './scheduler.js';

/** What the engine must be able to do, before it is made. */
export interface EngineRequest {
  machine: MachineClass;
  ramSize: number;
  smp: number;
  icount: IcountOptions | undefined;
  plugins: PluginHost | undefined;
}

export interface MachineHost
  extends
    Pick<MachineEnvironment, 'createFile' | 'firmware' | 'openLog' | 'randomBytes' | 'readFile' | 'threadId' | 'writeFile'>,
    BlockHost {
  /** Opens a file of the host's that is read piece by piece (`rrfile=`). @throws OptionError */
  openFile?: (name: string, zeros?: number) => LogSource;
  clock: HostClock;
  scheduler: HostScheduler;
  machines: MachineRegistry;
  types: TypeRegistry;
  /** Of wemu, in the snapshots that it makes. */
  version?: string;
  /** How they are made smaller and checked. */
  snapshotTools?: SnapshotTools;
  /** Where they are kept by name: in a folder, or where this host has them. @throws OptionError */
  snapshotStore?(folder?: string): SnapshotStore | undefined;
  /** Makes memory and accelerator for one machine; `close` takes them back. */
  engine(request: EngineRequest): { ram: RamAllocator; accelerator?: Accelerator; close?(): void };
}
