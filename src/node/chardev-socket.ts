/** A TCP or Unix socket as a character device: one connection at a time, as a server or a client. Who comes meanwhile waits. */
import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { dirname } from 'node:path';
import { Chardev, FLOW_LIMIT, OUTPUT_LIMIT } from '../chardev/chardev.js';
import type { SocketAddress, SocketBackend } from '../system/chardev-options.js';
import { OptionError } from '../util/errors.js';
import { releaseDescriptor, takeSocket } from './descriptors.js';
import { Output } from './output.js';
import { systemReason } from './disk/write.js';
import { TELNET_GREETING, TelnetReader, telnetText } from './telnet.js';

/** Clients that wait for the one that is connected to leave. More are turned away. */
const WAITING_LIMIT = 8;
/** What is still to be sent when the device is closed has this long, ms. */
const PATIENCE_MS = 500;

interface Connection {
  readonly socket: Socket;
  readonly output: Output;
  readonly telnet: TelnetReader | undefined;
}

export class SocketChardev extends Chardev {
  private server: Server | undefined;
  private connection: Connection | undefined;
  /** The one that sends no more. */
  private ending: Connection | undefined;
  private readonly waiting: Socket[] = [];
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** Hears of each connection. */
  private connected: () => void = () => {};

  private constructor(
    id: string,
    private readonly options: SocketBackend,
    private readonly where: string,
  ) {
    super(id, 'socket', false);
  }

  /** Listens, or connects. @throws OptionError if that fails */
  static async open(id: string, options: SocketBackend, where: string): Promise<SocketChardev> {
    const chardev = new SocketChardev(id, options, where);
    if ('fd' in options.address) takeSocket(options.address.fd, `chardev '${id}'`, where);
    try {
      await chardev.start();
    } catch (error) {
      chardev.close();
      throw error;
    }
    return chardev;
  }
  private async start(): Promise<void> {
    const { options } = this;
    if (options.server) await this.listen();
    else if (options.reconnectMs === 0) await this.connect();
    else void this.connect().catch(() => this.connectLater());
  }

  /** Resolves when somebody is connected, or the device is closed. */
  whenConnected(): Promise<void> {
    if (this.connection || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => (this.connected = resolve));
  }

  override get filename(): string {
    const { options, connection } = this;
    const server = options.server ? ',server=on' : '';
    if ('path' in options.address) return `${connection ? '' : 'disconnected:'}unix:${options.address.path}${server}`;
    if ('fd' in options.address) return `${connection ? '' : 'disconnected:'}fd:${options.address.fd}${server}`;
    const kind = options.telnet ? 'telnet' : 'tcp';
    if (!connection) return `disconnected:${kind}:${described(this.address)}${server}`;
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = connection.socket;
    return `${kind}:${place(localAddress, localPort)}${server} <-> ${place(remoteAddress, remotePort)}`;
  }
  /** As it listens: port 0 is any that is free. */
  private get address(): SocketAddress {
    const { address } = this.options;
    if (!('host' in address) || !this.server) return address;
    const bound = this.server.address() as AddressInfo | null;
    return bound ? { host: address.host || bound.address, port: bound.port } : address;
  }

