/** The toy with RAM at both ends of its addresses and a device between them: a second target, made of nothing but its own parcel and the engine. */
import { mkdirSync, readFileSync } from 'node:fs';
import * as layout from '../../assembly/shared/layout.js';
import { compile, staleModes } from '../../scripts/build-asm.js';
import { TcgAccel, type CodegenSetup } from '../../src/accel/tcg/accel.js';
import { checks } from '../../src/accel/tcg/check/checks.js';
import { synchronousCodegen } from '../../src/accel/tcg/codegen-sync.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import type { Vcpu } from '../../src/accel/tcg/vcpu.js';
import { AddressSpace } from '../../src/memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../src/memory/region.js';
import { TOY_R, TOY_SPECIAL, VECTORS, VECTOR_SIZE } from './assembly/shared/toy.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { toyIsa } from './frontend.js';

/** With assertions, and compiled in half the time. */
const RUNTIME = { debug: 'build/tests/toy.debug.wasm', target: 'tests/toy/assembly' };
export const DEVICE = 0xe000_0000;
const RAM_SIZE = 0x40_0000;
const HIGH_SIZE = 0x1_0000;

/** The engine linked with the toy, compiled anew if it is older than its sources. */
export async function toyRuntime(): Promise<WebAssembly.Module> {
  const path = new URL(`../../${RUNTIME.debug}`, import.meta.url);
  if (staleModes(RUNTIME).length > 0) {
    mkdirSync(new URL('.', path), { recursive: true });
    if ((await compile(RUNTIME, 'debug')) !== 0) throw new Error('the toy runtime does not compile');
  }
  return new WebAssembly.Module(readFileSync(path));
}

export interface Tier {
  /** Generate code for what has run so often in tci. */
  readonly hotThreshold?: number;
  readonly icount?: boolean;
}

export class ToyBoard {
  readonly accel: TcgAccel;
  readonly cpu: Vcpu;
  readonly space: AddressSpace;
  readonly traps: string[] = [];
  /** Stores to the device: offset and value. */
  readonly writes: [offset: number, value: number][] = [];
  onWrite = (): void => {};

  constructor(wasm: WebAssembly.Module, { hotThreshold, icount }: Tier = {}) {
    const memory = createEngineMemory(RAM_SIZE + HIGH_SIZE, 0x80_0000);
    const topology = new MemoryTopology();
    const root = MemoryRegion.container(topology, 'system');
    root.addSubregion(0, MemoryRegion.ram(topology, 'low', memory.ram.allocate('low', RAM_SIZE)));
    root.addSubregion(VECTORS, MemoryRegion.ram(topology, 'high', memory.ram.allocate('high', HIGH_SIZE)));
    const write = (offset: number, value: number): void => {
      this.writes.push([offset, value]);
      this.onWrite();
    };
    root.addSubregion(DEVICE, MemoryRegion.io(topology, 'device', 0x100, { read: (offset) => 0x0102_0304 + offset, write }));
    this.space = new AddressSpace(root, 'memory');
    const codegen = hotThreshold === undefined ? undefined : (setup: CodegenSetup) => synchronousCodegen({ ...setup, checks });
    this.accel = new TcgAccel({ isa: toyIsa, wasm, memory, codegen, icount, tuning: { check: true, threshold: hotThreshold } });
    this.accel.init({ addressSpace: this.space });
    this.cpu = this.accel.createVcpu('toy', undefined, {
      imports: { logTrap: (cause: number, pc: bigint) => void this.traps.push(`${cause} at ${pc.toString(16)}`) },
    });
    this.cpu.set(ENV.tell, layout.TELL_TRAPS);
    this.accel.runtime.exports.targetReset(this.cpu.env);
  }

  load(at: number, words: readonly number[]): this {
    const bytes = new Uint8Array(4 * words.length);
    words.forEach((word, n) => new DataView(bytes.buffer).setUint32(4 * n, word));
    this.space.writeBytes(at, bytes);
    return this;
  }
  /** What runs at a trap. */
  handler(cause: number, words: readonly number[]): this {
    return this.load(VECTORS + VECTOR_SIZE * cause, words);
  }
  /** Runs from `pc` on until the CPU waits. */
  run(pc: number): this {
    this.cpu.set(ENV.pc, BigInt(pc));
    this.cpu.set(ENV.halted, 0);
    return this.goOn();
  }
  goOn(slice = 100_000): this {
    for (let n = 0; n < 1000; n++) {
      const reason = this.cpu.exec(slice);
      if (reason === layout.EXEC_HALTED) return this;
      if (reason !== layout.EXEC_BUDGET && reason !== layout.EXEC_REQUEST) throw new Error(`exit ${reason}: ${this.accel.translateError}`);
    }
    throw new Error(`does not end: pc ${this.pc.toString(16)}`);
  }
  setLine(level: number): void {
    (this.accel.runtime.allExports.toySetLine as (env: number, level: number) => void)(this.cpu.env, level);
  }

  get pc(): number {
    return Number(this.cpu.get(ENV.pc));
  }
  r(n: number): number {
    return Number(this.cpu.read64(TOY_R + 8 * n));
  }
  special(n: number): number {
    return Number(this.cpu.read64(TOY_SPECIAL + 8 * n));
  }
  word(at: number): number {
    const bytes = new Uint8Array(4);
    this.space.readBytes(at, bytes);
    return new DataView(bytes.buffer).getUint32(0);
  }
  /** Regions that were made, and TBs in them. */
  get regions(): number {
    return this.accel.info().wasm?.regions ?? 0;
  }
}
