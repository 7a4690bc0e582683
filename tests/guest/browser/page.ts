/** Runs in the browser: boots the embedded guest, and posts what happened to the server that it came from. */
import { createBrowserHost, Machine } from 'wemu/browser';

const backend = new URLSearchParams(location.search).get('backend') === 'tci' ? 'tci' : 'wasm';

/** Counts what code generation sends, to show that it is at work: without it the guest runs all the same. */
let batches = 0;
globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    this.addEventListener('message', () => batches++);
  }
};

let result: object;
try {
  const image = await fetch('/embedded.elf');
  const host = await createBrowserHost({ wasm: '/wemu.wasm', backend });
  const decoder = new TextDecoder();
  let text = '';
  const machine = Machine.create(
    {
      machine: 'virt',
      bios: 'none',
      kernel: new Uint8Array(await image.arrayBuffer()),
      append: 'scale=1',
      serial: (bytes) => void (text += decoder.decode(bytes, { stream: true })),
    },
    host,
  );
  const { reason, exitCode } = await machine.run();
  host.close();
  result = { reason, exitCode, text, batches };
} catch (error) {
  result = { error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
}
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
