/** `-gustave`: the harness (src/gustave) on the command line: where inputs come from, what is kept and told. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { Campaign, Gustave, GustaveDriver, parseConfig, type CampaignStats, type Finding, type NamedInput } from '../gustave/index.js';
import { makeFolder, writeWhole } from '../node/disk/files.js';
import { readImage, reason } from '../node/image-file.js';
import { message } from '../util/messages.js';
import { parseOptions } from '../qom/option-list.js';
import type { Machine } from '../system/facade.js';
import { HostError, OptionError } from '../util/errors.js';
import { printable } from '../util/text.js';
import { formatSize, MiB } from '../util/size.js';
import type { Ending } from './ending.js';

/** Bytes of the JSON file. */
const CONFIG_LIMIT = MiB;
/** Of an input's file: what is beyond the harness's own limit is not put in. */
const FILE_LIMIT = 64 * MiB;
/** Digits of the digest that a file that is kept has in its name. */
const DIGITS = 16;
const MOST_RUNS = 1e12;
const MOST_SEED = 0xffff_ffff;
/** What takes longer, tells how it goes, ms; on a terminal this often, else after twice as long each time. */
const QUIET_MS = 2000;
const TERMINAL_MS = 500;
/** How often a fuzzer that is silent is looked away from, ms. */
const LOOK_MS = 100;

/** The process's exit status where an input crashes or hangs. */
const FOUND = 2;

interface GustaveChoice {
  readonly file: string;
  /** A folder, or `-`: standard input is one. */
  readonly inputs: string | undefined;
  /** What crashes is kept here. */
  readonly crashes: string;
  /** Inputs that are made of those. */
  readonly mutate: number;
  readonly seed: number;
  /** A fuzzer at standard input and output. */
  readonly driver: boolean;
}

export interface OpenGustave {
  readonly plugin: Gustave['plugin'];
  /** All of it; the process's exit status. */
  readonly run: (machine: Machine, ending: Ending) => Promise<number>;
}

/** @throws OptionError if the option or its file is not what it should be */
export function openGustave(text: string): OpenGustave {
  const choice = parseGustave(text);
  const gustave = readGustave(choice);
  return { plugin: gustave.plugin, run: (machine, ending) => runGustave(gustave, choice, machine, ending) };
}

function parseGustave(text: string): GustaveChoice {
  const list = parseOptions('-gustave', text, 'file');
  const choice = {
    file: list.required('file'),
    inputs: list.string('inputs'),
    crashes: list.string('crashes') ?? 'crashes',
    mutate: list.integer('mutate', 1, MOST_RUNS) ?? 0,
    seed: list.integer('seed', 0, MOST_SEED) ?? 1,
    driver: list.bool('driver') ?? false,
  };
  list.finish();
  if (choice.driver && (choice.inputs !== undefined || choice.mutate > 0))
    throw new OptionError('who drives brings the inputs', list.where, 'driver=on alone');
  if (!choice.driver && choice.inputs === undefined && choice.mutate === 0)
    throw new OptionError('there are no inputs', list.where, 'inputs=FOLDER, inputs=-, mutate=RUNS or driver=on');
  return choice;
}

function readGustave({ file }: GustaveChoice): Gustave {
  const text = new TextDecoder().decode(readImage('-gustave', file, CONFIG_LIMIT));
  const where = `-gustave ${file}`;
  return new Gustave(parseConfig(text, where), where);
}

async function runGustave(gustave: Gustave, choice: GustaveChoice, machine: Machine, ending: Ending): Promise<number> {
  const inputs = choice.inputs === undefined ? [] : await readInputs(choice.inputs);
  const progress = new Progress();
  try {
    progress.begin(`waiting for the guest to come to ${gustave.config.snapshot.at}`);
    await gustave.prepare(machine);
    progress.end();
    if (choice.driver) {
      await drive(new GustaveDriver(gustave), ending);
      return 0;
    }
    const output = ending.openOutput(1, 'standard output', () => {});
    const campaign = new Campaign(gustave, {
      found: (finding) => output.text(`${keep(finding, choice.crashes)}\n`),
      giveWay: async (stats) => {
        progress.tell(() => statsText(stats));
        await new Promise((resolve) => setImmediate(resolve));
        return !ending.isOver;
      },
    });
    if (await campaign.given(inputs)) await campaign.mutated(choice.mutate, choice.seed);
    progress.end();
    const { stats } = campaign;
    output.text(`${statsText(stats)}\n`);
    return stats.crashes + stats.hangs > 0 ? FOUND : 0;
  } finally {
    progress.end();
  }
}

