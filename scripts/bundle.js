// The command line and the threads and processes that it starts, each from few files: Node needs about half a millisecond for every module that it loads.
// dist/bundle/ is made of dist/src and stands beside it; src/cli/main.ts takes it unless dist/src is newer. CommonJS, since only that can be run with
// V8's code cache (src/node/v8-cache.ts). Without `wemu bench`: the packages that it draws with are ES modules only.
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { isFresh } from './fresh.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dir = join(root, 'dist/bundle');
const PACKAGES = ['commander'];
/** Written last. */
const licenseOf = (name) => join(dir, `${name}.LICENSE`);

const compiled = readdirSync(join(root, 'dist/src'), { recursive: true }).filter((name) => name.endsWith('.js'));
const sources = [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), ...compiled.map((name) => join(root, 'dist/src', name))];
// What V8 keeps of the bundle (v8-cache.js) goes by when it was written.
if (isFresh(PACKAGES.map(licenseOf), sources)) process.exit();
await rm(dir, { recursive: true, force: true });
// One at a time: what two had in common would be a file of its own. src/node/modules.ts finds them beside whoever asks.
const ENTRIES = [
  'node/v8-probe',
  'node/profiler-main',
  'node/codegen-worker-service',
  'node/codegen-worker-main',
  'accel/tcg/codegen-sync',
  'accel/tcg/check/checks',
  'cli/lab/watched-run',
  'cli/lab/runner',
  'cli/program',
  'cli/start',
];
/** What takes longest to load, and hardly a run calls: loaded when it does. Outside of the bundle these are what they are. */
const onDemand = (name) => join(root, `dist/src/node/on-demand/${name}.js`);
const ALIASES = { 'node:crypto': onDemand('crypto'), 'node:child_process': onDemand('child-process'), fflate: onDemand('fflate') };
/** Read as latin1, which is quicker, and keeps a string that V8 has in one byte a character. */
const ASCII = {
  name: 'ascii',
  renderChunk: (code) => code.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
};
for (const entry of ENTRIES) {
  const input = join(root, `dist/src/${entry}.js`);
  const bundle = await rolldown({
    input,
    platform: 'node',
    plugins: [ASCII],
    resolve: { alias: ALIASES },
    // Packages stay where they are, but for those that every run needs.
    external: (id) =>
      !(id in ALIASES) && (id === '#binaryen' || /\/lab\/(bench|engines)\.js$/.test(id) || (/^[a-z@]/.test(id) && !PACKAGES.includes(id))),
  });
  const name = basename(entry);
  // With the default target in one file, so that calls between them are what they are in the sources; what else is imported on demand has files of its own.
  const isCore = (id) => id === input || /\/(hw|target)\/riscv\/index\.js$|rolldown\/runtime/.test(id);
  // Names stay, for stack traces and profiles.
  const minify = { mangle: false, compress: false, codegen: { removeWhitespace: true } };
  await bundle.write({
    dir,
    format: 'cjs',
    dynamicImportInCjs: false,
    minify,
    comments: { legal: true },
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name].cjs`,
    codeSplitting: { groups: [{ name: 'core', test: isCore }] },
  });
  await bundle.close();
}
for (const name of PACKAGES) {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, 'LICENSE'))) folder = dirname(folder);
  await copyFile(join(folder, 'LICENSE'), licenseOf(name));
}
