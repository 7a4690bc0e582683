/** The snapshots of one machine: saved, loaded, listed; what runs is stopped meanwhile, and goes on. */
import type { MachineState } from '../hw/core/machine.js';
import type { RunState } from '../hw/core/runstate.js';
import type { FindParent } from '../migration/chain.js';
import { DirtyLog } from '../migration/dirty-log.js';
import { MemoryCopy } from '../migration/memory-copy.js';
import { checkSavable, MachineImage, type Changes, type Written } from '../migration/image.js';
import { loadMachine, snapshotHead, type Loaded, type LoadOptions } from '../migration/snapshot.js';
import type { SnapshotSink, SnapshotSource, SnapshotTools } from '../migration/format.js';
import type { SnapshotHead } from '../migration/head.js';
import { MemorySnapshots, type MemorySnapshot } from '../migration/memory-snapshot.js';
import type { PendingMemory } from '../migration/pending.js';
import { inPlace, type SnapshotStore } from '../migration/store.js';
import { SnapshotError, VmStateError } from '../util/errors.js';
import { PendingWork } from '../util/pending-work.js';
import type { Pauses } from './main-loop.js';
import { SnapshotBase } from './snapshot-base.js';

/** What a host gives for it. */
export interface SnapshotHost {
  readonly tools?: SnapshotTools;
  /** Where `savevm` keeps them; undefined: nowhere. */
  readonly store?: SnapshotStore;
  /** Of wemu, for the head of what is saved. */
  readonly version?: string;
  /** As SaveOptions', where nothing is said. */
  readonly incremental?: boolean;
}

export interface SaveOptions {
  /** Default: true. It takes 10 ms a MiB, and makes a third of it; without, the file is read faster, too. */
  readonly compress?: boolean;
}

export interface SaveNamedOptions extends SaveOptions {
  /**
   * Only what is different from the snapshot that was saved or loaded last, by name, since this was first asked for; all, if there is none. Default: as
   * the machine was made.
   */
  readonly incremental?: boolean;
}

export interface SnapshotInfo {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was made, ms since 1970. */
  readonly date: number;
  /** Guest time, ns. */
  readonly clock: bigint;
  /** The name of the one that it builds on. */
  readonly parent?: string;
  /** Undefined: whole. Else what is wrong with it: it cannot be loaded. */
  readonly problem?: string;
}

const BUSY = 'another snapshot is being saved or loaded';
const MOST_BYTES = 200;
/** It becomes a file's name, and is printed: no way out of the folder, and nothing that a terminal obeys. */
const isName = (name: string): boolean => /^[^/\\\p{Cc}\p{Cs}]+$/u.test(name) && new TextEncoder().encode(name).length <= MOST_BYTES;

export class Snapshots {
  private busy = false;
  /** One is being saved: most of the time the machine goes on. */
  private isWriting = false;
  /** One is being saved by name, up to its last moment: nothing else may become what the next one builds on. */
  private isNaming = false;
  private readonly saves = new PendingWork();
  private inMemory: MemorySnapshots | undefined;
  private dirty: DirtyLog | undefined;
  private base: SnapshotBase | undefined;
  /** Of what was loaded: the file is in use until it has come. */
  private pending: PendingMemory | undefined;
  private hasLoaded = false;

  constructor(
    private readonly machine: MachineState,
    /** Stops the guest in this state, if it runs; tells whether it did. */
    private readonly halt: (state: RunState) => Promise<boolean>,
    /** For long work: see MainLoop. */
    private readonly pauses: () => Pauses,
    private readonly host: SnapshotHost = {},
    /** Guest code runs: it called what asks. */
    private readonly isInSlice: () => boolean = () => false,
  ) {}

  /** One is being saved or loaded: the machine must not go on, nor be reset. */
  get isBusy(): boolean {
    return this.busy;
  }

  /** Bytes of the file. A machine that runs goes on while it is written. @throws VmStateError if the machine cannot be saved now */
  async save(sink: SnapshotSink, options: SaveOptions = {}): Promise<number> {
    return (await this.saves.note(this.write(sink, options))).bytes;
  }

