/** A machine in its own worker: made from what the page sent, run, and asked and told by messages. */
import type { TcgAccel } from '../accel/tcg/accel.js';
import { DEFAULT_CACHE_LIMITS } from '../accel/tcg/codegen/code-cache.js';
import type { BlockNode } from '../block/node.js';
import type { DriveOptions } from '../block/drive.js';
import type { TcgHost } from '../host.js';
import type { SnapshotSource } from '../migration/format.js';
import { bytesSource } from '../migration/format.js';
import { Monitor } from '../monitor/monitor.js';
import { loadTargets } from '../load-targets.js';
import { parseOptions } from '../qom/option-list.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { errorMessage, HostError, isUserError, OptionError } from '../util/errors.js';
import { Bell } from './bell.js';
import { codegenWorker } from './codegen.js';
import { OpfsCodeStore } from './code-store.js';
import { IMAGE_FOLDER, isOpfs, isUrl, openRemote, readImage, type ImageSource } from './images.js';
import { CALLS, type FunctionListing } from './machine-calls.js';
import { createMachineHost } from './machine-host.js';
import type { Call, FromWorker, LifeCalls, PlainError, ToWorker, WorkerInit } from './machine-protocol.js';
import { IMAGES, type DriveSpec, type FlashSpec, type MachineSpec } from './machine-spec.js';
import { openFolder, OpfsNode, storageReason, type SyncFile } from './opfs.js';
import { OpfsFlash } from './opfs-flash.js';
import { RingChardev } from './ring-chardev.js';
import { BellScheduler } from './scheduler.js';

/** Firefox takes some 16,000 living modules in all, and a page has 12 machines at most (worker-host.ts). */
const MOST_MODULES = 1000;
/** A worker that is asked for a function's code, and says nothing: it is dead, or far behind. */
const LISTING_MS = 10_000;

type Life = {
  [Name in keyof LifeCalls]: (...args: Parameters<LifeCalls[Name]>) => ReturnType<LifeCalls[Name]> | Promise<ReturnType<LifeCalls[Name]>>;
};

export class MachineService {
  private init: WorkerInit | undefined;
  private host: TcgHost | undefined;
  private machine: Machine | undefined;
  private scheduler: BellScheduler | undefined;
  private store: OpfsCodeStore | undefined;
  private ports: readonly RingChardev[] = [];
  private readonly flash: OpfsFlash[] = [];
  /** Why the machine was ended, where something of this page's failed. */
  private failure: HostError | undefined;
  /** Calls that are under way. */
  private calls = 0;

  constructor(private readonly post: (message: FromWorker, transfer?: Transferable[]) => void) {}

  async handle(message: ToWorker): Promise<void> {
    if (message.kind === 'port') return this.turned(true);
    if (message.kind === 'call') return this.answer(message);
    this.init = message;
    this.calls++;
    try {
      await this.create(message);
      this.post({ kind: 'ready' });
    } catch (error) {
      await this.life.close();
      this.post({ kind: 'failed', error: plainError(error) });
    } finally {
      this.calls--;
    }
  }

  private async answer({ id, name, args }: Call): Promise<void> {
    this.calls++;
    try {
      if (!this.machine) throw new Error('the machine is closed');
      const own = this.life as Readonly<Record<string, (...args: unknown[]) => unknown>>;
      const table = CALLS as unknown as Readonly<Record<string, (machine: Machine, ...args: unknown[]) => unknown>>;
      const value = await (Object.hasOwn(own, name) ? own[name](...args) : table[name](this.machine, ...args));
      this.post({ kind: 'result', id, value });
    } catch (error) {
      this.post({ kind: 'result', id, error: plainError(error) });
    } finally {
      this.calls--;
    }
  }

  // ---- making it

