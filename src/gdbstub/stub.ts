/**
 * The gdb stub (QEMU's gdbstub): a debugger on a chardev, and a machine. It knows no host: bytes come in and go out. The machine stands still from when a
 * debugger connects, and while it runs nothing is asked of it but to stop.
 */
import { CharBackend, type Chardev } from '../chardev/chardev.js';
import type { RunState } from '../hw/core/runstate.js';
import { ControlError, type MachineControl } from '../system/control.js';
import { COMMANDS, type Answer } from './commands.js';
import { GdbError } from './error.js';
import { bytesOf, encodePacket, PacketReader, type PacketEvent } from './packet.js';
import { GdbSession, type GdbStubOptions } from './session.js';
import { exitReply, signalOf, stopReply } from './stop-reply.js';
import type { Log } from '../util/log.js';
import { textOf } from '../util/text.js';
import { traceEvents } from '../util/trace.js';
import { Turn } from '../util/turn.js';

const TRACE = traceEvents({
  gdbstub_op_start: (device: string) => `Starting gdbstub using device ${device}`,
  gdbstub_op_exiting: (status: number) => `notifying exit with code=${status}`,
  gdbstub_io_command: (text: string) => `Received: ${text}`,
  gdbstub_io_reply: (text: string) => `Sent: ${text}`,
  gdbstub_io_got_ack: () => 'Got ACK',
});

export type { GdbStubOptions } from './session.js';

/** Bytes that are looked at before the link is asked again whether it takes answers: each may ask for much. */
const INPUT_AT_ONCE = 64;

const NOTHING = new Uint8Array(0);

/** @throws what is no debugger's fault */
function errorAnswer(error: unknown): string {
  if (!(error instanceof GdbError)) throw error;
  return error.message;
}

export class GdbStub {
  private session: GdbSession | undefined;
  private readonly link: CharBackend;
  private readonly reader = new PacketReader();
  /** What was sent last, until it is acknowledged. */
  private unacknowledged: Uint8Array | undefined;
  /** An answer is on its way, and what came behind its question. */
  private isBusy = false;
  private rest = NOTHING;
  private readonly removeHandler: () => void;
  private readonly turn = new Turn(() => this.link.acceptInput());

  constructor(
    private readonly control: MachineControl,
    private readonly chardev: Chardev,
    private readonly options: GdbStubOptions = {},
  ) {
    if (control.cpus.some(({ gdb, debug }) => !gdb || !debug)) throw new ControlError('gdb knows nothing of the CPUs of this machine');
    this.removeHandler = control.machine.runState.addHandler((running, state) => !running && this.stopped(state));
    this.log.trace(TRACE.gdbstub_op_start, chardev.id);
    control.machine.backends.joinChardev(chardev);
    this.link = new CharBackend(chardev);
    this.link.setHandlers({
      isMonitor: true,
      canReceive: () => this.room,
      receive: (bytes) => this.receive(bytes),
      event: (event) => {
        if (event === 'opened') this.opened();
        else if (event === 'closed') this.session = undefined;
      },
      writable: () => this.link.acceptInput(),
    });
  }

  /** Hears no more of the machine. Break- and watchpoints stay. */
  dispose(): void {
    this.removeHandler();
    this.session = undefined;
    this.link.detach();
  }

  /** The machine has come to its end: a debugger that waits hears of it. */
  exited(status: number): void {
    this.log.trace(TRACE.gdbstub_op_exiting, status);
    if (this.session?.awaitsStop) this.send(exitReply(status));
    this.session = undefined;
  }

  private get log(): Log {
    return this.control.machine.log;
  }

  private opened(): void {
    this.isBusy = false;
    this.rest = NOTHING;
    this.reader.reset();
    this.unacknowledged = undefined;
    this.session = new GdbSession(this.control, this.options, (text) => this.send(text));
    this.control.travel?.pauseAtEnd();
    this.session.interrupt();
  }

  /** While a replay is on its way, Ctrl-C is heard: a byte at a time, and any byte is one. */
  private get room(): number {
    if (!this.link.writable || !this.turn.hasTime()) return 0;
    if (!this.isBusy) return INPUT_AT_ONCE;
    return this.control.travel?.isTravelling && this.rest.length === 0 ? 1 : 0;
  }

  private receive(bytes: Uint8Array): void {
    if (this.isBusy && this.control.travel?.isTravelling) return void this.control.stop();
    for (let at = 0; at < bytes.length && this.session; at++) {
      if (this.isBusy) {
        this.rest = bytes.slice(at);
        return;
      }
      this.event(this.session, this.reader.take(bytes[at]));
    }
  }

  private event(session: GdbSession, event: PacketEvent | undefined): void {
    switch (event?.kind) {
      case 'packet':
        this.acknowledge('+');
        this.unacknowledged = undefined;
        return this.packet(session, textOf(event.data));
      case 'bad':
        return this.acknowledge('-');
      case 'ack':
        this.log.trace(TRACE.gdbstub_io_got_ack);
        this.unacknowledged = undefined;
        return;
      case 'nak':
        if (this.unacknowledged) this.link.write(this.unacknowledged);
        return;
      case 'interrupt':
        session.interrupt();
    }
  }

  private acknowledge(sign: string): void {
    if (!this.session?.noAck) this.link.write(bytesOf(sign));
  }

  private packet(session: GdbSession, text: string): void {
    this.log.trace(TRACE.gdbstub_io_command, text);
    // What a debugger asks is about a machine that stands still.
    session.interrupt();
    const command = COMMANDS.find(({ name, exact }) => (exact ? text === name : text.startsWith(name)));
    if (!command) return this.send('');
    try {
      const answer = command.run(session, text.slice(command.name.length));
      if (answer instanceof Promise) this.await(session, answer);
      else this.answer(answer);
    } catch (error) {
      this.answer(errorAnswer(error));
    }
  }

  /** What comes meanwhile waits. */
  private await(session: GdbSession, answer: Promise<Answer>): void {
    this.isBusy = true;
    const done = (text: Answer): void => {
      if (this.session !== session) return; // that debugger has gone
      this.isBusy = false;
      this.answer(text);
      const { rest } = this;
      this.rest = NOTHING;
      this.receive(rest);
      this.link.acceptInput();
    };
    answer.then(done, (error: unknown) => done(errorAnswer(error))).catch((error: unknown) => this.chardev.failed(error));
  }

  private answer(text: Answer): void {
    if (text !== undefined) this.send(text);
  }

  /** Sends a packet; `text` is a character for each byte. */
  private send(text: string): void {
    this.log.trace(TRACE.gdbstub_io_reply, text);
    const packet = encodePacket(bytesOf(text));
    if (!this.session?.noAck) this.unacknowledged = packet;
    this.link.write(packet);
  }

  private stopped(state: RunState): void {
    const { session, control } = this;
    const signal = signalOf(state);
    if (control.travel?.isTravelling) return; // it tells when it is there
    if (!session?.attached || signal === undefined) return;
    if (state === 'debug') session.continueCpu = control.machine.debugCpu ?? session.continueCpu;
    session.generalCpu = session.continueCpu;
    // a shutdown that ends the run: exited() tells of it
    if (!session.awaitsStop || (state === 'shutdown' && !control.pausesOnShutdown)) return;
    session.awaitsStop = false;
    const cpu = session.continueCpu;
    this.send(
      stopReply(
        signal,
        session.threadOf(cpu),
        state === 'debug' ? cpu.debug?.takeWatchpointHit() : undefined,
        control.travel?.isAtEnd ? 'end' : undefined,
      ),
    );
  }
}
