// Splits binaryen's package for Node: its one file holds ten megabytes of wasm as a template literal, which V8 needs 0.3 s to scan and to
// turn into bytes, in every process and again in every codegen worker. build/binaryen.cjs is the same JavaScript (licence and all), as a CommonJS
// module of the function that makes binaryen, and build/binaryen.wasm goes with it: src/node/binaryen.ts puts them together, and build/binaryen.js has the result
// for whoever imports binaryen.
// build/binaryen.browser.js is the same for browsers, as an ES module without what it does on Node (bundlers stop at an import of node:module): it fetches the
// wasm that lies beside it, which browsers compile while it arrives, and whose machine code they keep; or build/binaryen.lean.wasm (lean-binaryen.js), for whoever can
// take the whole when that is not enough.
// ("imports" in package.json says who gets which.) So the package itself, 106 MB with its tools, is needed for the build only.
import { createRequire } from 'node:module';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isFresh } from './fresh.js';
import { lean } from './lean-binaryen.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = createRequire(import.meta.url).resolve('binaryen');
const outputs = ['cjs', 'js', 'browser.js', 'wasm', 'lean.wasm', 'LICENSE'].map((extension) => join(root, `build/binaryen.${extension}`));
const [glue, module, browser, wasm, leanWasm, license] = outputs;
const changed = () => new Error(`${source}: it is not put together as it used to be, see scripts/build-binaryen.js`);

const own = ['build-binaryen.js', 'lean-binaryen.js', 'lean-binaryen.json'].map((name) => join(root, 'scripts', name));
if (!isFresh(outputs, [source, ...own]) || process.argv.includes('--force')) {
  const text = readFileSync(source, 'utf8');
  // decode(`\0asm...`), whatever the minifier called the function; the first backtick that is not escaped ends it.
  const starts = [...text.matchAll(/[\w$]+\(`\\0asm/g)];
  if (starts.length !== 1) throw changed();
  const [{ 0: head, index }] = starts;
  let end = index + head.length;
  while (text[end] !== '`') end += text[end] === '\\' ? 2 : 1;
  if (text[++end] !== ')') throw changed();
  // The wasm is never asked for: whoever makes binaryen instantiates it. At the end, `var a=await make(),b=a;export{b as default};`.
  const [, make] = /;var [\w$]+=await ([\w$]+)\(\),[\w$]+=[\w$]+;export\{[\w$]+ as default\};\s*$/.exec(text) ?? [];
  if (make === undefined) throw changed();
  const tail = /;var [\w$]+=await [\w$]+\(\),[\w$]+=[\w$]+;export\{[\w$]+ as default\};\s*$/;
  const shared = `${text.slice(0, index)}undefined${text.slice(end + 1)}`;
  const code = shared
    .replace(tail, `;module.exports=${make};\n`)
    .replaceAll('await import(', 'require(')
    .replaceAll('import.meta.url', `require('node:url').pathToFileURL(__filename).href`);
  if (/\bexport\b *\{|\bimport\b *[.(]/.test(code)) throw changed();

  // For browsers: Node's branches are never taken, and what they import by a name that bundlers see is gone.
  const isNode = 'globalThis.process?.versions?.node&&globalThis.process?.type!="renderer"';
  const importModule = 'await import("node:module")';
  if (text.split(isNode).length !== 2 || text.split(importModule).length !== 2) throw changed();

  // The bytes, as the package itself decodes them.
  let bytes;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (wasm, imports) => instantiate((bytes = wasm), imports);
  const { default: binaryen } = await import(pathToFileURL(source).href);
  if (!(bytes instanceof Uint8Array) || !WebAssembly.validate(bytes)) throw new Error(`${source}: no wasm was instantiated`);

  mkdirSync(dirname(glue), { recursive: true });
  writeFileSync(wasm, bytes);
  // `npm run build:lean`, which runs code generation to find out what belongs in there, begins without it.
  if (!process.argv.includes('--whole')) writeFileSync(leanWasm, lean(binaryen, bytes));
  writeFileSync(glue, code);
  const loader = `;
// Written so that bundlers (Vite, webpack) see the files.
const whole = new URL('./binaryen.wasm', import.meta.url);
const lean = globalThis.wemuTakesLeanBinaryen ? new URL('./binaryen.lean.wasm', import.meta.url) : undefined;
let response = await fetch(lean ?? whole);
if (lean && !response.ok) response = await fetch(whole);
if (!response.ok) throw new Error(\`cannot fetch '\${whole}': \${response.status} \${response.statusText}\`);
const isWasm = response.headers.get('content-type')?.startsWith('application/wasm');
const wasm = isWasm ? await WebAssembly.compileStreaming(response) : await WebAssembly.compile(await response.arrayBuffer());
const binaryen = await ${make}({ instantiateWasm: (imports, done) => void WebAssembly.instantiate(wasm, imports).then(done) });
export { binaryen as default };
`;
  writeFileSync(
    browser,
    shared
      .replace(isNode, 'false')
      .replace(importModule, '{}')
      .replace(tail, () => loader),
  );
  copyFileSync(join(dirname(source), 'LICENSE'), license);
  writeFileSync(module, `import { loadBinaryen } from '../dist/src/node/binaryen.js';\nexport default await loadBinaryen();\n`);
  console.log(`build/binaryen.cjs: ${code.length} characters, build/binaryen.wasm: ${bytes.length} bytes`);
}
