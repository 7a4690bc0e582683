/** Cuts a command's own output, its exit status, and its requests for input out of what the guest's console prints. */
import { commandMarkers } from '../node/guest/initramfs.js';

/** Console text that is kept for the case that the command never runs. */
const KEPT = 64 * 1024;
/** Of the command's own output, for a panic's line. */
const TAIL = 4 * 1024;
/** Digits of an exit status, and what follows them. */
const STATUS = /^(\d{1,3})\]/;
const PANIC = /Kernel panic - not syncing: [^\r\n]*/;

/** The end of `text`, at least `size` of it: cut rarely, since text comes byte by byte. */
const ended = (text: string, size: number): string => (text.length > 2 * size ? text.slice(-size) : text);

export class CommandOutput {
  /** The command's exit status, once the guest has told it. */
  status: number | undefined;
  private readonly begin: string;
  private readonly end: string;
  private readonly read: string;
  private state: 'boot' | 'command' | 'done' = 'boot';
  /** Latin-1 text that is not decided yet: a marker may be on its way. */
  private pending = '';
  private boot = '';
  private tail = '';

  constructor(
    nonce: string,
    private readonly emit: (bytes: Uint8Array) => void,
    /** The guest wants the next block of standard input. */
    private readonly wantInput: () => void,
  ) {
    ({ begin: this.begin, end: this.end, read: this.read } = commandMarkers(nonce));
  }

  write(bytes: Uint8Array): void {
    if (this.status !== undefined) return; // the guest powers off
    this.pending += Buffer.from(bytes).toString('latin1');
    this.seekReads();
    if (this.state === 'boot') this.seekBegin();
    if (this.state === 'command') this.seekEnd();
    if (this.state === 'done') this.seekStatus();
  }

  /** The guest has ended: what might have become a marker is the command's own. */
  finish(): void {
    if (this.state !== 'command' || this.pending === '') return;
    this.tail += this.pending;
    this.emit(Buffer.from(this.pending, 'latin1'));
    this.pending = '';
  }

  /** The command's output has begun to come. */
  get hasBegun(): boolean {
    return this.state !== 'boot';
  }

  /** The command's output goes elsewhere, and has begun to come there: what was said here before is no reason for anything. */
  commandBegan(): void {
    this.boot = this.pending = '';
  }

  /** What the console said outside of the command's output: before it, if it never ran; all the while, if its output goes elsewhere. */
  unframed(): string {
    return this.state === 'boot' ? this.boot + this.pending : '';
  }

  /** The kernel's own word on why it ended. */
  panic(): string | undefined {
    return PANIC.exec(`${this.boot}\n${this.tail}${this.pending}`)?.[0];
  }

  private seekBegin(): void {
    const at = this.pending.indexOf(this.begin);
    const taken = at < 0 ? Math.max(0, this.pending.length - this.begin.length) : at;
    this.boot = ended(this.boot + this.pending.slice(0, taken), KEPT);
    this.pending = this.pending.slice(at < 0 ? taken : at + this.begin.length);
    if (at >= 0) this.state = 'command';
  }

  /** A command whose output goes elsewhere asks for its input before anything has begun here. */
  private seekReads(): void {
    for (let at; (at = this.pending.indexOf(this.read)) >= 0; this.wantInput()) {
      this.pending = this.pending.slice(0, at) + this.pending.slice(at + this.read.length);
    }
  }

  private seekEnd(): void {
    const at = this.pending.indexOf(this.end);
    // Everything that cannot be the start of a marker goes out at once: output streams.
    const ready = at < 0 ? this.pending.length - Math.max(this.partial(this.end), this.partial(this.read)) : at;
    if (ready > 0) {
      const text = this.pending.slice(0, ready);
      this.tail = ended(this.tail + text, TAIL);
      this.emit(Buffer.from(text, 'latin1'));
    }
    this.pending = this.pending.slice(at < 0 ? ready : at + this.end.length);
    if (at >= 0) this.state = 'done';
  }

  /** Length of the longest tail of what is pending that `marker` starts with. */
  private partial(marker: string): number {
    for (let n = Math.min(marker.length - 1, this.pending.length); n > 0; n--) if (marker.startsWith(this.pending.slice(-n))) return n;
    return 0;
  }

  private seekStatus(): void {
    const status = STATUS.exec(this.pending);
    if (status) this.status = Number(status[1]);
    else this.pending = this.pending.slice(0, 4); // no more of it can matter
  }
}
