// Whether what a script makes has to be made again.
import { statSync } from 'node:fs';

/** @param {string} path */
const mtime = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * All of `outputs` are there, and newer than all that they come from.
 * @param {readonly string[]} outputs
 * @param {readonly string[]} sources
 */
export function isFresh(outputs, sources) {
  const newest = Math.max(...sources.map(mtime));
  return outputs.every((path) => mtime(path) > newest);
}
