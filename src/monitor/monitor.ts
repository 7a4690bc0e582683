/** The human monitor (QEMU's HMP) on a character device: a prompt, a line editor, and the table of commands. */
import { CharBackend, type CharEvent, type Chardev } from '../chardev/chardev.js';
import type { MachineControl } from '../system/control.js';
import { errorMessage } from '../util/errors.js';
import { completions, runLine } from './commands.js';
import { monitorContext, type MonitorContext } from './command.js';
import { LineEditor } from './line-editor.js';
import { traceEvents } from '../util/trace.js';

const TRACE = traceEvents({ handle_hmp_command: (line: string) => `cmdline: ${line}` });

/** Bytes that wait while a command takes its time. */
const INPUT_LIMIT = 4096;

export class Monitor {
  private readonly context: MonitorContext;
  private readonly editor: LineEditor;
  private greeted = false;
  private readonly chardev: CharBackend;
  /** A command is at work: the next line waits for it. */
  private isBusy = false;
  private readonly waiting: number[] = [];

  constructor(control: MachineControl, chardev: Chardev, version: string) {
    this.editor = new LineEditor('(wemu) ', {
      print: (text) => this.print(text),
      entered: (line) => this.entered(line),
      complete: (line) => completions(this.context, line),
    });
    this.context = monitorContext(control, version, this.editor.history);
    this.chardev = new CharBackend(chardev);
    this.chardev.setHandlers({
      isMonitor: true,
      // Who does not read its answers is not asked for more; on a mux it may be another's output that waits.
      canReceive: () => (this.chardev.isShared || this.chardev.writable ? INPUT_LIMIT - this.waiting.length : 0),
      receive: (bytes) => {
        this.waiting.push(...bytes);
        this.work();
      },
      event: (event) => this.heard(event),
      isBusy: () => this.isBusy,
      writable: () => this.chardev.acceptInput(),
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
    if (!this.greeted) this.print(`wemu ${this.context.version} monitor - type 'help' for more information\n`);
    this.greeted = true;
    this.editor.show();
  }

  private print(text: string): void {
    if (text !== '') this.chardev.write(new TextEncoder().encode(text.replaceAll('\n', '\r\n')));
  }

  private work(): void {
    while (!this.isBusy && this.waiting.length > 0) this.editor.typed(this.waiting.shift()!);
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
        this.work();
        this.chardev.acceptInput();
      });
  }

  /** A fault of ours: the guest does not suffer from it. */
  private failed(error: unknown): string {
    this.context.control.tellFailure('monitor command', error);
    return `Error: ${errorMessage(error)}\n`;
  }
}
