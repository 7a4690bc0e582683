/** wemu's host-independent core. Hosts: `wemu/node`, `wemu/browser`. */
export * as layout from '../assembly/shared/layout.js';
