/** The human monitor (QEMU's HMP) on a character device: a prompt, a line editor, and the table of commands. */
import { CharBackend, OUTPUT_LIMIT, type CharEvent, type Chardev } from '../chardev/chardev.js';
import type { MachineControl } from '../system/control.js';
import { errorMessage } from '../util/errors.js';
import { completions, runLine } from './commands.js';
import { monitorContext, type MonitorContext } from './command.js';
import { LineEditor } from './line-editor.js';
import { traceEvents } from '../util/trace.js';
import { Turn } from '../util/turn.js';

const TRACE = traceEvents({ handle_hmp_command: (line: string) => `cmdline: ${line}` });

/** Bytes that wait while a command takes its time, or for the next turn. */
const INPUT_LIMIT = 4096;

export class Monitor {
  private readonly context: MonitorContext;
  private readonly editor: LineEditor;
  private greeted = false;
  private readonly chardev: CharBackend;
  /** A command is at work: the next line waits for it. What waits for its turn, too, is at work for who looks from outside. */
  private isBusy = false;
  private readonly waiting: number[] = [];

  private readonly turn: Turn;
  /** Bytes that it wrote and nobody has read yet. */
  private unread = 0;

  /** `turnMs`: of each turn of the event loop, see Turn. */
  constructor(control: MachineControl, chardev: Chardev, version: string, turnMs?: number) {
    this.turn = new Turn(() => this.goOn(), turnMs);
    this.editor = new LineEditor('(wemu) ', {
      print: (text) => this.print(text),
      entered: (line) => this.entered(line),
      complete: (line) => completions(this.context, line),
    });
    this.context = monitorContext(control, version, this.editor.history);
    this.chardev = new CharBackend(chardev);
    this.chardev.setHandlers({
      isMonitor: true,
      canReceive: () => (this.isRead ? INPUT_LIMIT - this.waiting.length : 0),
      receive: (bytes) => {
        this.waiting.push(...bytes);
        this.work();
      },
      event: (event) => this.heard(event),
      isBusy: () => this.isBusy || this.waiting.length > 0,
      writable: () => this.goOn(),
    });
  }

  /** Each client is greeted; on a mux, who switches to the monitor first. */
  private heard(event: CharEvent): void {
    if (event === 'opened') this.greeted = false;
    if (event === 'mux-in' || (event === 'opened' && !this.chardev.isShared)) this.greet();
    if (event !== 'closed') return;
    this.editor.clear();
    this.waiting.length = 0;
  }

  private greet(): void {
    if (!this.isRead) return;
    if (!this.greeted) this.print(`wemu ${this.context.version} monitor - type 'help' for more information\n`);
    this.greeted = true;
    this.editor.show();
  }

  /** Who does not read its answers is not asked for more. On a mux it may be another's output that waits, so there its own must be many. */
  private get isRead(): boolean {
    if (this.chardev.writable) this.unread = 0;
    return this.chardev.isShared ? this.unread < OUTPUT_LIMIT : this.chardev.writable;
  }
  private print(text: string): void {
    if (text === '') return;
    const bytes = new TextEncoder().encode(text.replaceAll('\n', '\r\n'));
    this.chardev.write(bytes);
    if (!this.chardev.writable) this.unread += bytes.length;
  }

  private work(): void {
    while (!this.isBusy && this.waiting.length > 0 && this.isRead && this.turn.hasTime()) this.editor.typed(this.waiting.shift()!);
  }

  private goOn(): void {
    this.work();
    this.chardev.acceptInput();
  }

  private entered(line: string): void {
    const done = (answer: string): void => {
      this.print(answer);
      if (!this.context.hasQuit) this.editor.show();
    };
    this.context.control.machine.log.trace(TRACE.handle_hmp_command, line);
    let answer: string | Promise<string>;
    try {
      answer = runLine(this.context, line);
    } catch (error) {
      answer = this.failed(error);
    }
    if (typeof answer === 'string') return done(answer);
    this.isBusy = true;
    void answer
      .catch((error: unknown) => this.failed(error))
      .then((text) => {
        this.isBusy = false;
        done(text);
        this.goOn();
      });
  }

  /** A fault of ours: the guest does not suffer from it. */
  private failed(error: unknown): string {
    this.context.control.tellFailure('monitor command', error);
    return `Error: ${errorMessage(error)}\n`;
  }
}
