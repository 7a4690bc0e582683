/** The signals that end wemu: code that was generated is kept before they do. */
import type { NodeHost } from '../node/host.js';
import { SIGNALS } from '../node/terminal.js';

/** Closes the host at a signal, which then does what it would have done. The result undoes it. */
export function closeOnSignals(host: NodeHost): () => void {
  const undo = (): void => SIGNALS.forEach((signal) => process.off(signal, ended));
  const ended = (signal: NodeJS.Signals): void => {
    undo();
    host.close();
    // others that listen hear it now: with none, the system ends the process
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, ended);
  return undo;
}
