/**
 * Virtio console device: a set of ports (`virtconsole`, `virtserialport`) over one control queue. Source: VIRTIO 1.2, section 5.3.
 */
import { CharBackend, type CharEvent, type Chardev } from '../../chardev/chardev.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { bool as boolProperty, link, string, uint32 } from '../../qom/property.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { OptionError } from '../../util/errors.js';
import { Bus } from '../core/bus.js';
import { DeviceState, defineDevice } from '../core/device.js';
import { bool, bytes, i32, u32, vmState } from '../core/vmstate.js';
import { STATUS_DRIVER_OK, VIRTIO_FIELDS, VIRTIO_ID, VirtioDevice } from './virtio.js';
import { gather, scatter, skip, totalLength, type Segment, type VirtQueue, type VirtQueueElement } from './virtqueue.js';

const F_MULTIPORT = 1n << 1n;
const F_EMERG_WRITE = 1n << 2n;

// struct virtio_console_config
const CONFIG_MAX_NR_PORTS = 4;
const CONFIG_EMERG_WR = 8;
const CONFIG_SIZE = 12;

// Control messages (5.3.6.2)
const DEVICE_READY = 0;
const PORT_ADD = 1;
const PORT_REMOVE = 2;
const PORT_READY = 3;
const CONSOLE_PORT = 4;
const PORT_OPEN = 6;
const PORT_NAME = 7;
const CONTROL_SIZE = 8;

const PORT_QUEUE_SIZE = 128;
const CONTROL_QUEUE_SIZE = 32;
const MAX_PORTS = 31;
const NEXT_FREE = 0xffff_ffff;
/** Control messages kept for the driver at most. */
const MAX_WAITING = 256;
/** All of them in a snapshot. */
const MAX_WAITING_BYTES = 1 << 20;
/** Output moved in one go; the rest follows from a timer, so that a guest cannot hold the host in one notification. */
const OUTPUT_SLICE = 0x1_0000;

/** The bus of the ports. */
export class VirtioSerialBus extends Bus {
  static override readonly type: TypeInfo = defineType('virtio-serial-bus', Bus, VirtioSerialBus);

  override readonly isHotpluggable = true;

  override attach(device: DeviceState): void {
    super.attach(device);
    (device as VirtSerialPort).controller = this.parentDevice as VirtioSerial;
  }
}

/** A port that carries a byte stream between the guest and a chardev. */
export class VirtSerialPort extends DeviceState {
  static override readonly type = defineDevice('virtserialport', DeviceState, VirtSerialPort, {
    description: 'Virtio serial port',
    category: 'input',
    bus: 'virtio-serial-bus',
    userCreatable: true,
    properties: [link('chardev', 'chardev'), uint32('nr'), string('name')],
  });
  static readonly vmState = vmState<VirtSerialPort>(
    'virtserialport',
    { version: 2, preSave: (port) => port.noteOutput(), postLoad: (port) => port.takeOutput() },
    [bool('guestConnected'), bool('waits'), i32('outputHead'), u32('outputDone')],
  );

  chardev: Chardev | undefined;
  /** Port number; NEXT_FREE: port 0 is kept for a console. */
  nr = NEXT_FREE;
  name: string | undefined;
  controller: VirtioSerial | undefined;
  readonly isConsole: boolean = false;
  /** The driver has the port open. */
  guestConnected = false;
  backend = new CharBackend();
  private output: { element: VirtQueueElement; left: Segment[] } | undefined;
  /** For the backend to be writable. */
  waits = false;
  /** In snapshots only: the buffer that is being sent (-1: none), and how much of it has been. */
  outputHead = -1;
  outputDone = 0;
  private readonly more = this.newTimer(() => this.transmit());

  protected override realize(): void {
    const controller = this.controller!;
    controller.addPort(this);
    this.backend = new CharBackend(this.chardev);
    try {
      this.backend.setHandlers({
        canReceive: () => (this.guestConnected ? controller.inputRoom(this) : 0),
        receive: (bytes) => controller.input(this, bytes),
        event: (event) => this.heard(event),
        writable: () => this.waits && this.transmit(),
      });
    } catch (error) {
      controller.removePort(this);
      throw error;
    }
  }

