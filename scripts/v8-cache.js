// Lets V8 keep what it makes of the bundle, of binaryen and of the engine (src/node/v8-cache.ts): runs a guest of each target in a process for each of the
// bundle's programs, and writes FILE.v8 beside every script and wasm module that it loaded.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';
import threads from 'node:worker_threads';
import { serializeWasm, writeV8Cache } from '../dist/src/node/v8-cache.js';
import { isFresh } from './fresh.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const bundle = (name) => join(root, 'dist/bundle', name);
const BINARYENS = ['binaryen.wasm', 'binaryen.lean.wasm'].map((name) => join(root, 'build', name));
const ENGINES = readdirSync(join(root, 'build'))
  .filter((name) => /^wemu(-[a-z0-9]+)?\.wasm$/.test(name))
  .map((name) => join(root, 'build', name));
const GUEST = 'quiet=1 scale=1';
/** PowerPC's guest reads its options where the board puts a kernel. */
const PPC_GUEST = { machine: '40p', memory: '128', bios: join(root, 'guests/ppc.elf'), kernel: join(root, '.cache/v8-guest') };
/** Programs of the bundle, and what each is given. The files that a run loads have their V8 caches then, but for those that an earlier one had loaded. */
const RUNS = [
  ['start.cjs', 'embedded', '--append', GUEST],
  [
    'start.cjs',
    '-no-reboot',
    '-M',
    PPC_GUEST.machine,
    '-bios',
    PPC_GUEST.bios,
    '-kernel',
    PPC_GUEST.kernel,
    '-qmp',
    'null',
    '-gdb',
    'null',
  ],
  [
    'runner.cjs',
    // with the whole binaryen, in the machine's thread
    JSON.stringify({
      accel: 'tcg,thread=sync',
      machine: 'virt',
      memory: '128',
      bios: 'none',
      kernel: join(root, 'guests/embedded.elf'),
      append: GUEST,
    }),
  ],
  ['runner.cjs', JSON.stringify({ accel: 'tcg', ...PPC_GUEST })],
];
/**
 * While the guest runs: TurboFan for everything that is called, and bytecode stays: V8 keeps no function that Sparkplug has compiled (of the hottest, the whole script among them). Afterwards
 * all flags are what they are when the caches are read.
 */
const FLAGS = ['--no-liftoff', '--no-flush-bytecode', '--no-sparkplug'];
const FLAGS_AFTERWARDS = ['--liftoff', '--wasm-dynamic-tiering', '--wasm-tier-up', '--flush-bytecode', '--sparkplug'];
/** Off while the engine is compiled. Its functions do not recurse, and its loops have an end of their own, so V8's stack checks, one for each op of tci, are for nothing. */
const ENGINE_FLAGS = ['wasm-lazy-compilation', 'wasm-stack-checks'];
/** Which wemu itself sets for a moment. */
const LEFT_ALONE = /liftoff|tiering|lazy/;

const FOLDERS = ['build', 'dist/bundle'].map((folder) => join(root, folder));
/** Which Node the caches are of, and their names: written last, so that it is newer than all that they were made from unless that has changed. */
const STAMP = join(root, '.cache/v8-caches.json');
const { version, execPath } = process;

const filesOf = (folder) => readdirSync(folder).map((name) => join(folder, name));
const caches = () => FOLDERS.flatMap(filesOf).filter((path) => path.endsWith('.v8'));

/** The caches are of this Node and of what is there now: 10 s that each `npm test` need not take. */
function areFresh() {
  if (!existsSync(STAMP)) return false;
  const { node, paths } = JSON.parse(readFileSync(STAMP, 'utf8'));
  if (node !== `${version} ${execPath}` || !paths.every((path) => existsSync(path))) return false;
  const cached = FOLDERS.flatMap(filesOf).filter((path) => /\.(cjs|wasm)$/.test(path));
  const sources = [...cached, fileURLToPath(import.meta.url), join(root, 'dist/src/node/v8-cache.js')];
  return isFresh([STAMP], sources);
}

const [program, ...args] = process.argv.slice(2);
if (!threads.isMainThread) trainWorker();
else if (program !== undefined) trainProgram();
else if (!areFresh()) {
  for (const path of caches()) rmSync(path);
  mkdirSync(dirname(PPC_GUEST.kernel), { recursive: true });
  writeFileSync(PPC_GUEST.kernel, GUEST);
  const env = { ...process.env, WEMU_CODE_CACHE: 'off' };
  for (const run of RUNS) {
    // the runner reports to descriptor 3
    execFileSync(execPath, [fileURLToPath(import.meta.url), ...run], { env, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  }
  writeFileSync(STAMP, JSON.stringify({ node: `${version} ${execPath}`, paths: caches() }));
}

/** Runs a program of the bundle in this thread; the result writes the caches of what it loaded so far. */
function watch(path) {
  const scripts = [];
  const modules = [];
  const { setFlagsFromString } = v8;
  v8.setFlagsFromString = (flag) => LEFT_ALONE.test(flag) || setFlagsFromString(flag);
  vm.Script = class extends vm.Script {
    constructor(code, options) {
      super(code, options);
      scripts.push([options.filename, this]);
    }
  };
  const sizes = new Map([...ENGINES, ...BINARYENS].map((path) => [statSync(path).size, path]));
  const { Module } = WebAssembly;
  const compile = (path, bytes) => {
    // all of an engine; of binaryen what is used
    const flags = ENGINES.includes(path) ? ENGINE_FLAGS : [];
    for (const flag of flags) setFlagsFromString(`--no-${flag}`);
    const module = new Module(bytes);
    for (const flag of flags) setFlagsFromString(`--${flag}`);
    modules.push([path, module]);
    return module;
  };
  WebAssembly.Module = new Proxy(Module, {
    construct(_, [bytes]) {
      const path = sizes.get(bytes.length);
      return path === undefined ? new Module(bytes) : compile(path, bytes);
    },
  });
  for (const flag of FLAGS) setFlagsFromString(flag);
  require(path);
  return () => {
    for (const flag of FLAGS_AFTERWARDS) setFlagsFromString(flag);
    const missing = (list) => list.filter(([path]) => !existsSync(`${path}.v8`));
    for (const [path, script] of missing(scripts)) writeV8Cache(path, script.createCachedData());
    for (const [path, module] of missing(modules)) {
      const code = serializeWasm(module);
      if (code) writeV8Cache(path, code);
    }
  };
}

function trainProgram() {
  const workers = [];
  threads.Worker = class extends threads.Worker {
    constructor(url, options) {
      super(fileURLToPath(import.meta.url), { ...options, argv: [fileURLToPath(url)] });
      workers.push(this);
    }
    terminate() {}
  };
  process.argv.splice(1, Infinity, bundle(program), ...args);
  const write = watch(bundle(program));
  process.once('beforeExit', async () => {
    for (const worker of workers) {
      const written = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      worker.ref();
      worker.postMessage('write');
      await written;
    }
    write();
    process.exit();
  });
}

function trainWorker() {
  // it ends when its machine does, and is to write first
  process.exit = () => {};
  const write = watch(process.argv[2]);
  threads.parentPort.once('message', () => {
    write();
    threads.parentPort.postMessage('written');
  });
}
