#!/usr/bin/env node
/** `wemu`: runs start.ts. */
import { createRequire } from 'node:module';
import { bundledEntry } from './common/entry.js';

// The laboratory is not in the bundle; and what is there, as V8 keeps it, can import no plugin.
const bundled = process.argv.some((arg) => /^(bench|--?plugin(=.*)?)$/.test(arg)) ? undefined : bundledEntry('start');
// As a CommonJS file: import() of one would first look through it for its exports.
if (bundled) createRequire(import.meta.url)(bundled);
else await import('./start.js');
