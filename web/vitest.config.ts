import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    environment: 'node',
    include: ['web/tests/**/*.test.ts'],
    // a browser and a guest at a time: two are no quicker on two cores, and Firefox then fails to load a worker's module now and then
    maxWorkers: 1,
    // against tests that never end, not against slow ones: a machine may have much else to do
    testTimeout: 400_000,
    hookTimeout: 400_000,
    env: { WEMU_CODE_CACHE: 'off' },
  },
});
