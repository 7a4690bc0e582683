#!/usr/bin/env node
/** `wemu`: runs start.ts. */
import { createRequire } from 'node:module';
import { engineLacks } from './common/engine.js';
import { bundledEntry } from './common/entry.js';

const lacks = engineLacks();
if (lacks !== undefined) {
  process.stderr.write(`wemu: ${lacks}\n`);
  process.exit(1);
}

// The laboratory is not in the bundle; and what is there, as V8 keeps it, can import no plugin.
const bundled = process.argv.some((arg) => /^(bench|--?plugin(=.*)?)$/.test(arg)) ? undefined : bundledEntry('start');
// As a CommonJS file: import() of one would first look through it for its exports.
if (bundled) createRequire(import.meta.url)(bundled);
else await import('./start.js');
