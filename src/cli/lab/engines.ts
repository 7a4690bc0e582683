/** `wemu bench report`: results of several engines, one report. */
import { readFileSync } from 'node:fs';
import { acrossEngines } from '../../lab/engines.js';
import type { Results } from '../../lab/report.js';
import { systemReason } from '../../node/disk/write.js';
import { OptionError } from '../../util/errors.js';
import { report } from './bench.js';

const FORMAT: Results['format'] = 'wemu-lab-1';

function readResults(path: string): Results {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new OptionError(`cannot read '${path}': ${systemReason(error)}`, 'report');
  }
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
