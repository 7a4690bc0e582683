/** Tier 2 in a worker, for TcgOptions.codegen. */
import type { CodegenSetup } from './accel.js';
import type { CodegenWorker } from './codegen/protocol.js';
import { regionLimits } from './tuning.js';
import { WasmCodeGenerator, type CodeGenerator, type WasmGeneratorOptions } from './codegen/wasm-generator.js';

/**
 * Code is made by a worker, while the vCPU goes on in tci. The worker starts with the first vCPU, so that it loads binaryen while the
 * machine is still being made and its images are copied: nobody waits for it.
 */
export function workerCodegen(createWorker: () => CodegenWorker): (setup: CodegenSetup) => CodeGenerator {
  return ({ memory, runtime, target, config, icount, hotThreshold, tuning, onModule }) => {
    const worker = createWorker();
    worker.post({ kind: 'init', memory, target, config, icount, tuning });
    return new WasmCodeGenerator({
      memory,
      runtime: runtime.allExports as WasmGeneratorOptions['runtime'],
      worker,
      limits: regionLimits(tuning),
      hotThreshold,
      cache: tuning?.cache,
      onModule,
      setThreshold: hotThreshold === undefined ? (count) => runtime.exports.setHotThreshold(count) : undefined,
    });
  };
}
