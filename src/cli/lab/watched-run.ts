/** What runner.ts runs: a guest, watched. */
import type { CodegenThread } from '../../accel/tcg/codegen/protocol.js';
import { isMark } from '../../lab/outcome.js';
import { watch } from '../../lab/run.js';
import { writeFully } from '../../node/disk/write.js';
import { createNodeHost } from '../../node/host.js';
import { readImage } from '../../node/image-file.js';
import { isUserError } from '../../util/errors.js';
import { parseAccel } from '../common/accel.js';
import type { RunnerSpec } from './runner.js';

const REPORT_FD = 3;

async function run({ accel, machine, memory, bios, kernel, initrd, disk, append }: RunnerSpec, worker?: CodegenThread): Promise<number> {
  const host = await createNodeHost({ ...parseAccel(accel), board: machine, worker });
  try {
    const { exitCode, samples, marks, counters } = await watch(
      {
        machine,
        memory,
        noReboot: true,
        bios: bios === 'none' ? bios : readImage('-bios', bios),
        kernel: readImage('-kernel', kernel),
        initrd: readImage('-initrd', initrd),
        drives: disk === undefined ? [] : [{ file: disk, readonly: true }],
        append,
        log: { items: [], sink: (text) => void process.stderr.write(text) },
      },
      host,
      // since: the process's start
      { isMark, since: 0, onOutput: (bytes) => writeFully(1, bytes) },
    );
    writeFully(REPORT_FD, new TextEncoder().encode(JSON.stringify({ samples, marks, counters })));
    return exitCode;
  } finally {
    host.close();
  }
}

/** The process's exit status. `worker`: one that runs already. */
export async function main(spec: RunnerSpec, worker?: CodegenThread): Promise<number> {
  try {
    return await run(spec, worker);
  } catch (error) {
    if (!isUserError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
