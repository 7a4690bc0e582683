/** Tier 2 in a worker, for TcgOptions.codegen. */
import type { CodegenSetup } from './accel.js';
import type { CodegenWorker } from './codegen/protocol.js';
import { WasmCodeGenerator, type CodeGenerator, type WasmGeneratorOptions } from './codegen/wasm-generator.js';

/** Code is made by a worker, while the vCPU goes on in tci. The worker starts when the first TB is hot: a machine that idles needs none. */
export function workerCodegen(createWorker: () => CodegenWorker): (setup: CodegenSetup) => CodeGenerator {
  return ({ memory, runtime, target, config, icount, hotThreshold }) => {
    const startWorker = (): CodegenWorker => {
      const worker = createWorker();
      worker.post({ kind: 'init', memory, target, config, icount });
      return worker;
    };
    return new WasmCodeGenerator({
      memory,
      runtime: runtime.allExports as WasmGeneratorOptions['runtime'],
      startWorker,
      setThreshold: hotThreshold === undefined ? (count) => runtime.exports.setHotThreshold(count) : undefined,
    });
  };
}