  protected override unrealize(): void {
    const { controller, output } = this;
    controller!.removePort(this);
    this.backend.detach();
    if (output) controller!.finish(controller!.txQueue(this), output.element, 0);
    this.output = undefined;
  }

  /** A port is open while somebody is on its other side; a console always. */
  get hostConnected(): boolean {
    return this.isConsole || this.isOpen;
  }
  private isOpen = false;
  private heard(event: CharEvent): void {
    if (event !== 'opened' && event !== 'closed') return;
    const before = this.hostConnected;
    this.isOpen = event === 'opened';
    if (this.hostConnected !== before) this.controller!.hostOpened(this);
  }

  override reset(): void {
    this.guestConnected = false;
    this.output = undefined;
    this.waits = false;
    this.more.del();
  }

  noteOutput(): void {
    const { output } = this;
    this.outputHead = output ? output.element.head : -1;
    this.outputDone = output ? totalLength(output.element.out) - totalLength(output.left) : 0;
  }
  takeOutput(): void {
    this.output = undefined;
    if (this.outputHead < 0) return;
    // Read anew: the guest that owns it may have changed it, as it may at any time.
    const element = this.controller!.txQueue(this).popped(this.outputHead);
    if (element) this.output = { element, left: [...skip(element.out, this.outputDone)] };
  }

  /** Sends what the driver queued, a slice at a time. */
  transmit(): void {
    const controller = this.controller!;
    const queue = controller.txQueue(this);
    // A driver cannot have more than `num` buffers waiting; a ring that says otherwise (it overlaps itself) would never end.
    for (let room = OUTPUT_SLICE, n = 0; n < queue.num && !controller.broken; n++) {
      this.waits = !this.backend.writable;
      if (this.waits) return;
      if (!this.output) {
        const element = queue.pop();
        if (!element) return;
        this.output = { element, left: [...element.out] };
      }
      const { element, left } = this.output;
      while (left.length > 0 && room > 0) {
        const [{ address, length }] = left;
        const count = Math.min(length, room);
        const bytes = controller.memory.read(address, count);
        if (!bytes) return controller.onError('buffer is not in memory');
        this.backend.write(bytes.slice());
        room -= count;
        if (count === length) left.shift();
        else left[0] = { address: address + count, length: length - count };
      }
      if (left.length > 0) return this.more.startNs(0);
      this.output = undefined;
      controller.finish(queue, element, 0);
    }
  }
}

/** A port that the guest uses as a console (hvc0). */
export class VirtConsole extends VirtSerialPort {
  static override readonly type = defineDevice('virtconsole', VirtSerialPort, VirtConsole, {
    description: 'Virtio console port',
    category: 'input',
    bus: 'virtio-serial-bus',
    userCreatable: true,
  });
  override readonly isConsole = true;
}

export class VirtioSerial extends VirtioDevice {
  static override readonly type = defineDevice('virtio-serial-device', VirtioDevice, VirtioSerial, {
    description: 'Virtio console device',
    category: 'input',
    bus: 'virtio-bus',
    userCreatable: true,
    properties: [uint32('max_ports'), boolProperty('emergency-write')],
  });

  static override readonly vmState = vmState<VirtioSerial>(
    'virtio-serial',
    { version: 1, preSave: (device) => device.noteMessages(), postLoad: (device) => device.takeMessages() },
    [...VIRTIO_FIELDS, bytes(MAX_WAITING_BYTES)('waitingMessages')],
  );

  maxPorts = MAX_PORTS;
  emergencyWrite = true;

  override readonly deviceId = VIRTIO_ID.CONSOLE;
  bus!: VirtioSerialBus;
  private readonly ports: (VirtSerialPort | undefined)[] = [];
  /** Control messages that wait for a buffer. */
  private messages: Uint8Array[] = [];
  /** The same in snapshots: each with its length before it. */
  waitingMessages: Uint8Array = new Uint8Array(0);

