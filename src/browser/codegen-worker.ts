/**
 * The codegen worker of a browser: the worker's own module (codegen.ts has the other end). It has the lean binaryen (scripts/lean-binaryen.js), a thirteenth of the
 * whole. When a function is wanted that is not in there, another worker, which has the whole, takes over.
 */
import type { WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';
import type { PortMessage } from './codegen.js';

/** What a worker gets: a machine's port; or one whose machine another worker had, and what that one was at. */
interface HandOver {
  readonly port: MessagePort;
  readonly messages: readonly WorkerMessage[];
}
type Start = MessagePort | HandOver;

const WHOLE = 'wemu-codegen-whole';
const isWhole = self.name === WHOLE;
Object.assign(globalThis, { wemuTakesLeanBinaryen: !isWhole }); // build/binaryen.browser.js asks

// A worker delivers messages as soon as its module waits for something, and binaryen's module does: what comes before it is there must
// find a handler, or it is lost. Hence the imports by hand.
const early: Start[] = [];
self.onmessage = (event: MessageEvent<Start>) => void early.push(event.data);

const [{ CodegenService }, { warmUp }, { ISAS, isaNamed }] = await Promise.all([
  import('../accel/tcg/codegen/worker-service.js'),
  import('../accel/tcg/codegen/warm-up.js'),
  import('../isas.js'),
]);
warmUp(ISAS[0]);

/** A trap's message, whatever the engine: nothing of ours traps otherwise. */
const isMissing = (reply: WorkerReply | undefined): boolean =>
  !isWhole && reply?.kind === 'generated' && /\bunreachable\b/.test(reply.error ?? '');

/** The worker that has the whole, once it is wanted. After a trap the lean binaryen is used no more: it was in the middle of something. */
let whole: Worker | undefined;

/** Serves one machine. */
function connect(port: MessagePort, messages: readonly WorkerMessage[] = []): void {
  const service = new CodegenService(isaNamed);
  let init: WorkerMessage | undefined;
  let ready: Promise<void> | undefined;
  const verify = async (): Promise<void> => void (service.verify = (await import('../accel/tcg/check/checks.js')).checks.verifyRegion);
  const handOver = (message: WorkerMessage): void => {
    whole ??= new Worker(self.location.href, { type: 'module', name: WHOLE });
    port.onmessage = null;
    const start: HandOver = { port, messages: init && init !== message ? [init, message] : [message] };
    whole.postMessage(start, [port]);
  };
  const handle = async (message: WorkerMessage): Promise<void> => {
    if (message.kind === 'init') init = message;
    if (whole) return handOver(message);
    if (message.kind === 'init' && message.tuning?.check) ready = verify();
    await ready;
    const reply = service.handle(message);
    if (isMissing(reply)) return handOver(message);
    if (reply) port.postMessage(reply);
  };
  for (const message of messages) void handle(message);
  port.onmessage = ({ data }: MessageEvent<PortMessage>) => (data === null ? port.close() : void handle(data));
}
const begin = (start: Start): void => (start instanceof MessagePort ? connect(start) : connect(start.port, start.messages));
self.onmessage = (event: MessageEvent<Start>) => begin(event.data);
early.forEach(begin);