  /** `changes`: what it builds on, if that is asked for when the machine stands still; `isWhole`: there will be nothing. */
  private async write(
    sink: SnapshotSink,
    { compress = true }: SaveOptions,
    changes?: () => Changes | undefined,
    isWhole = true,
  ): Promise<Written> {
    const { tools = {}, version = '' } = this.host;
    const used = compress ? tools : { ...tools, codec: undefined };
    if (this.busy || this.isWriting) throw new SnapshotError(BUSY);
    this.isWriting = true;
    try {
      const copied = isWhole ? await this.copied() : undefined;
      const { image, written } = await this.still('save-vm', async (ran) => {
        try {
          const image = new MachineImage(this.machine, version, changes?.());
          return { image, written: (ran || copied) && (await image.detach(copied)) ? undefined : await image.write(sink, used) };
        } finally {
          copied?.end();
        }
      });
      return written ?? (await image.write(sink, used));
    } finally {
      this.isWriting = false;
    }
  }

  /** Of a machine that runs, made while it does. Undefined: it does not, or this host or machine cannot. */
  private async copied(): Promise<MemoryCopy | undefined> {
    const { machine } = this;
    if (!machine.runState.running || !machine.accelerator?.dirtyPages) return undefined;
    checkSavable(machine, true); // not after all the work
    const copy = new MemoryCopy(machine, this.dirtyLog);
    try {
      await copy.make(this.pauses());
      return copy;
    } catch (error) {
      copy.end();
      if (!(error instanceof VmStateError)) throw error;
      return undefined;
    }
  }

  /** @throws VmStateError if it is damaged, or of another machine; then this one is as it was, unless it is fresh (see LoadOptions) */
  async load(source: SnapshotSource, { lazy, ...options }: LoadOptions = {}): Promise<Loaded> {
    this.refuseWhileBusy();
    const { isFresh } = this;
    let pending: PendingMemory | undefined;
    let isInUse = true;
    const released = (): void => {
      if (isInUse) lazy?.released?.();
      isInUse = false;
    };
    try {
      const loaded = await this.still('restore-vm', async () => {
        this.fetchPending();
        this.hasLoaded = true;
        const how = { ...options, isFresh, lazy: lazy && { ...lazy, released } };
        const loaded = await loadMachine(this.machine, source, this.host.tools, how);
        this.inMemory?.forget();
        this.base?.drop();
        return loaded;
      });
      this.pending = pending = loaded.pending;
      return loaded;
    } finally {
      if (!pending) released();
    }
  }

  /** Its memory is zero: it was made to be loaded, and nothing has been done to it since. */
  private get isFresh(): boolean {
    const { config, runState } = this.machine;
    return config.incoming === true && !this.hasLoaded && runState.state === 'prelaunch' && this.machine.backends.of('pflash').size === 0;
  }

  /** What was loaded is read to its end, as its file may change now. @throws HostError */
  private fetchPending(): void {
    this.pending?.fetchAll();
    this.pending = undefined;
  }

  /** The end of the machine. Resolves when what was being saved is there, or not. */
  async close(): Promise<void> {
    this.pending?.end();
    await this.saves.settled();
  }

  /** In memory; at once, so nothing may run. @throws SnapshotError, VmStateError */
  take(): MemorySnapshot {
    this.refuseWhileRunning();
    return this.memory.take();
  }
  /** Those in memory. @throws SnapshotError if this machine can have none */
  get memory(): MemorySnapshots {
    return (this.inMemory ??= new MemorySnapshots(this.machine, this.dirtyLog));
  }
  /** @throws SnapshotError if the machine's accelerator cannot tell which pages are written */
  private get dirtyLog(): DirtyLog {
    const { dirtyPages } = this.machine.accelerator ?? {};
    if (!dirtyPages) throw new SnapshotError('this machine has no accelerator that tells which pages are written');
    return (this.dirty ??= new DirtyLog(dirtyPages));
  }
  /** At once, so nothing may run. The run state stays; a machine that had ended can be run again. @throws SnapshotError */
  restore(snapshot: MemorySnapshot): void {
    this.refuseWhileRunning();
    if (!this.inMemory?.owns(snapshot)) throw new SnapshotError('the snapshot is of another machine');
    this.inMemory.restore(snapshot);
    this.machine.revive();
  }
  private refuseWhileBusy(): void {
    if (this.busy || this.isWriting || this.isNaming) throw new SnapshotError(BUSY);
  }
  private refuseWhileRunning(): void {
    if (this.busy || this.isInSlice()) throw new SnapshotError('the machine is running: stop or pause it first');
  }

  /** One of that name is replaced. @throws SnapshotError, VmStateError */
  async saveNamed(name = this.newName(), options: SaveNamedOptions = {}): Promise<SnapshotInfo> {
    this.refuseWhileBusy();
    this.isNaming = true;
    try {
      return await this.saves.note(this.saveFile(this.checked(name), options));
    } finally {
      this.isNaming = false;
    }
  }

