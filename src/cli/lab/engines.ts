/** `wemu bench report`: results of several engines, one report. */
import { acrossEngines } from '../../lab/engines.js';
import type { Results } from '../../lab/report.js';
import { readImage } from '../../node/image-file.js';
import { OptionError } from '../../util/errors.js';
import { MiB } from '../../util/size.js';
import { report } from './bench.js';

const FORMAT: Results['format'] = 'wemu-lab-1';
/** A row of a run takes some hundred. */
const MOST_BYTES = 64 * MiB;

function readResults(path: string): Results {
  const text = new TextDecoder().decode(readImage('report', path, MOST_BYTES));
  try {
    const results = JSON.parse(text) as Results | null;
    if (results?.format === FORMAT) return results;
  } catch {
    // no JSON: as wrong as another's JSON
  }
  throw new OptionError(`'${path}' is no results of the laboratory`, 'report', `JSON of the format ${FORMAT}`);
}

/** Exit status: 1 if any run of them failed. */
export async function runReport(files: readonly string[], out: string | undefined): Promise<number> {
  const results = acrossEngines(files.map(readResults));
  await report(results, out);
  return results.failures.length > 0 ? 1 : 0;
}
