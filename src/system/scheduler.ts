/** What the main loop needs of its host: to let other work run, and to sleep. */
export interface HostScheduler {
  /** Lets the host's event loop take one turn (sockets, terminal, workers). */
  yield(): Promise<void>;
  /** Sleeps at most `ms` (Infinity: until woken). */
  sleep(ms: number): Sleep;
  /** Stops the thread for `ns`, a few ms at most: what sleep is too coarse for. A browser's page may not. */
  rest?(ns: number): void;
}

export interface Sleep {
  readonly done: Promise<void>;
  wake(): void;
}

/** What nobody wakes. Made when it is needed: a page that is not cross-origin isolated has no SharedArrayBuffer, and is to be told so. */
let nobody: Int32Array | undefined;

/** Stops the thread, to some 50 us. */
export function blockThread(ns: number): void {
  nobody ??= new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(nobody, 0, 0, ns / 1e6);
}

/** Longest timeout that setTimeout takes. */
const MAX_TIMEOUT = 0x7fff_ffff;

/** Works on every host; Node and browsers have cheaper ways to yield. */
export class TimeoutScheduler implements HostScheduler {
  yield(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
  sleep(ms: number): Sleep {
    let wake!: () => void;
    let handle: TimeoutHandle | undefined;
    const done = new Promise<void>((resolve) => {
      wake = () => {
        clearTimeout(handle);
        resolve();
      };
      // A timeout also holds the host's process alive while the guest waits for input.
      handle = setTimeout(resolve, Math.min(ms, MAX_TIMEOUT));
    });
    return { done, wake };
  }
}
