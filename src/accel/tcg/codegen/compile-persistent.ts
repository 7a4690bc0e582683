/** Persistent code to modules, in the worker. A file of its own: it needs nothing of what generates code. */
import type { CompileReply, CompileRequest } from './protocol.js';

export function compilePersistent(
  { id, wasm }: CompileRequest,
  compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module,
): CompileReply {
  const start = performance.now();
  const reply = (module?: WebAssembly.Module): CompileReply => ({ kind: 'compiled', id, module, compileMs: performance.now() - start });
  try {
    return reply(compile(wasm));
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return reply();
  }
}
