/** Wasm modules as text, for `-d out_asm`: by wabt, which the host brings. */

/** A module as text: what stands before its functions (types, imports), and each function. */
export interface ModuleText {
  readonly prelude: string;
  readonly functions: readonly string[];
}

export type WasmDisassembler = (binary: Uint8Array) => ModuleText;

/** What is used of the package `wabt`. */
interface Wabt {
  readWasm(
    binary: Uint8Array,
    features: Readonly<Record<string, boolean>>,
  ): { generateNames(): void; applyNames(): void; toText(options: object): string; destroy(): void };
}
/** `() => import('wabt')` */
export type WabtLoader = () => Promise<{ readonly default: () => Promise<Wabt> }>;

// prettier-ignore
const FEATURES = { threads: true, bulk_memory: true, sign_extension: true, sat_float_to_int: true, simd: true, relaxed_simd: true };

export async function loadWasmDisassembler(load: WabtLoader): Promise<WasmDisassembler> {
  const wabt = await (await load()).default();
  return (binary) => {
    const module = wabt.readWasm(binary, FEATURES);
    try {
      module.generateNames();
      module.applyNames();
      return splitModule(module.toText({}));
    } finally {
      module.destroy();
    }
  };
}

/** wabt begins each field of a module on a line of its own, indented by two. */
function splitModule(text: string): ModuleText {
  const fields = text.split(/^(?= {2}\()/m);
  const isFunction = (field: string): boolean => field.startsWith('  (func ');
  const first = fields.findIndex(isFunction);
  return {
    prelude: fields.slice(1, first < 0 ? undefined : first).join(''),
    functions: fields.filter(isFunction).map((field) => field.trimEnd()),
  };
}
