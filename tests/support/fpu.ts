import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RV_FFLAGS, RV_FRM } from '../../assembly/target/riscv/shared/env.js';

type Helper = (env: number, ...args: bigint[]) => bigint;

/** A vCPU env at an address that the runtime does not use, alone in its memory. */
const ENV = 0x80000;

/** The floating-point helpers of the runtime, called directly. */
export class Fpu {
  private readonly view: DataView;
  private readonly exports: Record<string, unknown>;

  /** @param path The compiled runtime; WEMU_FPU_WASM names another build of the helpers. */
  constructor(path = process.env.WEMU_FPU_WASM ?? join(fileURLToPath(new URL('../..', import.meta.url)), 'build/wemu.wasm')) {
    const module = new WebAssembly.Module(readFileSync(path));
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const stub = () => {
        throw new Error(`soft float called ${from}.${name}`);
      };
      (imports[from] ??= {})[name] = kind === 'memory' ? memory : stub;
    }
    this.exports = new WebAssembly.Instance(module, imports).exports;
    this.view = new DataView(memory.buffer);
  }

  helper(name: string): Helper {
    const helper = this.exports[`helper_${name}`];
    if (typeof helper !== 'function') throw new Error(`the runtime exports no helper_${name}`);
    return helper as Helper;
  }

  /** The result as an unsigned 64-bit register, and the flags that were added to `accrued`. */
  call(helper: Helper, args: readonly bigint[], accrued = 0): { value: bigint; flags: number } {
    this.fflags = accrued;
    const value = BigInt.asUintN(64, helper(ENV, ...args));
    return { value, flags: this.fflags };
  }

  get fflags(): number {
    return this.view.getUint32(ENV + RV_FFLAGS, true);
  }
  set fflags(value: number) {
    this.view.setUint32(ENV + RV_FFLAGS, value, true);
  }
  set frm(value: number) {
    this.view.setUint32(ENV + RV_FRM, value, true);
  }
}
