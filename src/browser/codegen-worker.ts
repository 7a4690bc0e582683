/** The codegen worker of a browser: the worker's own module (codegen.ts has the other end). */
import type { WorkerReply } from '../accel/tcg/codegen/protocol.js';
import type { PortMessage } from './codegen.js';

// A worker delivers messages as soon as its module waits for something, and binaryen's module does: what comes before it is there must
// find a handler, or it is lost. Hence the imports by hand.
const early: MessagePort[] = [];
self.onmessage = (event: MessageEvent<MessagePort>) => void early.push(event.data);

const [{ CodegenService }, { isaNamed }] = await Promise.all([import('../accel/tcg/codegen/worker-service.js'), import('../isas.js')]);

/** Serves one machine. */
function connect(port: MessagePort): void {
  const service = new CodegenService(isaNamed);
  let ready: Promise<void> | undefined;
  const verify = async (): Promise<void> => void (service.verify = (await import('../accel/tcg/check/checks.js')).checks.verifyRegion);
  port.onmessage = async ({ data: message }: MessageEvent<PortMessage>) => {
    if (message === null) return port.close();
    if (message.kind === 'init' && message.tuning?.check) ready = verify();
    await ready;
    const reply: WorkerReply | undefined = service.handle(message);
    if (reply) port.postMessage(reply);
  };
}
self.onmessage = (event: MessageEvent<MessagePort>) => connect(event.data);
early.forEach(connect);
