/** Persistent code to modules, in the worker. A file of its own: it needs nothing of what generates code. */
import type { CompileReply, CompileRequest } from './protocol.js';

/** A module of its machine code; undefined: the engine does not take it. */
export type LoadMachineCode = (code: Uint8Array<ArrayBuffer>, wasm: Uint8Array<ArrayBuffer>) => WebAssembly.Module | undefined;

export function compilePersistent(
  { id, wasm, machineCode }: CompileRequest,
  compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module,
  load: LoadMachineCode = () => undefined,
): CompileReply {
  const start = performance.now();
  const reply = (module?: WebAssembly.Module, isLoaded = false): CompileReply => {
    return { kind: 'compiled', id, module, isLoaded, compileMs: performance.now() - start };
  };
  const loaded = machineCode && load(machineCode, wasm);
  if (loaded) return reply(loaded, true);
  try {
    return reply(compile(wasm));
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return reply();
  }
}
