/** `--stats`: what the engine did, when the machine has ended. */
import { writeFileSync } from 'node:fs';
import type { Accelerator } from '../hw/core/accelerator.js';
import { formatJitInfo, type JitInfo } from '../accel/jit-info.js';
import { refuseInput } from '../node/input-files.js';
import { systemReason } from '../node/disk/write.js';
import { HostError, OptionError } from '../util/errors.js';
import { STATS_HELP } from './arguments.js';

export type StatsWriter = (accelerator: Accelerator | undefined) => void;

/** `how` as on the command line: nothing at all, `--stats` alone (true), or with a value. */
export function statsWriter(wanted: string | true | undefined, profile = false): StatsWriter {
  const how = wanted ?? (profile || undefined);
  if (how === undefined) return () => {};
  if (how === true || how === 'text') return writer((info) => process.stderr.write(formatJitInfo(info)));
  if (how === 'json') return writer((info) => process.stderr.write(`${JSON.stringify(info)}\n`));
  if (!how.endsWith('.json')) throw new OptionError(`unknown form '${how}'`, '--stats', STATS_HELP);
  refuseInput(how, '--stats');
  // Now, so that a name that cannot be written costs no run.
  const write = (text: string): void => {
    try {
      writeFileSync(how, text);
    } catch (error) {
      throw new HostError(`cannot write '${how}': ${systemReason(error)}`);
    }
  };
  write('');
  return writer((info) => write(`${JSON.stringify(info, null, 2)}\n`));
}

const writer =
  (write: (info: JitInfo) => void): StatsWriter =>
  (accelerator) => {
    const info = accelerator?.info?.();
    if (info) write(info);
  };