  private async create(init: WorkerInit): Promise<void> {
    const { spec, version, engines, codegen, build } = init;
    const bell = new Bell(init.bell);
    this.scheduler = new BellScheduler(
      bell,
      () => this.awaitsMessages(),
      () => this.turned(false),
    );
    this.ports = init.ports.map((rings, i) => {
      const id = i === init.ports.length - 1 ? 'monitor' : `serial${i}`;
      return new RingChardev(id, rings, () => this.post({ kind: 'port', port: i }));
    });
    const tell = (line: string): void => this.post({ kind: 'log', text: `wemu: ${line}\n` });
    const keepsCode = build !== undefined && spec.engine?.backend !== 'tci' && !spec.engine?.sync;
    const nodes = new Map<string, BlockNode>();
    const [targets, images, drives, backends, firmware, store] = await Promise.all([
      loadTargets(boardOf(spec)),
      this.readImages(spec),
      Promise.all((spec.drives ?? []).map((drive, i) => this.openDrive(drive, i, nodes))),
      Promise.all(Object.entries(spec.flash ?? {}).map(([id, flash]) => this.openFlash(id, flash))),
      this.readFirmware(spec),
      keepsCode ? OpfsCodeStore.open(build, tell) : undefined,
    ]);
    this.store = store;
    const tuning = { cache: { ...DEFAULT_CACHE_LIMITS, modules: MOST_MODULES }, ...spec.engine?.tuning };
    const options = { ...spec.engine, tuning };
    const { scheduler } = this;
    this.host = await createMachineHost({
      ...{ targets, engines, options, scheduler, codegen: codegen[0], store, firmware, images: nodes, version },
    });
    const machine = Machine.create({ ...plainOptions(spec), ...images, drives, backends, ...this.consoles(spec) }, this.host);
    this.machine = machine;
    machine.endOnInternalError();
    machine.onEvent((event) => this.post({ kind: 'event', event }));
    new Monitor(machine.control, this.ports.at(-1)!, version);
    if (spec.snapshot) await this.goOn(machine, spec.snapshot);
  }

  private consoles(spec: MachineSpec): Partial<MachineOptions> {
    const sink = (text: string): void => this.post({ kind: 'log', text });
    return { serial: this.ports.slice(0, -1), log: { items: spec.log ?? [], sink } };
  }

  private async readImages(spec: MachineSpec): Promise<Partial<MachineOptions>> {
    const { bios } = spec;
    const read = async (what: string, source: ImageSource): Promise<[string, Uint8Array]> => [what, await this.read(what, source)];
    const all = IMAGES.flatMap((what) => (spec[what] === undefined ? [] : [read(what, spec[what])]));
    if (bios !== undefined && !isBuiltin(bios)) all.push(read('bios', bios));
    return { ...(bios !== undefined && isBuiltin(bios) && { bios: bios.builtin }), ...Object.fromEntries(await Promise.all(all)) };
  }

  private async readFirmware({ bios, firmware = {} }: MachineSpec): Promise<ReadonlyMap<string, Uint8Array>> {
    if (bios !== undefined && (!isBuiltin(bios) || bios.builtin === 'none')) return new Map();
    const read = async ([name, source]: [string, ImageSource]) => [name, await this.read('firmware', source)] as const;
    return new Map(await Promise.all(Object.entries(firmware).map(read)));
  }

  private read(what: string, source: ImageSource): Promise<Uint8Array> {
    return readImage(what, source, (loaded, total) => this.post({ kind: 'progress', what, loaded, total }));
  }

  private async openDrive({ source, ...how }: DriveSpec, number: number, nodes: Map<string, BlockNode>): Promise<DriveOptions> {
    const what = `drive ${how.id ?? number}`;
    if (isOpfs(source)) {
      const file = `opfs:${source.opfs}`;
      nodes.set(file, new OpfsNode(await openOwn(what, source.opfs), file, how.readonly ?? false));
      return { ...how, file };
    }
    if (isUrl(source)) {
      const progress = (loaded: number, total: number): void => this.post({ kind: 'progress', what, loaded, total });
      return { ...how, snapshot: !how.readonly, blob: await openRemote(what, source, progress) };
    }
    if (source instanceof Blob) return { ...how, snapshot: !how.readonly, blob: source };
    return { ...how, bytes: await readImage(what, source) };
  }

  private async openFlash(id: string, { source, readonly = false }: FlashSpec): Promise<readonly ['pflash', string, object]> {
    const what = `flash ${id}`;
    if (!isOpfs(source) || readonly) return ['pflash', id, { bytes: await this.read(what, source), readOnly: readonly, write() {} }];
    const flash = new OpfsFlash(await openOwn(what, source.opfs), source.opfs, (error) => {
      this.failure = error;
      this.machine?.state.requestShutdown('host-error', 1);
    });
    this.flash.push(flash);
    return ['pflash', id, flash];
  }

  private async goOn(machine: Machine, snapshot: NonNullable<MachineSpec['snapshot']>): Promise<void> {
    if (typeof snapshot === 'object' && 'saved' in snapshot) return machine.control.loadSnapshot(snapshot.saved);
    await machine.load(await this.snapshotSource(snapshot), { lazy: {} });
  }

