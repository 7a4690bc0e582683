/** For tests of the backend: a memory with one env, the runtime functions that generated code imports, and TBs made by hand. */
import { verifyRegion } from '../../src/tcg/wasm/verify-region.js';
import { expect } from 'vitest';
import * as L from '../../assembly/shared/layout.js';
import { TcgContext } from '../../src/tcg/context.js';
import type { HelperDef } from '../../src/tcg/opcodes.js';
import { compileRegions } from '../../src/tcg/wasm/compile.js';
import type { TargetInfo } from '../../src/tcg/wasm/target-info.js';
import { copyIr, type IndirectLink, type Region, type TbIr } from '../../src/tcg/wasm/region.js';
import { RANDOM_TRAITS } from './ir-random.js';

const OFFSETS = [L.ENV_PC, ...Array.from({ length: 8 }, (_, i) => 0x100 + 8 * i)];
export const GLOBALS = OFFSETS.map((offset, i) => ({ name: i === 0 ? 'pc' : `x${i}`, offset }));
export const [PC, X1, X2, X3, X4] = [0, 1, 2, 3, 4];
export const HELPERS: HelperDef[] = [
  { name: 'pure', args: 2, result: true, pure: true },
  { name: 'swap', args: 0, result: false },
  { name: 'fail', args: 1, result: false, mayFault: true, noReadGlobals: true, noWriteGlobals: true },
  { name: 'peek', args: 0, result: true, noWriteGlobals: true },
];
export const [PURE, SWAP, FAIL, PEEK] = HELPERS;
export const ENV = 0x10000;
export const RAM = 0x90000;
/** The module's table. */
const TABLE = 0x8000;
/** What it says is the pointer of the region's TB k. */
export const pointer = (k: number): number => 0x1000 + 0x80 * k;

export function codeTable(view: DataView, region: Region): WebAssembly.Global {
  region.tbs.forEach(({ pc }, k) => {
    view.setUint32(TABLE + L.TABLE_TBS + 4 * k, pointer(k), true);
    view.setBigUint64(pointer(k) + L.TB_PC, pc, true);
  });
  return new WebAssembly.Global({ value: 'i32' }, TABLE);
}

/** What the dispatcher does with an exit in the middle of a TB (settleInside of assembly/core/env.ts). Returns 0 after a fault. */
export function settled(view: DataView, env: number, exit: number): number {
  if ((exit & L.TB_EXIT_MASK) !== L.TB_EXIT_INSIDE) return exit;
  const locator = view.getInt32(env + L.ENV_LOCATOR, true);
  const pc = view.getBigUint64(env + L.ENV_PC, true) + BigInt(locator & 0xffff);
  view.setBigUint64(env + L.ENV_PC, pc, true);
  const refund = (locator & ~L.LOCATOR_RESUME) >> L.LOCATOR_REFUND_SHIFT;
  view.setInt32(env + L.ENV_BUDGET, view.getInt32(env + L.ENV_BUDGET, true) + refund, true);
  return (locator & L.LOCATOR_RESUME) !== 0 ? exit : 0;
}

/** A shared memory with one env, and the runtime functions that generated code imports. */
export class Rig {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  readonly view = new DataView(this.memory.buffer);
  readonly slow: string[] = [];
  readonly runtime = {
    ldSlow: (_env: number, address: bigint, oi: number): bigint => {
      this.slow.push(`ld ${address.toString(16)} ${oi.toString(16)}`);
      if (address < 0x1000n) this.setU32(L.ENV_FAULT, 1);
      return 0x55n;
    },
    stSlow: (_env: number, address: bigint, value: bigint, oi: number): void => {
      this.slow.push(`st ${address.toString(16)} ${value.toString(16)} ${oi.toString(16)}`);
      if (address < 0x1000n) this.setU32(L.ENV_FAULT, 1);
    },
    helper_pure: (_env: number, a: bigint, b: bigint) => a * b,
    helper_swap: () => {
      const [a, b] = [this.get(X1), this.get(X2)];
      this.set(X1, b);
      this.set(X2, a);
    },
    helper_fail: (_env: number, a: bigint) => void (a !== 0n && this.setU32(L.ENV_FAULT, 1)),
    helper_peek: () => this.get(X1) + 1n,
  };

