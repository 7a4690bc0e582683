/** `wemu/browser`: bundled by Vite without anything of Node's, and, where there is a Chromium, run in one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineWasmPath } from '../../src/node/engine-wasm.js';
import { which } from '../support/tools.js';

const PAGE = fileURLToPath(new URL('browser/page.ts', import.meta.url));
const ELF = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
const CHROMIUM = which('chromium') ?? which('chromium-browser') ?? which('google-chrome');

interface PageResult {
  error?: string;
  exitCode?: number;
  text?: string;
  /** Batches of code that came from the worker. */
  batches?: number;
  /** What the laboratory's core saw. */
  samples?: number;
  instructions?: number;
  modules?: number;
  marks?: number;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' };
const HTML = '<!doctype html><meta charset="utf-8"><title>wemu</title><script type="module" src="/page.js"></script>';

/** What Vite makes of the page, by name. */
const files = new Map<string, string | Uint8Array>();
beforeAll(async () => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    worker: { format: 'es' },
    build: {
      write: false,
      target: 'es2022',
      rollupOptions: { input: PAGE, output: { entryFileNames: 'page.js' } },
    },
  });
  for (const { output } of [result].flat() as { output: { fileName: string; code?: string; source?: string | Uint8Array }[] }[]) {
    for (const { fileName, code, source } of output) files.set(`/${fileName}`, code ?? source!);
  }
});

it('bundles for a browser without a module of Node', () => {
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  expect(scripts.map(([name]) => name)).toEqual(expect.arrayContaining(['/page.js', expect.stringContaining('codegen-worker')]));
  for (const [name, code] of scripts) expect(String(code).match(/^import .*["']node:.*$/m)?.[0], name).toBeUndefined();
});

describe.skipIf(!CHROMIUM)('in Chromium (skipped without one)', () => {
  const profiles: string[] = [];
  afterAll(() => profiles.forEach((profile) => rmSync(profile, { recursive: true, force: true })));

  /** Serves the page, opens it, and waits for what it posts. `isolated`: with the headers that shared memory needs. */
  async function open(query: string, isolated = true): Promise<PageResult> {
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

  it.each([
    ['tci', false],
    ['wasm', true],
  ])('runs the embedded guest with backend %s', async (backend, generates) => {
    const result = await open(`?backend=${backend}`);
    expect(result.error).toBeUndefined();
    expect(result.text).toContain('all checks passed');
    expect(result).toMatchObject({ exitCode: 0, marks: 1 });
    expect(result.batches! > 0).toBe(generates);
    expect(result.modules! > 0).toBe(generates);
    expect(result.samples).toBeGreaterThan(2);
    expect(result.instructions).toBeGreaterThan(10e6);
  });

  it('says which headers a page needs that is not cross-origin isolated', async () => {
    expect((await open('', false)).error).toMatch(/Cross-Origin-Opener-Policy/);
  });
});
