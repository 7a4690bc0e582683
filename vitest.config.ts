import { defineConfig } from 'vitest/config';

const minutes = (n: number) => n * 60_000;
const project = (name: string, include: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include, testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  test: {
    environment: 'node',
    // A process a file: each machine reserves 4 GiB of address space for its shared memory, and only a process that ends surely gives it back.
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: true,
    globalSetup: 'tests/support/fresh-build.ts',
    // no test finds, or leaves, anything in the user's cache
    env: { WEMU_CODE_CACHE: 'off' },
    projects: [
      project('unit', ['src/**/*.test.ts', 'tests/unit/**/*.test.ts'], 20_000),
      project('guest', ['tests/guest/**/*.test.ts', 'tests/recipes/**/*.test.ts'], minutes(5)),
      project('fuzz', ['fuzz/**/*.test.ts'], minutes(5)),
      project('differential', ['tests/differential/**/*.test.ts'], minutes(5)),
    ],
  },
});
