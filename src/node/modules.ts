/** Our own modules by their names, from dist/src/ (one file each) or from dist/bundle/ (scripts/bundle.js: all in one folder, as CommonJS). */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireCached } from './v8-cache.js';

export const isBundled = (from: string): boolean => from.endsWith('.cjs');

/** For workers and processes. `name`: relative to `from`, a module's URL, without an extension. */
export function moduleUrl(name: string, from: string): URL {
  return new URL(`${isBundled(from) ? `./${basename(name)}` : name}${extname(from)}`, from);
}

/** The module; where it is bundled, with the code that V8 kept of it. */
export async function loadModule(name: string, from: string, provided?: Readonly<Record<string, unknown>>): Promise<unknown> {
  const url = moduleUrl(name, from);
  return isBundled(from) ? requireCached(fileURLToPath(url), provided) : import(url.href);
}

/** The package's own folder, from src/ as from dist/. By hand: Node's own way from our name to it takes 5 ms. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export function packageInfo(): { readonly version: string; readonly description: string } {
  return JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string; description: string };
}