  private get multiport(): boolean {
    return (this.guestFeatures & F_MULTIPORT) !== 0n;
  }

  protected override deviceFeatures(): bigint {
    return (this.maxPorts > 1 ? F_MULTIPORT : 0n) | (this.emergencyWrite ? F_EMERG_WRITE : 0n);
  }

  protected override realize(): void {
    this.bus = new VirtioSerialBus(this, `${this.givenId ?? 'virtio-serial-bus'}.0`);
    if (this.maxPorts < 1 || this.maxPorts > MAX_PORTS)
      throw new OptionError(`invalid max_ports ${this.maxPorts}`, this.typeName, `1 to ${MAX_PORTS}`);
    this.config = new Uint8Array(CONFIG_SIZE);
    const view = new DataView(this.config.buffer);
    view.setUint32(CONFIG_MAX_NR_PORTS, this.maxPorts, true);
    view.setInt32(CONFIG_EMERG_WR, -1, true);
    this.addPortQueues(0);
    if (this.maxPorts === 1) return;
    this.addQueue(CONTROL_QUEUE_SIZE, () => this.sendMessages());
    this.addQueue(CONTROL_QUEUE_SIZE, (queue) => this.control(queue));
    for (let port = 1; port < this.maxPorts; port++) this.addPortQueues(port);
  }

  protected override deviceReset(): void {
    this.messages = [];
    for (const port of this.ports) port?.reset();
  }

  protected override statusChanged(status: number): void {
    // Without a control queue nobody says that port 0 is open.
    const port = this.ports[0];
    if (!(status & STATUS_DRIVER_OK) || this.multiport || !port || port.guestConnected) return;
    port.guestConnected = true;
    port.backend.acceptInput();
  }

  /** Emergency write: a character without any queue (5.3.6.3). */
  protected override configWritten(offset: number): void {
    if (!this.emergencyWrite || offset !== CONFIG_EMERG_WR) return;
    this.ports[0]?.backend.writeByte(this.config[CONFIG_EMERG_WR]);
    this.config.fill(0xff, CONFIG_EMERG_WR, CONFIG_SIZE);
  }

  noteMessages(): void {
    const out = new ByteWriter();
    for (const message of this.messages) {
      out.u16(message.length);
      out.bytes(message);
    }
    this.waitingMessages = out.finish();
  }
  takeMessages(): void {
    const input = new ByteReader(this.waitingMessages);
    this.messages = [];
    while (input.remaining >= 2) this.messages.push(input.bytes(Math.min(input.u16(), input.remaining)).slice());
  }

  /** Takes a port in, choosing its number if it has none. */
  addPort(port: VirtSerialPort): void {
    if (port.nr === NEXT_FREE) {
      let nr = port.isConsole ? 0 : 1;
      while (this.ports[nr]) nr++;
      port.nr = nr;
    }
    if (port.nr === 0 && !port.isConsole)
      throw new OptionError('port number 0 is reserved for virtconsole devices', port.id ?? port.typeName, `1 to ${this.maxPorts - 1}`);
    if (port.nr >= this.maxPorts)
      throw new OptionError(`port number ${port.nr} is beyond max_ports`, port.id ?? port.typeName, `0 to ${this.maxPorts - 1}`);
    if (this.ports[port.nr]) throw new OptionError(`virtio-serial-bus: A port already exists at id ${port.nr}`, port.id ?? port.typeName);
    this.ports[port.nr] = port;
    if (this.isDriverReady) this.send(port.nr, PORT_ADD, 1);
  }
  /** It is not there any more; what it has of the driver is given back. */
  removePort(port: VirtSerialPort): void {
    if (this.ports[port.nr] !== port) return;
    this.ports[port.nr] = undefined;
    if (this.isDriverReady) this.send(port.nr, PORT_REMOVE, 1);
  }
  /** It hears of ports that come and go; when it starts it asks. */
  private get isDriverReady(): boolean {
    return this.multiport && (this.status & STATUS_DRIVER_OK) !== 0;
  }

