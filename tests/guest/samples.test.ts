/**
 * The code of README and docs as it stands there, in a project that has installed wemu: what is a program has the types of the package, and runs where Node can run it.
 * Pages are tried by web/tests and browser.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Consumer } from '../support/consumer.js';
import { codeBlocks } from '../support/samples.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

/** What stands around a sample. */
interface Setting {
  /** No program by itself. */
  readonly isPart?: boolean;
  /** What it takes for granted. */
  readonly before?: string;
  readonly after?: string;
  /** What it leaves to its reader. */
  readonly instead?: readonly [place: string, text: string];
  /** What it prints where it runs; others are for a page, or for a guest that is not at hand. */
  readonly prints?: RegExp;
  /** It is the last word of this. */
  readonly command?: readonly string[];
}

const FILES = "import { readFileSync } from 'node:fs';\n";
const HOST = "const host = await createNodeHost({ backend: 'tci' });\n";
const OPTIONS =
  "{ machine: 'virt', memory: '16M', bios: 'none', kernel: readFileSync('guests/embedded.elf'), append: 'quiet=1 run=fib scale=20' }";
const RUN_SORT = '-M virt -bios none -kernel guests/embedded.elf -append run=sort -d plugin -plugin'.split(' ');

/** By page and place on it. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'README.md 1': { before: `${FILES}const kernel = readFileSync('guests/embedded.elf');\n`, prints: /all checks passed/ },
  'docs/adding-an-instruction.md 1': { isPart: true },
  'docs/gustave.md 1': {
    before: `${FILES}const kernel = readFileSync('guests/gustave.elf');\nconst input = new TextEncoder().encode('x');\n${HOST}`,
    instead: ['/* ... */', `, ${gustaveConfig()}`],
    after: 'console.log(kind, reason, instructions > 0);\nhost.close();\n',
    prints: /^ok .* <handled> true\n$/,
  },
  'docs/library.md 1': { before: 'const report = (all: object): void => console.log(Object.keys(all).length);\n', prints: /^8\n$/ },
  'docs/library.md 2': {},
  'docs/library.md 3': {
    before: `${FILES}import { createNodeHost, Machine } from 'wemu/node';
      ${HOST}const machine = Machine.create(${OPTIONS}, host);
      const other = Machine.create({ ...${OPTIONS}, incoming: true }, host);
      const ended = machine.run();\n`,
    instead: ['const parts =', 'const parts: Uint8Array[] ='],
    after: 'console.log((await ended).reason, (await other.run()).reason, (await machine.run()).reason);\nhost.close();\n',
    prints: /^stopped guest-shutdown guest-shutdown\n$/,
  },
  'docs/plugins.md 1': { command: ['node_modules/wemu/dist/src/cli/main.js', ...RUN_SORT], prints: /^quicksort\S* \d+$/m },
  'docs/web.md 1': { before: 'declare const terminal: { write(bytes: Uint8Array): void };\n' },
  'docs/web.md 2': { isPart: true },
  'docs/web.md 3': {
    before: `import { createNodeHost, Machine, type MachineOptions } from 'wemu/node';
      import type { TerminalScreen } from 'wemu/automation';
      declare const options: MachineOptions;
      declare const terminal: TerminalScreen;
      declare function expect<T>(value: T): { toBe(wanted: T): void; toBeDefined(): void };\n${HOST}`,
  },
};

/** All but `snapshot` of that page's configuration. */
function gustaveConfig(): string {
  const { snapshot: _, ...rest } = JSON.parse(codeBlocks(page('docs/gustave.md'), ['json'])[0].text) as Record<string, unknown>;
  return JSON.stringify(rest).slice(1, -1);
}

const pages = ['README.md', ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)];
const SAMPLES = pages
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => codeBlocks(page(file), ['ts', 'js']).map(({ text }, i) => [`${file} ${i + 1}`, text] as const))
  .map(([name, text]) => ({ name, text, setting: SETTINGS[name] as Setting | undefined }));

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer(['@types/node', 'undici-types']);
  writeFileSync(consumer.path('package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  cpSync(`${ROOT}guests`, consumer.path('guests'), {
    recursive: true,
    filter: (from) => !from.includes('guests/') || from.endsWith('.elf'),
  });
});
afterAll(() => consumer.remove());

const run = (args: readonly string[]): { status: number | null; stdout: string; stderr: string } => {
  const env = { ...process.env, WEMU_CODE_CACHE: 'off' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: consumer.folder, encoding: 'utf8', env });
  return { status, stdout, stderr };
};

it('each sample is known here', () => expect(SAMPLES.map(({ name }) => name).sort()).toEqual(Object.keys(SETTINGS).sort()));

const programs = SAMPLES.filter(({ setting }) => setting && !setting.isPart).map(({ name, text, setting }) => {
  const { before = '', after = '', instead: [place, filling] = ['', ''], ...rest } = setting!;
  const code = `${before}${text.replace(place, () => filling)}${after}export {};\n`;
  return { name, file: name.replaceAll(/\W/g, '-'), code, place, text, ...rest };
});

it('all have the types of the package', () => {
  for (const { file, code, place, text } of programs) {
    expect(text).toContain(place);
    writeFileSync(consumer.path(`${file}.ts`), code);
  }
  writeFileSync(consumer.path('vite.d.ts'), "declare module '*?url' {\n  const url: string;\n  export default url;\n}\n");
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = '--noEmit --strict --target es2022 --module nodenext --lib es2022,dom,dom.iterable --types node --ignoreConfig'.split(' ');
  const files = ['vite.d.ts', ...programs.map(({ file }) => `${file}.ts`)];
  expect(run([tsc, ...flags, ...files])).toEqual({ status: 0, stdout: '', stderr: '' });
});

it.each(programs.filter(({ prints }) => prints))('$name', ({ file, code, command = [], prints }) => {
  const { outputText } = transpileModule(code, { compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 } });
  writeFileSync(consumer.path(`${file}.js`), outputText);
  const { status, stdout, stderr } = run([...command, `${file}.js`]);
  expect(status, stderr).toBe(0);
  expect(`${stdout}${stderr}`).toMatch(prints!);
});
