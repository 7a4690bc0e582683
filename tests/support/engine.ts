/** The engine with a CPU in M-mode without translation, RAM from physical 0, and no frontend: TBs are given as IR. */
import { readFileSync } from 'node:fs';
import * as layout from '../../assembly/shared/layout.js';
import * as rv from '../../assembly/target/riscv/shared/env.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import { Runtime, type RuntimeHost, type TargetImports } from '../../src/accel/tcg/runtime.js';
import { readEngineWasm } from '../../src/node/engine-wasm.js';
import { TciLowering } from '../../src/tcg/tci/lower.js';
import type { TcgContext } from '../../src/tcg/context.js';

const modules: Partial<Record<'release' | 'debug', WebAssembly.Module>> = {};
/** Compiled once a process. WEMU_WASM names another build of the engine. */
export const engineModule = (build: 'release' | 'debug' = 'release'): WebAssembly.Module =>
  (modules[build] ??= new WebAssembly.Module(
    process.env.WEMU_WASM ? readFileSync(process.env.WEMU_WASM) : readEngineWasm(build === 'debug'),
  ));

const NOTHING: RuntimeHost = {
  translate: () => 0, mmioRead: () => 1, mmioWrite: () => 1, checkSlice: () => {}, tbHot: () => {}, tbMisses: () => {}, tbEntered: () => {}, regionInvalidated: () => {}, tbFlushed: () => {},
  fetchPage: () => {}, tlbFilled: () => {}, discontinuity: () => {}, pluginCall: () => {}, pluginMem: () => {},
}; // prettier-ignore

/** What a hart asks of its machine (assembly/target/riscv/host.ts), where nobody looks at the answers. */
export const NO_MACHINE: TargetImports = {
  rdtime: () => 0n, timerUpdate: () => {}, logTrap: () => {}, imsicTop: () => 0, imsicRead: () => 0n, imsicWrite: () => {}, criticalError: () => {}, entropy: () => 0,
}; // prettier-ignore

export class BareEngine {
  readonly runtime: Runtime;
  readonly env: number;
  readonly ramHost: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor({ ramSize = 0x10_0000, arenaSize = 0x40_0000, host = {} as Partial<RuntimeHost> } = {}) {
    const memory = createEngineMemory(ramSize, arenaSize);
    this.runtime = new Runtime(engineModule(), memory.memory, { ...NOTHING, ...host }, memory.arena, NO_MACHINE);
    this.ramHost = memory.arena.end;
    this.bytes = new Uint8Array(memory.memory.buffer);
    this.view = new DataView(memory.memory.buffer);
    const record = this.runtime.physmap + layout.PHYSMAP_RECORDS;
    this.view.setBigUint64(record + layout.PHYSMAP_LENGTH, BigInt(ramSize), true);
    this.view.setUint32(record + layout.PHYSMAP_HOST, this.ramHost, true);
    this.view.setUint32(record + layout.PHYSMAP_FLAGS, layout.PHYSMAP_RAM, true);
    this.view.setUint32(this.runtime.physmap + layout.PHYSMAP_COUNT, 1, true);
    this.env = this.runtime.exports.cpuCreate(0);
    this.set32(rv.RV_XLEN, 64);
    (this.runtime.allExports.riscvInit as (env: number) => void)(this.env);
  }

  /** Another instance on the same engine. */
  attach(): Runtime {
    const { memory, engine } = this.runtime;
    return new Runtime(engineModule(), memory, NOTHING, { engine }, NO_MACHINE);
  }

  get32 = (offset: number): number => this.view.getUint32(this.env + offset, true);
  set32 = (offset: number, value: number): void => this.view.setUint32(this.env + offset, value, true);
  get64 = (offset: number): bigint => this.view.getBigUint64(this.env + offset, true);
  set64 = (offset: number, value: bigint): void => this.view.setBigUint64(this.env + offset, BigInt.asUintN(64, value), true);

  /** A registered TB with the IR's tci code, its guest bytes at physical `pc`. */
  makeTb(ctx: TcgContext, { pc = 0x8000, size = 4, cflags = 0, helperIndex = [] as readonly number[] } = {}): number {
    const lowering = new TciLowering({ helperIndex });
    lowering.lower(ctx);
    const { code } = lowering;
    const { exports } = this.runtime;
    const tb = exports.tbAlloc(code.size * 2 + code.insnCount * 4);
    const tci = tb + layout.TB_RECORD_SIZE;
    new Uint16Array(this.view.buffer).set(code.units.subarray(0, code.size), tci >> 1);
    new Uint16Array(this.view.buffer).set(code.insns.subarray(0, code.insnCount * 2), (tci >> 1) + code.size);
    const set = (field: number, value: number) => this.view.setUint32(tb + field, value, true);
    set(layout.TB_PC, pc);
    set(layout.TB_FLAGS, this.get32(layout.ENV_TB_FLAGS));
    set(layout.TB_CFLAGS, cflags);
    set(layout.TB_SIZE, size);
    set(layout.TB_ICOUNT, Math.max(1, code.insnCount));
    set(layout.TB_PHYS_PAGE0, pc >>> 12);
    set(layout.TB_PHYS_PAGE1, 0xffff_ffff);
    set(layout.TB_INSN_TABLE, tci + code.size * 2);
    if (!exports.tbRegister(tb)) throw new Error('arena full');
    return tb;
  }
}
