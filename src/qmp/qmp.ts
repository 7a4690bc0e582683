/** QMP on a character device: a session for each client that comes, one after the other. */
import { CharBackend, type Chardev } from '../chardev/chardev.js';
import type { QmpContext } from './command.js';
import { QmpSession } from './session.js';

export class QmpServer {
  private readonly chardev: CharBackend;
  private session: QmpSession | undefined;

  constructor(
    private readonly context: QmpContext,
    chardev: Chardev,
    private readonly pretty = false,
  ) {
    const { machine } = context.control;
    machine.events.listen((event) => this.session?.event(event));
    this.chardev = new CharBackend(chardev);
    this.chardev.setHandlers({
      isMonitor: true,
      answersOnly: true,
      canReceive: () => this.session?.room ?? 0,
      receive: (bytes) => this.session?.receive(bytes),
      isBusy: () => this.session?.isBusy ?? false,
      event: (event) => {
        if (event === 'opened') this.begin();
        else if (event === 'closed') this.end();
      },
      writable: () => {
        const lost = this.session?.writable() ?? 0;
        if (lost > 0) machine.log.failure('qmp', `wemu: a QMP client of '${chardev.id}' did not read: it has missed ${lost} events`);
        this.chardev.acceptInput();
      },
    });
  }

  /** Resolves when every request has its answer. */
  async idle(): Promise<void> {
    await this.session?.idle();
  }

  private begin(): void {
    this.end();
    const { chardev } = this;
    const client = {
      send: (text: string) => chardev.write(new TextEncoder().encode(text)),
      get writable() {
        return chardev.writable;
      },
      accept: () => chardev.acceptInput(),
    };
    this.session = new QmpSession(this.context, client, this.pretty);
    this.session.greet();
  }

  private end(): void {
    this.session?.end();
    this.session = undefined;
  }
}