const statsText = ({ runs, ms, instructions, edges, corpus, crashes, hangs }: CampaignStats): string =>
  `${runs} runs in ${(ms / 1000).toFixed(2)} s (${Math.round((1000 * runs) / ms)} a second, ${Math.round(instructions / Math.max(runs, 1))} instructions each), ` +
  `${edges} edges, ${corpus} inputs, ${crashes} crashes, ${hangs} hangs`;

/** By name; those that begin with a dot are left out. @throws OptionError */
async function readInputs(from: string): Promise<NamedInput[]> {
  if (from === '-') return [{ name: 'standard input', bytes: await readStandardInput() }];
  let names: string[];
  try {
    names = readdirSync(from).filter((name) => !name.startsWith('.') && statSync(join(from, name)).isFile());
  } catch (error) {
    throw new OptionError(`cannot read folder '${from}': ${reason(error)}`, '-gustave inputs');
  }
  if (names.length === 0) throw new OptionError(`folder '${from}' has no files`, '-gustave inputs');
  return names.sort().map((name) => ({ name: join(from, name), bytes: readImage('-gustave inputs', join(from, name), FILE_LIMIT) }));
}

/** To its end. @throws OptionError */
async function readStandardInput(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    size += piece.length;
    if (size > FILE_LIMIT) throw new OptionError(`standard input has more than ${formatSize(FILE_LIMIT)}`, '-gustave inputs');
  }
  return Buffer.concat(pieces);
}

/** Writes the input under its digest; the line that tells of it. @throws HostError */
function keep({ name, bytes, outcome: { kind, reason: why } }: Finding, folder: string): string {
  const file = join(folder, `${kind}-${createHash('sha256').update(bytes).digest('hex').slice(0, DIGITS)}`);
  try {
    makeFolder(folder);
    writeWhole(file, bytes, { mode: 0o666 });
  } catch (error) {
    throw new HostError(`cannot keep '${file}': ${reason(error)}`);
  }
  return printable(`${kind} ${file}: ${name}: ${why}`);
}

/** Answers a fuzzer until it has enough, or the user has. */
async function drive(driver: GustaveDriver, ending: Ending): Promise<void> {
  const output = ending.openOutput(1, 'standard output', () => {});
  const { stdin } = process;
  output.text(driver.greeting);
  await new Promise<void>((resolve) => {
    const look = setInterval(() => ending.isOver && resolve(), LOOK_MS);
    const over = (): void => {
      clearInterval(look);
      resolve();
    };
    stdin.on('data', (bytes: Uint8Array) => {
      const { answers, isOver } = driver.take(bytes);
      output.text(answers);
      if (isOver) over();
    });
    stdin.on('end', over).on('error', over);
  });
  stdin.removeAllListeners('data').pause();
}

/** Lines on standard error. */
class Progress {
  private readonly isTerminal = process.stderr.isTTY;
  private start = performance.now();
  private next = QUIET_MS;
  private isShown = false;
  private timer: NodeJS.Timeout | undefined;

  /** The host's event loop goes on: `what` is told when it takes long. */
  begin(what: string): void {
    this.restart();
    this.timer = setTimeout(() => this.show(what), QUIET_MS);
  }
  tell(what: () => string): void {
    if (performance.now() - this.start < this.next) return;
    this.next = this.isTerminal ? this.next + TERMINAL_MS : 2 * this.next;
    this.show(what());
  }
  end(): void {
    clearTimeout(this.timer);
    if (this.isShown && this.isTerminal) process.stderr.write('\r\x1b[K');
    this.isShown = false;
    this.restart();
  }
  private restart(): void {
    this.start = performance.now();
    this.next = QUIET_MS;
  }
  private show(text: string): void {
    this.isShown = true;
    process.stderr.write(this.isTerminal ? `\r\x1b[K${text}` : message(text));
  }
}