  private listen(): Promise<void> {
    const { address } = this.options;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.come(socket));
    const failed = (error: unknown) =>
      new OptionError(`Failed to bind socket to ${described(address)}: ${systemReason(error)}`, this.where);
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(failed(error)));
      try {
        if ('path' in address) makeRoom(address.path);
      } catch (error) {
        return reject(failed(error));
      }
      const place = 'host' in address ? { host: address.host || undefined, port: address.port } : address;
      server.listen(place, () => {
        server.removeAllListeners('error').on('error', () => {}); // a client that could not be accepted
        this.server = server;
        resolve();
      });
    });
  }

  private async connect(): Promise<void> {
    const { address } = this.options;
    const failed = (error: unknown) => new OptionError(`Failed to connect to '${described(address)}': ${systemReason(error)}`, this.where);
    if ('fd' in address) return this.use(connected(address.fd, failed));
    const socket = new Socket({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(failed(error)));
      socket.connect('path' in address ? { path: address.path } : { host: address.host || 'localhost', port: address.port }, resolve);
    });
    socket.removeAllListeners('error');
    this.use(socket);
  }
  private connectLater(): void {
    if (this.isClosed || this.options.reconnectMs === 0) return;
    this.retry = setTimeout(() => void this.connect().catch(() => this.connectLater()), this.options.reconnectMs);
  }

  /** A client. */
  private come(socket: Socket): void {
    if (!this.connection && this.waiting.length === 0) return this.use(socket);
    if (this.waiting.length === WAITING_LIMIT) return void socket.destroy();
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.waiting.includes(socket) && this.waiting.splice(this.waiting.indexOf(socket), 1));
    this.waiting.push(socket);
  }

  private use(socket: Socket): void {
    if (this.isClosed) return void socket.destroy();
    if (this.options.nodelay) socket.setNoDelay(true);
    const output = new Output(socket, this.where, { failed: () => {}, congested: (on) => this.congested(on) });
    const telnet = this.options.telnet ? new TelnetReader(() => this.sendEvent('break')) : undefined;
    const connection = (this.connection = { socket, output, telnet });
    if (telnet) output.write(TELNET_GREETING);
    socket.on('data', (bytes) => this.received(telnet?.read(bytes) ?? bytes));
    socket.on('end', () => {
      this.ending = connection;
      this.closed();
    });
    socket.on('close', () => this.lost(socket));
    this.opened();
    this.connected();
    socket.resume();
  }
  private received(bytes: Uint8Array): void {
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.connection?.socket.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.connection?.socket.resume();
  }
  /** The client sends no more, and what it has sent was taken: answers leave, and then it is over. */
  protected override inputEnded(): void {
    if (this.ending) void this.finish(this.ending);
    this.ending = undefined;
  }
  private async finish({ socket, output }: Connection): Promise<void> {
    await output.drained();
    socket.end(() => socket.destroy());
  }
  private lost(socket: Socket): void {
    if (this.connection?.socket !== socket) return;
    this.connection.output.close();
    this.connection = this.ending = undefined;
    this.congested(false);
    this.gone();
    const next = this.waiting.shift();
    if (next) this.use(next.removeAllListeners());
    else if (!this.options.server) this.connectLater();
  }

  override write(bytes: Uint8Array): void {
    const { output, telnet } = this.connection ?? {};
    if (output && output.backlog < OUTPUT_LIMIT) output.write(telnet ? telnetText(bytes) : bytes);
  }
  override flushed(): Promise<void> | undefined {
    return this.connection?.output.flushed();
  }
  /** Output beyond what may wait is lost: the machine goes on. */
  override insist(): void {}

  override close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.server?.close();
    if ('fd' in this.options.address) releaseDescriptor(this.options.address.fd);
    for (const socket of this.waiting.splice(0)) socket.destroy();
    const { connection } = this;
    this.connected();
    if (!connection) return;
    const patience = setTimeout(() => connection.socket.destroy(), PATIENCE_MS);
    connection.socket.once('close', () => clearTimeout(patience));
    void this.finish(connection);
  }
}

const place = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const described = (address: SocketAddress): string =>
  'path' in address ? address.path : 'fd' in address ? `descriptor ${address.fd}` : place(address.host, address.port);

/** What the caller has connected. */
function connected(fd: number, failed: (error: unknown) => OptionError): Socket {
  try {
    return new Socket({ fd, allowHalfOpen: true });
  } catch (error) {
    throw failed(error);
  }
}

/** What a server that has died has left. @throws an error of the system's if there is no such folder, which libuv calls forbidden */
function makeRoom(path: string): void {
  statSync(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
}
