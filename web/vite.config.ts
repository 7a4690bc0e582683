/** The page: `npm run web` serves it, `npm run build:web` makes a static site of it in dist-web. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const top = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${top}/package.json`, 'utf8')) as { version: string };

/** Shared memory wants them. A host that cannot send them is helped by the service worker. */
const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

export default defineConfig(({ command }) => ({
  root: `${top}/web`,
  // wherever the site lies
  base: './',
  // guests and the engine, which scripts/web-files.js puts there
  publicDir: `${top}/build/web`,
  appType: 'mpa',
  define: {
    WEMU_VERSION: JSON.stringify(version),
    // Generated code of another build must not be taken: while wemu is worked on, each start of the server is one.
    WEMU_BUILD: JSON.stringify(`${version} ${command === 'serve' ? 'dev ' : ''}${Date.now().toString(36)}`),
  },
  worker: { format: 'es' },
  server: { headers, port: 8080 },
  preview: { headers, port: 8080 },
  build: {
    target: 'es2022',
    outDir: `${top}/dist-web`,
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500, // kB: wabt is what it is
    rolldownOptions: {
      input: {
        index: `${top}/web/index.html`,
        element: `${top}/web/element.html`,
        lab: `${top}/web/lab.html`,
        'service-worker': `${top}/src/browser/service-worker.ts`,
      },
      // at a place of its own: a service worker's pages are those in its folder and below
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
}));
