/** The human monitor (QEMU's HMP) on a character device: a prompt, a line editor, and the table of commands. */
import { CharBackend, type CharEvent, type Chardev } from '../chardev/chardev.js';
import type { MachineControl } from '../system/control.js';
import { runLine, type MonitorContext } from './commands.js';

const PROMPT = '(wemu) ';
const LINE_LIMIT = 4095;
const HISTORY_LIMIT = 64;
const CTRL_C = 0x03;
const CTRL_H = 0x08;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const DELETE = 0x7f;

export class Monitor {
  private readonly context: MonitorContext;
  private line = '';
  private readonly history: string[] = [];
  private recalled = 0;
  /** An escape sequence so far. */
  private sequence: string | undefined;
  private greeted = false;
  private readonly chardev: CharBackend;

  constructor(control: MachineControl, chardev: Chardev, version: string) {
    this.context = { control, machine: control.machine, version, cpuIndex: 0 };
    this.chardev = new CharBackend(chardev);
    this.chardev.setHandlers({
      // Who does not read its answers is not asked for more; on a mux it may be another's output that waits.
      canReceive: () => (this.chardev.isShared || this.chardev.writable ? LINE_LIMIT : 0),
      receive: (bytes) => bytes.forEach((byte) => this.typed(byte)),
      event: (event) => this.heard(event),
      writable: () => this.chardev.acceptInput(),
    });
  }

  /** Each client is greeted; on a mux, who switches to the monitor first. */
  private heard(event: CharEvent): void {
    if (event === 'opened') this.greeted = false;
    if (event === 'mux-in' || (event === 'opened' && !this.chardev.isShared)) this.greet();
    if (event === 'closed') this.line = '';
  }

  private greet(): void {
    if (!this.greeted) this.print(`wemu ${this.context.version} monitor - type 'help' for more information\n`);
    this.greeted = true;
    this.print(`${PROMPT}${this.line}`);
  }

  private print(text: string): void {
    this.chardev.write(new TextEncoder().encode(text.replaceAll('\n', '\r\n')));
  }

  private typed(byte: number): void {
    if (this.sequence !== undefined) return this.escaped(byte);
    switch (byte) {
      case ESCAPE:
        this.sequence = '';
        return;
      case 0x0a:
      case 0x0d:
        return this.enter();
      case CTRL_H:
      case DELETE:
        return this.replace(this.line.slice(0, -1));
      case CTRL_C:
      case CTRL_U:
        return this.replace('');
    }
    if (byte < 0x20 || byte > 0x7e || this.line.length >= LINE_LIMIT) return;
    const character = String.fromCharCode(byte);
    this.line += character;
    this.print(character);
  }

  /** Arrows up and down (ESC [ A, ESC [ B) recall lines; other sequences do nothing. */
  private escaped(byte: number): void {
    this.sequence += String.fromCharCode(byte);
    if (this.sequence === '[' || this.sequence === 'O') return;
    const step = { '[A': -1, OA: -1, '[B': 1, OB: 1 }[this.sequence!];
    if (step === undefined && byte < 0x40) return; // parameters go on
    this.sequence = undefined;
    if (step === undefined) return;
    this.recalled = Math.min(this.history.length, Math.max(0, this.recalled + step));
    this.replace(this.history[this.recalled] ?? '');
  }

  private replace(line: string): void {
    const shorter = this.line.length - line.length;
    this.print(`\r${PROMPT}${line}${shorter > 0 ? ' '.repeat(shorter) + '\b'.repeat(shorter) : ''}`);
    this.line = line;
  }

  private enter(): void {
    const { line } = this;
    this.line = '';
    this.print('\n');
    if (line.trim() !== '' && this.history.at(-1) !== line) this.history.push(line);
    if (this.history.length > HISTORY_LIMIT) this.history.shift();
    this.recalled = this.history.length;
    this.print(runLine(this.context, line) + PROMPT);
  }
}
