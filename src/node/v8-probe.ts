/**
 * Does with V8's flags what wemu does, in a process that may die of it (v8-flags.ts asks how it ended): code with calls of all kinds that is optimised without having run, then Liftoff and its
 * tier-up, again and again, and V8's functions for its own tests.
 */
import { native, serializeWasm } from './v8-cache.js';
import { compileOptimised, setV8Flags } from './v8-flags.js';

const section = (id: number, ...content: readonly number[]): number[] => [id, content.length, ...content];
const body = (...code: readonly number[]): number[] => [code.length + 2, 0, ...code, 0x0b];

/** (x) => m.f(x) + 2, by an import, a call and an indirect call. `n`: modules of the same bytes share their code. */
function moduleWithCalls(n: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
    ...section(2, 1, 1, 0x6d, 1, 0x66, 0, 0),
    ...section(3, 2, 0, 0),
    ...section(4, 1, 0x70, 0, 1),
    ...section(7, 1, 1, 0x61, 0, 2),
    ...section(9, 1, 0, 0x41, 0, 0x0b, 1, 1),
    ...section(10, 2, ...body(0x20, 0, 0x41, 1, 0x6a), ...body(0x20, 0, 0x10, 0, 0x10, 1, 0x41, 0, 0x11, 0, 0)),
    ...section(0, 1, 0x6e, n),
  );
}

/** Enough for V8 to tier up, in the background. */
const CALLS = 300_000;

function check(module: WebAssembly.Module | undefined): void {
  const { a } = new WebAssembly.Instance(module!, { m: { f: (x: number) => x } }).exports as { a: (x: number) => number };
  for (let x = 0; x < CALLS; x++) if (a(x) !== x + 2) throw new Error(`${x}: ${a(x)}`);
}

setV8Flags();
for (let n = 0; n < 8; n += 2) {
  check(compileOptimised(moduleWithCalls(n)));
  check(new WebAssembly.Module(moduleWithCalls(n + 1)));
}
const bytes = moduleWithCalls(0);
const code = serializeWasm(compileOptimised(bytes));
// a V8 that cannot is asked for nothing of the kind later
if (code) check(native<[ArrayBuffer, Uint8Array], WebAssembly.Module | undefined>('DeserializeWasmModule', 2)?.(code.buffer, bytes));
