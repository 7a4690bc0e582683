/** A machine of two harts in two threads, each in an instance of the runtime of its own, on one memory: RAM and nothing else. */
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { TcgAccel } from '../../../src/accel/tcg/accel.js';
import type { CodePeers, PlacedCode } from '../../../src/accel/tcg/codegen/code-cache.js';
import type { CodeGenerator } from '../../../src/accel/tcg/codegen/wasm-generator.js';
import { synchronousCodegen } from '../../../src/accel/tcg/codegen-sync.js';
import { createEngineMemory } from '../../../src/accel/tcg/memory.js';
import { AddressSpace } from '../../../src/memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../../src/memory/region.js';
import { riscvIsa } from '../../../src/target/riscv/index.js';
import { engineModule } from '../engine.js';
import { hartAt, runToEnd, type FromSecond, type SecondSetup, type ToSecond } from './hart.js';

export const RAM = 0x8000_0000;
const RAM_SIZE = 0x20_0000;

export interface TwoThreads {
  readonly accel: TcgAccel;
  readonly slice: number;
  /** The second hart's env. */
  readonly second: number;
  /** Batches of functions that the second thread was sent, and how many it has not answered for. */
  readonly placed: number;
  readonly waiting: number;
  /** RAM. */
  readonly words: Int32Array;
}

export interface TwoThreadsResult {
  /** Of the first hart. */
  readonly insns: number;
  readonly placed: number;
  /** Calls of `atomicRmw` by generated code in the second thread. */
  readonly atomicsOfGeneratedCode: number;
  readonly flushes: number;
  word(address: number): number;
}

export interface TwoThreadsOptions {
  /** Executions in tci after which there is to be generated code; undefined: none. */
  readonly hotThreshold?: number;
  /** The engine; default the release build. */
  readonly wasm?: WebAssembly.Module;
  /** After each slice of the first hart. */
  readonly between?: (state: TwoThreads) => void;
  /** When both have come to their ends. */
  readonly ended?: (accel: TcgAccel) => void;
}

/** The code for the second thread, as one file: worker threads load no TypeScript. */
async function bundleSecond(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('second.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'error',
    define: { 'import.meta.url': '""' },
  });
  return outputFiles[0].text;
}

/** Loads `image` at the start of RAM, where both harts begin, and runs until both wait. @throws Error if one ends otherwise */
export async function runTwoThreads(
  image: Uint8Array,
  { hotThreshold, wasm = engineModule(), between, ended }: TwoThreadsOptions = {},
): Promise<TwoThreadsResult> {
  const memory = createEngineMemory(RAM_SIZE, 0x80_0000);
  const topology = new MemoryTopology();
  const root = MemoryRegion.container(topology, 'system');
  const block = memory.ram.allocate('ram', RAM_SIZE);
  const words = new Int32Array(memory.memory.buffer, block.host, RAM_SIZE >> 2);
  root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', block));
  const space = new AddressSpace(root, 'memory');

  let generator: CodeGenerator | undefined;
  let placed = 0;
  const reveals = new Map<number, () => void>();
  const peers: CodePeers = {
    place: (code: readonly PlacedCode[], reveal) => {
      reveals.set(++placed, reveal);
      send({ kind: 'place', id: placed, code });
    },
  };
  const codegen =
    hotThreshold === undefined ? undefined : (...[setup]: Parameters<typeof synchronousCodegen>) => (generator = synchronousCodegen(setup));
  const accel = new TcgAccel({ isa: riscvIsa, wasm, memory, tuning: { threshold: hotThreshold }, peers, codegen });
  accel.init({ addressSpace: space });
  space.writeBytes(RAM, image);
  const { runtime } = accel;
  const cpu = hartAt(accel, RAM, 0);

  const setup: SecondSetup = { wasm, memory: memory.memory, arena: memory.arena, engine: runtime.engine, start: RAM, hotThreshold };
  const worker = new Worker(await bundleSecond(), { eval: true, workerData: setup });
  const send = (message: ToSecond): void => worker.postMessage(message);
  try {
    return await new Promise<TwoThreadsResult>((resolve, reject) => {
      let first: Promise<string>;
      const finish = async ({ why, atomicsOfGeneratedCode }: FromSecond & { kind: 'ended' }): Promise<void> => {
        const reasons = [await first, why]
          .map((reason, n) => (reason === '' ? '' : `hart ${n}: ${reason}`))
          .filter((reason) => reason !== '');
        if (reasons.length > 0) throw new Error(reasons.join('; '));
        const word = (address: number): number => words[(address - RAM) >> 2];
        ended?.(accel);
        const { insns, tb } = accel.info();
        resolve({ insns, placed, atomicsOfGeneratedCode, flushes: tb.flushes, word });
      };
      worker.on('error', reject);
      worker.on('message', (message: FromSecond) => {
        switch (message.kind) {
          case 'ready':
            send({ kind: 'run' });
            first = runToEnd(accel, cpu, (slice) => between?.({ accel, slice, second: message.env, placed, waiting: reveals.size, words }));
            return;
          case 'placed':
            runtime.inside(() => reveals.get(message.id)?.());
            reveals.delete(message.id);
            return;
          case 'hot':
          case 'misses':
            runtime.inside(() => {
              if (message.generation !== runtime.exports.tbStatFlushes()) return;
              if (message.kind === 'hot') generator?.tbHot(message.tb);
              else generator?.tbMisses(message.tb);
            });
            return;
          case 'ended':
            finish(message).catch(reject);
        }
      });
    });
  } finally {
    await worker.terminate();
  }
}
