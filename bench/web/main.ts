/**
 * The page beside Node, in one run: kernels, boot, a snapshot's prompt, input, first generated code. `npm run bench:web -- --help` has its options. It prints a
 * table; results of kernels are in .cache/bench-web, a file an engine, for `wemu bench report`. Chromium and Firefox, as far as they are installed, and the Node that
 * runs this.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Session } from '../../web/src/session.js';
import type { Laboratory } from '../../web/src/lab/laboratory.js';
import { BROWSERS, type BrowserKind, type WebPage } from '../../web/tests/support/browsers.js';
import { serve, type Site } from '../../web/tests/support/site.js';
import { more, positive } from '../options.js';

declare global {
  var wemu: Session;
  var laboratory: Laboratory;
}

const top = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const MAIN = top('dist/src/cli/main.js');
const OUT = top('.cache/bench-web');
const PROMPT = '~ # ';
const BOOT_MS = 120_000;
const KEYS = 200;

const ENGINES = [...BROWSERS.map(({ name }) => name.toLowerCase()), 'node'];
const PARTS = ['times', 'kernels'];

interface WebOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly string[];
  readonly engine: readonly string[];
  readonly node: readonly string[];
}

function parts(text: string): string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${PARTS.join(', ')}`);
  return names;
}

const { rounds, seconds, only, engine, node } = new Command('npm run bench:web --')
  .description('The page beside Node: kernels, boot, the prompt of a snapshot, input, first generated code.')
  .option('--rounds <n>', 'how often each is measured', positive, 3)
  .option('--seconds <s>', 'of work for each kernel', positive, 1)
  .option('--only <parts>', `of ${PARTS.join(',')}`, parts, PARTS)
  .addOption(new Option('--engine <name...>', 'leave the others out').choices(ENGINES).default(ENGINES))
  .option('--node <program>', 'another Node, for kernels; may be given again', more, [])
  .parse()
  .opts<WebOptions>();

const median = (list: readonly number[]): number => quantile(list, 0.5);
const quantile = (list: readonly number[], part: number): number => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * part)];

/** What is told: a value an engine, in ms. */
type Row = { readonly what: string; readonly bound: string; readonly values: Map<string, readonly number[]> };

/** ms from the start of the process to the prompt. */
async function nodeBoot(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, 'linux', '--fresh', '-m', '256M'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, WEMU_CODE_CACHE: 'off' },
  });
  try {
    let said = '';
    for await (const piece of child.stdout) {
      said += String(piece);
      if (said.includes(PROMPT)) return performance.now() - start;
    }
    throw new Error(`Node's Linux did not come to its prompt: ${said.slice(-200)}`);
  } finally {
    child.kill();
  }
}

/** Until the guest has asked for a command, ms since the machine was asked for: a page that somebody has opened before. */
const bootToPrompt = (page: WebPage): Promise<number> =>
  page.run(
    async ({ prompt, ms }) => {
      // the session waits for its host, as somebody who looks at the page does
      await wemu.host;
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const start = performance.now();
      document.querySelector<HTMLButtonElement>('button.primary')!.click();
      while (wemu.phase === 'setup' || wemu.phase === 'loading') await new Promise((resolve) => setTimeout(resolve, 5));
      await wemu.automation.waitFor(prompt, { timeoutMs: ms });
      return performance.now() - start;
    },
    { prompt: PROMPT, ms: BOOT_MS },
  );

/** ms from a key to what the guest's terminal driver sends back, while another process of the guest computes. */
const inputLatencies = (page: WebPage): Promise<number[]> =>
  page.run(async (count) => {
    const machine = wemu.machine!;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    machine.type('while :; do :; done &\n');
    await pause(1500);
    let heard = (): void => {};
    const remove = machine.onOutput(() => heard());
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      await pause(10 + 40 * Math.random());
      const start = performance.now();
      await new Promise<void>((resolve) => {
        heard = resolve;
        machine.type('x');
      });
      times.push(performance.now() - start);
    }
    remove();
    machine.type('\x15kill %1\n');
    await pause(1000);
    return times;
  }, KEYS);

/** ms from the navigation until the shell of a snapshot that this site keeps has answered a key. */
async function snapshotPrompt(page: WebPage, url: string): Promise<number> {
  await page.open(`${url}?machine=debian&saved=bench&run=1`);
  return page.run(async (prompt) => {
    while (wemu.phase !== 'running') await new Promise((resolve) => setTimeout(resolve, 5));
    wemu.machine!.type('\n');
    await wemu.automation.waitFor(prompt, { timeoutMs: 30_000 });
    return performance.now();
  }, PROMPT);
}

