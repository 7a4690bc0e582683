/** Semihosting of one machine: what its guest has open, and how its calls are served. Knows no target: a CPU says what was called, and takes the answer. */
import { CharBackend, type Chardev } from '../chardev/chardev.js';
import { Call } from './call.js';
import { Refusal } from './errno.js';
import { HandleTable, StreamKind } from './handles.js';
import { OPERATIONS, openStream } from './operations.js';
import type { HostFiles, SemihostingConfig, SemihostingGuest, SemihostingMachine } from './services.js';
import { Input, type Waiting } from './streams.js';

const REFUSED = -1n;

const noFile = (): never => {
  throw new Refusal('EACCES');
};
const NO_FILES: HostFiles = { open: noFile, remove: noFile, rename: noFile };

export class Semihosting {
  readonly handles = new HandleTable();
  readonly files: HostFiles;
  readonly console: CharBackend;
  readonly consoleInput: Input;
  readonly stdin: Input;
  readonly stdout: CharBackend;
  readonly stderr: CharBackend;
  /** Of the last call that was refused; 0: none was. */
  errno = 0;

  constructor(
    readonly config: SemihostingConfig,
    readonly machine: SemihostingMachine,
    /** `config.console`, found. */
    console: Chardev | undefined,
  ) {
    const hold = machine.hold.bind(machine);
    this.files = config.files ?? NO_FILES;
    this.console = new CharBackend(console ?? config.stderr);
    this.consoleInput = new Input(console, hold);
    this.stdin = new Input(config.stdin, hold);
    this.stdout = new CharBackend(config.stdout);
    this.stderr = new CharBackend(config.stderr);
  }

  /**
   * Serves a call, a piece each time that the generator is asked: nothing in between takes long, and nothing of it is lost. `parameter` is an
   * address, or as wide as one. The answer is for the CPU's result register.
   */
  *call(guest: SemihostingGuest, operation: number, parameter: bigint): Waiting<bigint> {
    try {
      const row = OPERATIONS.get(operation);
      if (!row) throw new Refusal('ENOSYS');
      const answer = row.run(this, new Call(guest, parameter));
      return BigInt(typeof answer === 'object' ? yield* answer : answer);
    } catch (error) {
      this.refused(error);
      return REFUSED;
    }
  }

  /** Notes why something was refused; any other error is none of the guest's. */
  refused(error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    this.errno = error.errno;
  }

  // ---- snapshots: files of the host are not in them
  /** Number, kind and position of each stream that is open. */
  openStreams: Uint8Array = new Uint8Array(0);

  /** Why there can be no snapshot now. */
  unsavable(): string | undefined {
    const isFile = [...this.handles.all.values()].some(({ stream }) => stream === undefined);
    return isFile ? 'the guest has a file of the host open (semihosting), which is not part of a snapshot' : undefined;
  }
  noteStreams(): void {
    this.openStreams = Uint8Array.from(
      [...this.handles.all].flatMap(([number, { stream, position }]) => [number, stream ?? 0, position ?? 0]),
    );
  }
  takeStreams(): void {
    this.handles.closeAll();
    const kinds: readonly number[] = Object.values(StreamKind);
    for (let at = 0; at + 3 <= this.openStreams.length; at += 3) {
      const [number, kind, position] = this.openStreams.subarray(at, at + 3);
      if (number < 1 || number > HandleTable.LIMIT || !kinds.includes(kind)) continue;
      const handle = openStream(this, kind as StreamKind);
      if (kind === StreamKind.Features) handle.seek(Math.min(position, handle.size()));
      this.handles.restore(number, handle);
    }
  }

  /** Power-on state. */
  reset(): void {
    this.handles.closeAll();
    this.errno = 0;
  }
}
