/** `-gdb DEVICE` and `-s`: a gdb stub, and where it is. */
import type { Chardev } from '../chardev/chardev.js';
import { GdbStub } from '../gdbstub/stub.js';
import { monitorContext } from '../monitor/command.js';
import { runLine } from '../monitor/commands.js';
import { GDB_SOCKET } from '../node/gdb-server.js';
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

export function joinGdb(machine: Machine, chardev: Chardev): GdbStub {
  const context = monitorContext(machine.control, version);
  return new GdbStub(machine.control, chardev, { monitor: (line) => runLine(context, line) });
}
