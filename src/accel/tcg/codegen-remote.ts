/** Tier 2 in a worker, for TcgOptions.codegen. */
import type { CodegenSetup } from './accel.js';
import type { CodeStore } from './codegen/code-store.js';
import type { CodegenThread, CodegenWorker } from './codegen/protocol.js';
import { hasFusedMulAdd } from '../../tcg/wasm/relaxed-simd.js';
import { regionLimits } from './codegen/tuning.js';
import { WasmCodeGenerator, type CodeGenerator, type WasmGeneratorOptions } from './codegen/wasm-generator.js';

/**
 * Code is made by a worker, while the vCPU goes on in tci. The worker starts with the first vCPU of the first machine, so that it loads binaryen
 * while the machine is still being made and its images are copied: nobody waits for it.
 */
export function workerCodegen(connect: () => CodegenWorker, codeStore?: CodeStore): (setup: CodegenSetup) => CodeGenerator {
  return ({ memory, runtime, isa, config, icount, env, tuning, onModule, peers, injectionsOf }) => {
    const worker = connect();
    const { name: target, traits } = isa;
    // what plugins add is this run's
    const store = injectionsOf ? undefined : codeStore;
    const { threshold: _any, ...forming } = tuning ?? {};
    const key = JSON.stringify({ target, config, icount, env, limits: regionLimits(tuning), forming, fusedMulAdd: hasFusedMulAdd() });
    const generator = new WasmCodeGenerator({
      memory,
      pageBits: traits.pageBits,
      runtime: runtime.allExports as WasmGeneratorOptions['runtime'],
      worker,
      tuning,
      onModule,
      peers,
      injectionsOf,
      setThreshold: (count) => runtime.exports.setHotThreshold(count),
      persistent: store && {
        store,
        key,
        leastWork: tuning?.threshold === undefined ? undefined : 0,
        helpers: isa.helpers.map(({ name }) => name),
      },
    });
    worker.post({ kind: 'init', memory, target, config, icount, env, tuning });
    return generator;
  };
}

/** One thread for all machines of a host, started for the first of them. */
export class SharedThread {
  constructor(
    private readonly start: () => CodegenThread,
    /** One that runs already. */
    private thread?: CodegenThread,
  ) {}

  readonly connect = (): CodegenWorker => {
    if (!this.thread || this.thread.isDead) this.thread = this.start();
    return this.thread.connect();
  };
  terminate(): void {
    this.thread?.terminate();
    this.thread = undefined;
  }
}
