/** The second thread: an instance of the runtime of its own on the first one's engine. It has a translator, but the first thread makes its generated code. */
import { parentPort, workerData } from 'node:worker_threads';
import { TcgAccel } from '../../../src/accel/tcg/accel.js';
import type { CodeGenerator } from '../../../src/accel/tcg/codegen/wasm-generator.js';
import type { PlacedCode } from '../../../src/accel/tcg/codegen/code-cache.js';
import type { EngineMemory } from '../../../src/accel/tcg/memory.js';
import { riscvIsa } from '../../../src/target/riscv/index.js';
import { hartAt, runToEnd, type FromSecond, type SecondSetup, type ToSecond } from './hart.js';

const { wasm, memory, arena, engine, start, hotThreshold } = workerData as SecondSetup;
const post = (message: FromSecond): void => parentPort!.postMessage(message);

const tell = (kind: 'hot' | 'misses') => (tb: number) => post({ kind, tb, generation: accel.runtime.exports.tbStatFlushes() });
const generator: CodeGenerator = {
  tbHot: tell('hot'),
  tbMisses: tell('misses'),
  regionInvalidated: () => {
    throw new Error('the second instance does not know what belongs to a region');
  },
  tbFlushed: () => {},
  poll: () => {},
  dispose: () => {},
  defaultThreshold: hotThreshold ?? 0,
  reportedEvery: hotThreshold ?? 0,
  info: () => {
    throw new Error('no figures');
  },
};

const accel = new TcgAccel({
  wasm,
  memory: { memory, arena, ram: undefined as unknown as EngineMemory['ram'] },
  engine,
  isa: riscvIsa,
  tuning: { threshold: hotThreshold },
  codegen: hotThreshold === undefined ? undefined : () => generator,
});

let atomicsOfGeneratedCode = 0;
const { allExports } = accel.runtime;
const atomicRmw = allExports.atomicRmw as (env: number, kind: number, addr: bigint, value: bigint, oi: number) => bigint;
const runtime = {
  ...allExports,
  atomicRmw: (...args: Parameters<typeof atomicRmw>) => {
    atomicsOfGeneratedCode++;
    return atomicRmw(...args);
  },
};

function place({ module, table, name, slot }: PlacedCode): void {
  const imports = { m: { m: memory, t: new WebAssembly.Global({ value: 'i32' }, table) }, r: runtime };
  const functions = accel.runtime.exports.table;
  if (slot >= functions.length) functions.grow(slot + 1 - functions.length);
  functions.set(slot, new WebAssembly.Instance(module, imports).exports[name]);
}

const cpu = hartAt(accel, start, 1);
parentPort!.on('message', (message: ToSecond) => {
  if (message.kind === 'place') {
    message.code.forEach(place);
    post({ kind: 'placed', id: message.id });
  } else {
    void runToEnd(accel, cpu).then((why) => post({ kind: 'ended', why, atomicsOfGeneratedCode }));
  }
});
post({ kind: 'ready', env: cpu.env });
