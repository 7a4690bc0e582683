/** Which build of wemu this is, by the bytes of all that takes part in making and running generated code. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIMES } from '../runtimes.js';
import { readEngineWasm } from './engine-wasm.js';
import { packageFolder, packageInfo } from './modules.js';

const FOLDERS = ['assembly', 'src/accel/tcg', 'src/tcg', 'src/target'];

/** A hash: it differs between any two builds that could make different code, also while one is being developed. 5 ms. */
export const engineBuild = (): string => (known ??= build());
let known: string | undefined;

function build(): string {
  const { version } = packageInfo();
  const hash = createHash('sha256').update(version);
  for (const runtime of RUNTIMES) hash.update(readEngineWasm(false, runtime));
  const project = packageFolder();
  const binaryen = join(project, 'build/binaryen');
  // the sources, where they run as they are
  const root = import.meta.url.endsWith('.ts') ? project : join(project, 'dist');
  hash.update(readFileSync(`${binaryen}.cjs`)).update(`${statSync(`${binaryen}.wasm`).size}`);
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || !/\.[jt]s$/.test(entry.name) || entry.name.endsWith('.d.ts')) continue;
      hash.update(entry.name).update(readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return `${version} ${hash.digest('hex')}`;
}
