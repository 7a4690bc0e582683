/** The PowerPC target without a machine: RAM in pieces, and a CPU in real mode that runs until it comes to an address. */
import { readFileSync } from 'node:fs';
import * as layout from '../../assembly/shared/layout.js';
import * as E from '../../assembly/target/ppc/shared/env.js';
import { HID0_DCE } from '../../assembly/target/ppc/shared/oea.js';
import * as P from '../../assembly/target/ppc/shared/ppc.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { TcgAccel, type CodegenSetup } from '../../src/accel/tcg/accel.js';
import { checks } from '../../src/accel/tcg/check/checks.js';
import { synchronousCodegen } from '../../src/accel/tcg/codegen-sync.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import { targetImportNames } from '../../src/accel/tcg/runtime.js';
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { AddressSpace } from '../../src/memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../src/memory/region.js';
import { engineWasmPath } from '../../src/node/engine-wasm.js';
import { parsePpcConfig } from '../../src/target/ppc/config.js';
import { configure } from '../../src/target/ppc/cpu.js';
import { ppcIsa } from '../../src/target/ppc/index.js';

export interface Tier {
  /** Generate code for what has run so often in tci. */
  readonly hotThreshold?: number;
  /** The debug build: everything that generated code does is compared with tci. */
  readonly check?: boolean;
}

const modules = new Map<boolean, WebAssembly.Module>();
function runtime(debug: boolean): WebAssembly.Module {
  const module = modules.get(debug) ?? new WebAssembly.Module(readFileSync(engineWasmPath(debug, 'wemu-ppc')));
  modules.set(debug, module);
  return module;
}

const PAGE = 1 << ppcIsa.traits.pageBits;
const ARENA = 0x100_0000;
/** Exception vectors, in every board. */
const LOW: readonly [number, number] = [0, 0x1_0000];
const SLICE = 1_000_000;

export class PpcBoard {
  readonly accel: TcgAccel;
  readonly cpu: Vcpu;
  readonly space: AddressSpace;
  private readonly exports: Record<string, (...args: number[]) => number>;

  /** `ram`: address and size of each piece beside the vectors' 64 KiB. */
  constructor(ram: readonly (readonly [address: number, size: number])[], { hotThreshold, check = false }: Tier = {}, model = '750') {
    const config = parsePpcConfig(model);
    const pieces = [LOW, ...ram].map(([address, size]): [number, number] => [address, Math.ceil(size / PAGE) * PAGE]);
    const memory = createEngineMemory(pieces.reduce((sum, [, size]) => sum + size, 0) + PAGE, ARENA);
    const topology = new MemoryTopology();
    const root = MemoryRegion.container(topology, 'system');
    for (const [address, size] of pieces)
      root.addSubregion(address, MemoryRegion.ram(topology, `ram${address}`, memory.ram.allocate(`ram${address}`, size)));
    this.space = new AddressSpace(root, 'memory');
    const codegen =
      hotThreshold === undefined
        ? undefined
        : (setup: CodegenSetup) => synchronousCodegen({ ...setup, checks: check ? checks : undefined });
    const wasm = runtime(check);
    this.accel = new TcgAccel({
      isa: ppcIsa,
      wasm,
      memory,
      codegen,
      tuning: { check, lockstep: check, threshold: hotThreshold },
      checks: check ? checks : undefined,
    });
    this.accel.init({ addressSpace: this.space });
    const imports = Object.fromEntries(targetImportNames(wasm).map((name) => [name, () => 0]));
    this.cpu = this.accel.createVcpu(ppcIsa.name, config, { imports });
    this.exports = this.accel.runtime.allExports as unknown as typeof this.exports;
    configure(this.cpu, config);
    this.cpu.write32(E.PPC_RESET_MSR, P.MSR_FP);
    this.exports.targetReset(this.cpu.env);
    // caches are on, as an operating system has them
    this.cpu.write32(E.PPC_HID0, HID0_DCE);
  }

  load(at: number, words: readonly number[]): this {
    const bytes = new Uint8Array(4 * words.length);
    words.forEach((word, n) => new DataView(bytes.buffer).setUint32(4 * n, word));
    this.space.writeBytes(at, bytes);
    return this;
  }

  /** Runs from `pc` on until it comes to `end`, which must be a branch to itself. */
  run(pc: number, end: number, most = 100_000 * SLICE): this {
    this.cpu.set(ENV.pc, BigInt(pc));
    for (let done = 0; this.pc !== end; done += SLICE) {
      const reason = this.cpu.exec(SLICE);
      if (reason !== layout.EXEC_BUDGET && reason !== layout.EXEC_REQUEST) throw new Error(`exit ${reason}: ${this.accel.translateError}`);
      if (done > most) throw new Error(`does not end: pc ${this.pc.toString(16)}`);
    }
    return this;
  }

  get pc(): number {
    return Number(this.cpu.get(ENV.pc));
  }
  r(n: number): number {
    return Number(this.cpu.read64(E.PPC_GPR + 8 * n));
  }
  setR(n: number, value: number): void {
    this.cpu.write64(E.PPC_GPR + 8 * n, BigInt(value >>> 0));
  }
  f(n: number): bigint {
    return this.cpu.read64(E.PPC_FPR + 8 * n);
  }
  setF(n: number, bits: bigint): void {
    this.cpu.write64(E.PPC_FPR + 8 * n, bits);
  }
  get cr(): number {
    return this.exports.ppcCr(this.cpu.env) >>> 0;
  }
  get xer(): number {
    return this.exports.ppcXer(this.cpu.env) >>> 0;
  }
  set xer(value: number) {
    this.exports.ppcSetXer(this.cpu.env, value);
  }
  get fpscr(): number {
    return this.exports.ppcFpscr(this.cpu.env) >>> 0;
  }
  set fpscr(value: number) {
    this.exports.ppcSetFpscr(this.cpu.env, value);
  }
  set msr(value: number) {
    this.cpu.write32(E.PPC_MSR, value);
    this.exports.ppcUpdateTbFlags(this.cpu.env);
  }
  field(offset: number): number {
    return this.cpu.read32(offset) >>> 0;
  }
  word(at: number): number {
    return new DataView(this.bytes(at, 4).buffer).getUint32(0);
  }
  bytes(at: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.space.readBytes(at, bytes);
    return bytes;
  }
  /** Regions that were made. */
  get regions(): number {
    return this.accel.info().wasm?.regions ?? 0;
  }
  /** @throws Error if code could not be generated: what ran in tci instead proves nothing */
  close(): void {
    const { errors = 0, lastError } = this.accel.info().wasm ?? {};
    this.accel.close();
    if (errors > 0) throw new Error(`code generation: ${lastError}`);
  }
}
