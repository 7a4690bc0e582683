/** The worker of one machine: the worker's own module (worker-host.ts has the other end). */
import { MachineService } from './machine-service.js';
import type { FromWorker, ToWorker } from './machine-protocol.js';

// In a worker; the DOM's types know of pages only.
const scope = self as unknown as { postMessage(message: FromWorker, transfer?: Transferable[]): void };
const service = new MachineService((message, transfer = []) => scope.postMessage(message, transfer));
self.onmessage = ({ data }: MessageEvent<ToWorker>) => void service.handle(data);
