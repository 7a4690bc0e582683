// The command line and the threads that it starts, each from few files: Node needs about half a millisecond for every module that it loads.
// dist/bundle/ is made of dist/src and stands beside it; src/cli/main.ts takes it unless dist/src is newer.
import { copyFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dir = join(root, 'dist/bundle');
await rm(dir, { recursive: true, force: true });
// One at a time: what two had in common would be a file of its own. Workers and processes are found beside whoever starts them.
for (const entry of ['node/profiler-main', 'node/codegen-worker-main', 'cli/lab/runner', 'cli/start']) {
  const bundle = await rolldown({
    input: join(root, `dist/src/${entry}.js`),
    platform: 'node',
    // Packages stay where they are, but for the one that every run needs.
    external: (id) => id === '#binaryen' || (/^[a-z@]/.test(id) && id !== 'commander'),
  });
  // Names stay, for stack traces and profiles.
  const minify = { mangle: false, compress: false, codegen: { removeWhitespace: true } };
  await bundle.write({ dir, minify, comments: { legal: true }, chunkFileNames: '[name]-[hash].js' });
  await bundle.close();
}
const commander = dirname(createRequire(import.meta.url).resolve('commander'));
await copyFile(join(commander, 'LICENSE'), join(dir, 'commander.LICENSE'));
