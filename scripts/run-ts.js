// node scripts/run-ts.js FILE.ts [ARG...]: runs a program that is part of no build, its imports of TypeScript included. For what works browsers, whose types are the page's.
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

process.argv.splice(1, 1); // it sees its own arguments
await runnerImport(resolve(process.argv[1]), { configFile: false, logLevel: 'warn' });
