import * as layout from '../../assembly/shared/layout.js';
import * as rvEnv from '../../assembly/target/riscv/shared/env.js';
import * as rv from '../../assembly/target/riscv/shared/riscv.js';
import { hasExtension, type CpuConfig } from '../../src/target/riscv/config.js';
import { EXTENSIONS as ALL_EXTENSIONS } from '../../src/target/riscv/extensions.js';
import { engineModule } from './engine.js';

/** Where the hart's RAM is, and how much of it there is. */
export const RAM = 0x8000_0000;
export const RAM_SIZE = 0x20_0000;

const ARENA = 0x10_0000;
const ARENA_END = 0x60_0000;
const RAM_HOST = 0x60_0000;

export const EXTENSIONS = {
  rv64: [
    rv.RVX_I,
    rv.RVX_M,
    rv.RVX_A,
    rv.RVX_F,
    rv.RVX_D,
    rv.RVX_C,
    rv.RVX_ZCA,
    rv.RVX_S,
    rv.RVX_U,
    rv.RVX_ZICNTR,
    rv.RVX_ZIHPM,
    rv.RVX_SSTC,
    rv.RVX_SVADU,
    rv.RVX_SVPBMT,
    rv.RVX_SVNAPOT,
    rv.RVX_ZICBOM,
    rv.RVX_ZICBOZ,
  ],
} as const;

export interface HartOptions {
  xlen?: 32 | 64;
  /** RVX_* bit numbers. */
  extensions?: readonly number[];
  pmp?: boolean;
  /** satp.MODE of the largest mode; 0: no paging. */
  satpMode?: number;
  privVersion?: number;
}

type Export = (...args: (number | bigint)[]) => bigint | number | undefined;

/** One RISC-V hart of the engine, without a translator: its CSRs, traps and translation driven by hand. */
export class Hart {
  readonly memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
  readonly view = new DataView(this.memory.buffer);
  readonly env: number;
  /** What rdtime gives. */
  time = 0n;
  /** Times that the hart asked for a new deadline. */
  timerUpdates = 0;
  /** Answers what is not RAM: a load gives a value, a store gets one; undefined is a bus error. Without it nothing answers. */
  device: ((address: number, size: number, value?: bigint) => bigint | undefined) | undefined;
  private readonly exports: Record<string, Export>;

  constructor({
    xlen = 64,
    extensions = EXTENSIONS.rv64,
    pmp = true,
    satpMode = xlen === 32 ? 1 : 10,
    privVersion = 13,
  }: HartOptions = {}) {
    const module = engineModule();
    const imports: WebAssembly.Imports = { env: { memory: this.memory, abort: () => undefined }, host: {} };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
      if (kind === 'function') (imports[from] ??= {})[name] ??= () => 1;
    (imports.target ??= {}).rdtime = () => this.time;
    imports.target.imsicRead = () => 0n;
    imports.target.timerUpdate = () => void this.timerUpdates++;
    imports.host.mmioRead = (_env: number, address: number, size: number) => this.mmio(address, size);
    imports.host.mmioWrite = (_env: number, address: number, size: number) =>
      this.mmio(address, size, BigInt.asUintN(8 * size, this.get(layout.ENV_MMIO_VALUE)));
    this.exports = new WebAssembly.Instance(module, imports).exports as Record<string, Export>;
    const engine = this.exports.runtimeInit(ARENA, ARENA_END) as number;
    const physmap = this.view.getUint32(engine + layout.ENGINE_PHYSMAP, true);
    this.env = this.exports.cpuCreate(0) as number;
    const record = physmap + layout.PHYSMAP_RECORDS;
    this.view.setUint32(physmap + layout.PHYSMAP_COUNT, 1, true);
    this.view.setBigUint64(record + layout.PHYSMAP_BASE, BigInt(RAM), true);
    this.view.setBigUint64(record + layout.PHYSMAP_LENGTH, BigInt(RAM_SIZE), true);
    this.view.setUint32(record + layout.PHYSMAP_HOST, RAM_HOST, true);
    this.view.setUint32(record + layout.PHYSMAP_FLAGS, layout.PHYSMAP_RAM, true);
    this.set32(rvEnv.RV_XLEN, xlen);
    for (const bit of extensions)
      this.set32(rvEnv.RV_EXT + 4 * (bit >>> 5), this.get32(rvEnv.RV_EXT + 4 * (bit >>> 5)) | (1 << (bit & 31)));
    this.set32(rvEnv.RV_MAX_SATP_MODE, satpMode);
    this.set32(rvEnv.RV_PRIV_VERSION, privVersion);
    this.set32(rvEnv.RV_PMP_COUNT, pmp ? 16 : 0);
    this.set(rvEnv.RV_RESET_VEC, 0x1000n);
    this.call('riscvInit');
  }

  private mmio(address: number, size: number, value?: bigint): number {
    const answer = this.device?.(address, size, value);
    if (answer === undefined) return 1;
    this.set(layout.ENV_MMIO_VALUE, answer);
    return 0;
  }

