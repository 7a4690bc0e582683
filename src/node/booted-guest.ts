/**
 * A guest that has booted, kept for the next run: it is saved where it waits for a job (sessionJob), and another machine goes on from there. Kept by what it was
 * made from; what cannot be used is left aside, and the guest boots.
 */
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileCodeStore } from './code-store.js';
import { isOwnFile, isOwnFolder, isRefusal, makeFolder } from './disk/files.js';
import { engineBuild } from './engine-build.js';
import { tell } from './messages.js';
import { cacheFolder } from './guest/debian.js';
import { READY } from './guest/initramfs.js';
import { createSnapshotFile, openSnapshotFile } from './snapshot-store.js';
import type { Machine } from '../system/facade.js';
import { HostError, SnapshotError, VmStateError } from '../util/errors.js';

const SUFFIX = '.wemusnap';
/** Of all in the folder the least recently used give way. */
const MOST_FILES = 4;
const MARK = Buffer.from(READY, 'latin1');

type MakeMachine = () => Promise<Machine>;

/** A guest that runs no more instructions in so many ms is idle; one that never is, is kept all the same. */
const IDLE = { ms: 100, instructions: 500_000, most: 5000 };

async function idle({ state }: Machine): Promise<void> {
  const count = (): number => state.cpus.reduce((sum, cpu) => sum + cpu.instructionCount, 0);
  for (let waited = 0; waited < IDLE.most; waited += IDLE.ms) {
    const before = count();
    await sleep(IDLE.ms);
    if (count() - before < IDLE.instructions) return;
  }
}

export class BootedGuest {
  private readonly path: string | undefined;
  /** Translations of runs that went on from it: half of such a run would be to make them again. */
  private readonly translations: FileCodeStore | undefined;
  private matched = 0;
  private machine: Machine | undefined;
  /** It has come to the mark since it was reset. */
  private isReady = false;
  /** It has had its job once. */
  private hasBegun = false;

  constructor(
    /** All that makes a difference to the guest. */
    parts: readonly string[],
    /** What to type when it is ready. */
    private readonly job: () => string,
    /** False: it boots, and is not kept. */
    isKept: boolean,
  ) {
    const folder = isKept ? cacheFolder() : undefined;
    if (folder === undefined) return;
    const hash = createHash('sha256').update(engineBuild());
    for (const part of parts) hash.update(`\0${part.length}\0`).update(part);
    this.path = join(folder, 'booted', `${hash.digest('hex').slice(0, 32)}${SUFFIX}`);
    this.translations = new FileCodeStore(join(folder, 'booted-code'), engineBuild);
  }

  /** There seems to be one. */
  get isKept(): boolean {
    const { path } = this;
    return path !== undefined && this.attempt(() => isOwnFolder(join(path, '..')) && isOwnFile(path)) === true;
  }

  /** A machine that goes on from there (`incoming`: one without boot images in its memory), or that boots. */
  async start(incoming: MakeMachine, booting: MakeMachine): Promise<Machine> {
    const restored = await this.restore(incoming);
    this.machine = restored ?? (await booting());
    this.machine.state.onReset(() => {
      this.isReady = false; // it boots again
    });
    if (restored) this.begin();
    return this.machine;
  }

  /** What the guest's console says, without the mark. */
  readonly filter = (bytes: Uint8Array): Uint8Array => {
    if (this.isReady) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.isReady) {
        out.push(byte);
        continue;
      }
      if (byte !== MARK[this.matched]) {
        out.push(...MARK.subarray(0, this.matched));
        this.matched = 0;
      }
      if (byte === MARK[this.matched]) this.matched++;
      else out.push(byte);
      if (this.matched === MARK.length) {
        this.isReady = true;
        void this.booted();
      }
    }
    return Uint8Array.from(out);
  };

  private async restore(incoming: MakeMachine): Promise<Machine | undefined> {
    const { path } = this;
    if (path === undefined || !this.isKept) return undefined;
    let machine: Machine | undefined;
    try {
      const file = openSnapshotFile(path);
      try {
        machine = await incoming();
      } catch (error) {
        file.close();
        throw error;
      }
      await machine.load(file, { lazy: { released: () => file.close(), failed: () => this.forget(path) } });
      this.restoreTranslations(path, machine);
      const now = new Date();
      this.attempt(() => utimesSync(path, now, now));
      return machine;
    } catch (error) {
      await machine?.close();
      // a HostError: what it had of the guest's code was damaged
      if (!(error instanceof VmStateError || error instanceof SnapshotError || error instanceof HostError)) throw error;
      tell(`'${path}': ${error.message}: not used`);
      this.forget(path);
      return undefined;
    }
  }

  /** The next run boots. */
  private forget(path: string): void {
    this.attempt(() => rmSync(path, { force: true }));
  }

  private restoreTranslations(path: string, machine: Machine): void {
    const { translations } = this;
    const tbs = machine.state.accelerator?.persistentTbs;
    if (!translations || !tbs) return;
    const key = `${path}\0${tbs.key}`;
    const stored = translations.load(key);
    stored?.close();
    tbs.restore(stored?.index, (image) => translations.save(key, image));
  }

  /** It waits for its job: the moment to keep it, when its kernel has done what it put off. */
  private async booted(): Promise<void> {
    try {
      if (this.path !== undefined && !this.hasBegun) {
        await idle(this.machine!);
        await this.save(this.path, this.machine!);
      }
    } catch (error) {
      if (!(error instanceof VmStateError || error instanceof SnapshotError || isRefusal(error))) throw error;
      tell(`the booted guest is not kept: ${error.message}`);
    }
    this.begin();
  }

  private async save(path: string, machine: Machine): Promise<void> {
    const folder = join(path, '..');
    makeFolder(folder);
    if (!isOwnFolder(folder)) return;
    // not synced: what a crash leaves fails its checksums
    const file = createSnapshotFile(path, false);
    try {
      await machine.save(file, { compress: false });
      await file.commit();
    } catch (error) {
      await file.discard();
      throw error;
    }
    const files = readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => ({ path: join(folder, name), used: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.used - a.used);
    for (const old of files.slice(MOST_FILES)) rmSync(old.path, { force: true });
  }

  private begin(): void {
    this.isReady = this.hasBegun = true;
    this.machine?.writeSerial(this.job());
  }

  /** What the system says no to costs a boot, and no more. */
  private attempt<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      tell(error.message);
      return undefined;
    }
  }
}
