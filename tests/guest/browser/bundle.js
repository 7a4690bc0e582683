// node bundle.js BUNDLER PROJECT OUT: makes OUT/page.js of PROJECT/page.js, as docs/library.md says for that bundler. A process of its own: bundlers
// keep threads, and what they print is part of what is tested.
import { join } from 'node:path';

const [bundler, project, out] = process.argv.slice(2);
const page = join(project, 'page.js');
/** That something was slow is no fault of the bundle. */
const UNTIMED = { pluginTimings: false };
const WORKER = 'wemu/browser/codegen-worker';

const bundlers = {
  // finds the worker by itself
  async vite() {
    const { build } = await import('vite');
    await build({
      root: project,
      configFile: false,
      logLevel: 'warn',
      worker: { format: 'es' },
      build: {
        outDir: out,
        target: 'es2022',
        chunkSizeWarningLimit: 1e6, // kB: binaryen is what it is
        rolldownOptions: { checks: UNTIMED, input: page, output: { entryFileNames: 'page.js' } },
      },
    });
  },
  // as well
  async webpack() {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((resolve, reject) => {
      const options = {
        context: project,
        mode: 'none',
        performance: { hints: false },
        entry: page,
        output: { path: out, filename: 'page.js' },
      };
      webpack(options, (error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  },
  // the worker is an entry of its own, beside the page
  async esbuild() {
    const { build } = await import('esbuild');
    const { warnings } = await build({
      absWorkingDir: project,
      entryPoints: { page, 'codegen-worker': WORKER },
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      outdir: out,
      logLevel: 'silent',
    });
    if (warnings.length > 0) throw new Error(JSON.stringify(warnings));
  },
  // as well; Rollup itself takes the same options, and a plugin that resolves packages
  async rolldown() {
    const { rolldown } = await import('rolldown');
    const warnings = [];
    const bundle = await rolldown({
      cwd: project,
      input: { page, 'codegen-worker': WORKER },
      platform: 'browser',
      checks: UNTIMED,
      onLog: (level, log) => void (level === 'warn' && warnings.push(log.message)),
    });
    await bundle.write({ dir: out, format: 'es' });
    if (warnings.length > 0) throw new Error(warnings.join('\n'));
  },
};

await bundlers[bundler]();
