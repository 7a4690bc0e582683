/**
 * A run of the laboratory in a process of its own, which `wemu bench` starts: `runner.js SPEC`. The guest's output goes to standard output,
 * the figures as JSON to file descriptor 3. It starts as the command line does (../start.ts).
 */
import { startCodegenWorker } from '../../node/codegen-worker.js';
import { loadModule } from '../../node/modules.js';
import { setV8Flags } from '../../node/v8-flags.js';
import { acceleratorWantsWorker } from '../common/early-worker.js';
import type { GuestFiles } from './contestants.js';

export interface RunnerSpec extends GuestFiles {
  readonly accel: string;
}

async function start(spec: RunnerSpec): Promise<void> {
  setV8Flags();
  const worker = acceleratorWantsWorker(spec.accel) ? startCodegenWorker() : undefined;
  const { main } = (await loadModule('./watched-run', import.meta.url)) as typeof import('./watched-run.js');
  process.exitCode = await main(spec, worker);
}

void start(JSON.parse(process.argv[2]) as RunnerSpec);
