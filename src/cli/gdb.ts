/** `-gdb DEVICE`, `-s` and the monitor's `gdbserver`: where a debugger may come. */
import type { Chardev } from '../chardev/chardev.js';
import { GdbStub, type GdbStubOptions } from '../gdbstub/stub.js';
import { monitorContext } from '../monitor/command.js';
import { runLine } from '../monitor/commands.js';
import { GDB_SOCKET, gdbServer, type GdbServer } from '../node/gdb-server.js';
import { packageInfo } from '../node/modules.js';
import type { Machine } from '../system/facade.js';
import type { Chardevs } from './chardevs.js';

export interface GdbArguments {
  readonly gdb?: string;
  /** As `-gdb tcp::1234`. */
  readonly s?: boolean;
}

const { version } = packageInfo();

/** Undefined: there is none. */
export const gdbDevice = ({ gdb, s }: GdbArguments): string | undefined => gdb ?? (s ? 'tcp::1234' : undefined);

/** A server does not wait: the machine starts without a debugger, and `-S` lets it wait for one. */
export function openGdb(device: string | undefined, chardevs: Chardevs): Promise<Chardev | undefined> {
  return device === undefined ? Promise.resolve(undefined) : chardevs.open('-gdb', device, 'gdb', GDB_SOCKET);
}

/** The machine's stub: one at a time. */
export class Debugger {
  private stub: GdbStub | undefined;
  private server: GdbServer | undefined;
  private readonly options: GdbStubOptions;

  /** `chardev`: of `-gdb`. */
  constructor(
    private readonly machine: Machine,
    chardev: Chardev | undefined,
  ) {
    const context = monitorContext(machine.control, version);
    this.options = { monitor: (line) => runLine(context, line) };
    if (chardev) this.stub = new GdbStub(machine.control, chardev, this.options);
    machine.control.gdbServer = (device) => this.serve(device);
  }

  /** `none`: no debugger may come any more. */
  private async serve(device: string): Promise<void> {
    this.stub?.dispose();
    this.server?.close();
    this.stub = this.server = undefined;
    if (device !== 'none') this.server = await gdbServer(this.machine, device, this.options);
  }

  /** The run is over: who waits for the machine hears of it. */
  exited(status: number): void {
    this.stub?.exited(status);
    this.server?.exited(status);
    this.server?.close();
  }
}
