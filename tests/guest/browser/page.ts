/** Runs in the browser: boots the embedded guest, watched by the laboratory, and posts what happened to the server that it came from. */
import { createBrowserHost } from 'wemu/browser';
import { watch } from 'wemu/lab';

const backend = new URLSearchParams(location.search).get('backend') === 'tci' ? 'tci' : 'wasm';

let result: object;
try {
  const image = await fetch('/embedded.elf');
  const host = await createBrowserHost({ wasm: '/wemu.wasm', backend });
  const kernel = new Uint8Array(await image.arrayBuffer());
  const run = await watch({ machine: 'virt', bios: 'none', kernel, append: `scale=${backend === 'tci' ? 1 : 6}` }, host, {
    isMark: (line) => line.includes('sha256'),
  });
  host.close();
  const { exitCode, output, counters, marks, samples } = run;
  result = {
    exitCode,
    text: output,
    samples: samples.length,
    instructions: counters.instructions,
    modules: counters.modules,
    marks: marks.length,
  };
} catch (error) {
  result = { error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
}
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
