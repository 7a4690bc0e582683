/** What a machine is joined to on its host: character devices, drives, and other backends that options name by kind and id. */
import { BlockBackend } from '../../block/backend.js';
import { Chardev } from '../../chardev/chardev.js';
import { OptionError } from '../../util/errors.js';

/** What backends ask of their machine. */
export interface BackendsOwner {
  /** The main loop looks at the guest again. */
  notify(): void;
  /** While on, the CPUs wait for `holder`. */
  hold(holder: object, on: boolean): void;
  /** Host time. */
  nowNs(): number;
  /** Requests end in the order in which they came, and no device sees how quick the host is. */
  readonly inOrder: boolean;
  /** The drive has failed as its `rerror` or `werror` says. */
  driveStopped(drive: BlockBackend, error: Error): void;
}

export class Backends {
  readonly #all = new Map<string, Map<string, object>>();
  readonly #chardevs = new Set<Chardev>();
  readonly #drives = new Set<BlockBackend>();

  constructor(private readonly owner: BackendsOwner) {}

  /** Of kind `chardev`, `drive`, `pflash`, ... @throws OptionError if another one has the id */
  add(kind: string, id: string, backend: object): void {
    const all = this.#all.get(kind) ?? new Map<string, object>();
    if (all.has(id)) throw new OptionError(`duplicate ID '${id}' for ${kind}`);
    this.#all.set(kind, all.set(id, backend));
    if (backend instanceof Chardev) this.joinChardev(backend);
    if (backend instanceof BlockBackend) this.joinDrive(backend);
  }
  find(kind: string, id: string): object | undefined {
    return this.#all.get(kind)?.get(id);
  }
  of(kind: string): ReadonlyMap<string, object> {
    return this.#all.get(kind) ?? new Map<string, object>();
  }

  /** All that anybody here reads and writes. */
  get chardevs(): readonly Chardev[] {
    return [...this.#chardevs];
  }
  get drives(): ReadonlySet<BlockBackend> {
    return this.#drives;
  }

  /** The main loop hears of its input, and the CPUs wait for its output. */
  joinChardev(chardev: Chardev): void {
    this.#chardevs.add(chardev);
    chardev.wake = () => this.owner.notify();
    chardev.hold = (on) => this.owner.hold(chardev, on);
    chardev.flowControl = !this.owner.inOrder;
  }
  /** Nobody uses it. */
  removeChardev(id: string, chardev: Chardev): void {
    this.#all.get('chardev')?.delete(id);
    this.#chardevs.delete(chardev);
    chardev.release();
    chardev.close();
  }
  private joinDrive(drive: BlockBackend): void {
    const { owner } = this;
    this.#drives.add(drive);
    drive.wake = () => owner.notify();
    drive.hold = (on) => owner.hold(drive, on);
    drive.now = () => owner.nowNs();
    drive.inOrder = owner.inOrder;
    drive.stopped = (error) => owner.driveStopped(drive, error);
  }
  /** What is to be tried again is. */
  resumeDrives(): void {
    for (const drive of this.#drives) drive.resumed();
  }

  /** While on, no device hears anything of its chardev. */
  freezeInput(on: boolean): void {
    for (const chardev of this.#chardevs) chardev.freeze(on);
  }

  /** Requests to the host are under way: what they bring comes from its event loop. */
  get awaitsHost(): boolean {
    for (const drive of this.#drives) if (drive.isBusy) return true;
    return false;
  }
  /** Requests of devices to the host, and the guest's output that has not left. */
  underWay(): Promise<void>[] {
    const drives = [...this.#drives].filter((drive) => drive.isBusy).map((drive) => drive.drained());
    return [...drives, ...this.chardevs.flatMap((chardev) => (chardev.isMonitor ? [] : (chardev.flushed() ?? [])))];
  }
  /** Resolves when none of that is under way. */
  async drained(): Promise<void> {
    await Promise.all(this.underWay());
  }
  /** Resolves when monitors' output has left, too. */
  async flushed(): Promise<void> {
    const monitors = this.chardevs.filter(({ isMonitor }) => isMonitor);
    await Promise.all([...this.underWay(), ...monitors.map((chardev) => chardev.flushed())]);
  }

  /** They are free for another machine; drives are closed. */
  close(): void {
    for (const drive of this.#drives) drive.close();
    this.#drives.clear();
    for (const chardev of this.#chardevs) chardev.release();
    this.#chardevs.clear();
  }
}
