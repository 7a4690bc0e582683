/** `-gdb DEVICE`, `-s` and the monitor's `gdbserver`: where a debugger may come. */
import type { GdbStub, GdbStubOptions } from '../gdbstub/stub.js';
import { monitorContext } from '../monitor/command.js';
import { runLine } from '../monitor/commands.js';
import type { GdbServer } from '../node/gdb-server.js';
import { packageInfo } from '../node/modules.js';
import { GDB_SOCKET } from '../system/chardev-options.js';
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
export async function openGdb(device: string | undefined, chardevs: Chardevs): Promise<AttachGdb | undefined> {
  const chardev = device === undefined ? undefined : await chardevs.open('-gdb', device, 'gdb', GDB_SOCKET);
  if (!chardev) return undefined;
  const { GdbStub } = await import('../gdbstub/stub.js');
  return (machine, options) => new GdbStub(machine.control, chardev, options);
}
type AttachGdb = (machine: Machine, options: GdbStubOptions) => GdbStub;

/** The machine's stub: one at a time. */
export class Debugger {
  private stub: GdbStub | undefined;
  private server: GdbServer | undefined;
  private readonly options: GdbStubOptions;

  /** `attach`: of `-gdb`. */
  constructor(
    private readonly machine: Machine,
    attach: AttachGdb | undefined,
  ) {
    const context = monitorContext(machine.control, version);
    this.options = { monitor: (line) => runLine(context, line) };
    this.stub = attach?.(machine, this.options);
    machine.control.gdbServer = (device) => this.serve(device);
  }

  /** `none`: no debugger may come any more. */
  private async serve(device: string): Promise<void> {
    this.stub?.dispose();
    this.server?.close();
    this.stub = this.server = undefined;
    if (device === 'none') return;
    const { gdbServer } = await import('../node/gdb-server.js');
    this.server = await gdbServer(this.machine, device, this.options);
  }

  /** The run is over: who waits for the machine hears of it. */
  exited(status: number): void {
    this.stub?.exited(status);
    this.server?.exited(status);
    this.server?.close();
  }
}
