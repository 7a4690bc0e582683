/** A RISC-V hart on the engine's bare exec loop, and instructions for it. */
import * as layout from '../../assembly/shared/layout.js';
import * as rvEnv from '../../assembly/target/riscv/shared/env.js';
import { TcgAccel } from '../../src/accel/tcg/accel.js';
import { synchronousCodegen } from '../../src/accel/tcg/codegen-sync.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { AddressSpace } from '../../src/memory/address-space.js';
import type { RamBlock } from '../../src/memory/ram.js';
import { MemoryRegion, MemoryTopology } from '../../src/memory/region.js';
import { riscvIsa } from '../../src/target/riscv/index.js';
import { engineModule } from './engine.js';
import { createHart } from './hart.js';

export const RAM = 0x8000_0000;
export const UART = 0x1000_0000;

// A few encodings (RISC-V unprivileged specification, chapter 2).
export const i = (op: number, f3: number, rd: number, rs1: number, imm: number) =>
  ((imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op) >>> 0;
export const addi = (rd: number, rs1: number, imm: number) => i(0x13, 0, rd, rs1, imm);
export const lui = (rd: number, imm: number) => ((imm << 12) | (rd << 7) | 0x37) >>> 0;
export const auipc = (rd: number) => ((rd << 7) | 0x17) >>> 0;
export const add = (rd: number, rs1: number, rs2: number) => ((rs2 << 20) | (rs1 << 15) | (rd << 7) | 0x33) >>> 0;
export const lw = (rd: number, rs1: number, imm: number) => i(0x03, 2, rd, rs1, imm);
export const ld = (rd: number, rs1: number, imm: number) => i(0x03, 3, rd, rs1, imm);
const store = (f3: number, rs2: number, rs1: number, imm: number) =>
  (((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | 0x23) >>> 0;
export const sw = (rs2: number, rs1: number, imm: number) => store(2, rs2, rs1, imm);
export const sd = (rs2: number, rs1: number, imm: number) => store(3, rs2, rs1, imm);
export const bne = (rs1: number, rs2: number, d: number) =>
  ((((d >> 12) & 1) << 31) |
    (((d >> 5) & 63) << 25) |
    (rs2 << 20) |
    (rs1 << 15) |
    (1 << 12) |
    (((d >> 1) & 15) << 8) |
    (((d >> 11) & 1) << 7) |
    0x63) >>>
  0;
export const csrrw = (rd: number, csr: number, rs1: number) => i(0x73, 1, rd, rs1, csr);
export const csrrs = (rd: number, csr: number, rs1: number) => i(0x73, 2, rd, rs1, csr);
export const sub = (rd: number, rs1: number, rs2: number) => (add(rd, rs1, rs2) | 0x4000_0000) >>> 0;
export const instret = 0xc02;
export const ecall = 0x73;
export const wfi = 0x10500073;
export const sfence = 0x12000073;
export const jump = (d: number) =>
  ((((d >> 1) & 0x3ff) << 21) | (((d >> 11) & 1) << 20) | (((d >> 12) & 0xff) << 12) | ((d >>> 31) << 31) | 0x6f) >>> 0;
export const mtvec = 0x305;
export const satp = 0x180;

/** Both tiers. */
export const TIERS = [
  ['tci', {}],
  ['wasm', { wasm: true, hotThreshold: 4 }],
] as const;

/** A hart with RAM and a device that notes what is stored to it. */
export class Board {
  readonly accel: TcgAccel;
  readonly cpu: Vcpu;
  readonly space: AddressSpace;
  readonly log: string[] = [];
  onWrite = (): void => {};
  /** Times that the engine gave the clock a chance to end the slice. */
  clockLooks = 0;
  /** The look at which the slice is over. */
  sliceEnds = Infinity;
  onLook = (): void => {
    if (++this.clockLooks >= this.sliceEnds) this.cpu.requestExit();
  };
  readonly topology = new MemoryTopology();
  readonly root = MemoryRegion.container(this.topology, 'system');
  readonly allocate: (name: string, size: number) => RamBlock;

  constructor(options: { arenaSize?: number; icount?: boolean; wasm?: boolean; hotThreshold?: number } = {}) {
    const memory = createEngineMemory(0x40_0000, options.arenaSize ?? 0x80_0000);
    const { topology, root } = this;
    this.allocate = (name, size) => memory.ram.allocate(name, size);
    root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', memory.ram.allocate('ram', 0x20_0000)));
    const ops = {
      read: (offset: number, size: number) => offset * 0x10 + size,
      write: (offset: number, value: number) => {
        this.log.push(`${offset}=${value}`);
        this.onWrite();
      },
    };
    root.addSubregion(UART, MemoryRegion.io(topology, 'uart', 0x100, ops));
    this.space = new AddressSpace(root, 'memory');
    this.accel = new TcgAccel({
      wasm: engineModule(),
      memory,
      isa: riscvIsa,
      hasSoleVcpu: true,
      icount: options.icount,
      codegen: options.wasm ? synchronousCodegen : undefined,
      tuning: { threshold: options.hotThreshold },
    });
    this.accel.init({ addressSpace: this.space, checkSlice: () => this.onLook() });
    this.cpu = createHart(this.accel, 'rv64', RAM);
  }

  load(words: readonly number[], at = RAM): this {
    const bytes = new Uint8Array(words.length * 4);
    words.forEach((word, n) => new DataView(bytes.buffer).setUint32(n * 4, word, true));
    this.space.writeBytes(at, bytes);
    return this;
  }

  x = (n: number): bigint => this.cpu.read64(rvEnv.RV_X + 8 * n);
  /** Runs to WFI, or fails. */
  finish(budget = 100_000): this {
    for (let slice = 0; slice < 100; slice++) {
      const reason = this.cpu.exec(budget);
      if (reason === layout.EXEC_HALTED) return this;
      if (reason !== layout.EXEC_BUDGET) throw new Error(`exit ${reason} ${this.accel.translateError}`);
    }
    throw new Error(`did not end: pc ${this.cpu.get(ENV.pc).toString(16)}`);
  }
}
