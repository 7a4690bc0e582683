/** Tier 2 in the machine's own thread, for TcgOptions.codegen. A file of its own, because it alone loads binaryen. */
import type { CodegenSetup } from './accel.js';
import { RegionCompiler } from './codegen/generate.js';
import { WasmCodeGenerator, type CodeGenerator, type WasmGeneratorOptions } from './codegen/wasm-generator.js';

/** Code is made at once, when a TB becomes hot: deterministic, for tests. */
export function synchronousCodegen(setup: CodegenSetup): CodeGenerator {
  const { isa, memory, tuning, checks } = setup;
  const compiler = new RegionCompiler(isa, memory, setup, undefined, checks?.verifyRegion);
  const runtime = setup.runtime.allExports as WasmGeneratorOptions['runtime'];
  return new WasmCodeGenerator({
    memory,
    pageBits: isa.traits.pageBits,
    runtime,
    tuning,
    onModule: setup.onModule,
    peers: setup.peers,
    injectionsOf: setup.injectionsOf,
    generate: (request) => compiler.generate(request),
  });
}
