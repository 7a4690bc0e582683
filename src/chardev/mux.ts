/**
 * Several frontends on one backend (QEMU's mux): output of all of them goes there, input goes to the one that has the focus, and Ctrl-A gives commands.
 * Source: QEMU docs/system/mux-chardev.rst.
 */
import { OptionError } from '../util/errors.js';
import { Turn } from '../util/turn.js';
import { CharBackend, Chardev, FLOW_LIMIT, type CharEvent, type CharHandlers } from './chardev.js';

const CTRL_A = 0x01;
/** Input that is looked at in one turn of the host's event loop: each two bytes may be a command. */
const INPUT_A_TURN = 1 << 14;
/** Frontends of one mux at most. Source: QEMU's MAX_MUX. */
const MAX_MUX = 4;

const help = (escape: string): string => `\r
${escape} h    print this help\r
${escape} x    exit emulator\r
${escape} s    save disk data back to file (if -snapshot)\r
${escape} t    toggle console timestamps\r
${escape} b    send break (magic sysrq)\r
${escape} c    switch between console and monitor\r
${escape} ${escape}  sends ${escape}\r
`;
/** As people say it: `C-a`. */
const keyName = (code: number): string =>
  code >= 1 && code <= 26
    ? `C-${String.fromCharCode(0x60 + code)}`
    : code > 0x20 && code < 0x7f
      ? String.fromCharCode(code)
      : `0x${code.toString(16)}`;

export interface MuxOptions {
  /** Ctrl-A gives commands; without it, it is a character as any other. */
  readonly escapes: boolean;
  /** The character that gives them instead of Ctrl-A. */
  readonly escape?: number;
  /** A terminal that somebody types on. It is read on however much waits, or Ctrl-A would not be heard. */
  readonly isTyped?: boolean;
  /** Frontends that may join. */
  readonly limit?: number;
  /** Ctrl-A x. */
  readonly quit: () => void;
  /** Ctrl-A s: what the guest has written to disks that forget it is kept. What went wrong. */
  readonly commit?: () => Promise<string | undefined>;
  /** ms since anywhere, for Ctrl-A t. */
  readonly now?: () => number;
}

/** A place in the rotation of Ctrl-A c: a frontend, and who may take its input over. The last one that reads there gets it. */
type Slot = MuxPort[];

export class MuxChardev extends Chardev {
  private readonly base: CharBackend;
  private slots: Slot[] = [];
  /** Guest ports that the first frontend is yet to join. */
  private early: Slot = [];
  private focus = 0;
  private escaped = false;
  /** Under way, by Ctrl-A s. As in QEMU nothing more that is typed is looked at before they are done: not a command that comes next, not Ctrl-A x. */
  private commits = 0;
  private readonly turn = new Turn();
  /** Bytes of this turn of the event loop. */
  private seen = 0;
  private stampsFrom: number | undefined;
  private atLineStart = true;

  constructor(
    readonly backend: Chardev,
    private readonly options: MuxOptions,
  ) {
    super(backend.id, 'mux');
    backend.wake = () => this.wake();
    backend.hold = (on) => this.hold(on);
    backend.failed = (error) => this.failed(error);
    this.base = new CharBackend(backend);
    this.base.setHandlers({
      canReceive: () => this.room,
      receive: (bytes) => {
        this.count(bytes.length);
        this.typed(bytes);
      },
      event: (event) => this.heard(event),
      writable: () => this.congested(false),
    });
  }

  override get filename(): string {
    return this.backend.filename;
  }
  override get pty(): string | undefined {
    return this.backend.pty;
  }
  override get isTerminal(): boolean {
    return this.backend.isTerminal;
  }
  override get isShared(): boolean {
    return true;
  }
  override get isOpen(): boolean {
    return this.backend.isOpen;
  }
  override get isAttached(): boolean {
    return this.slots.length > 0;
  }

  // ---- frontends