  /** Calls an export with the env first. i64 results are unsigned. */
  call(name: string, ...args: (number | bigint)[]): bigint | number | undefined {
    const result = this.exports[name](this.env, ...args);
    return typeof result === 'bigint' ? BigInt.asUintN(64, result) : result;
  }

  get(offset: number): bigint {
    return this.view.getBigUint64(this.env + offset, true);
  }
  set(offset: number, value: bigint): void {
    this.view.setBigUint64(this.env + offset, value, true);
  }
  get32(offset: number): number {
    return this.view.getUint32(this.env + offset, true);
  }
  set32(offset: number, value: number): void {
    this.view.setUint32(this.env + offset, value, true);
  }

  get pc(): bigint {
    return this.get(layout.ENV_PC);
  }
  set pc(value: bigint) {
    this.set(layout.ENV_PC, value);
  }
  get privilege(): number {
    return this.get32(rvEnv.RV_PRIV);
  }

  /** Runs `action` and gives the cause that it raised, or undefined; the exception is taken back. */
  cause(action: () => unknown): number | undefined {
    action();
    if (this.get32(layout.ENV_FAULT) === 0) return undefined;
    const cause = this.get32(layout.ENV_EXCEPTION_INDEX);
    this.set32(layout.ENV_FAULT, 0);
    this.set32(layout.ENV_EXCEPTION_INDEX, -1);
    return cause;
  }

  /** A CSR instruction: writes the bits of `mask`; the old value, or 'illegal'. */
  csrrw(csr: number, value: bigint, mask = (1n << 64n) - 1n): bigint | 'illegal' {
    let old: unknown;
    return this.cause(() => (old = this.call('helper_csrrw', BigInt(csr), value, mask))) === undefined ? (old as bigint) : 'illegal';
  }
  csrr(csr: number): bigint | 'illegal' {
    let value: unknown;
    return this.cause(() => (value = this.call('helper_csrr', BigInt(csr)))) === undefined ? (value as bigint) : 'illegal';
  }
  /** Writes a CSR and reads it back, rights not asked. */
  write(csr: number, value: bigint): bigint {
    this.call('riscvCsrWrite', csr, value);
    return this.read(csr);
  }
  read(csr: number): bigint {
    return this.call('riscvCsrRead', csr) as bigint;
  }

  /** Goes to a privilege mode, as mret does; pc goes to `pc`. */
  enter(privilege: number, pc = this.pc): void {
    this.set32(rvEnv.RV_PRIV, 3);
    this.write(0x341, pc);
    this.write(0x300, (this.read(0x300) & ~0x1800n) | (BigInt(privilege) << 11n));
    this.call('helper_mret');
  }

  /** Raises `cause` at pc and delivers it. */
  trap(cause: number): void {
    this.call('helper_raise_exception', BigInt(cause));
    this.call('riscvDoInterrupt');
  }

  /** A load of 2^`log2` bytes with the rights of now: its value, or the cause of the fault. */
  load(addr: bigint, log2 = 3): bigint | { cause: number } {
    let value: unknown;
    const cause = this.cause(() => (value = this.call('ldSlow', addr, (log2 << layout.MEMOPIDX_SHIFT) | this.get32(layout.ENV_MMU_IDX))));
    return cause === undefined ? (value as bigint) : { cause };
  }
  store(addr: bigint, value: bigint, log2 = 3): { cause: number } | undefined {
    const cause = this.cause(() => this.call('stSlow', addr, value, (log2 << layout.MEMOPIDX_SHIFT) | this.get32(layout.ENV_MMU_IDX)));
    return cause === undefined ? undefined : { cause };
  }
  /** An atomic addition, which need not be aligned: the old value, or the cause of the fault. */
  add(addr: bigint, value: bigint, log2 = 3): bigint | { cause: number } {
    let old: unknown;
    const oi = (log2 << layout.MEMOPIDX_SHIFT) | this.get32(layout.ENV_MMU_IDX);
    const cause = this.cause(() => (old = this.call('atomicRmw', layout.ATOMIC_ADD, addr, value, oi)));
    return cause === undefined ? (old as bigint) : { cause };
  }
  /** Asks for an instruction fetch: the cause of the fault, or undefined. */
  fetch(addr: bigint): number | undefined {
    return this.cause(() => this.call('riscvTlbFill', addr, 2, layout.TLB_KIND_CODE, this.privilege, 0));
  }

  phys64(addr: number): bigint {
    return this.view.getBigUint64(RAM_HOST + addr - RAM, true);
  }
  setPhys64(addr: number, value: bigint): void {
    this.view.setBigUint64(RAM_HOST + addr - RAM, value, true);
  }
  setPhys32(addr: number, value: number): void {
    this.view.setUint32(RAM_HOST + addr - RAM, value, true);
  }
}

/** A hart of a CPU model. */
export function hartOf(config: CpuConfig): Hart {
  const extensions = ALL_EXTENSIONS.map(({ bit }) => bit).filter((bit) => hasExtension(config, bit));
  return new Hart({ xlen: config.xlen, extensions, pmp: config.pmpCount > 0, satpMode: config.satpMode, privVersion: config.privVersion });
}
