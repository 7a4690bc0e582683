/**
 * The codegen worker of a browser: the worker's own module (codegen.ts has the other end). It has the lean binaryen (scripts/lean-binaryen.js), a thirteenth of the
 * whole. When a function is wanted that is not in there, another worker, which has the whole, takes over.
 */
import type { CodegenInit, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import { DEFAULT_ISA, loadIsa } from '../load-isas.js';
import type { PortMessage } from './codegen.js';
import { LoadingWorker } from './loading-worker.js';

/** What a worker gets: a machine's port; or one whose machine another worker had, and what that one was at. */
interface HandOver {
  readonly port: MessagePort;
  readonly messages: readonly WorkerMessage[];
}
type Start = MessagePort | HandOver;

const WHOLE = 'wemu-codegen-whole';
const isWhole = self.name === WHOLE;
Object.assign(globalThis, { wemuTakesLeanBinaryen: !isWhole }); // build/binaryen.browser.js asks

// By hand: binaryen's module asks for what was just set.
const [{ CodegenService, lacksFunction }, { warmUp }, defaultIsa] = await Promise.all([
  import('../accel/tcg/codegen/worker-service.js'),
  import('../accel/tcg/codegen/warm-up.js'),
  loadIsa(DEFAULT_ISA),
]);

/** The worker that has the whole, once it is wanted. */
let whole: LoadingWorker | undefined;

/** Serves one machine. */
function connect(port: MessagePort, messages: readonly WorkerMessage[] = []): void {
  const service = new CodegenService();
  /** In their order: the first, `init`, waits for what it needs. */
  const queue = [...messages];
  let init: CodegenInit | undefined;
  let isBusy = false;
  const prepare = async (message: CodegenInit): Promise<void> => {
    init = message;
    service.isa = await loadIsa(message.target);
    if (message.tuning?.check) service.verify = (await import('../accel/tcg/check/checks.js')).checks.verifyRegion;
  };
  const handOver = (): void => {
    whole ??= new LoadingWorker(() => new Worker(self.location.href, { type: 'module', name: WHOLE }));
    port.onmessage = null;
    const start: HandOver = { port, messages: init && !queue.includes(init) ? [init, ...queue] : queue };
    whole.post(start, [port]);
  };
  const serve = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true; // and stays so, when the machine is handed over
    for (; queue.length > 0; queue.shift()) {
      const [message] = queue;
      if (message.kind === 'init') await prepare(message);
      const reply = whole ? undefined : service.handle(message);
      if (whole || (!isWhole && lacksFunction(reply))) return handOver();
      if (reply) port.postMessage(reply);
    }
    isBusy = false;
  };
  port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
    if (data === null) return port.close();
    queue.push(data);
    void serve();
  };
  void serve();
}
const begin = (start: Start): void => (start instanceof MessagePort ? connect(start) : connect(start.port, start.messages));
self.onmessage = (event: MessageEvent<Start>) => begin(event.data);
self.postMessage('loaded');
warmUp(defaultIsa);
