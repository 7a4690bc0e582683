// A lean binaryen for codegen workers. Of its 12,700 functions code generation uses some 500, and engines look at all of them, or compile them, before the first one runs.
// build/binaryen.lean.wasm has those that were used when this was run: `npm run build:lean` runs guests, and writes down in lean-binaryen.json which these
// are. That is wanted when binaryen is another one, or other functions of it are used. One that is missing traps, and the worker goes on with
// the whole (src/browser/codegen-worker.ts, src/node/codegen-worker-main.ts): it is slower, and right.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LIST = join(root, 'scripts/lean-binaryen.json');
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Its module, and the functions that it does not import, in the order in which they stand there. */
function read(binaryen, bytes) {
  const module = binaryen.readBinary(bytes);
  const all = Array.from({ length: module.getNumFunctions() }, (_, at) => module.getFunctionByIndex(at));
  return { module, functions: all.filter((each) => !binaryen.getFunctionInfo(each).base) };
}

/**
 * binaryen's wasm with those functions that are listed. In the place of the others, in its table and among what it exports, is one trap for each signature: engines set
 * up every function that there is, whether it runs or not.
 */
export function lean(binaryen, bytes) {
  const { wasm, functions: used } = JSON.parse(readFileSync(LIST, 'utf8'));
  if (wasm !== hash(bytes)) throw new Error(`${LIST}: of another binaryen; npm run build:lean`);
  const bits = Buffer.from(used, 'base64');
  const { module, functions } = read(binaryen, bytes);
  /** By the name of a function that is not listed: that of its trap. */
  const traps = new Map();
  for (const [at, each] of functions.entries()) {
    if ((bits[at >> 3] >> (at & 7)) & 1) continue;
    const { name, params, results } = binaryen.getFunctionInfo(each);
    const trap = `trap ${params} ${results}`;
    if (!module.getFunction(trap)) module.addFunction(trap, params, results, [], module.unreachable());
    traps.set(name, trap);
    binaryen.Function.setBody(each, module.unreachable());
  }
  const segments = Array.from({ length: module.getNumElementSegments() }, (_, at) => module.getElementSegmentByIndex(at));
  for (const { name, table, offset, data } of segments.map(binaryen.getElementSegmentInfo)) {
    const names = data.map((each) => traps.get(each) ?? each);
    const start = module.copyExpression(offset);
    module.removeElementSegment(name);
    module.addActiveElementSegment(table, name, names, start);
  }
  const exported = Array.from({ length: module.getNumExports() }, (_, at) => binaryen.getExportInfo(module.getExportByIndex(at)));
  for (const { kind, name, value } of exported) {
    if (kind !== binaryen.ExternalFunction || !traps.has(value)) continue;
    module.removeExport(name);
    module.addFunctionExport(traps.get(value), name);
  }
  module.runPasses(['remove-unused-module-elements']);
  const trimmed = module.emitBinary();
  module.dispose();
  return trimmed;
}

/** With a global for each function, which is 1 when it has run. */
function instrument(binaryen, bytes) {
  const { module, functions } = read(binaryen, bytes);
  for (const [at, each] of functions.entries()) {
    const name = `ran${at}`;
    module.addGlobal(name, binaryen.i32, true, module.i32.const(0));
    module.addGlobalExport(name, name);
    const note = module.global.set(name, module.i32.const(1));
    binaryen.Function.setBody(each, module.block(null, [note, binaryen.Function.getBody(each)], binaryen.auto));
  }
  const instrumented = module.emitBinary();
  module.dispose();
  return { wasm: new WebAssembly.Module(instrumented), count: functions.length };
}

/** What is run: code for all that is executed, in the shapes that it may have. */
async function train() {
  const { createNodeHost, Machine, buildInitramfs, fetchGuestFiles } = await import('../dist/src/node/index.js');
  const guest = (name) => readFileSync(join(root, 'guests', name));
  const run = async (options, tuning = {}, { hotThreshold = 1, prompt, input = '' } = {}) => {
    const host = await createNodeHost({ sync: true, hotThreshold, tuning, codeCache: false });
    let said = '';
    const serial = (bytes) => {
      const before = said;
      said += Buffer.from(bytes).toString('latin1');
      if (prompt && said.includes(prompt) && !before.includes(prompt)) machine.writeSerial(input);
    };
    const machine = Machine.create({ ...options, serial }, host);
    const { reason } = await machine.run();
    await machine.close();
    host.close();
    console.log(reason, said.trimEnd().split('\n').at(-1));
  };
  const embedded = { machine: 'virt', memory: '64M', bios: 'none', kernel: guest('embedded.elf'), append: 'scale=1' };
  for (const tuning of [{}, { regionTbs: 1 }, { chain: false }, { tlbReuse: false, fusedMulAdd: false, indirect: false }])
    await run(embedded, tuning);
  await run({ ...embedded, icount: { shift: 0 }, smp: 2 });
  await run({ machine: 'cpiom', bios: guest('cpiom.bin') }, {}, { prompt: 'cpiom> ', input: 'bench all 1\roff\r' });
  const files = await fetchGuestFiles(['kernel', 'busybox', 'firmware'], { start() {}, update() {}, stop() {} });
  const image = (name) => readFileSync(files[name]);
  const initrd = buildInitramfs({
    busybox: image('busybox'),
    script: "ls -lR /proc | md5sum; seq 9999 | awk '{ s += sqrt($1) } END { print s }'",
  });
  const linux = { machine: 'virt', memory: '256M', bios: image('firmware'), kernel: image('kernel'), initrd, append: 'console=ttyS0' };
  await run(linux, {}, { hotThreshold: 64 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { default: binaryen } = await import('binaryen');
  const bytes = readFileSync(join(root, 'build/binaryen.wasm'));
  const { wasm, count } = instrument(binaryen, bytes);
  const { Instance } = WebAssembly;
  let ran;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (_, [module, imports]) =>
      WebAssembly.Module.exports(module).length > 1000 ? (ran = new Instance(wasm, imports)) : new Instance(module, imports),
  });
  await train();
  const bits = Buffer.alloc((count + 7) >> 3);
  let used = 0;
  for (let at = 0; at < count; at++) {
    if (ran.exports[`ran${at}`].value === 0) continue;
    bits[at >> 3] |= 1 << (at & 7);
    used++;
  }
  writeFileSync(LIST, `${JSON.stringify({ wasm: hash(bytes), functions: bits.toString('base64') }, undefined, 2)}\n`);
  console.log(`${used} of ${count} functions`);
}
