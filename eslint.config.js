import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { HOSTED, HOST_GLOBALS, plugin as walls } from './scripts/walls.js';

const tests = ['src/**/*.test.ts'];
/** asc checks it; here only its walls are. */
const assemblyScript = ['assembly/*.ts', 'assembly/!(shared)/**/*.ts', 'tests/toy/assembly/{*,access/*}.ts'];

export default defineConfig(
  globalIgnores(['node_modules', 'dist', 'dist-*', 'build', 'coverage', '.cache']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    ignores: assemblyScript,
    extends: [js.configs.recommended, tseslint.configs.recommended],
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
    files: ['src/**/*.ts', 'assembly/**/*.ts'],
    ignores: tests,
    // AssemblyScript has decorators where TypeScript has none.
    languageOptions: { parser: tseslint.parser, parserOptions: { allowInvalidAST: true } },
    plugins: { walls },
    rules: { 'walls/imports': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [...HOSTED.map((room) => `${room}/**`), ...tests],
    rules: {
      'no-restricted-globals': ['error', ...HOST_GLOBALS.map((name) => ({ name, message: 'The core knows no host.' }))],
    },
  },
  {
    files: ['assembly/**/shared/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration',
          message: 'What is in a folder `shared` of assembly is compiled by asc and by tsc: it imports nothing.',
        },
        { selector: 'TSEnumDeclaration', message: 'A folder `shared` of assembly holds plain constants.' },
      ],
    },
  },
);
