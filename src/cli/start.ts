/** The first thing that the process does: where a guest will run long, the codegen worker's way to its first region is longer than the machine's to its first hot loop. */
import { statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { startCodegenWorker } from '../node/codegen-worker.js';
import { loadModule } from '../node/modules.js';
import { setV8Flags } from '../node/v8-flags.js';
import { systemReason } from '../node/disk/write.js';
import { errorMessage } from '../util/errors.js';
import { wantsCodegenWorker } from './common/early-worker.js';

const STDERR = 2;

/** The last word. It is not waited for: nobody may be reading. */
function end(status: number, line: string): never {
  try {
    if (line !== '') writeSync(STDERR, `wemu: ${line}\n`);
  } catch {
    // nobody can be told
  }
  process.exit(status);
}

/** Whatever nobody caught is a fault of ours. It ends in one line as well; the stack is for who looks for it. */
function fail(error: unknown): never {
  const wantsStack = !!process.env['WEMU_DEBUG'] && error instanceof Error;
  end(1, `internal error: ${wantsStack ? error.stack : `${errorMessage(error).split('\n')[0]} (WEMU_DEBUG=1 tells where)`}`);
}

/** What wemu itself prints: whoever reads it may have seen enough (`wemu -M help | head -1`). A machine's console listens for itself (Output). */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (process.stdout.listenerCount('error') > 1) return;
  if (error.code === 'EPIPE') end(128 + constants.signals.SIGPIPE, '');
  end(1, `standard output: ${systemReason(error)}`);
}

/** Of a file; 0: none can be seen there, and who reads it will tell. */
function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

async function start(argv: readonly string[]): Promise<void> {
  process.on('uncaughtException', fail); // rejections that nobody hears come here too
  process.stdout.on('error', outputFailed);
  process.stderr.on('error', () => {}); // there is nowhere else to tell it
  setV8Flags();
  const worker = wantsCodegenWorker(argv, sizeOf) ? startCodegenWorker() : undefined;
  const { exitStatus, isOutputStuck, main } = (await loadModule('./program', import.meta.url)) as typeof import('./program.js');
  process.exitCode = exitStatus(await main(argv, worker));
  if (isOutputStuck()) process.exit();
}

void start(process.argv.slice(2));
