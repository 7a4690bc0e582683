/**
 * A run of the laboratory in a process of its own, which `wemu bench` starts: `runner.js SPEC`. The guest's output goes to standard output,
 * the figures as JSON to file descriptor 3.
 */
import { isMark } from '../../lab/outcome.js';
import { watch } from '../../lab/run.js';
import { writeFully } from '../../node/chardev.js';
import { createNodeHost } from '../../node/host.js';
import { isUserError } from '../../util/errors.js';
import { parseAccel } from '../accel.js';
import { readImage } from '../system.js';
import type { GuestFiles } from './contestants.js';

export interface RunnerSpec extends GuestFiles {
  readonly accel: string;
}

const REPORT_FD = 3;

async function run({ accel, memory, bios, kernel, initrd, append }: RunnerSpec): Promise<number> {
  const host = await createNodeHost(parseAccel(accel));
  try {
    const { exitCode, samples, marks, counters } = await watch(
      {
        machine: 'virt',
        memory,
        bios: bios === 'none' ? bios : readImage('-bios', bios),
        kernel: readImage('-kernel', kernel),
        initrd: readImage('-initrd', initrd),
        append,
        log: { items: [], sink: (text) => void process.stderr.write(text) },
      },
      host,
      // since: the process's start
      { isMark, since: 0, onOutput: (bytes) => void writeFully(1, bytes) },
    );
    writeFully(REPORT_FD, new TextEncoder().encode(JSON.stringify({ samples, marks, counters })));
    return exitCode;
  } finally {
    host.close();
  }
}

try {
  process.exitCode = await run(JSON.parse(process.argv[2]) as RunnerSpec);
} catch (error) {
  if (!isUserError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
