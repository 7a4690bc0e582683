import wabtFactory from 'wabt';
import { describe, expect, it } from 'vitest';
import * as layout from '../../../../assembly/shared/layout.js';
import * as rv from '../../../../assembly/target/riscv/shared/riscv.js';
import { createHart } from '../../../../tests/support/hart.js';
import { AddressSpace } from '../../../memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../../memory/region.js';
import { readEngineWasm } from '../../../node/engine-wasm.js';
import { riscvIsa } from '../../../target/riscv/index.js';
import { HostError, ReportError, OptionError } from '../../../util/errors.js';
import { TcgAccel, type CodegenSetup } from '../accel.js';
import { RegionCompiler } from '../codegen/generate.js';
import { WasmCodeGenerator, type CodeGenerator, type WasmGeneratorOptions } from '../codegen/wasm-generator.js';
import { createEngineMemory } from '../memory.js';
import type { Vcpu } from '../vcpu.js';
import { checks } from './checks.js';

const wabt = await wabtFactory();
const FEATURES = { threads: true, bulk_memory: true, sign_extension: true, sat_float_to_int: true, simd: true, relaxed_simd: true };

/** What breaks the code that was generated: its text before and after. */
type Break = (text: string) => string;

/** A code generator with a fault. */
const faulty =
  (breakText: Break) =>
  (setup: CodegenSetup): CodeGenerator => {
    const compile = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => {
      const module = wabt.readWasm(bytes, FEATURES);
      const text = breakText(module.toText({}));
      return new WebAssembly.Module(new Uint8Array(wabt.parseWat('broken', text, FEATURES).toBinary({}).buffer));
    };
    const compiler = new RegionCompiler(setup.isa, setup.memory, setup, compile, setup.checks?.verifyRegion);
    return new WasmCodeGenerator({
      memory: setup.memory,
      pageBits: setup.isa.traits.pageBits,
      runtime: setup.runtime.allExports as WasmGeneratorOptions['runtime'],
      tuning: setup.tuning,
      generate: (request) => compiler.generate(request),
    });
  };

const RAM = 0x8000_0000;
/** A loop that stores and loads as it goes: a0 runs through 4096 doublewords, a1 gathers. */
const LOOP = [
  0x00008637, // lui a2, 8
  0x80010537, // lui a0, 0x80010
  0x02051513, // slli a0, a0, 32
  0x02055513, // srli a0, a0, 32
  0x00b54733, // loop: xor a4, a0, a1
  0x00e53023, // sd a4, 0(a0)
  0x00053783, // ld a5, 0(a0)
  0x00f585b3, // add a1, a1, a5
  0x00850513, // addi a0, a0, 8
  0xff860613, // addi a2, a2, -8
  0xfe0614e3, // bnez a2, loop
  0x10500073, // wfi
];

class CheckedBoard {
  readonly accel: TcgAccel;
  readonly cpu: Vcpu;

  constructor(breakText: Break, wasm = new WebAssembly.Module(readEngineWasm(true)), program: readonly number[] = LOOP) {
    const memory = createEngineMemory(0x20_0000, 0x80_0000);
    const topology = new MemoryTopology();
    const root = MemoryRegion.container(topology, 'system');
    root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', memory.ram.allocate('ram', 0x20_0000)));
    const space = new AddressSpace(root, 'memory');
    const tuning = { check: true, lockstep: true, threshold: 16 };
    this.accel = new TcgAccel({ isa: riscvIsa, wasm, memory, checks, tuning, codegen: faulty(breakText) });
    this.accel.init({ addressSpace: space });
    this.cpu = createHart(this.accel, 'rv64', RAM);
    space.writeBytes(RAM, new Uint8Array(Uint32Array.from(program).buffer));
  }

  run(): this {
    for (let slice = 0; slice < 1000; slice++) if (this.cpu.exec(1000) === layout.EXEC_HALTED) return this;
    throw new Error('does not end');
  }

  /** What the run fails with. */
  failure(): string {
    try {
      this.run();
    } catch (error) {
      expect(error).toBeInstanceOf(ReportError);
      return (error as ReportError).message;
    }
    throw new Error('nothing was found');
  }

  poke(tb: number, field: number, value: number): void {
    new DataView(this.accel.runtime.memory.buffer).setUint32(tb + field, value, true);
  }
}

const same: Break = (text) => text;

/** Replaces what is there, and fails if it is not. */
const replaced =
  (from: string, to: string): Break =>
  (text) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  };

