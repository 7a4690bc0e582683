/** `-icount rr=record|replay,rrfile=F`: who records a machine, or replays it. */
import { Chardev } from '../chardev/chardev.js';
import type { IcountOptions } from '../hw/core/clock.js';
import type { FileSink } from '../hw/core/machine-config.js';
import type { LogSource } from '../replay/format.js';
import type { ReplayHead } from '../replay/head.js';
import type { ReplayHost } from '../replay/log.js';
import { Player } from '../replay/player.js';
import { Recorder } from '../replay/recorder.js';
import { OptionError, ReplayError } from '../util/errors.js';
import { SeededRandom } from '../util/random.js';

/** What it needs of a host. */
export interface ReplayFiles {
  readonly createFile?: (name: string) => FileSink;
  /** @throws OptionError */
  readonly openFile?: (name: string) => LogSource;
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** @throws OptionError, ReplayError in one line */
export function openReplay(
  { rr, rrfile = '' }: IcountOptions,
  files: ReplayFiles,
  head: ReplayHead,
  host: ReplayHost,
): Recorder | Player | undefined {
  const where = `-icount rrfile=${rrfile}`;
  if (rr === 'record') {
    if (!files.createFile) throw new OptionError('this host opens no files', where);
    const { randomBytes } = files;
    const seeded = new SeededRandom(0);
    return new Recorder(
      rrfile,
      at(where, () => files.createFile!(rrfile)),
      head,
      host,
      randomBytes ?? ((n) => seeded.bytes(n)),
    );
  }
  if (rr !== 'replay') return undefined;
  if (!files.openFile) throw new OptionError('this host opens no files', where);
  const source = at(where, () => files.openFile!(rrfile));
  try {
    const player = new Player(rrfile, source, host);
    player.check(head);
    return player;
  } catch (error) {
    source.close();
    throw error instanceof ReplayError ? new ReplayError(`${where}: ${error.message}`) : error;
  }
}

function at<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof OptionError ? error.at(where) : error;
  }
}

/** Puts a recorder, or a player, between the guest's devices and their backends; a backend that is used twice has one. */
export class ReplayPorts {
  private readonly backends: Chardev[] = [];
  private readonly ports = new Map<Chardev, Chardev>();

  add(backend: unknown): void {
    if (backend instanceof Chardev && !this.backends.includes(backend)) this.backends.push(backend);
  }
  get names(): string[] {
    return this.backends.map(({ id }) => id);
  }
  wrap(replay: Recorder | Player): void {
    for (const backend of this.backends) this.ports.set(backend, replay.wrap(backend));
  }
  readonly portOf = <T>(backend: T): T => (backend instanceof Chardev ? ((this.ports.get(backend) as T | undefined) ?? backend) : backend);
}
