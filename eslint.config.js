import { builtinModules } from 'node:module';
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The walls of the house (docs: the core knows no host; a target no board; a device no target; the TCG neither).
// tests/unit/walls.test.ts proves that each of them fires.
const tests = ['src/**/*.test.ts'];
const host = {
  message: 'The core knows no host: this belongs in src/node, src/browser or src/cli.',
  modules: ['node:*', ...builtinModules.map((name) => `/${name}`)],
  folders: ['**/node/**', '**/browser/**', '**/cli/**'],
  globals: [
    ...['process', 'Buffer', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate', 'clearImmediate', 'console'],
    ...['window', 'document', 'self', 'navigator', 'location', 'localStorage', 'fetch', 'Worker', 'XMLHttpRequest', 'requestAnimationFrame'],
  ],
};
const boards = ['riscv', 'ppc'];

/** No imports that match `group`; patterns are gitignore-style, so a leading slash anchors a bare module name. */
const no = (message, group) => ({ group, message });
const wall = (files, patterns, ignores = []) => ({
  files,
  ignores: [...tests, ...ignores],
  rules: { 'no-restricted-imports': ['error', { patterns: [no(host.message, [...host.modules, ...host.folders]), ...patterns] }] },
});

export default defineConfig(
  // assembly/ is AssemblyScript (asc checks it), but for the constants that it shares with TypeScript.
  globalIgnores(['node_modules', 'dist', 'build', 'coverage', '.cache', 'assembly/*', '!assembly/shared']),
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-undef': 'off', // the compiler knows better
      'no-constant-condition': ['error', { checkLoops: false }],
      'prefer-const': ['error', { destructuring: 'all' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true, allowTernary: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/{node,browser,cli}/**', ...tests],
    rules: { 'no-restricted-globals': ['error', ...host.globals.map((name) => ({ name, message: host.message }))] },
  },
  // One rule a file: the last matching wall wins, so each names the host wall too.
  wall(['src/**/*.ts'], [], ['src/{node,browser,cli}/**']),
  wall(['src/tcg/**/*.ts'], [no('The TCG knows neither targets nor hardware.', ['**/target/**', '**/hw/**'])]),
  wall(['src/target/**/*.ts'], [no('A target knows nothing of boards.', boards.map((board) => `**/hw/${board}/**`))]),
  wall(['src/hw/**/*.ts'], [no('A device knows nothing of targets.', ['**/target/**'])], boards.map((board) => `src/hw/${board}/**`)),
  {
    files: ['assembly/shared/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportDeclaration', message: 'assembly/shared is compiled by asc and by tsc: it imports nothing.' },
        { selector: 'TSEnumDeclaration', message: 'assembly/shared holds plain constants.' },
      ],
    },
  },
);