  constructor(
    private readonly helpers: readonly HelperDef[] = HELPERS,
    more: Readonly<Record<string, (...args: bigint[]) => bigint>> = {},
  ) {
    Object.assign(this.runtime, more);
    this.setU32(L.ENV_BUDGET, 1_000_000);
    for (let k = 0; k < L.TLB_MMU_INDEXES * L.TLB_KINDS * L.TLB_ENTRIES; k++) {
      this.view.setBigUint64(ENV + L.ENV_TLB + k * L.TLB_ENTRY_SIZE, BigInt(L.TLB_INVALID), true);
    }
  }

  /** Maps a guest page to RAM, for loads and stores with mmu index 0. */
  map(page: bigint, host = RAM): void {
    for (const kind of [L.TLB_KIND_READ, L.TLB_KIND_WRITE]) {
      const entry = tlbEntry(kind, page);
      this.view.setBigUint64(entry + L.TLB_ENTRY_TAG, page, true);
      this.view.setInt32(entry + L.TLB_ENTRY_ADDEND, Number(BigInt.asIntN(32, BigInt(host) - page)), true);
    }
  }
  get(global: number): bigint {
    return this.view.getBigUint64(ENV + OFFSETS[global], true);
  }
  set(global: number, value: bigint): void {
    this.view.setBigUint64(ENV + OFFSETS[global], value, true);
  }
  u32(offset: number): number {
    return this.view.getInt32(ENV + offset, true);
  }
  setU32(offset: number, value: number): void {
    this.view.setInt32(ENV + offset, value, true);
  }

  run(region: Region, entry = 0, icount = false, more: Partial<TargetInfo> = {}): number {
    return this.compile(region, icount, false, more)(ENV, entry);
  }
  compile(region: Region, icount = false, fusedMulAdd = false, more: Partial<TargetInfo> = {}): (env: number, entry: number) => number {
    const { module } = this.make(region, icount, fusedMulAdd, more);
    const imports = { m: { m: this.memory, t: codeTable(this.view, region) }, r: this.runtime };
    const instance = new WebAssembly.Instance(module, imports);
    const run = instance.exports['0'] as (env: number, entry: number) => number;
    return (env, entry) => {
      this.set(PC, region.tbs[region.entries[entry]].pc);
      return settled(this.view, env, run(env, entry));
    };
  }
  /** The module, and its text. */
  make(
    region: Region,
    icount = false,
    fusedMulAdd = false,
    more: Partial<TargetInfo> = {},
  ): { readonly module: WebAssembly.Module; readonly text: string } {
    const target = {
      globalOffset: OFFSETS,
      helpers: this.helpers,
      traits: RANDOM_TRAITS,
      icount,
      fusedMulAdd,
      verify: verifyRegion,
      ...more,
    };
    let text = '';
    const bytes = compileRegions([region], target, (module) => {
      text = module.emitText();
      expect(module.validate(), text).toBe(true);
    });
    return { module: new WebAssembly.Module(bytes), text };
  }
}

/** Address of the TLB entry that a page can be in, of mmu index 0. */
export function tlbEntry(kind: number, page: bigint): number {
  const index = Number(page >> 12n) & (L.TLB_ENTRIES - 1);
  return ENV + L.ENV_TLB + kind * L.TLB_TABLE_SIZE + index * L.TLB_ENTRY_SIZE;
}

export function tb(
  pc: number,
  icount: number,
  links: [number, number],
  build: (tcg: TcgContext) => void,
  indirect: IndirectLink[] = [],
  flags = 0,
  helpers = HELPERS,
  sideExitOnMiss = false,
): TbIr {
  const tcg = new TcgContext(GLOBALS, helpers);
  build(tcg);
  return copyIr(tcg, BigInt(pc), icount, { links, indirect, flags, sideExitOnMiss });
}
/** The usual end of a TB: pc, then goto_tb. */
export function leave(tcg: TcgContext, n: number, pc: number): void {
  tcg.movi(PC, pc);
  tcg.gotoTb(n);
}