  override join(handlers: CharHandlers): Chardev {
    const { limit = MAX_MUX } = this.options;
    if (this.slots.length >= limit) {
      throw new OptionError(
        limit === 1 ? `chardev '${this.id}' is already in use` : `too many uses of multiplexed chardev '${this.id}' (maximum is ${limit})`,
      );
    }
    const port = new MuxPort(this);
    this.slots.push([port, ...this.early.splice(0)]);
    port.attach(handlers);
    if (this.slots.length === 1) port.sendEvent('mux-in');
    this.base.acceptInput();
    return port;
  }
  override attach(handlers: CharHandlers): void {
    this.join(handlers);
  }

  /** A frontend in the first one's place, for what a guest reads besides its serial port: from the time that it is attached it gets the input. */
  guestPort(): Chardev {
    const port = new MuxPort(this);
    (this.slots[0] ?? this.early).push(port);
    return port;
  }

  /** The port is not used any more: the focus goes to another. */
  leave(port: MuxPort): void {
    const i = this.slots.findIndex((slot) => slot.includes(port));
    if (i < 0) return;
    const hadFocus = i === this.focus;
    this.slots.splice(i, 1);
    if (i < this.focus || this.focus >= this.slots.length) this.focus = Math.max(0, this.focus - 1);
    if (hadFocus) this.reader?.sendEvent('mux-in');
  }

  override close(): void {
    this.backend.close();
  }
  override release(): void {
    super.release();
    this.slots = [];
    this.early = [];
    this.focus = 0;
  }

  /** Typed to the first frontend, which is the guest's. */
  override input(bytes: Uint8Array): void {
    this.slots[0]?.[0]?.input(bytes);
  }
  /** All of its frontends. */
  override freeze(on: boolean): void {
    for (const port of this.slots.flat()) port.freeze(on);
  }
  /** Of the first frontend, which is the guest's. */
  override get waitingInput(): Uint8Array {
    return this.slots[0]?.[0]?.waitingInput ?? new Uint8Array(0);
  }
  override set waitingInput(bytes: Uint8Array) {
    const port = this.slots[0]?.[0];
    if (port) port.waitingInput = bytes;
  }

  private get reader(): MuxPort | undefined {
    return this.slots[this.focus]?.filter((port) => port.isAttached).at(-1);
  }

  private switchFocus(): void {
    if (this.slots.length < 2) return this.tell('there is no monitor (-monitor none)');
    this.reader?.sendEvent('mux-out');
    this.focus = (this.focus + 1) % this.slots.length;
    this.reader?.sendEvent('mux-in');
  }

  // ---- output

  override write(bytes: Uint8Array): void {
    const output = this.stampsFrom === undefined ? bytes : this.stamped(bytes);
    // Not by `base`: the frontend has a CharBackend of its own, which insists and hears of failures.
    this.backend.log?.(output);
    this.backend.write(output);
  }
  override flushed(): Promise<void> | undefined {
    return this.backend.flushed();
  }
  /** As the backend has it. Whether a frontend may see it is its port's to say: a monitor does where the guest does not. */
  override get writable(): boolean {
    return this.base.writable;
  }
  override insist(): void {
    this.backend.insist();
  }
  override congested(on: boolean): void {
    for (const port of this.slots.flat()) port.congested(on);
  }

  private tell(text: string): void {
    this.print(`\r\nwemu: ${text}\r\n`);
  }
  /** Nothing of its own waits for who does not read. */
  private print(text: string): void {
    if (this.writable) this.base.write(new TextEncoder().encode(text));
  }

  /** @param rest what came together with it */
  private async commit(rest: Uint8Array): Promise<void> {
    this.commits++;
    try {
      if (!this.turn.hasTime()) await this.turn.next();
      const problem = await this.options.commit?.();
      if (problem !== undefined) this.tell(problem);
    } catch (error) {
      this.failed(error);
    }
    this.typed(rest);
    this.commits--;
    this.taken();
  }

