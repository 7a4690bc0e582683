/** wemu as it is published: what is in the package, what comes along with it, and whether a new project can use its types and its command. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer, dependencies } from '../support/consumer.js';

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer(['@types/node', 'undici-types']);
  writeFileSync(consumer.path('package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
});
afterAll(() => consumer.remove());

function run(args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: consumer.folder, encoding: 'utf8', ...options });
  return { status, stdout, stderr };
}

it('has its documents, its guests and the licences of what is in it', () => {
  expect(consumer.files).toEqual(
    expect.arrayContaining([
      ...['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/library.md', 'docs/architecture.md'],
      ...['build/wemu.wasm', 'build/binaryen.wasm', 'build/binaryen.cjs', 'build/binaryen.browser.js', 'guests/embedded.elf'],
      ...['build/binaryen.LICENSE', 'build/assemblyscript.LICENSE', 'dist/bundle/commander.LICENSE'],
    ]),
  );
  // nothing of this machine, and nothing of the tests
  expect(consumer.files.filter((name) => /\.v8$|\.test\.|^src\/|\.tsbuildinfo|^build\/.*\.map$/.test(name))).toEqual([]);
});

it('brings few packages along', () => {
  expect(dependencies().map((path) => path.replace('node_modules/', ''))).toEqual([
    ...['ansi-regex', 'cli-progress', 'commander', 'emoji-regex', 'fflate', 'is-fullwidth-code-point', 'string-width', 'strip-ansi'],
  ]);
});

describe('types', () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const NODE = `
    import { readFileSync } from 'node:fs';
    import { Chardev, Machine, createNodeHost, isUserError, type MachineOptions, type NodeHost, type RunResult } from 'wemu/node';
    import { layout, type MachineHost } from 'wemu';
    import { watch, WORKLOADS, type WatchedRun } from 'wemu/lab';
    class Mine extends Chardev {
      override write(bytes: Uint8Array): void { console.log(bytes.length); }
    }
    const options: MachineOptions = { machine: 'virt', kernel: readFileSync('x'), serial: [new Mine('a', 'mine'), (bytes) => console.log(bytes.length)] };
    const host: NodeHost = await createNodeHost({ backend: 'tci' });
    const machine = Machine.create({ ...options, bios: new ArrayBuffer(8), log: { items: ['int'], sink: (text) => console.log(text.length) } }, host);
    const result: RunResult = await machine.run();
    const other: MachineHost = host;
    const watched: WatchedRun = await watch(options, other);
    console.log(result.exitCode, machine.readRegister('pc') + 1n, isUserError(1), layout.TLB_BITS, watched.exitCode, Object.keys(WORKLOADS), machine.state.cpus[0]);
    // @ts-expect-error -- a path is no image
    Machine.create({ kernel: 'x' }, host);
    // @ts-expect-error -- unknown options are not taken
    Machine.create({ kernal: 'x' }, host);
  `;
  const BROWSER = `
    import { Machine, createBrowserHost } from 'wemu/browser';
    const host = await createBrowserHost({ wasm: new URL('x', location.href), createWorker: () => new Worker('x', { type: 'module' }) });
    console.log(await Machine.create({ machine: 'virt' }, host).run());
    // @ts-expect-error -- there are no files to keep code in
    await createBrowserHost({ wasm: 'x', codeCache: true });
  `;
  const MODULES = { nodenext: ['--module', 'nodenext'], bundler: ['--module', 'esnext', '--moduleResolution', 'bundler'] };

  it.each(
    Object.keys(MODULES).flatMap((modules) => [
      [modules, 'node', NODE, ['--types', 'node', '--lib', 'es2022']],
      [modules, 'browser', BROWSER, ['--lib', 'es2022,dom,dom.iterable']],
    ]) as [keyof typeof MODULES, string, string, string[]][],
  )('are complete for %s, %s: strict, without skipLibCheck', (modules, host, text, options) => {
    const file = `${modules}-${host}.ts`;
    writeFileSync(consumer.path(file), text);
    const flags = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
      '--target',
      'es2022',
      '--ignoreConfig',
    ];
    expect(run([tsc, ...flags, ...MODULES[modules], ...options, file])).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('the command', () => {
  const WEMU = 'node_modules/wemu/dist/src/cli/main.js';
  const env = { ...process.env, WEMU_CODE_CACHE: 'off' };

  it('runs the guest that comes along', () => {
    const { status, stdout, stderr } = run([WEMU, 'embedded', '--append', 'quiet=1 run=fib scale=1'], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('all checks passed');
  });

  it.each([
    ['generated code as text', ['-M', 'virt', '-bios', 'none', '-d', 'out_asm'], 'wabt'],
    ['charts', ['bench', '--workload', 'int', '--against', 'none', '--out', 'results'], 'vega vega-lite'],
  ])('says what to install for %s', (_name, args, packages) => {
    const { status, stdout, stderr } = run([WEMU, ...args], { env });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^wemu: this needs .* which wemu does not install: npm install ${packages}\n$`));
  });

  it('can be imported: guests/embedded.elf', () => {
    const script = "console.log(import.meta.resolve('wemu/guests/embedded.elf'))";
    expect(run(['--input-type=module', '-e', script]).stdout).toMatch(/guests\/embedded\.elf\n$/);
  });
});
