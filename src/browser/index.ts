/** wemu in a browser: the core, and what only a browser knows. */
export * from '../index.js';
