/** The snapshots of one machine: saved, loaded, listed; what runs is stopped meanwhile, and goes on. */
import type { MachineState } from '../hw/core/machine.js';
import type { RunState } from '../hw/core/runstate.js';
import { loadMachine, saveMachine, snapshotHead, type SnapshotTools } from '../migration/snapshot.js';
import type { SnapshotSink, SnapshotSource } from '../migration/format.js';
import { MemorySnapshots, type MemorySnapshot } from '../migration/memory-snapshot.js';
import type { SnapshotStore } from '../migration/store.js';
import { SnapshotError, VmStateError } from '../util/errors.js';

/** What a host gives for it. */
export interface SnapshotHost {
  readonly tools?: SnapshotTools;
  /** Where `savevm` keeps them; undefined: nowhere. */
  readonly store?: SnapshotStore;
  /** Of wemu, for the head of what is saved. */
  readonly version?: string;
}

export interface SaveOptions {
  /** Default: true. It takes 10 ms a MiB, and makes a third of it; without, the file is read faster, too. */
  readonly compress?: boolean;
}

export interface SnapshotInfo {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was made, ms since 1970. */
  readonly date: number;
  /** Guest time, ns. */
  readonly clock: bigint;
  /** Undefined: whole. Else what is wrong with it: it cannot be loaded. */
  readonly problem?: string;
}

const NAME = /^[^/\\\0]{1,200}$/;

export class Snapshots {
  private busy = false;
  private inMemory: MemorySnapshots | undefined;

  constructor(
    private readonly machine: MachineState,
    /** Stops the guest in this state, if it runs; tells whether it did. */
    private readonly halt: (state: RunState) => Promise<boolean>,
    private readonly host: SnapshotHost = {},
    /** Guest code runs: it called what asks. */
    private readonly isInSlice: () => boolean = () => false,
  ) {}

  /** One is being saved or loaded: the machine must not go on, nor be reset. */
  get isBusy(): boolean {
    return this.busy;
  }

  /** Bytes of the file. @throws VmStateError if the machine cannot be saved now */
  save(sink: SnapshotSink, { compress = true }: SaveOptions = {}): Promise<number> {
    const { tools, version = '' } = this.host;
    return this.still('save-vm', () => saveMachine(this.machine, sink, version, compress ? tools : { ...tools, codec: undefined }));
  }

  /** `isFresh`: see loadMachine. @throws VmStateError if it is damaged, or of another machine; then this one is as it was */
  load(source: SnapshotSource, isFresh = false): Promise<void> {
    return this.still('restore-vm', async () => {
      this.inMemory?.forget();
      await loadMachine(this.machine, source, this.host.tools, isFresh);
    });
  }

  /** In memory; at once, so nothing may run. @throws SnapshotError, VmStateError */
  take(): MemorySnapshot {
    this.refuseWhileRunning();
    return this.memory.take();
  }
  /** Those in memory. @throws SnapshotError if this machine can have none */
  get memory(): MemorySnapshots {
    return (this.inMemory ??= new MemorySnapshots(this.machine));
  }
  /** At once, so nothing may run. The run state stays; a machine that had ended can be run again. @throws SnapshotError */
  restore(snapshot: MemorySnapshot): void {
    this.refuseWhileRunning();
    if (!this.inMemory?.owns(snapshot)) throw new SnapshotError('the snapshot is of another machine');
    this.inMemory.restore(snapshot);
    this.machine.revive();
  }
  private refuseWhileRunning(): void {
    if (this.busy || this.isInSlice()) throw new SnapshotError('the machine is running: stop or pause it first');
  }

  /** One of that name is replaced. @throws SnapshotError, VmStateError */
  async saveNamed(name = this.newName()): Promise<SnapshotInfo> {
    const file = await this.store.create(this.checked(name));
    try {
      const size = await this.save(file);
      await file.commit();
      return { name, size, date: this.machine.env.hostClock.epochMs(), clock: this.machine.clocks.virtualNow };
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** @throws SnapshotError, VmStateError */
  async loadNamed(name: string): Promise<void> {
    const file = NAME.test(name) ? await this.store.open(name) : undefined;
    if (!file) throw new SnapshotError(`Snapshot '${name}' does not exist in one or more devices`);
    try {
      await this.load(file);
    } finally {
      file.close();
    }
  }

  /** False: there was none of that name. */
  deleteNamed(name: string): boolean | Promise<boolean> {
    return NAME.test(name) && this.store.delete(name);
  }

  async list(): Promise<SnapshotInfo[]> {
    const list: SnapshotInfo[] = [];
    for (const name of (await this.host.store?.names()) ?? []) {
      const file = await this.store.open(name);
      if (!file) continue; // deleted just now
      try {
        const { date, clock } = await snapshotHead(file, this.host.tools);
        list.push({ name, size: file.size, date, clock: BigInt(clock) });
      } catch (error) {
        if (!(error instanceof VmStateError)) throw error;
        list.push({ name, size: file.size, date: 0, clock: 0n, problem: error.message });
      } finally {
        file.close();
      }
    }
    return list;
  }

  private get store(): SnapshotStore {
    if (!this.host.store) throw new SnapshotError('no block device can store vmstate for snapshot');
    return this.host.store;
  }

  private checked(name: string): string {
    if (!NAME.test(name) || name.startsWith('.')) throw new SnapshotError(`'${name}' cannot be the name of a snapshot`);
    return name;
  }

  /** QEMU's, by the time of day. */
  private newName(): string {
    const date = new Date(this.machine.env.hostClock.epochMs()).toISOString();
    return `vm-${date.slice(0, 19).replace(/[-T:]/g, '')}`;
  }

  /** Nothing of the machine moves while `work` is done. */
  private async still<T>(state: RunState, work: () => Promise<T>): Promise<T> {
    if (this.busy) throw new SnapshotError('another snapshot is being saved or loaded');
    this.busy = true;
    try {
      const ran = await this.halt(state);
      this.machine.freezeInput(true);
      try {
        return await work();
      } finally {
        this.machine.freezeInput(false);
        this.busy = false;
        if (ran && this.machine.runState.state === state) this.machine.vmStart();
      }
    } finally {
      this.busy = false;
    }
  }
}
