import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageFolder } from './modules.js';
import { isTested } from './v8-flags.js';

// From dist/: a process of its own runs compiled modules.
const built = createRequire(import.meta.url)
  .resolve('wemu/node')
  .replace(/index\.js$/, 'v8-flags.js');
const { probeV8 } = (await import(built)) as typeof import('./v8-flags.js');
const cli = join(packageFolder(), 'dist/src/cli/main.js');

const folder = mkdtempSync(join(tmpdir(), 'wemu-v8-flags-'));
afterAll(() => rmSync(folder, { recursive: true }));
function fakeNode(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return path;
}

describe('whether V8 has flags of ours', () => {
  it.each([
    ['11.3.244.8-node.38', true],
    ['12.4.254.21-node.57', true],
    ['14.6.202.34-node.34', true],
    ['10.2.154.26-node.36', false],
    ['14.7.1', false],
    ['15.0.0', false],
  ])('is known of V8 %s: %s', (version, tested) => expect(isTested(version)).toBe(tested));

  it('is yes if the probe ends well', () => expect(probeV8()).toBe(true));

  it.skipIf(process.platform === 'win32').each([
    ['dies', 'kill -TRAP $$'],
    ['fails', 'exit 1'],
    ['knows less flags', 'echo Error: unrecognized flag >&2'],
  ])('is no if the probe %s', (name, script) => expect(probeV8(fakeNode(name, script))).toBe(false));

  it.each([
    ['on', Number.parseInt(process.versions.v8) < 12 ? 'optimising' : 'tiered'],
    ['off', 'tiered'],
  ])('%s: the guest runs in generated code, and the figures tell how it is compiled', (WEMU_V8_FLAGS, compiler) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, 'embedded', '--append', 'quiet=1 scale=100 run=int', '--stats=json'], {
      encoding: 'utf8',
      env: { ...process.env, WEMU_V8_FLAGS },
    });
    expect(stdout).toContain('all checks passed');
    const { wasm } = JSON.parse(stderr) as { wasm: { compiler: string; modules: number } };
    expect([wasm.compiler, wasm.modules > 0]).toEqual([compiler, true]);
  });
});

it.each([
  ['of the memory', ['--max-old-space-size=300'], {}],
  ['of the profiler', ['--perf-basic-prof'], {}],
  ['in the environment', [], { NODE_OPTIONS: '--max-old-space-size=300 --stack-trace-limit=20' }],
])('options of V8 %s do not keep the worker from starting', (_, options, environment) => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...options, cli, 'embedded', '--append', 'quiet=1 scale=100 run=int', '--stats=json'],
    { encoding: 'utf8', cwd: folder, env: { ...process.env, ...environment } },
  );
  expect(stdout).toContain('all checks passed');
  expect((JSON.parse(stderr) as { wasm: { modules: number } }).wasm.modules).toBeGreaterThan(0);
});
