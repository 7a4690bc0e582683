/** The first thing that the process does: the codegen worker's way to its first region is longer than the machine's to its first hot loop. */
import { startCodegenWorker } from '../node/codegen-worker.js';
import { loadModule } from '../node/modules.js';
import { setV8Flags } from '../node/v8-flags.js';
import { wantsCodegenWorker } from './early-worker.js';

async function start(argv: readonly string[]): Promise<void> {
  setV8Flags();
  const worker = wantsCodegenWorker(argv) ? startCodegenWorker() : undefined;
  const { exitStatus, main } = (await loadModule('./program', import.meta.url)) as typeof import('./program.js');

  // Whoever reads our output may have seen enough (`wemu -M help | head -1`).
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }

  process.exitCode = exitStatus(await main(argv, worker));
}

void start(process.argv.slice(2));
