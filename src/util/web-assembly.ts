/**
 * What our types say of WebAssembly, for whoever compiles against them without TypeScript's DOM library, the only one that has it. Empty, so that they
 * merge with any other declaration.
 */
/* eslint-disable @typescript-eslint/no-empty-object-type, @typescript-eslint/no-namespace */
declare global {
  namespace WebAssembly {
    interface Module {}
    interface Memory {}
    interface Table {}
  }
}

/** What an instance exports: WebAssembly.Exports, which is an alias and cannot be merged. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type WasmExports = Record<string, any>;
