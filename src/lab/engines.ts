/** Results of several engines (Node's versions, browsers), a file each, as one document: who is how many times as fast as the first. */
import { OptionError } from '../util/errors.js';
import { Comparison } from './compare.js';
import { makeResults, type Results } from './report.js';
import type { Contestant } from './results.js';

/** `Node 20` of `Node 20.20.2 (V8 11.3)`. */
const engineOf = ({ host }: Results): string => /^\D*\d+/.exec(host.runtime)?.[0] ?? host.runtime;

const distinct = (values: readonly string[]): string => [...new Set(values)].join('; ');

/**
 * wemu's contestants of all files, named by their engine, too, where there are several strategies; peers are no engine of ours, and are left out.
 * @throws OptionError if two files are of one engine, or their amounts of work differ
 */
export function acrossEngines(files: readonly Results[]): Results {
  const [first] = files;
  const engines = files.map(engineOf);
  const twice = engines.find((name, i) => engines.indexOf(name) !== i);
  if (twice !== undefined) throw new OptionError(`two of the files are of ${twice}`, 'report', 'one file an engine');
  const other = files.find(({ share }) => share !== first.share);
  if (other) throw new OptionError(`${engineOf(other)} and ${engines[0]} were given other amounts of work`, 'report', 'the same --seconds');

  const ours = files.map(({ contestants }) => contestants.filter(({ kind }) => kind === 'wemu'));
  const strategies = [...new Set(ours.flat().map(({ name }) => name))];
  const nameOf = (engine: string, strategy: string): string => (strategies.length > 1 ? `${engine} ${strategy}` : engine);
  const contestants = strategies.flatMap((strategy) =>
    files.flatMap(({ host }, i): Contestant[] =>
      ours[i]
        .filter(({ name }) => name === strategy)
        .map((each) => ({ ...each, name: nameOf(engines[i], strategy), description: `${each.description}; ${host.runtime}` })),
    ),
  );
  const workloads = [...new Set(files.flatMap((file) => file.workloads))];
  const runs = files.flatMap((file, i) =>
    file.runs.flatMap((run) =>
      ours[i].some(({ name }) => name === run.contestant) ? [{ ...run, contestant: nameOf(engines[i], run.contestant) }] : [],
    ),
  );
  const { date, wemu, share } = first;
  const host = {
    ...first.host,
    cpu: distinct(files.map((file) => file.host.cpu)),
    system: distinct(files.map((file) => file.host.system)),
    runtime: files.map((file) => file.host.runtime).join('; '),
    load: null,
  };
  const skipped = Object.assign({}, ...files.map((file) => file.skipped)) as Record<string, string>;
  const rounds = Math.min(...files.map((file) => file.rounds));
  const interrupted = files.some((file) => file.interrupted);
  const results = makeResults({ date, wemu, host, rounds, share, interrupted, contestants, workloads, runs, skipped });
  const comparison = new Comparison(contestants, results.rows);
  const ratios = strategies.flatMap((strategy) =>
    engines
      .slice(1)
      .filter((engine) => [engine, engines[0]].every((each) => contestants.some(({ name }) => name === nameOf(each, strategy))))
      .map((engine) => comparison.ratio(nameOf(engine, strategy), nameOf(engines[0], strategy))),
  );
  return { ...results, ratios, engines };
}