  private async snapshotSource(source: ImageSource): Promise<SnapshotSource> {
    if (source instanceof Blob) return blobSource(source);
    return bytesSource(await this.read('snapshot', source));
  }

  // ---- its life

  private readonly life: Life = {
    run: () => {
      void this.machine!.run().then(
        (result) => this.ended(this.failure ? { kind: 'ended', error: plainError(this.failure) } : { kind: 'ended', result }),
        (error: unknown) => this.ended({ kind: 'ended', error: plainError(error) }),
      );
    },
    close: async () => {
      const { machine } = this;
      this.machine = undefined;
      await machine?.close(); // keeps the code that was made
      for (const flash of this.flash) flash.close();
      await this.store?.settled();
      this.host?.close();
      this.scheduler?.close();
      for (const port of this.init?.codegen ?? []) codegenWorker(port).close();
    },
    save: () =>
      this.machine!.save({
        write: (bytes) => {
          const copy = bytes.slice() as Uint8Array<ArrayBuffer>;
          this.post({ kind: 'piece', bytes: copy }, [copy.buffer]);
        },
      }),
    load: async (source) => this.machine!.load(await this.snapshotSource(source)),
    keepCode: async () => {
      accelerator(this.machine!).keepCode();
      await this.store?.settled();
    },
    listing: async (id) => {
      const found = accelerator(this.machine!).inspector?.function(id);
      if (!found) return undefined;
      return { info: found.info, blocks: found.blocks, wasm: await this.wasmOf(found) };
    },
  };

  /** A function's code again, by a connection of its own: what the machine waits for is not touched. */
  private async wasmOf({
    init,
    request,
  }: {
    init: Parameters<Worker['post']>[0];
    request: Parameters<Worker['post']>[0];
  }): Promise<FunctionListing['wasm']> {
    const worker = (this.listings ??= codegenWorker(this.init!.codegen[1]));
    worker.post(init);
    worker.post(request);
    const end = performance.now() + LISTING_MS;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const reply of worker.receive()) if (reply.kind === 'generated') return reply.binary;
    }
    throw new OptionError('the code generator does not answer');
  }
  private listings: Worker | undefined;

  private ended(message: FromWorker): void {
    this.turned(false);
    this.post(message);
  }

  /** The page may have written into a ring, or read. `wakes`: it has told so by a message. */
  private turned(wakes: boolean): void {
    for (const port of this.ports) port.turned();
    if (wakes) this.machine?.loop.wake();
  }

  private awaitsMessages(): boolean {
    const { machine } = this;
    return this.calls > 0 || !machine || !machine.state.runState.running || machine.state.backends.awaitsHost;
  }
}

type Worker = ReturnType<typeof codegenWorker>;

const accelerator = (machine: Machine): TcgAccel => machine.state.accelerator as TcgAccel;

const isBuiltin = (bios: NonNullable<MachineSpec['bios']>): bios is { readonly builtin: 'none' | 'default' } =>
  typeof bios === 'object' && 'builtin' in bios;

/** What of a spec is read here; the rest are a machine's options as they stand. */
const OWN: readonly string[] = [
  ...IMAGES,
  'bios',
  'drives',
  'flash',
  'serialPorts',
  'firmware',
  'snapshot',
  'engine',
  'log',
] satisfies (keyof MachineSpec)[];

function plainOptions(spec: MachineSpec): MachineOptions {
  const plain = Object.fromEntries(Object.entries(spec).filter(([name]) => !OWN.includes(name)));
  return { ...plain, incoming: spec.snapshot !== undefined };
}

/** A file of this site's own, for writing. @throws OptionError */
async function openOwn(what: string, name: string): Promise<SyncFile> {
  try {
    const file = await (await openFolder(IMAGE_FOLDER)).open(name);
    if (!file) throw new OptionError(`this site keeps no file '${name}'`, what);
    return file;
  } catch (error) {
    throw error instanceof OptionError ? error : new OptionError(`cannot open '${name}': ${await storageReason(error)}`, what);
  }
}

/** The board's name alone. */
const boardOf = ({ machine }: MachineSpec): string | undefined =>
  machine === undefined ? undefined : parseOptions('-machine', machine, 'type').string('type');

const blobSource = (blob: Blob): SnapshotSource => ({
  size: blob.size,
  read: async (at, into) => into.set(new Uint8Array(await blob.slice(at, at + into.length).arrayBuffer())),
});

function plainError(error: unknown): PlainError {
  const { name, stack } = error instanceof Error ? error : new Error();
  return { name, message: errorMessage(error), user: isUserError(error), stack };
}
