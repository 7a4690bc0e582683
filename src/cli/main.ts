#!/usr/bin/env node
/** `wemu`: runs start.ts. */
import { entryUrl } from './common/entry.js';

// The laboratory is not in the bundle; and what is there, as V8 keeps it, can import no plugin.
await import(process.argv.some((arg) => /^(bench|--?plugin(=.*)?)$/.test(arg)) ? './start.js' : entryUrl('start').href);
