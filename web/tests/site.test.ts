/** The site's files: how much a page loads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SITE } from './support/site.js';

const assets = readdirSync(join(SITE, 'assets'));
const zipped = (file: string): number => gzipSync(readFileSync(join(SITE, file))).length;
const asset = (prefix: string): string => `assets/${assets.find((name) => name.startsWith(`${prefix}-`) && name.endsWith('.js'))}`;

/** What a script imports at once, with itself. */
function loaded(script: string, seen = new Set<string>()): Set<string> {
  if (seen.has(script)) return seen;
  seen.add(script);
  const text = readFileSync(join(SITE, script), 'utf8');
  for (const [, name] of text.matchAll(/(?:^|[;}\s])(?:import|export)\b[^"'`()]*?["']\.\/([\w.-]+\.js)["']/g))
    loaded(`assets/${name}`, seen);
  return seen;
}

/** What a worker imports later under that name. */
function later(worker: string, name: string): string {
  const imports = readFileSync(join(SITE, asset(worker)), 'utf8').matchAll(/import\(["'`]\.\/([\w-]+\.js)/g);
  const found = [...imports].map(([, file]) => file).find((file) => file.startsWith(`${name}-`));
  return `assets/${found}`;
}

describe('the site', () => {
  // A codegen worker makes its first region for nobody, with the default target.
  it.each([
    { target: 'riscv', engine: 'wemu.wasm', isas: ['riscv'] },
    { target: 'ppc', engine: 'wemu-ppc.wasm', isas: ['riscv', 'ppc'] },
  ])('has an engine of less than 400 KB for $target, without binaryen, which comes when it is needed', ({ target, engine, isas }) => {
    const machine = [asset('machine-worker'), later('machine-worker', target)];
    const codegen = [asset('codegen-worker'), ...['worker-service', 'warm-up', ...isas].map((name) => later('codegen-worker', name))];
    const scripts = [...machine, ...codegen].flatMap((script) => [...loaded(script)]);
    const sizes = [...new Set(scripts), engine].map((file) => [file, zipped(file)] as const);
    const sum = sizes.reduce((total, [, size]) => total + size, 0);
    expect(sum, JSON.stringify(sizes)).toBeLessThan(400 * 1024);
    expect(sum).toBeGreaterThan(50 * 1024); // it is all there
  });

  it('loads little before somebody starts a machine', () => {
    const index = readFileSync(join(SITE, 'index.html'), 'utf8');
    const [, main] = /src="\.\/(assets\/[\w.-]+\.js)"/.exec(index)!;
    const sum = [...loaded(main)].reduce((total, file) => total + zipped(file), 0);
    expect(sum).toBeLessThan(100 * 1024);
  });
});
