/** Turns of a browser's event loop without the 4 ms that nested timers cost there; and sleep in a worker, which costs no timer at all. */
import { blockThread, TimeoutScheduler, type Sleep } from '../system/scheduler.js';
import type { Bell } from './bell.js';

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

  /** Nobody yields any more: the channel goes. */
  close(): void {
    this.channel.port1.close();
  }
}

/**
 * Of a machine's own worker: an idle guest's thread stops until the bell rings or a timer is due, to some 50 us, which no timer of the event loop gives. What
 * comes by messages alone (bytes of a disk, an answer of OPFS) rings no bell: while somebody waits for such, it sleeps in the event loop.
 */
export class BellScheduler extends MessageChannelScheduler {
  constructor(
    private readonly bell: Bell,
    private readonly awaitsMessages: () => boolean,
    /** What came by shared memory: looked at in every turn. */
    private readonly turned: () => void,
  ) {
    super();
  }

  override async yield(): Promise<void> {
    this.bell.hear();
    await super.yield();
    this.turned();
  }

  override sleep(ms: number): Sleep {
    if (this.awaitsMessages()) return super.sleep(ms);
    this.bell.wait(ms);
    return { done: this.yield(), wake: () => {} };
  }
}
