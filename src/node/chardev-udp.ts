/** Datagrams as a character device: what is written at once is one, and what comes is input, whoever has sent it to a socket that is connected nowhere else. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { Chardev } from '../chardev/chardev.js';
import type { UdpBackend } from '../system/chardev-options.js';
import { OptionError } from '../util/errors.js';
import { systemReason } from './disk/write.js';

/** A datagram's payload at most (IPv4). */
const DATAGRAM = 65507;

export class UdpChardev extends Chardev {
  private constructor(
    id: string,
    private readonly socket: Socket,
  ) {
    super(id, 'udp');
    socket.on('message', (bytes) => this.input(bytes));
    // of the other side, where nobody listens (ECONNREFUSED): datagrams get lost
    socket.on('error', () => {});
  }

  /** @throws OptionError */
  static async open(id: string, { host, port, localHost, localPort }: UdpBackend, where: string): Promise<UdpChardev> {
    const place = `${host}:${port}`;
    try {
      const { address, family } = await lookup(host);
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(localPort, localHost || undefined, () => socket.connect(port, address, resolve as () => void));
      });
      socket.removeAllListeners('error');
      return new UdpChardev(id, socket);
    } catch (error) {
      throw new OptionError(`Failed to connect to '${place}': ${systemReason(error)}`, where);
    }
  }

  override get filename(): string {
    const { address, port } = this.socket.remoteAddress();
    return `udp:${address}:${port}`;
  }
  override write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += DATAGRAM) this.socket.send(bytes.slice(at, at + DATAGRAM), () => {});
  }
  override close(): void {
    this.socket.close();
  }
}