  private async saveFile(name: string, { incremental = this.host.incremental, ...options }: SaveNamedOptions): Promise<SnapshotInfo> {
    const { store } = this;
    await this.refuseIfBuiltUpon(name, 'replaced');
    const base = incremental ? this.startBase() : this.base;
    await base?.check(this.parents, this.host.tools ?? {});
    this.fetchPending(); // it may be the file that is replaced
    const file = await store.create(name);
    try {
      const { bytes: size, digest } = await this.write(
        file,
        options,
        base && (() => base.changes(incremental === true, name)),
        !(incremental && base?.parentOf(name)),
      );
      await file.commit();
      base?.saved(name, digest);
      return { name, size, date: this.machine.env.hostClock.epochMs(), clock: this.machine.clocks.virtualNow };
    } catch (error) {
      base?.notSaved();
      await file.discard();
      throw error;
    }
  }

  /** From now on it is noted what is written. @throws SnapshotError if this host or machine cannot */
  private startBase(): SnapshotBase {
    if (!this.host.tools?.digest) throw new SnapshotError('this host can save no snapshot that builds on another');
    return (this.base ??= new SnapshotBase(this.dirtyLog));
  }

  /** @throws SnapshotError, VmStateError */
  async loadNamed(name: string): Promise<void> {
    const file = isName(name) ? await this.store.open(name) : undefined;
    if (!file) throw new SnapshotError(`Snapshot '${name}' does not exist in one or more devices`);
    const source = await inPlace(file);
    const { digest, links } = await this.load(source, { parents: this.parents, lazy: { released: () => source.close() } });
    const base = this.host.incremental && this.host.tools?.digest ? this.startBase() : this.base;
    base?.loaded(name, digest, links);
  }

  /** Those of this store. */
  readonly parents: FindParent = ({ name }) => (this.host.store && isName(name) ? this.host.store.open(name) : undefined);

  /** False: there was none of that name. @throws SnapshotError if another one builds on it */
  async deleteNamed(name: string): Promise<boolean> {
    const { store } = this;
    if (!isName(name)) return false;
    await this.refuseIfBuiltUpon(name, 'deleted');
    this.fetchPending();
    return store.delete(name);
  }

  async list(): Promise<SnapshotInfo[]> {
    const list: SnapshotInfo[] = [];
    for (const { name, size, head, problem } of await this.heads()) {
      if (head) list.push({ name, size, date: head.date, clock: BigInt(head.clock), parent: head.parent?.name });
      else list.push({ name, size, date: 0, clock: 0n, problem });
    }
    return list;
  }

  private async refuseIfBuiltUpon(name: string, what: string): Promise<void> {
    const child = (await this.heads()).find(({ head }) => head?.parent?.name === name);
    if (child) throw new SnapshotError(`Snapshot '${name}' cannot be ${what}: '${child.name}' builds on it`);
  }

  private async heads(): Promise<{ name: string; size: number; head?: SnapshotHead; problem?: string }[]> {
    const heads: { name: string; size: number; head?: SnapshotHead; problem?: string }[] = [];
    for (const name of (await this.host.store?.names()) ?? []) {
      const file = await this.store.open(name);
      if (!file) continue; // deleted just now
      const { size } = file;
      try {
        heads.push({ name, size, head: await snapshotHead(file, this.host.tools) });
      } catch (error) {
        if (!(error instanceof VmStateError)) throw error;
        heads.push({ name, size, problem: error.message });
      } finally {
        file.close();
      }
    }
    return heads;
  }

  private get store(): SnapshotStore {
    if (!this.host.store) throw new SnapshotError('no block device can store vmstate for snapshot');
    return this.host.store;
  }

  private checked(name: string): string {
    if (!isName(name) || name.startsWith('.')) throw new SnapshotError(`'${name}' cannot be the name of a snapshot`);
    return name;
  }

  /** QEMU's, by the time of day. */
  private newName(): string {
    const date = new Date(this.machine.env.hostClock.epochMs()).toISOString();
    return `vm-${date.slice(0, 19).replace(/[-T:]/g, '')}`;
  }

  /** Nothing of the machine moves while `work` is done. */
  private async still<T>(state: RunState, work: (ran: boolean) => Promise<T>): Promise<T> {
    this.busy = true;
    try {
      const ran = await this.halt(state);
      this.machine.backends.freezeInput(true);
      try {
        return await work(ran);
      } finally {
        this.machine.backends.freezeInput(false);
        this.busy = false;
        if (ran && this.machine.runState.state === state) this.machine.vmStart();
      }
    } finally {
      this.busy = false;
    }
  }
}
