import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    environment: 'node',
    include: ['web/tests/**/*.test.ts'],
    // two at a time: a page waits for much that is not work
    maxWorkers: 2,
    // against tests that never end, not against slow ones: a machine may have much else to do
    testTimeout: 400_000,
    hookTimeout: 400_000,
    env: { WEMU_CODE_CACHE: 'off' },
  },
});
