// Compiles assembly/ to the runtimes in build/, each in two modes, unless they are newer than everything they come from.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The product's runtimes: the engine linked with one target each. `target`: the folder of its part. */
export const RUNTIMES = [
  { release: 'build/wemu.wasm', debug: 'build/wemu.debug.wasm', target: 'assembly/target/riscv' },
  { release: 'build/wemu-ppc.wasm', debug: 'build/wemu-ppc.debug.wasm', target: 'assembly/target/ppc' },
];
const MODES = ['release', 'debug'];

const assemblyscript = dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json'));

const mtime = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const filesOf = (folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`);

/**
 * The modes of a runtime whose file is not newer than its sources.
 * @param {{ release?: string, debug?: string, target: string }} runtime
 */
export function staleTargets(runtime) {
  const others = RUNTIMES.map(({ target }) => target).filter((target) => target !== runtime.target);
  const engine = filesOf('assembly').filter((file) => !others.some((target) => file === target || file.startsWith(`${target}/`)));
  const sources = [...engine, runtime.target, ...filesOf(runtime.target)];
  const newest = Math.max(...['asconfig.json', 'package-lock.json', ...sources].map(mtime));
  return MODES.filter((mode) => runtime[mode] !== undefined && mtime(runtime[mode]) <= newest);
}

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
  const codes = [];
  for (const runtime of RUNTIMES) {
    const wanted = isForced ? MODES : staleTargets(runtime);
    codes.push(...(await Promise.all(wanted.map((mode) => compile(runtime, mode)))));
  }
  process.exitCode = Math.max(0, ...codes);
}
