/** The character devices of a run: those of `-chardev`, and those of options that lead somewhere. */
import { NullChardev, type Chardev } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';
import { StdioChardev, type ChardevUser } from '../node/chardev.js';
import { openChardev } from '../node/chardev-open.js';
import { SocketChardev } from '../node/chardev-socket.js';
import { tell } from '../node/messages.js';
import { parseChardevReference, ptyMessage, type ChardevOptions } from '../system/chardev-options.js';
import { OptionError } from '../util/errors.js';
import { isDaemon } from './daemon.js';

/** Where QEMU's users look for it; of one that goes to the background only standard error is still heard. */
const announce = (text: string): void => void (isDaemon() ? process.stderr : process.stdout).write(text);

export class Chardevs {
  private readonly byId = new Map<string, Chardev>();
  /** Made for the run, besides those with an id. */
  private readonly others: Chardev[] = [];
  private hasStdio = false;

  constructor(private readonly user: ChardevUser) {}

  /** `-chardev`. A server with `wait=on` is waited for. */
  async add(options: ChardevOptions): Promise<Chardev> {
    const { id, where } = options;
    if (this.byId.has(id)) throw new OptionError(`Duplicate ID '${id}' for chardev`, where);
    const chardev = await this.make(options);
    if (chardev.pty !== undefined) announce(ptyMessage(chardev.pty, options));
    this.byId.set(id, chardev);
    return chardev;
  }
  /** What a monitor asks for: the machine that gets it knows it by its id. */
  readonly openMore = async (options: ChardevOptions): Promise<Chardev> => this.keep(await this.make(options));

  private async make(options: ChardevOptions): Promise<Chardev> {
    const { where, backend } = options;
    if (backend === 'stdio' && this.hasStdio) throw new OptionError('cannot use stdio by multiple character devices', where);
    this.hasStdio ||= backend === 'stdio';
    const chardev = await openChardev(options, this.user);
    const socket = chardev instanceof MuxChardev ? chardev.backend : chardev;
    if (backend === 'socket' && options.wait && socket instanceof SocketChardev) {
      tell(`waiting for connection on: ${socket.filename}`);
      await socket.whenConnected();
    }
    return chardev;
  }

  /** What `-serial TEXT` and the like lead to, under `id` if it is their own; undefined: nothing. `defaults`: of sockets. */
  async open(option: string, text: string, id: string, defaults?: Readonly<Record<string, string>>): Promise<Chardev | undefined> {
    const reference = parseChardevReference(option, text, id, defaults);
    if ('none' in reference) return undefined;
    if ('options' in reference) {
      const { options } = reference;
      const isShared = option === '-serial' && options.backend === 'stdio' && !options.mux;
      return this.add(isShared ? { ...options, mux: 'typed' } : options);
    }
    const chardev = this.byId.get(reference.id);
    if (!chardev) throw new OptionError(`chardev '${reference.id}' not found`, option);
    return chardev;
  }
  /** As open; nothing is a device that takes all and gives nothing. */
  async openPort(option: string, text: string, id: string): Promise<Chardev> {
    return (await this.open(option, text, id)) ?? this.keep(new NullChardev(id));
  }

  /** To be closed with the others. */
  keep<T extends Chardev>(chardev: T): T {
    this.others.push(chardev);
    return chardev;
  }

  get withId(): ReadonlyMap<string, Chardev> {
    return this.byId;
  }
  /** Of standard input and output, if a device has them. */
  get terminal(): MuxChardev | undefined {
    for (const chardev of this.byId.values()) if (chardev instanceof MuxChardev && chardev.backend instanceof StdioChardev) return chardev;
    return undefined;
  }
  /** From now on what is typed goes to the guest. */
  openTerminal(): void {
    const { backend } = this.terminal ?? {};
    if (backend instanceof StdioChardev) backend.open();
  }
  close(): void {
    for (const chardev of [...this.byId.values(), ...this.others]) chardev.close();
  }
}
