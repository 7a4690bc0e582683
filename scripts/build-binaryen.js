// Splits binaryen's package for Node: its one file holds ten megabytes of wasm as a template literal, which V8 needs 0.3 s to scan and to
// turn into bytes, in every process and again in every codegen worker. build/binaryen.js is the same JavaScript (licence and all) and
// reads build/binaryen.wasm instead. A browser's bundler takes the package as it is ("imports" in package.json says so).
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = createRequire(import.meta.url).resolve('binaryen');
const outputs = { js: join(root, 'build/binaryen.js'), wasm: join(root, 'build/binaryen.wasm') };

const newest = Math.max(statSync(source).mtimeMs, statSync(fileURLToPath(import.meta.url)).mtimeMs);
const fresh = Object.values(outputs).every((path) => existsSync(path) && statSync(path).mtimeMs > newest);
if (!fresh || process.argv.includes('--force')) {
  const text = readFileSync(source, 'utf8');
  // decode(`\0asm...`), whatever the minifier called the function; the first backtick that is not escaped ends it.
  const starts = [...text.matchAll(/[\w$]+\(`\\0asm/g)];
  if (starts.length !== 1) throw new Error(`${source}: the wasm is not where it used to be, see scripts/build-binaryen.js`);
  const [{ 0: head, index }] = starts;
  let end = index + head.length;
  while (text[end] !== '`') end += text[end] === '\\' ? 2 : 1;
  if (text[++end] !== ')') throw new Error(`${source}: the wasm is not where it used to be, see scripts/build-binaryen.js`);

  // The bytes, as the package itself decodes them.
  let bytes;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (wasm, imports) => instantiate((bytes = wasm), imports);
  await import(pathToFileURL(source).href);
  if (!(bytes instanceof Uint8Array) || !WebAssembly.validate(bytes)) throw new Error(`${source}: no wasm was instantiated`);

  const read = `readBinaryenWasm(new URL('./binaryen.wasm', import.meta.url))`;
  const glue = `${text.slice(0, index)}${read}${text.slice(end + 1)}\nimport { readFileSync as readBinaryenWasm } from 'node:fs';\n`;
  mkdirSync(dirname(outputs.js), { recursive: true });
  writeFileSync(outputs.wasm, bytes);
  writeFileSync(outputs.js, glue);
  console.log(`build/binaryen.js: ${glue.length} characters, build/binaryen.wasm: ${bytes.length} bytes`);
}