  private toggleStamps(): void {
    this.stampsFrom = this.stampsFrom === undefined ? this.now() : undefined;
    this.atLineStart = false;
  }
  private now(): number {
    return (this.options.now ?? Date.now)();
  }
  /** With the time since Ctrl-A t before each line: `[hh:mm:ss.mmm] `. */
  private stamped(bytes: Uint8Array): Uint8Array {
    const two = (n: number): string => String(n).padStart(2, '0');
    const ms = Math.floor(this.now() - this.stampsFrom!);
    const s = Math.floor(ms / 1000);
    const stamp = new TextEncoder().encode(
      `[${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${String(ms % 1000).padStart(3, '0')}] `,
    );
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.atLineStart) out.push(...stamp);
      this.atLineStart = byte === 0x0a;
      out.push(byte);
    }
    return Uint8Array.from(out);
  }

  // ---- input

  private get room(): number {
    if (this.commits > 0) return 0;
    const room = INPUT_A_TURN - this.seen;
    if (this.options.isTyped) return room;
    return this.reader ? Math.min(room, Math.max(0, FLOW_LIMIT - this.reader.queued)) : 0;
  }
  private count(bytes: number): void {
    if (this.seen === 0) {
      setTimeout(() => {
        this.seen = 0;
        this.base.acceptInput();
      }, 0);
    }
    this.seen += bytes;
  }
  /** A port has taken some of its input. */
  taken(): void {
    this.base.acceptInput();
  }

  private heard(event: CharEvent): void {
    if (event === 'break') return this.reader?.sendEvent('break');
    for (const port of this.slots.flat()) {
      if (event === 'opened') port.opened();
      else if (event === 'closed') port.closed();
    }
    if (event === 'opened') this.reader?.sendEvent('mux-in');
  }

  private get escape(): number {
    return this.options.escape ?? CTRL_A;
  }
  private typed(bytes: Uint8Array): void {
    if (!this.options.escapes) return this.reader?.input(bytes);
    let typed: number[] = [];
    const flush = (): void => {
      if (typed.length > 0) this.reader?.input(Uint8Array.from(typed));
      typed = [];
    };
    for (const [i, byte] of bytes.entries()) {
      if (!this.escaped) {
        if (byte === this.escape) this.escaped = true;
        else typed.push(byte);
        continue;
      }
      this.escaped = false;
      if (byte === this.escape) typed.push(byte);
      else {
        flush();
        const letter = String.fromCharCode(byte).toLowerCase();
        if (letter === 's') return void this.commit(bytes.subarray(i + 1));
        this.command(letter);
      }
    }
    flush();
  }

  private command(letter: string): void {
    switch (letter) {
      case 'h':
      case '?':
        return this.print(help(keyName(this.escape)));
      case 'x':
        return this.options.quit();
      case 'b':
        return this.reader?.sendEvent('break');
      case 'c':
        return this.switchFocus();
      case 't':
        return this.toggleStamps();
    }
  }
}

/** What a frontend holds of a mux. */
export class MuxPort extends Chardev {
  constructor(private readonly mux: MuxChardev) {
    super(mux.id, 'mux', mux.isOpen);
    this.wake = () => mux.wake();
    this.failed = (error) => mux.failed(error);
  }
  override get filename(): string {
    return this.mux.filename;
  }
  override get isTerminal(): boolean {
    return this.mux.isTerminal;
  }
  override get isShared(): boolean {
    return true;
  }
  override write(bytes: Uint8Array): void {
    this.mux.write(bytes);
  }
  override get flowControl(): boolean {
    return this.isMonitor || (super.flowControl && this.mux.flowControl);
  }
  override set flowControl(on: boolean) {
    super.flowControl = on;
  }
  override get writable(): boolean {
    return this.mux.writable || !this.flowControl;
  }
  override insist(): void {
    this.mux.insist();
  }
  override detach(): void {
    super.detach();
    this.mux.leave(this);
  }
  protected override inputTaken(): void {
    this.mux.taken();
  }
}
