/** Files that a run reads (images, disks, a log to be replayed), by what they are: nothing else of the same command line may be written over them. */
import { statSync } from 'node:fs';
import { OptionError } from '../util/errors.js';

/** By device and inode: another name, or a link, is the same file. */
const inputs = new Map<string, string>();

function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined; // whoever opens it tells why it cannot be
  }
}

/** `option`: what names it. */
export function noteInput(option: string, path: string | undefined): void {
  const file = path === undefined ? undefined : identity(path);
  if (file !== undefined && !inputs.has(file)) inputs.set(file, option);
}

/** Call it before a file is opened to be written anew. @throws OptionError about `where`, if the run reads it */
export function refuseInput(path: string, where?: string): void {
  const file = inputs.size > 0 ? identity(path) : undefined;
  const option = file === undefined ? undefined : inputs.get(file);
  if (option !== undefined) throw new OptionError(`'${path}' is the file of ${option}, and would be overwritten`, where);
}

/** Disks, and the log of a replay. */
export function noteRunInputs(
  drives: readonly { readonly file?: unknown }[],
  replay?: { readonly rr?: string; readonly rrfile?: string },
): void {
  for (const { file } of drives) if (typeof file === 'string') noteInput('-drive', file);
  if (replay?.rr === 'replay') noteInput('-icount rrfile=', replay.rrfile);
}
