/** wemu in a browser: the core, and what only a browser knows. */
export * from '../index.js';
export { createBrowserHost, type BrowserHost, type BrowserHostOptions } from './host.js';
export { MessageChannelScheduler } from './scheduler.js';
