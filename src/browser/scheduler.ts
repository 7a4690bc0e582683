/** Turns of a browser's event loop without the 4 ms that nested timers cost there. */
import { blockThread, TimeoutScheduler } from '../system/scheduler.js';

export class MessageChannelScheduler extends TimeoutScheduler {
  private readonly channel = new MessageChannel();
  private waiting: (() => void)[] = [];

  /** A page's own thread must not be blocked, and a browser does not let it. */
  readonly rest = 'document' in globalThis ? undefined : blockThread;

  constructor() {
    super();
    this.channel.port1.onmessage = () => {
      const waiting = this.waiting;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    };
  }

  override yield(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.channel.port2.postMessage(0);
    });
  }
}