async function browserRow(kind: BrowserKind, site: Site, add: (what: string, bound: string, ...values: number[]) => void): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    const page = await kind.launch();
    try {
      await page.open(`${site.url}?machine=embedded&append=${encodeURIComponent('scale=4')}&run=1`);
      await page.run(async () => {
        while (wemu.phase !== 'ended') await new Promise((resolve) => setTimeout(resolve, 50));
      });
      add('first generated code, page just opened', '200', await page.run(() => wemu.firstCodeMs ?? Infinity));
      await page.open(`${site.url}?machine=debian`);
      add('boot to the prompt', '', await bootToPrompt(page));
      add('key to echo, guest computes: 95th percentile', '50', quantile(await inputLatencies(page), 0.95));
      await page.run(() => wemu.save('bench'));
      add("navigation to a snapshot's prompt", '1500', await snapshotPrompt(page, site.url));
    } finally {
      await page.close();
    }
  }
}

function nodeKernels(node: string): string {
  const out = join(OUT, `node${execFileSync(node, ['-p', 'parseInt(process.versions.node)'], { encoding: 'utf8' }).trim()}`);
  // what V8 keeps of our code is one version's
  execFileSync(node, [top('scripts/v8-cache.js')], { stdio: 'inherit' });
  const what = [
    '--workload',
    'bare-metal',
    '--strategy',
    'region-opt',
    '--against',
    'none',
    '--runs',
    `${rounds}`,
    '--seconds',
    `${seconds}`,
  ];
  const { status } = spawnSync(node, [MAIN, 'bench', ...what, '--out', out], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`wemu bench on ${node} ended with ${status}`);
  return join(out, 'results.json');
}

async function browserKernels(kind: BrowserKind, site: Site): Promise<string> {
  const page = await kind.launch();
  try {
    await page.open(`${site.url}lab.html`);
    const options = { strategies: ['region-opt' as const], workloads: ['bare-metal'], rounds, seconds };
    const text = await page.run(
      async (given) => JSON.stringify(await laboratory.run(given, () => {}, new AbortController().signal)),
      options,
    );
    const file = join(OUT, `${kind.name.toLowerCase()}.json`);
    writeFileSync(file, text);
    return file;
  } finally {
    await page.close();
  }
}

const isWanted = (name: string): boolean => engine.includes(name.toLowerCase());

const site = await serve();
const browsers = BROWSERS.filter(({ path, name }) => path !== undefined && isWanted(name));
const rows = new Map<string, Row>();
mkdirSync(OUT, { recursive: true });
try {
  if (only.includes('times')) {
    for (const kind of browsers)
      await browserRow(kind, site, (what, bound, ...times) => {
        const row = rows.get(what) ?? { what, bound, values: new Map() };
        rows.set(what, row);
        row.values.set(kind.name, [...(row.values.get(kind.name) ?? []), ...times]);
      });
    const boots: number[] = [];
    for (let n = 0; n < rounds && isWanted('node'); n++) boots.push(await nodeBoot());
    if (boots.length > 0) rows.get('boot to the prompt')?.values.set('Node', boots);
    const engines = [...browsers.map(({ name }) => name), ...(boots.length > 0 ? ['Node'] : [])];
    console.log(`\nms, medians of ${rounds}${' '.repeat(31)}${[...engines, 'bound'].map((name) => name.padStart(10)).join('')}`);
    for (const { what, bound, values: of } of rows.values()) {
      const told = engines.map((name) => (of.get(name) ? Math.round(median(of.get(name)!)).toString() : '-').padStart(10));
      console.log(`${what.padEnd(46)}${told.join('')}${bound.padStart(10)}`);
    }
  }
  if (only.includes('kernels')) {
    const files: string[] = [];
    // this Node last: its caches are those that stay
    for (const program of [...node, ...(isWanted('node') ? [process.execPath] : [])]) files.unshift(nodeKernels(program));
    for (const kind of browsers) files.push(await browserKernels(kind, site));
    spawnSync(process.execPath, [MAIN, 'bench', 'report', ...files, '--out', OUT], { stdio: 'inherit' });
  }
} finally {
  site.close();
}
