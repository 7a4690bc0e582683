// Compiles one runtime: the engine of assembly/, linked with one target. A process of its own, since asc takes a core for some seconds.
//   node scripts/link-asm.js MODE OUTFILE TARGET
// MODE is `release` or `debug` (asconfig.json). TARGET is a folder with target.ts (what assembly/target/dispatch.ts asks for), shared/traits.ts, and
// access/index.ts (what it adds to the module's exports).
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const [mode, outFile, target] = process.argv.slice(2);

/** Files that name the target of the product; here they name the wanted one. */
const LINKED = {
  'assembly/target/linked.ts': `${target}/target`,
  'assembly/target/traits/linked.ts': `${target}/shared/traits`,
};

const read = async (name, base) => {
  const linked = LINKED[posix.normalize(name)];
  if (linked !== undefined) return `export * from './${posix.relative(posix.dirname(name), linked)}';`;
  return readFile(join(base, name), 'utf8').catch(() => null);
};

process.chdir(root);
// The checks are in the debug build alone.
const checks = mode === 'debug' ? ['assembly/debug.ts'] : [];
const { error } = await main([`${target}/access/index.ts`, ...checks, '--target', mode, '--outFile', outFile], {
  stdout: process.stdout,
  stderr: process.stderr,
  readFile: read,
});
process.exitCode = error ? 1 : 0;
