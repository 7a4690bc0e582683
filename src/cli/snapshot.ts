/** `wemu snapshot info|diff|flatten`: what is in snapshot files, without the machine. */
import type { Command } from 'commander';
import { SnapshotChain, type FindParent } from '../migration/chain.js';
import { blockWindows, changedPages, deviceValues, flatten } from '../migration/contents.js';
import type { SnapshotHead } from '../migration/head.js';
import { diffPages, PAGE } from '../migration/ram.js';
import type { FieldValues } from '../migration/schema.js';
import { createSnapshotFile, openSnapshotBeside, openSnapshotFile, snapshotTools } from '../node/snapshot-store.js';
import { OptionError, VmStateError } from '../util/errors.js';
import { formatSize } from '../util/size.js';
import { printable } from '../util/text.js';

/** Lines of pages that differ at most: the rest is counted. */
const MOST_PAGES = 20;

/** One of those that a snapshot builds on. */
interface Layer {
  readonly name: string;
  readonly digest: string;
  /** In which it is different from the next. */
  readonly pages: number;
}

interface Contents {
  readonly head: SnapshotHead;
  /** Of each device, by its path. */
  readonly devices: Map<string, FieldValues>;
  /** Payloads of RAM windows, by block, by offset. */
  readonly windows: Map<number, Uint8Array>[];
  readonly bytes: number;
  /** The parent first. */
  readonly parents: readonly Layer[];
}

export function addSnapshotCommands(program: Command): void {
  const snapshot = program.command('snapshot').description('look at snapshot files (savevm, machine.save)');
  snapshot
    .usage('<command> [files]')
    .argument('[word]')
    .action((word?: string) => {
      throw new OptionError(
        word === undefined ? 'which command?' : `'${word}' is none of its commands`,
        'snapshot',
        'info, diff or flatten',
      );
    });
  snapshot
    .command('info')
    .description('what is in one: the machine, its devices and their fields')
    .argument('<file>')
    .action(async (file: string) => void process.stdout.write(info(await contents(file))));
  snapshot
    .command('diff')
    .description('what is different in another one of the same kind of machine')
    .argument('<file>')
    .argument('<other>')
    .action(async (file: string, other: string) => void process.stdout.write(diff(await contents(file), await contents(other))));
  snapshot
    .command('flatten')
    .description('write one that builds on others (savevm -i) as a file of its own')
    .argument('<file>')
    .argument('<out>')
    .action((file: string, out: string) => opened(file, (chain) => flattenTo(chain, out)));
}

/** Does something with a snapshot and those that it builds on. @throws VmStateError, SnapshotError */
async function opened<T>(path: string, work: (chain: SnapshotChain, bytes: number) => T | Promise<T>): Promise<T> {
  const file = openSnapshotFile(path);
  let chain: SnapshotChain | undefined;
  try {
    chain = await SnapshotChain.open(file, snapshotTools, beside(path));
    return await work(chain, file.size);
  } catch (error) {
    throw error instanceof VmStateError ? new VmStateError(`'${path}': ${error.message}`) : error;
  } finally {
    chain?.close();
    file.close();
  }
}

/** Those that are in the same folder. */
const beside =
  (path: string): FindParent =>
  ({ name }) =>
    openSnapshotBeside(path, name);

/** All of it is looked at. @throws VmStateError, SnapshotError */
const contents = (path: string): Promise<Contents> =>
  opened(path, (chain, bytes) => ({
    head: chain.head,
    devices: deviceValues(chain),
    windows: chain.head.ram.map((_, block) => blockWindows(chain, block)),
    bytes,
    parents: chain.links.flatMap(({ head: { parent } }, i) => (parent ? [{ ...parent, pages: changedPages(chain, i) }] : [])),
  }));

async function flattenTo(chain: SnapshotChain, out: string): Promise<void> {
  const file = createSnapshotFile(out);
  try {
    await flatten(chain, file, snapshotTools);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function info({ head, devices, windows, bytes, parents }: Contents): string {
  const { machine, cpus, cpu, icount, clock, date, wemu, ram } = head;
  const seconds = (Number(clock) / 1e9).toFixed(3);
  const lines = [
    `machine     ${machine}, ${cpus} CPU${cpus === 1 ? '' : 's'}${cpu === undefined ? '' : ` (${cpu})`}${icount === undefined ? '' : `, -icount shift=${icount}`}`,
    `made        ${new Date(date).toISOString()} by wemu ${wemu}`,
    `guest time  ${seconds} s`,
    `file        ${bytes} bytes, whole`,
    ...parents.map(({ name, digest, pages }) => `on top of   ${name} (${digest}): ${pages} page${pages === 1 ? '' : 's'} changed`),
    ...ram.map(({ name, size }, i) => `memory      ${name}: ${formatSize(size)}, ${formatSize(used(windows[i]))} of it not zero`),
  ];
  for (const [path, values] of devices) {
    lines.push('', `${path} (${head.devices.find((each) => each.path === path)?.type ?? ''})`);
    for (const [name, value] of values) lines.push(`  ${name.replace(/^device\./, '')} ${value}`);
  }
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

/** Bytes of pages that are not zero. */
const used = (windows: Map<number, Uint8Array> | undefined): number =>
  [...(windows?.values() ?? [])].reduce((sum, payload) => sum + Math.floor(payload.length / PAGE) * PAGE, 0);

function diff(a: Contents, b: Contents): string {
  const lines: string[] = [];
  for (const name of ['machine', 'cpus', 'cpu', 'icount'] as const) {
    if (a.head[name] !== b.head[name]) lines.push(`${name}: ${a.head[name] ?? '-'} -> ${b.head[name] ?? '-'}`);
  }
  for (const path of new Set([...a.devices.keys(), ...b.devices.keys()])) {
    const [before, after] = [a.devices.get(path), b.devices.get(path)];
    if (!before || !after) lines.push(`${path}: only in the ${before ? 'first' : 'second'}`);
    for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
      const [old, now] = [before?.get(name), after?.get(name)];
      if (before && after && old !== now) lines.push(`${path} ${name.replace(/^device\./, '')}: ${old ?? '-'} -> ${now ?? '-'}`);
    }
  }
  const blocks = Math.max(a.head.ram.length, b.head.ram.length);
  for (let i = 0; i < blocks; i++) {
    const [one, other] = [a.head.ram[i], b.head.ram[i]];
    const name = (one ?? other).name;
    if (one?.size !== other?.size) lines.push(`memory ${name}: ${one?.size ?? 0} -> ${other?.size ?? 0} bytes`);
    const pages = diffPages(a.windows[i], b.windows[i]);
    for (const at of pages.slice(0, MOST_PAGES)) lines.push(`memory ${name}: page at 0x${at.toString(16)}`);
    if (pages.length > MOST_PAGES) lines.push(`memory ${name}: ${pages.length - MOST_PAGES} more pages`);
  }
  return lines.map((line) => `${printable(line)}\n`).join('');
}
