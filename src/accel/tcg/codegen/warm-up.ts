/** A first region for nobody. */
import { optimize } from '../../../tcg/optimize.js';
import { parseIr } from '../../../tcg/text.js';
import { compileRegions } from '../../../tcg/wasm/compile.js';
import { copyIr, type TbIr } from '../../../tcg/wasm/region.js';
import type { Isa } from '../../../target/target.js';
import { targetOf } from './generate.js';

/**
 * Makes a module and drops it. A browser compiles what makes code, JavaScript and binaryen's functions, one by one when each is first called: some 150 ms in Chromium.
 * Called as soon as there is a worker, this is over, mostly, when the first guest has its first loop.
 */
export function warmUp(isa: Isa): void {
  const compile = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => new WebAssembly.Module(bytes);
  const target = targetOf(isa, { config: undefined, icount: false }, compile);
  const [pc, a, b, c, d] = isa.globals.map(({ name }) => name);
  const tb = (text: string, at: bigint, icount: number, links: readonly [number, number]): TbIr => {
    const ctx = parseIr(text, isa.globals, target.helpers);
    optimize(ctx);
    return copyIr(ctx, at, icount, { links, indirect: [], flags: 0 });
  };
  // words are added up, mixed and written elsewhere, in a loop; then back to the caller
  const loop = `
    insn_start $0x0 ; qemu_ld_i64 tmp0, ${a}, lesl, 0
    insn_start $0x4 ; add_i64 ${b}, ${b}, tmp0
    insn_start $0x8 ; extrl_i64_i32 tmp1, ${b} ; shl_i32 tmp2, tmp1, $0x5 ; xor_i32 tmp3, tmp2, tmp1 ; ext_i32_i64 ${c}, tmp3
    insn_start $0xc ; add_i64 tmp4, ${a}, $0x100 ; qemu_st_i64 ${c}, tmp4, leul, 0
    insn_start $0x10 ; add_i64 ${a}, ${a}, $0x4
    insn_start $0x14 ; brcond_i64 ${a}, ${d}, ltu, $L0 ; mov_i64 ${pc}, $0x1018 ; goto_tb $1
    set_label $L0 ; mov_i64 ${pc}, $0x1000 ; goto_tb $0`;
  const end = `insn_start $0x0 ; and_i64 ${pc}, ${d}, $-2 ; goto_ptr`;
  compile(compileRegions([{ tbs: [tb(loop, 0x1000n, 6, [0, 1]), tb(end, 0x1018n, 1, [-1, -1])], entries: [0] }], target));
}
