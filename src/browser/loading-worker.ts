/**
 * A worker that generates code, from before it is loaded on. A browser with too much to do now and then fails to load one of a worker's modules (Firefox ESR 153, seen in CI), and what was
 * sent to such a worker is lost: so nothing is sent before it says, by a message, that it is there, and one that cannot be loaded is started again. Without one machines stay in tci: slow, and right.
 */
const ATTEMPTS = 3;

export class LoadingWorker {
  private attempts = 0;
  /** What waits for it; undefined: it is there. */
  private waiting: { readonly message: unknown; readonly transfer: Transferable[] }[] | undefined = [];
  private worker: Worker;

  constructor(
    private readonly create: () => Worker,
    /** It cannot be loaded, or died; the console says so. */
    private readonly failed: () => void = () => {},
  ) {
    this.worker = this.start();
  }

  post(message: unknown, transfer: Transferable[]): void {
    if (this.waiting) this.waiting.push({ message, transfer });
    else this.worker.postMessage(message, transfer);
  }

  terminate(): void {
    this.worker.terminate();
  }

  private start(): Worker {
    this.attempts++;
    const worker = this.create();
    worker.onmessage = () => {
      worker.onmessage = null;
      for (const { message, transfer } of this.waiting ?? []) worker.postMessage(message, transfer);
      this.waiting = undefined;
    };
    worker.onerror = (event) => {
      if (this.waiting && this.attempts < ATTEMPTS) {
        event.preventDefault();
        worker.terminate();
        this.worker = this.start();
        return;
      }
      console.error(`wemu: code generation is off: ${event.message || 'the worker cannot be loaded'}`);
      this.failed();
    };
    return worker;
  }
}