describe('lockstep', () => {
  it('compares what generated code does, and tells how much that was', () => {
    const { accel, cpu } = new CheckedBoard(same).run();
    const { check, wasm } = accel.info();
    expect(wasm).toMatchObject({ errors: 0, lastError: '' });
    expect(check!.stretches).toBeGreaterThan(10);
    expect(check!.insns).toBeGreaterThan(25_000);
    expect(check!.insns).toBeLessThanOrEqual(cpu.instructionCount);
    expect(check!.skipped).toBe(0);
  });

  it.each<[what: string, from: string, to: string, message: RegExp]>([
    [
      'an operation',
      'i64.xor',
      'i64.or',
      /differ: (x1[145]|memory at physical address 0x80010\w+ \(8 bytes\)) is 0x\w+ in generated code, 0x\w+ in tci/,
    ],
    ['a store that is half as wide', 'i64.store', 'i64.store32', /differ: /],
  ])('finds a fault in the lowering of %s', (_what, from, to, message) => {
    const report = new CheckedBoard(replaced(from, to)).failure();
    expect(report).toMatch(/^cpu 0: the engine failed near pc 0x8\w+: generated code and tci /);
    expect(report).toMatch(message);
    expect(report).toMatch(/\n {2}after \d+ instructions from pc 0x8000001\w, in the region of 0x80000010\*\n/);
    expect(report).toMatch(/\n {2}x11 +0x\w+ +0x\w+ +0x\w+/);
  });

  it('leaves out what depends on more than registers and memory', () => {
    const time = 0xc01027f3; // csrr a5, time
    const loop = LOOP.map((insn) => (insn === 0x00053783 ? time : insn));
    const { check } = new CheckedBoard(same, undefined, loop).run().accel.info();
    expect(check!.skipped).toBeGreaterThan(10);
    expect(check!.skipped).toBeGreaterThan(check!.stretches);
  });

  it('wants an engine that has it', () => {
    expect(() => new CheckedBoard(same, new WebAssembly.Module(readEngineWasm()))).toThrow(OptionError);
  });
});

describe('looks between slices', () => {
  /** Looks that find it, whatever it is; how far apart they are depends on how long they take. */
  const LOOKS = 3;
  const SLICES = 1000;
  const PATIENCE_MS = 60_000;
  const spoiled = (spoil: (board: CheckedBoard, tb: number) => void): string => {
    const board = new CheckedBoard(same).run();
    const { env } = board.cpu;
    const view = new DataView(board.accel.runtime.memory.buffer);
    const pc = BigInt(RAM);
    const cache = view.getUint32(env + layout.ENV_JUMP_CACHE, true);
    const tbs = Array.from({ length: layout.JUMP_CACHE_ENTRIES }, (_, n) => view.getUint32(cache + 4 * n, true));
    const tb = tbs.find((each) => each !== 0 && view.getBigUint64(each + layout.TB_PC, true) === pc)!;
    spoil(board, tb);
    try {
      const looks = (): number => board.accel.info().check!.looks;
      for (const [until, start] = [looks() + LOOKS, performance.now()]; looks() < until;) {
        if (performance.now() - start > PATIENCE_MS) throw new Error('nobody looked');
        for (let n = 0; n < SLICES; n++) board.cpu.exec(1);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(HostError);
      return (error as HostError).message;
    }
    throw new Error('nothing was found');
  };

  it('find a TB that is not valid and still found', () => {
    const invalid = layout.TB_STATE_INVALID;
    expect(spoiled((board, tb) => board.poke(tb, layout.TB_STATE, invalid))).toMatch(/^check=on: TBs: .* is not valid/);
  });

  it('find a TB whose guest code is another', () => {
    const message = spoiled(({ accel, cpu }) => {
      const host = new DataView(accel.runtime.memory.buffer).getUint32(cpu.env + layout.ENV_CODE_HOST, true) & ~0xfff;
      new DataView(accel.runtime.memory.buffer).setUint32(host, 0x00009637, true);
    });
    expect(message).toMatch(/^check=on: the TB at pc 0x80000000 is not what its guest code gives now/);
  });

  it('find a jump to another TB than that it is listed with', () => {
    expect(spoiled((board, tb) => board.poke(tb, layout.TB_JMP0, tb))).toMatch(
      /^check=on: TBs: a list of jumps has one that leads elsewhere/,
    );
  });

  it('find a TLB entry that leads to other memory', () => {
    const message = spoiled(({ accel, cpu }) => {
      const table = layout.ENV_TLB + (rv.MMU_M * layout.TLB_KINDS + layout.TLB_KIND_WRITE) * layout.TLB_TABLE_SIZE;
      const view = new DataView(accel.runtime.memory.buffer);
      const entry = cpu.env + table + ((0x8001_0000 >>> 12) & (layout.TLB_ENTRIES - 1)) * layout.TLB_ENTRY_SIZE;
      view.setUint32(entry + layout.TLB_ENTRY_ADDEND, view.getUint32(entry + layout.TLB_ENTRY_ADDEND, true) + 8, true);
    });
    expect(message).toMatch(/^check=on: TLB: an entry leads to other memory than its physical page/);
  });
});