  /** The other side of a port has come or gone. */
  hostOpened(port: VirtSerialPort): void {
    if (this.multiport) this.send(port.nr, PORT_OPEN, port.hostConnected ? 1 : 0);
  }

  txQueue(port: VirtSerialPort): VirtQueue {
    return this.queues[port.nr === 0 ? 1 : 2 * port.nr + 3];
  }
  private rxQueue(port: VirtSerialPort): VirtQueue {
    return this.queues[port.nr === 0 ? 0 : 2 * port.nr + 2];
  }

  /** How many bytes the next buffer of the driver takes; 0 while there is none. */
  inputRoom(port: VirtSerialPort): number {
    if (this.broken) return 0;
    const queue = this.rxQueue(port);
    const element = queue.pop();
    if (!element) return 0;
    queue.unpop();
    return Math.min(totalLength(element.in), OUTPUT_SLICE);
  }

  input(port: VirtSerialPort, bytes: Uint8Array): void {
    const queue = this.rxQueue(port);
    const element = queue.pop();
    if (!element) return;
    const written = scatter(this.memory, element.in, bytes);
    if (written === undefined) return this.onError('buffer is not in memory');
    this.finish(queue, element, written);
  }

  finish(queue: VirtQueue, element: VirtQueueElement, written: number): void {
    this.complete(queue, element, written);
  }

  private addPortQueues(nr: number): void {
    this.addQueue(PORT_QUEUE_SIZE, () => this.ports[nr]?.backend.acceptInput());
    this.addQueue(PORT_QUEUE_SIZE, (queue) => {
      const port = this.ports[nr];
      if (port) port.transmit();
      else this.drain(queue);
    });
  }

  /** Output to a port that is not there. */
  private drain(queue: VirtQueue): void {
    for (let n = 0; n < queue.num; n++) {
      const element = queue.pop();
      if (!element) return;
      this.complete(queue, element, 0);
    }
  }

  /** Messages of the driver. */
  private control(queue: VirtQueue): void {
    for (let n = 0; n < queue.num; n++) {
      const element = queue.pop();
      if (!element) return;
      const bytes = gather(this.memory, element.out, CONTROL_SIZE);
      if (!bytes) return this.onError('control message is not in memory');
      this.complete(queue, element, 0);
      if (bytes.length < CONTROL_SIZE) continue;
      const view = new DataView(bytes.buffer);
      this.message(view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true));
    }
  }

  private message(id: number, event: number, value: number): void {
    if (event === DEVICE_READY) {
      if (value) for (const port of this.ports) if (port) this.send(port.nr, PORT_ADD, 1);
      return;
    }
    const port = this.ports[id];
    if (!port) return this.guestError(`control message ${event} for port ${id}`);
    if (event === PORT_READY && value) {
      if (port.isConsole) this.send(id, CONSOLE_PORT, 1);
      if (port.name !== undefined) this.send(id, PORT_NAME, 1, new TextEncoder().encode(`${port.name}\0`));
      if (port.hostConnected) this.send(id, PORT_OPEN, 1);
    } else if (event === PORT_OPEN) {
      port.guestConnected = value !== 0;
      if (port.id !== undefined) this.services.events.tell('VSERPORT_CHANGE', { id: port.id, open: port.guestConnected });
      if (value) port.backend.acceptInput();
    }
  }

  private send(id: number, event: number, value: number, tail = new Uint8Array(0)): void {
    const bytes = new Uint8Array(CONTROL_SIZE + tail.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, id, true);
    view.setUint16(4, event, true);
    view.setUint16(6, value, true);
    bytes.set(tail, CONTROL_SIZE);
    // A driver that asks without ever taking answers gets no more of them.
    if (this.messages.length < MAX_WAITING) this.messages.push(bytes);
    this.sendMessages();
  }

  private sendMessages(): void {
    const queue = this.queues[2];
    while (this.messages.length > 0 && !this.broken) {
      const element = queue.pop();
      if (!element) return;
      const written = scatter(this.memory, element.in, this.messages.shift()!);
      if (written === undefined) return this.onError('control buffer is not in memory');
      this.complete(queue, element, written);
    }
  }
}
