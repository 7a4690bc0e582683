/**
 * A character device of the guest's whose input is recorded, or comes from a log: between the device and its backend. Output goes through; what comes from
 * the backend is handed over between two slices (`Recorder.deliver`), and in a replay is left aside.
 */
import { CharBackend, Chardev, FLOW_LIMIT, type CharEvent, type CharHandlers } from '../chardev/chardev.js';

export const PORT_EVENTS = ['opened', 'closed', 'break'] as const satisfies readonly CharEvent[];
export type PortEvent = (typeof PORT_EVENTS)[number];

/** Hears what comes from outside. */
export interface PortListener {
  arrived(port: ReplayChardev, what: Uint8Array | PortEvent): void;
}

/** What a replay goes back to. */
export interface PortMark {
  readonly waiting: Uint8Array;
  readonly isOpen: boolean;
  readonly hasEnded: boolean;
  readonly written: number;
}

const isPortEvent = (event: CharEvent): event is PortEvent => (PORT_EVENTS as readonly CharEvent[]).includes(event);

export class ReplayChardev extends Chardev {
  /** Bytes that have arrived and were not handed over yet. */
  private arriving = 0;
  private host: CharBackend | undefined;
  /** Bytes of output since the machine was made, and how many of them were shown: a replay that went back writes them again. */
  written = 0;
  private shown = 0;

  constructor(
    readonly backend: Chardev,
    private readonly listener: PortListener,
  ) {
    super(backend.id, backend.kind, false);
    backend.wake = () => this.wake();
    backend.hold = (on) => this.hold(on);
    backend.failed = (error) => this.failed(error);
  }

  // ---- the host's side

  override attach(handlers: CharHandlers): void {
    super.attach(handlers);
    if (this.host) return;
    this.host = new CharBackend(this.backend);
    this.host.setHandlers({
      canReceive: () => Math.max(0, FLOW_LIMIT - this.queued - this.arriving),
      receive: (bytes) => this.input(bytes),
      event: (event) => isPortEvent(event) && this.listener.arrived(this, event),
    });
  }

  override input(bytes: Uint8Array): void {
    this.arriving += bytes.length;
    this.listener.arrived(this, bytes.slice());
    this.wake();
  }
  override opened(): void {
    this.listener.arrived(this, 'opened');
  }
  override closed(): void {
    this.listener.arrived(this, 'closed');
  }
  protected override inputTaken(): void {
    this.host?.acceptInput();
  }

  // ---- the guest's

  /** What has arrived is left aside. */
  drop(bytes: Uint8Array): void {
    this.arriving -= bytes.length;
    this.host?.acceptInput();
  }
  /** The device hears of it now. `hasArrived`: it is what has come from the backend. */
  deliver(what: Uint8Array | PortEvent, hasArrived: boolean): void {
    if (typeof what !== 'string') {
      if (hasArrived) this.arriving -= what.length;
      super.input(what);
    } else if (what === 'opened') super.opened();
    else if (what === 'closed') super.closed();
    else this.sendEvent(what);
  }

  override write(bytes: Uint8Array): void {
    const seen = Math.min(bytes.length, Math.max(0, this.shown - this.written));
    this.written += bytes.length;
    if (seen === bytes.length) return;
    this.shown = this.written;
    this.host?.write(bytes.subarray(seen));
  }

  mark(): PortMark {
    const { waitingInput: waiting, isOpen, hasEnded, written } = this;
    return { waiting, isOpen, hasEnded, written };
  }
  goBack({ waiting, isOpen, hasEnded, written }: PortMark): void {
    this.waitingInput = waiting;
    this.become(isOpen, hasEnded);
    this.written = written;
  }

  // ---- what of it is the backend's

  override get filename(): string {
    return this.backend.filename;
  }
  override get isTerminal(): boolean {
    return this.backend.isTerminal;
  }
  override insist(): void {
    this.backend.insist();
  }
  override get flowControl(): boolean {
    return super.flowControl;
  }
  override set flowControl(on: boolean) {
    super.flowControl = on;
    this.backend.flowControl = on;
  }
  override flushed(): Promise<void> | undefined {
    return this.backend.flushed();
  }
  override detach(): void {
    super.detach();
    this.host?.detach();
    this.host = undefined;
  }
  override release(): void {
    super.release();
    this.host = undefined;
    this.backend.release();
  }
  override close(): void {
    this.backend.close();
  }
}
