// Compiles assembly/ to build/wemu.wasm and build/wemu.debug.wasm, unless both are newer than everything they come from.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputs = { release: 'build/wemu.wasm', debug: 'build/wemu.debug.wasm' };

const assemblyscript = dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json'));

const mtime = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The targets (`release`, `debug`) whose file is not newer than its sources. */
export function staleTargets() {
  const sources = readdirSync(join(root, 'assembly'), { recursive: true }).map((name) => `assembly/${name}`);
  const newest = Math.max(...['assembly', 'asconfig.json', 'package-lock.json', ...sources].map(mtime));
  return Object.keys(outputs).filter((target) => mtime(outputs[target]) <= newest);
}

function compile(target) {
  const asc = join(assemblyscript, 'bin/asc.js');
  return new Promise((resolve) => {
    const started = Date.now();
    spawn(process.execPath, [asc, '--config', 'asconfig.json', '--target', target], { cwd: root, stdio: 'inherit' }).on('close', (code) => {
      if (code === 0) console.log(`${outputs[target]}: ${statSync(join(root, outputs[target])).size} bytes, ${Date.now() - started} ms`);
      resolve(code ?? 1);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(root, 'build'), { recursive: true });
  // parts of its library are in the wasm
  copyFileSync(join(assemblyscript, 'LICENSE'), join(root, 'build/assemblyscript.LICENSE'));
  const wanted = process.argv.includes('--force') ? Object.keys(outputs) : staleTargets();
  const codes = await Promise.all(wanted.map(compile));
  process.exitCode = Math.max(0, ...codes);
}
