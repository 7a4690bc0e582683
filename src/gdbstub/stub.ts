/**
 * The gdb stub (QEMU's gdbstub): a debugger on a chardev, and a machine. It knows no host: bytes come in and go out. The machine stands still from when a
 * debugger connects, and while it runs nothing is asked of it but to stop.
 */
import type { Chardev } from '../chardev/chardev.js';
import type { RunState } from '../hw/core/runstate.js';
import { ControlError, type MachineControl } from '../system/control.js';
import { COMMANDS } from './commands.js';
import { GdbError } from './error.js';
import { bytesOf, encodePacket, PacketReader, textOf } from './packet.js';
import { GdbSession, type GdbStubOptions } from './session.js';
import { exitReply, signalOf, stopReply } from './stop-reply.js';

export type { GdbStubOptions } from './session.js';

/** Bytes that are looked at before the link is asked again whether it takes answers: each may ask for much. */
const INPUT_AT_ONCE = 64;
/** Milliseconds of one turn of the host's event loop that a debugger may have, however much it asks at once. */
const TURN_MS = 5;

export class GdbStub {
  private session: GdbSession | undefined;
  private readonly reader = new PacketReader();
  /** What was sent last, until it is acknowledged. */
  private unacknowledged: Uint8Array | undefined;
  private readonly removeHandler: () => void;
  /** When the first packet of this turn was looked at. */
  private turnBegan: number | undefined;

  constructor(
    private readonly control: MachineControl,
    private readonly link: Chardev,
    private readonly options: GdbStubOptions = {},
  ) {
    if (control.cpus.some(({ gdb, debug }) => !gdb || !debug)) throw new ControlError('gdb knows nothing of the CPUs of this machine');
    this.removeHandler = control.machine.runState.addHandler((running, state) => !running && this.stopped(state));
    control.machine.joinChardev(link);
    link.flowControl = true; // what a debugger does is no part of the guest's world
    link.attach({
      canReceive: () => (link.writable && this.hasTime() ? INPUT_AT_ONCE : 0),
      receive: (bytes) => this.receive(bytes),
      event: (event) => {
        if (event === 'opened') this.opened();
        else if (event === 'closed') this.session = undefined;
      },
      writable: () => link.acceptInput(),
    });
  }

  /** Hears no more of the machine. Break- and watchpoints stay. */
  dispose(): void {
    this.removeHandler();
    this.session = undefined;
  }

  /** The machine has come to its end: a debugger that waits hears of it. */
  exited(status: number): void {
    if (this.session?.awaitsStop) this.send(exitReply(status));
    this.session = undefined;
  }

  private opened(): void {
    this.reader.reset();
    this.unacknowledged = undefined;
    this.session = new GdbSession(this.control, this.options, (text) => this.send(text));
    this.session.interrupt();
  }

  private hasTime(): boolean {
    if (this.turnBegan !== undefined) return performance.now() - this.turnBegan < TURN_MS;
    this.turnBegan = performance.now();
    setTimeout(() => {
      this.turnBegan = undefined;
      this.link.acceptInput();
    }, 0);
    return true;
  }

  private receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (!this.session) return;
      const event = this.reader.take(byte);
      switch (event?.kind) {
        case 'packet':
          this.acknowledge('+');
          this.unacknowledged = undefined;
          this.packet(this.session, textOf(event.data));
          break;
        case 'bad':
          this.acknowledge('-');
          break;
        case 'ack':
          this.unacknowledged = undefined;
          break;
        case 'nak':
          if (this.unacknowledged) this.link.write(this.unacknowledged);
          break;
        case 'interrupt':
          this.session.interrupt();
      }
    }
  }

  private acknowledge(sign: string): void {
    if (!this.session?.noAck) this.link.write(bytesOf(sign));
  }

  private packet(session: GdbSession, text: string): void {
    // What a debugger asks is about a machine that stands still.
    session.interrupt();
    const command = COMMANDS.find(({ name, exact }) => (exact ? text === name : text.startsWith(name)));
    let answer: string | undefined = '';
    try {
      if (command) answer = command.run(session, text.slice(command.name.length));
    } catch (error) {
      if (!(error instanceof GdbError)) throw error;
      answer = error.message;
    }
    if (answer !== undefined) this.send(answer);
  }

  /** Sends a packet; `text` is a character for each byte. */
  private send(text: string): void {
    const packet = encodePacket(bytesOf(text));
    if (!this.session?.noAck) this.unacknowledged = packet;
    this.link.write(packet);
  }

  private stopped(state: RunState): void {
    const { session, control } = this;
    const signal = signalOf(state);
    if (!session?.attached || signal === undefined) return;
    if (state === 'debug') session.continueCpu = control.machine.debugCpu ?? session.continueCpu;
    session.generalCpu = session.continueCpu;
    // a shutdown that ends the run: exited() tells of it
    if (!session.awaitsStop || (state === 'shutdown' && !control.pausesOnShutdown)) return;
    session.awaitsStop = false;
    const cpu = session.continueCpu;
    this.send(stopReply(signal, session.threadOf(cpu), state === 'debug' ? cpu.debug?.takeWatchpointHit() : undefined));
  }
}
