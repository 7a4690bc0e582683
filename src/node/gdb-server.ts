/** A gdb stub on a socket, for users of the library. */
import { GdbStub, type GdbStubOptions } from '../gdbstub/stub.js';
import { GDB_SOCKET, parseChardevReference } from '../system/chardev-options.js';
import type { Machine } from '../system/facade.js';
import { OptionError } from '../util/errors.js';
import { SocketChardev } from './chardev-socket.js';

export type { GdbStubOptions } from '../gdbstub/stub.js';

export interface GdbServer {
  /** Where it listens, as `info chardev` says it. */
  readonly address: string;
  /** The machine has come to its end: a debugger that waits for it hears of it. */
  exited(status: number): void;
  /** Hears no more of debuggers; break- and watchpoints stay. */
  close(): void;
}

/**
 * Lets debuggers come, one at a time, from now on: `gdb -ex 'target remote :1234'`. `device` as of `-gdb`: `tcp:HOST:PORT` (port 0: any that is free), `unix:PATH`.
 * A debugger can do all that there is to be done to the machine: give the address to nobody else.
 * @throws OptionError if it cannot listen there
 */
export async function gdbServer(machine: Machine, device = 'tcp:127.0.0.1:1234', options: GdbStubOptions = {}): Promise<GdbServer> {
  const reference = parseChardevReference('gdbServer', device, 'gdb', GDB_SOCKET);
  if (!('options' in reference) || reference.options.backend !== 'socket')
    throw new OptionError(`'${device}' is no socket`, 'gdbServer', 'tcp:HOST:PORT or unix:PATH');
  const socket = await SocketChardev.open('gdb', reference.options, 'gdbServer');
  const stub = new GdbStub(machine.control, socket, options);
  return {
    get address() {
      return socket.filename;
    },
    exited: (status) => stub.exited(status),
    close() {
      stub.dispose();
      socket.close();
    },
  };
}
