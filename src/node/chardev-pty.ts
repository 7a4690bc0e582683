/**
 * A pseudo terminal as a character device: we hold its master, and whoever opens the other end (`screen /dev/pts/3`) talks to the frontend.
 * Node has no call to make one. Linux hands a master to whoever opens /dev/ptmx, but locked, and only an ioctl unlocks it: a program that can do one does so for us.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';
import { Chardev, FLOW_LIMIT, OUTPUT_LIMIT } from '../chardev/chardev.js';
import { OptionError } from '../util/errors.js';
import { systemReason } from './disk/write.js';

/** ioctl TIOCSPTLCK, and what it is on hosts whose numbers have the direction in other bits: an ioctl that is none changes nothing. Source: asm-generic/ioctls.h. */
const UNLOCK = ['0x40045431', '0x80045431'];
/** What can do an ioctl on descriptor 3; every Debian has one of them. Not on their standard input: libuv makes what becomes that one blocking, and so ours. */
const UNLOCKERS: readonly (readonly string[])[] = UNLOCK.flatMap((request) => [
  ['perl', '-e', `my $no = pack("i", 0); open(my $pty, "+<&=3") and ioctl($pty, ${request}, $no) or exit 1`],
  ['python3', '-c', `import fcntl; fcntl.ioctl(3, ${request}, bytes(4))`],
]);

const READ_SIZE = 4096;
/** Nothing tells when somebody opens it: it is looked at so often, ms. */
const ABSENT_MS = 100;
/** While somebody has it open, at least so often. */
const IDLE_MS = 16;

export class PtyChardev extends Chardev {
  private readonly buffer = Buffer.allocUnsafe(READ_SIZE);
  private timer: NodeJS.Timeout | undefined;
  private delay = 0;
  private waiting: Uint8Array[] = [];
  private backlog = 0;
  private isClosed = false;

  private constructor(
    id: string,
    private readonly master: number,
    private readonly slave: string,
    /** Another name of it. */
    private readonly link: string | undefined,
  ) {
    super(id, 'pty', false);
    this.look();
  }

  /** `link`: where a symbolic link to the other end is to be. @throws OptionError if the host cannot */
  static async open(id: string, link: string | undefined, where: string): Promise<PtyChardev> {
    const failed = (what: string, error: unknown) => new OptionError(`Failed to create ${what}: ${systemReason(error)}`, where);
    const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
    let master: number | undefined;
    try {
      master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK);
      const [, index] = /^tty-index:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${master}`, 'latin1')) ?? [];
      if (index === undefined) throw new Error('the system does not say its name');
      const path = `/dev/pts/${index}`;
      await unlock(master);
      const slave = openSync(path, O_RDWR | O_NOCTTY);
      try {
        await run(['stty', 'raw', '-echo'], slave, 'ignore');
      } finally {
        closeSync(slave);
      }
      try {
        if (link !== undefined) symlinkSync(path, link);
      } catch (error) {
        throw failed('PTY symlink', error);
      }
      return new PtyChardev(id, master, path, link);
    } catch (error) {
      if (master !== undefined) closeSync(master);
      throw error instanceof OptionError ? error : failed('PTY', error);
    }
  }

  override get pty(): string {
    return this.slave;
  }
  override get filename(): string {
    return `pty:${this.slave}`;
  }

  /** Is somebody there? Is there input, or room for output? */
  private look(): void {
    if (this.queued <= FLOW_LIMIT) {
      const bytes = this.read();
      if (!bytes) this.left();
      else {
        this.opened();
        this.delay = bytes.length > 0 ? 0 : Math.min(2 * this.delay + 1, IDLE_MS);
        if (bytes.length > 0) this.input(bytes);
      }
    }
    this.send();
    this.timer = setTimeout(() => this.look(), this.delay);
  }
  /** What was written at the other end; undefined: nobody has it open. */
  private read(): Uint8Array | undefined {
    try {
      return this.buffer.subarray(0, readSync(this.master, this.buffer));
    } catch (error) {
      return isAgain(error) ? new Uint8Array(0) : undefined;
    }
  }
  private left(): void {
    this.delay = ABSENT_MS;
    this.waiting = [];
    this.backlog = 0;
    this.closed();
  }

  /** Output is lost while nobody has it open. */
  override write(bytes: Uint8Array): void {
    if (!this.isOpen || this.hasEnded || this.backlog >= OUTPUT_LIMIT) return;
    this.waiting.push(bytes.slice());
    this.backlog += bytes.length;
    this.send();
  }
  private send(): void {
    while (this.waiting.length > 0) {
      const [head] = this.waiting;
      let written: number;
      try {
        written = writeSync(this.master, head);
      } catch (error) {
        if (!isAgain(error)) this.left();
        return;
      }
      this.backlog -= written;
      if (written < head.length) this.waiting[0] = head.subarray(written);
      else this.waiting.shift();
    }
  }
  /** Output beyond what may wait is lost: the machine goes on. */
  override insist(): void {}

  override close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    try {
      if (this.link !== undefined) unlinkSync(this.link);
    } catch {
      // somebody else was quicker
    }
    closeSync(this.master);
  }
}

const isAgain = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';

async function unlock(master: number): Promise<void> {
  for (const command of UNLOCKERS) if (await run(command, 'ignore', master).then(() => true, () => false)) return; // prettier-ignore
  throw new Error('it wants perl or python3, which must be there');
}

/** Ends when the program has. What it has as its standard input, and as descriptor 3. */
function run([program, ...args]: readonly string[], input: number | 'ignore', third: number | 'ignore'): Promise<void> {
  const child = spawn(program, args, { stdio: [input, 'ignore', 'ignore', third] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`'${program}' failed`))));
  });
}
