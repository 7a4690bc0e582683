/** `wemu/browser`: bundled by what people use, without anything of Node's, and, where there is a Chromium, run in one. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineWasmPath } from '../../src/node/engine-wasm.js';
import { Consumer } from '../support/consumer.js';
import { which } from '../support/tools.js';

const PAGE = fileURLToPath(new URL('browser/page.ts', import.meta.url));
const BUNDLE = fileURLToPath(new URL('browser/bundle.js', import.meta.url));
const ELF = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
/** Vite and webpack bring it along; for the others it lies beside the codegen worker (docs/library.md). */
const BINARYEN = fileURLToPath(new URL('../../build/binaryen.wasm', import.meta.url));
const CHROMIUM = which('chromium') ?? which('chromium-browser') ?? which('google-chrome');

interface PageResult {
  error?: string;
  exitCode?: number;
  text?: string;
  /** Batches of code that came from the worker. */
  /** What the laboratory's core saw. */
  samples?: number;
  instructions?: number;
  modules?: number;
  marks?: number;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' };
/** A page that fails while it is loaded tells so, too. */
const REPORTER = `addEventListener('error', ({ message: error }) => fetch('/result', { method: 'POST', body: JSON.stringify({ error }) }))`;
const HTML = `<!doctype html><meta charset="utf-8"><title>wemu</title><script>${REPORTER}</script><script type="module" src="/page.js"></script>`;

/** What each bundler makes of the page, by name, in a project that has wemu as it is published. */
const BUNDLERS = ['vite', 'webpack', 'esbuild', 'rolldown'] as const;
type Bundler = (typeof BUNDLERS)[number];
const bundles = new Map<
  Bundler,
  { readonly output: string; readonly status: number | null; readonly files: ReadonlyMap<string, Uint8Array> }
>();
let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer();
  writeFileSync(consumer.path('package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const { outputText } = ts.transpileModule(readFileSync(PAGE, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  writeFileSync(consumer.path('page.js'), outputText);
  for (const bundler of BUNDLERS) {
    const out = consumer.path(`dist-${bundler}`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [BUNDLE, bundler, consumer.folder, out], { encoding: 'utf8' });
    const names = existsSync(out)
      ? readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(out, name)).isFile())
      : [];
    bundles.set(bundler, {
      status,
      output: stdout + stderr,
      files: new Map(names.map((name) => [`/${name}`, readFileSync(join(out, name))])),
    });
  }
});
afterAll(() => consumer.remove());

it.each(BUNDLERS)('is bundled for a browser by %s, without a warning or a module of Node', (bundler) => {
  const { status, output, files } = bundles.get(bundler)!;
  expect({ status, output }).toEqual({ status: 0, output: '' });
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(1); // the page, and the worker
  expect([...files.keys()]).toContain('/page.js');
  for (const [name, code] of scripts)
    expect(
      Buffer.from(code)
        .toString('latin1')
        .match(/\b(?:import|require)\b[^;\n]{0,200}["']node:[^"']*["']/)?.[0],
      name,
    ).toBeUndefined();
});

describe.skipIf(!CHROMIUM)('in Chromium (skipped without one)', () => {
  const profiles: string[] = [];
  afterAll(() => profiles.forEach((profile) => rmSync(profile, { recursive: true, force: true })));

  /** Serves the page, opens it, and waits for what it posts. `isolated`: with the headers that shared memory needs. */
  async function open(query: string, { isolated = true, bundler = 'vite' as Bundler } = {}): Promise<PageResult> {
    const { status, output, files } = bundles.get(bundler)!;
    if (status !== 0) throw new Error(`${bundler} made nothing: ${output}`);
    let posted!: (result: PageResult) => void;
    const result = new Promise<PageResult>((resolve) => (posted = resolve));
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://x');
      const headers: Record<string, string> = { 'content-type': TYPES[extname(pathname)] ?? 'text/html' };
      if (isolated) {
        headers['cross-origin-opener-policy'] = 'same-origin';
        headers['cross-origin-embedder-policy'] = 'require-corp';
      }
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk));
        request.on('end', () => {
          response.writeHead(204).end();
          posted(JSON.parse(body) as PageResult);
        });
        return;
      }
      const content =
        pathname === '/'
          ? HTML
          : pathname === '/wemu.wasm'
            ? readFileSync(engineWasmPath())
            : pathname === '/embedded.elf'
              ? readFileSync(ELF)
              : pathname === '/binaryen.wasm' && (bundler === 'esbuild' || bundler === 'rolldown')
                ? readFileSync(BINARYEN)
                : files.get(pathname);
      response.writeHead(content === undefined ? 404 : 200, headers).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const profile = mkdtempSync(join(tmpdir(), 'wemu-chromium-'));
    profiles.push(profile);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${query}`;
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      `--user-data-dir=${profile}`,
    ];
    const browser = spawn(CHROMIUM!, [...flags, url], { stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => browser.on('close', () => resolve()));
    try {
      return await Promise.race([result, gone.then((): PageResult => ({ error: 'the browser ended' }))]);
    } finally {
      browser.kill();
      await gone;
      server.close();
      server.closeAllConnections();
    }
  }

  it.each<[Bundler, 'tci' | 'wasm']>([['vite', 'tci'], ...BUNDLERS.map((bundler): [Bundler, 'wasm'] => [bundler, 'wasm'])])(
    'runs the embedded guest: %s, backend %s',
    async (bundler, backend) => {
      const result = await open(`?backend=${backend}`, { bundler });
      expect(result.error).toBeUndefined();
      expect(result.text).toContain('all checks passed');
      expect(result).toMatchObject({ exitCode: 0, marks: 1 });
      expect(result.modules! > 0).toBe(backend === 'wasm');
      expect(result.samples).toBeGreaterThan(2);
      expect(result.instructions).toBeGreaterThan(10e6);
    },
  );

  it('says which headers a page needs that is not cross-origin isolated', async () => {
    expect((await open('', { isolated: false })).error).toMatch(/Cross-Origin-Opener-Policy/);
  });
});
