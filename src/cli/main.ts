#!/usr/bin/env node
/** `wemu`: runs start.ts. */
import { entryUrl } from './common/entry.js';

// The laboratory is not in the bundle.
await import(process.argv.includes('bench') ? './start.js' : entryUrl('start').href);
