// Compiles assembly/ to the runtimes of this build, build/NAME.wasm and build/NAME.debug.wasm, but for those that are newer than everything they come from.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFresh } from './fresh.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const runtime = (name, target) => ({ release: `build/${name}.wasm`, debug: `build/${name}.debug.wasm`, target });
/** The engine linked with each target: the runtime's name (Target.runtime), and the folder of the target's part. */
const RUNTIMES = [runtime('wemu', 'assembly/target/riscv'), runtime('wemu-ppc', 'assembly/target/ppc')];
const FOLDERS = RUNTIMES.map(({ target }) => target);
const MODES = ['release', 'debug'];

const assemblyscript = dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json'));

const filesOf = (folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`);

/**
 * The modes of a runtime whose file is not newer than its sources.
 * @param {{ release?: string, debug?: string, target: string }} runtime
 */
export function staleModes(runtime) {
  const isOthers = (path) => FOLDERS.some((folder) => folder !== runtime.target && path.startsWith(`${folder}/`));
  const sources = ['assembly', ...filesOf('assembly').filter((path) => !isOthers(path)), runtime.target, ...filesOf(runtime.target)];
  const inputs = ['asconfig.json', 'package-lock.json', ...sources].map((path) => join(root, path));
  return MODES.filter((mode) => runtime[mode] !== undefined && !isFresh([join(root, runtime[mode])], inputs));
}

/** Files of this build's runtimes that are older than what they come from. */
export const staleFiles = () => RUNTIMES.flatMap((each) => staleModes(each).map((mode) => each[mode]));

/**
 * The exit status of the compiler.
 * @param {{ release?: string, debug?: string, target: string }} runtime
 * @param {'release' | 'debug'} mode
 */
export function compile(runtime, mode) {
  const outFile = runtime[mode];
  return new Promise((resolve) => {
    const started = Date.now();
    const args = ['--enable-source-maps', join(root, 'scripts/link-asm.js'), mode, outFile, runtime.target];
    spawn(process.execPath, args, { stdio: 'inherit' }).on('close', (code) => {
      if (code === 0) console.log(`${outFile}: ${statSync(join(root, outFile)).size} bytes, ${Date.now() - started} ms`);
      resolve(code ?? 1);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'build'), { recursive: true });
  // parts of its library are in the wasm
  copyFileSync(join(assemblyscript, 'LICENSE'), join(root, 'build/assemblyscript.LICENSE'));
  const isForced = process.argv.includes('--force');
  for (const each of RUNTIMES) {
    const codes = await Promise.all((isForced ? MODES : staleModes(each)).map((mode) => compile(each, mode)));
    process.exitCode ||= Math.max(0, ...codes);
  }
}
