import { beforeAll, describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import * as rvEnv from '../../../assembly/target/riscv/shared/env.js';
import * as rv from '../../../assembly/target/riscv/shared/riscv.js';
import { ENV } from './env.js';
import { engineModule } from '../../../tests/support/engine.js';
import { createHart } from '../../../tests/support/hart.js';
import { jumpCacheFunction } from '../../../tests/support/jump-cache.js';
import { AddressSpace } from '../../memory/address-space.js';
import type { RamBlock } from '../../memory/ram.js';
import { MemoryRegion, MemoryTopology } from '../../memory/region.js';
import { riscvIsa } from '../../target/riscv/index.js';
import { TcgAccel } from './accel.js';
import { synchronousCodegen } from './codegen-sync.js';
import { createEngineMemory } from './memory.js';
import type { Vcpu } from './vcpu.js';

const RAM = 0x8000_0000;
const UART = 0x1000_0000;

// A few encodings (RISC-V unprivileged specification, chapter 2).
const i = (op: number, f3: number, rd: number, rs1: number, imm: number) => ((imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op) >>> 0;
const addi = (rd: number, rs1: number, imm: number) => i(0x13, 0, rd, rs1, imm);
const lui = (rd: number, imm: number) => ((imm << 12) | (rd << 7) | 0x37) >>> 0;
const auipc = (rd: number) => ((rd << 7) | 0x17) >>> 0;
const add = (rd: number, rs1: number, rs2: number) => ((rs2 << 20) | (rs1 << 15) | (rd << 7) | 0x33) >>> 0;
const lw = (rd: number, rs1: number, imm: number) => i(0x03, 2, rd, rs1, imm);
const ld = (rd: number, rs1: number, imm: number) => i(0x03, 3, rd, rs1, imm);
const store = (f3: number, rs2: number, rs1: number, imm: number) =>
  (((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | 0x23) >>> 0;
const sw = (rs2: number, rs1: number, imm: number) => store(2, rs2, rs1, imm);
const sd = (rs2: number, rs1: number, imm: number) => store(3, rs2, rs1, imm);
const bne = (rs1: number, rs2: number, d: number) =>
  ((((d >> 12) & 1) << 31) |
    (((d >> 5) & 63) << 25) |
    (rs2 << 20) |
    (rs1 << 15) |
    (1 << 12) |
    (((d >> 1) & 15) << 8) |
    (((d >> 11) & 1) << 7) |
    0x63) >>>
  0;
const csrrw = (rd: number, csr: number, rs1: number) => i(0x73, 1, rd, rs1, csr);
const csrrs = (rd: number, csr: number, rs1: number) => i(0x73, 2, rd, rs1, csr);
const sub = (rd: number, rs1: number, rs2: number) => (add(rd, rs1, rs2) | 0x4000_0000) >>> 0;
const instret = 0xc02;
const ecall = 0x73;
const wfi = 0x10500073;
const sfence = 0x12000073;
const jump = (d: number) =>
  ((((d >> 1) & 0x3ff) << 21) | (((d >> 11) & 1) << 20) | (((d >> 12) & 0xff) << 12) | ((d >>> 31) << 31) | 0x6f) >>> 0;
const mtvec = 0x305;
const satp = 0x180;

class Board {
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
      wasm,
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

let wasm: WebAssembly.Module;
beforeAll(() => void (wasm = engineModule()));

const LOOP = [lui(1, 1), addi(2, 0, 0), add(2, 2, 1), addi(1, 1, -1), bne(1, 0, -8), wfi];

describe.each([
  ['tci', {}],
  ['wasm', { wasm: true, hotThreshold: 4 }],
] as const)('exec loop, %s', (_tier, tier) => {
  it('has the only vCPU that it was made for', () => {
    const { accel } = new Board(tier);
    expect(() => createHart(accel, 'rv64', RAM)).toThrow('a second vCPU in an engine for one');
  });

  it('runs a loop through chained TBs', () => {
    const board = new Board(tier).load(LOOP).finish();
    expect(board.x(2)).toBe(BigInt((4096 * 4097) / 2));
    expect(board.cpu.instructionCount).toBe(2 + 3 * 4096 + 1);
  });

  it('keeps a TB in the cell of the jump cache where generated code looks for it', () => {
    const { cpu, accel } = new Board(tier).load(LOOP).finish();
    const { memory } = accel.runtime;
    const view = new DataView(memory.buffer);
    const cellOf = jumpCacheFunction(memory, riscvIsa.traits);
    for (const pc of [RAM, RAM + 8]) {
      const tb = view.getUint32(cellOf(cpu.env, BigInt(pc)), true);
      expect(tb).not.toBe(0);
      expect(view.getBigUint64(tb + layout.TB_PC, true)).toBe(BigInt(pc));
    }
  });

  it('ends a slice by its budget, in icount mode exactly', () => {
    const board = new Board({ ...tier, icount: true }).load(LOOP);
    for (const [n, count] of [1000, 7, 1, 2, 333].entries()) {
      const before = board.cpu.instructionCount;
      expect(board.cpu.exec(count), `slice ${n}`).toBe(layout.EXEC_BUDGET);
      expect(board.cpu.instructionCount - before).toBe(count);
    }
    expect(board.finish().x(2)).toBe(BigInt((4096 * 4097) / 2));
  });

  // Slices are measured out in instructions at the speed of late: what is slow, or retires nothing, must let the clock end them.
  it.each([
    ['TLB flushes', [sfence, jump(-4)]],
    ['CSR accesses', [csrrs(1, instret, 0), jump(-4)]],
    ['writes of address spaces', [csrrw(0, satp, 1), jump(-4)]],
    ['device accesses', [lui(10, UART >>> 12), sw(0, 10, 0), jump(-4)]],
    ['accesses over the end of a page', [lui(10, (RAM >>> 12) + 1), lw(1, 10, -2), jump(-4)]],
    ['a trap whose vector traps', [auipc(1), addi(1, 1, 12), csrrw(0, mtvec, 1), ecall]],
    ['a trap whose vector is not memory', [csrrw(0, mtvec, 0), ecall]],
    ['stores to the code that runs', [auipc(1), lw(2, 1, 0), sw(2, 1, 0), jump(-8)]],
  ])('lets the clock end a slice of %s', (_, program) => {
    const board = new Board(tier).load(program);
    board.sliceEnds = 10; // looks
    expect(board.cpu.exec(1_000_000)).toBe(layout.EXEC_REQUEST);
    expect(board.cpu.instructionCount).toBeLessThan(100_000);
  });

  it('looks at the clock from time to time whatever the guest does', () => {
    const board = new Board(tier).load([addi(1, 1, 1), jump(-4)]);
    board.sliceEnds = 10;
    expect(board.cpu.exec(100_000_000)).toBe(layout.EXEC_REQUEST);
    expect(board.cpu.instructionCount).toBeLessThan(12_000_000);
  });

  it('is over for good when the engine fails in the middle of guest code, with one line', () => {
    const board = new Board(tier).load([lui(10, UART >>> 12), sw(0, 10, 0), jump(-4)]);
    board.onLook = () => {
      if (++board.clockLooks === 3) throw new WebAssembly.RuntimeError('unreachable');
    };
    const line = /^cpu 0: the engine failed near pc 0x8[0-9a-f]+: unreachable$/;
    expect(() => board.cpu.exec(1_000_000)).toThrow(line);
    expect(() => board.cpu.exec(1)).toThrow(line);
  });

  it('in icount mode, lets a device see the time of the very instruction, wherever slices cut the code', () => {
    // 64 rounds of: two instructions, a store to the device, two more and the branch
    const program = [
      lui(10, UART >>> 12),
      addi(1, 0, 64),
      addi(2, 2, 1),
      addi(3, 3, 1),
      sw(2, 10, 0),
      addi(4, 4, 1),
      addi(1, 1, -1),
      bne(1, 0, -20),
      wfi,
    ];
    for (const slices of [[10_000], [7, 1, 13, 2, 5]]) {
      const board = new Board({ ...tier, icount: true }).load(program);
      const seen: number[] = [];
      board.onWrite = () => seen.push(board.cpu.instructionCount);
      for (let k = 0; board.cpu.exec(slices[k % slices.length]) !== layout.EXEC_HALTED; k++);
      expect(seen).toEqual(Array.from({ length: 64 }, (_, round) => 5 + 6 * round));
    }
  });

  it('counts instructions for a guest that asks in the middle of its loop', () => {
    // x2 += instret - x3, x3 = instret: seven instructions a round, however the round is run
    const program = [
      addi(1, 0, 64),
      csrrs(3, instret, 0),
      addi(0, 0, 0),
      csrrs(4, instret, 0),
      sub(5, 4, 3),
      add(2, 2, 5),
      add(3, 4, 0),
      addi(1, 1, -1),
      bne(1, 0, -24),
      wfi,
    ];
    const board = new Board({ ...tier, icount: true }).load(program);
    while (board.cpu.exec(1000) !== layout.EXEC_HALTED);
    expect(board.x(2)).toBe(BigInt(2 + 63 * 7));
  });

  it('sees a store into the next instruction, in the same TB', () => {
    // x5 = the word "addi x3, x0, 7" from data; store it over "addi x3, x0, 1" that follows at once.
    const board = new Board(tier).load([auipc(10), lw(5, 10, 24), sw(5, 10, 12), addi(3, 0, 1), wfi, 0, addi(3, 0, 7)]).finish();
    expect(board.x(3)).toBe(7n);
  });

  it('sees a loop rewrite itself, pass after pass', () => {
    // each pass stores over the addi (adds 1 to its immediate), and runs it: x3 = 1 + 2 + ... + 64
    const program = [auipc(10), lw(5, 10, 28), lui(6, 0x100), addi(7, 0, 64), sw(5, 10, 20), addi(0, 0, 0), 0, addi(4, 0, 1)];
    // at 20: the rewritten insn; then x3 += x4, x5 += 1 << 20, x7 -= 1, loop to the store
    program[5] = addi(4, 0, 99);
    const tail = [add(3, 3, 4), add(5, 5, 6), addi(7, 7, -1), bne(7, 0, -5 * 4 - 4), wfi];
    // the data word moves behind the code: offset 7 holds "addi x4, x0, 1"
    const words = [...program.slice(0, 6), ...tail, addi(4, 0, 1)];
    words[1] = lw(5, 10, (words.length - 1) * 4);
    words[9] = bne(7, 0, 16 - 36);
    const board = new Board(tier).load(words).finish();
    expect(board.x(3)).toBe(BigInt((64 * 65) / 2));
  });

  it('invalidates what DMA overwrites', () => {
    const board = new Board(tier).load([addi(3, 0, 1), wfi]).finish();
    expect(board.x(3)).toBe(1n);
    board.load([addi(3, 0, 2)]);
    board.cpu.set(ENV.pc, BigInt(RAM));
    board.cpu.set(ENV.halted, 0);
    expect(board.finish().x(3)).toBe(2n);
  });

  it('invalidates what is programmed into a ROM device while it is not mapped', () => {
    const FLASH = 0x2000_0000;
    const board = new Board(tier);
    const block = board.allocate('flash', 0x1000);
    const region = MemoryRegion.romDevice(board.topology, 'flash', block, { read: () => 0, write: () => {} });
    board.root.addSubregion(FLASH, region);
    const program = (words: readonly number[]) => new Uint32Array(block.bytes.buffer, block.bytes.byteOffset, words.length).set(words);
    const run = () => {
      board.cpu.set(ENV.pc, BigInt(FLASH));
      board.cpu.set(ENV.halted, 0);
      return board.finish().x(3);
    };
    program([addi(3, 0, 1), wfi]);
    expect(run()).toBe(1n);
    region.setRomd(false);
    program([addi(3, 0, 2)]);
    board.space.dirtyHook!(block.host, 4);
    region.setRomd(true);
    expect(run()).toBe(2n);
  });

  it('reaches devices, and faults where there is none, with the pc of the instruction', () => {
    const handler = RAM + 0x100;
    const board = new Board(tier)
      .load([
        auipc(10),
        addi(11, 10, 0x100),
        csrrw(0, mtvec, 11),
        lui(6, UART >>> 12),
        addi(5, 0, 0x5a),
        sw(5, 6, 8),
        lw(7, 6, 12),
        addi(8, 0, 5),
        lui(9, 0x20000),
        lw(8, 9, 0),
        wfi,
      ])
      .load([i(0x73, 2, 12, 0, 0x341), i(0x73, 2, 13, 0, 0x342), i(0x73, 2, 14, 0, 0x343), wfi], handler)
      .finish();
    expect(board.log).toEqual(['8=90']);
    expect(board.x(7)).toBe(BigInt(12 * 0x10 + 4));
    expect([board.x(8), board.x(12), board.x(13), board.x(14)]).toEqual([5n, BigInt(RAM + 36), BigInt(rv.CAUSE_LOAD_ACCESS), 0x2000_0000n]);
  });

  it('loads and stores across pages, and writes nothing if the second page faults', () => {
    const end = 0x20_0000;
    const board = new Board(tier).load([
      auipc(10),
      addi(11, 10, 0x100),
      csrrw(0, mtvec, 11),
      lui(6, 2),
      add(6, 6, 10),
      addi(5, 0, -1),
      sd(5, 6, -4),
      ld(7, 6, -4),
      lui(9, end >>> 12),
      add(9, 9, 10),
      sd(5, 9, -4),
      wfi,
    ]);
    board.load([i(0x73, 2, 13, 0, 0x342), i(0x73, 2, 14, 0, 0x343), wfi], RAM + 0x100).finish();
    expect(board.x(7)).toBe(0xffff_ffff_ffff_ffffn);
    expect(board.x(13)).toBe(BigInt(rv.CAUSE_STORE_ACCESS));
    expect(board.space.read(RAM + end - 4)).toBe(0);
  });

  it('goes on in the middle of a TB at each access that is not plain RAM, and counts each instruction once', () => {
    // x3 = 1 + .. + 1000, x4 = the same twice, x7 = 1000 device reads; also a word across two pages
    const turns = 1000;
    const loop = [add(3, 3, 1), sd(3, 8, -4), lw(5, 6, 12), add(7, 7, 5), ld(9, 8, -4), add(4, 4, 1), add(4, 4, 1), addi(1, 1, -1)];
    for (const icount of [false, true]) {
      const board = new Board({ ...tier, icount })
        .load([
          addi(1, 0, turns),
          lui(6, UART >>> 12),
          auipc(8),
          lui(10, 8),
          add(8, 8, 10),
          addi(8, 8, -8),
          ...loop,
          bne(1, 0, -4 * loop.length),
          wfi,
        ])
        .finish(777);
      const sum = BigInt((turns * (turns + 1)) / 2);
      expect([board.x(3), board.x(4), board.x(9), board.x(7)]).toEqual([sum, 2n * sum, sum, BigInt(turns * (12 * 0x10 + 4))]);
      expect(board.cpu.instructionCount).toBe(6 + turns * (loop.length + 1) + 1);
      const { wasm } = board.accel.info();
      // so often that the loop got code which calls
      if (wasm) expect(wasm.regions).toBeGreaterThan(1);
    }
  });

  it('comes back from a guest that only ever faults', () => {
    const board = new Board(tier).load([ecall]); // mtvec = 0: nothing there
    expect(board.cpu.exec(10_000)).toBe(layout.EXEC_BUDGET);
  });

  it('returns when asked to, and single-steps', () => {
    const board = new Board(tier).load(LOOP);
    board.cpu.requestExit();
    expect(board.cpu.exec(1_000_000)).toBe(layout.EXEC_REQUEST);
    board.cpu.setSingleStep(true);
    for (let n = 1; n <= 5; n++) {
      expect(board.cpu.exec(1000)).toBe(layout.EXEC_DEBUG);
      expect(board.cpu.instructionCount).toBe(n);
    }
    board.cpu.setSingleStep(false);
    expect(board.finish().x(2)).toBe(BigInt((4096 * 4097) / 2));
  });

  it('flushes a full arena and goes on', () => {
    // Straight code over many pages: more TBs than this small arena holds.
    const board = new Board({ ...tier, arenaSize: 0x1c_0000 });
    const insns = 0x4_0000 / 4;
    board.load(Array.from({ length: insns }, () => addi(3, 3, 1)));
    board.load([wfi], RAM + insns * 4).finish(10_000_000);
    expect(board.x(3)).toBe(BigInt(insns));
    expect(board.accel.runtime.exports.tbStatFlushes()).toBeGreaterThan(0);
  });
});

describe('what is remembered of virtual addresses', () => {
  const [TABLES, CODE_A, CODE_B] = [RAM + 0x1_0000, RAM + 0x1_4000, RAM + 0x1_5000];
  const [V, OTHER] = [0x40_0000, 0x40_1000];
  const leaf = (phys: number) => (BigInt(phys >>> 12) << 10n) | 0xcfn; // V R W X A D

  /** S-mode under Sv39: V holds code of `CODE_A`. */
  const paged = (options: ConstructorParameters<typeof Board>[0] = {}) => {
    const rig = new Board(options).load([addi(2, 2, 1), wfi], CODE_A).load([addi(2, 2, 16), wfi], CODE_B);
    const pte = (table: number, index: number, value: bigint) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      rig.space.writeBytes(TABLES + 0x1000 * table + 8 * index, bytes);
    };
    const pointer = (table: number) => (BigInt((TABLES + 0x1000 * table) >>> 12) << 10n) | 1n;
    pte(0, 0, pointer(1));
    pte(1, V >>> 21, pointer(2));
    const map = (virtual: number, phys: number) => pte(2, (virtual >>> 12) & 0x1ff, leaf(phys));
    map(V, CODE_A);
    map(OTHER, CODE_B);
    rig.cpu.write32(rvEnv.RV_PRIV, 1);
    rig.cpu.write64(rvEnv.RV_SATP, (8n << 60n) | BigInt(TABLES >>> 12));
    rig.cpu.write32(rvEnv.RV_MAX_SATP_MODE, 8);
    (rig.accel.runtime.allExports.riscvPostLoad as (env: number) => void)(rig.cpu.env);
    const run = (at = V) => {
      rig.cpu.set(ENV.halted, 0);
      rig.cpu.set(ENV.pc, BigInt(at));
      rig.finish();
    };
    return { rig, map, run };
  };

  it('goes with a flush of its page', () => {
    const { rig, map, run } = paged();
    run();
    run();
    expect(rig.x(2)).toBe(2n);
    map(V, CODE_B);
    rig.accel.runtime.exports.tlbFlushPage(rig.cpu.env, BigInt(V));
    run();
    expect(rig.x(2)).toBe(18n);
  });

  describe('when another thread has asked for a flush', () => {
    const ask = ({ cpu }: Board): void => {
      cpu.set(ENV.interruptRequest, cpu.get(ENV.interruptRequest) | layout.CPU_INTERRUPT_TLB);
      cpu.set(ENV.exitRequest, layout.EXIT_REQUESTED);
    };
    const isAsked = ({ cpu }: Board): boolean => (cpu.get(ENV.interruptRequest) & layout.CPU_INTERRUPT_TLB) !== 0;

    it('goes before anything more is run', () => {
      const { rig, map, run } = paged();
      run();
      map(V, CODE_B);
      run();
      expect(rig.x(2)).toBe(2n); // nobody has flushed
      ask(rig);
      run();
      expect([rig.x(2), isAsked(rig)]).toEqual([18n, false]);
    });

    it('goes before the host looks where an access would lead', () => {
      const { rig, map } = paged();
      const probe = (): number | undefined => rig.cpu.probe(BigInt(OTHER), 8, layout.TLB_KIND_READ);
      expect(probe()).toBe(CODE_B);
      map(OTHER, CODE_A);
      expect(probe()).toBe(CODE_B);
      ask(rig);
      expect([probe(), isAsked(rig)]).toEqual([CODE_A, false]);
    });
  });

  it('changes with the address space, and goes when another space stores to it', () => {
    const { rig, map, run } = paged();
    const asid = (n: number) => {
      const satp = (8n << 60n) | (BigInt(n) << 44n) | BigInt(TABLES >>> 12);
      (rig.accel.runtime.allExports.riscvCsrWrite as (env: number, csr: number, value: bigint) => void)(rig.cpu.env, 0x180, satp);
    };
    const put = (address: number, word: number) => {
      const oi = (layout.MO_32 << layout.MEMOPIDX_SHIFT) | rv.MMU_S;
      rig.accel.runtime.exports.stSlow(rig.cpu.env, BigInt(address), BigInt(word), oi);
    };
    asid(1);
    run();
    expect(rig.x(2)).toBe(1n);
    put(OTHER, addi(2, 2, 16)); // space 1 may write to the page of CODE_B from now on
    map(V, CODE_B);
    asid(2);
    run();
    run();
    expect(rig.x(2)).toBe(33n);
    asid(1);
    run(); // the page of V was not flushed here
    expect(rig.x(2)).toBe(34n);
    put(OTHER, addi(2, 2, 100)); // by a TLB entry that is older than the code
    asid(2);
    run();
    expect(rig.x(2)).toBe(134n);
  });

  it.each([
    ['tci', {}],
    ['generated code', { wasm: true, hotThreshold: 64 }],
  ])('is not what code is found by: in %s it runs wherever its page is mapped, as it was made once', (_, tier) => {
    const { rig, map, run } = paged(tier);
    // auipc x5, 0; addi; addi; bne x3, x0, .-12; jal x6, .+4; wfi (RISC-V unprivileged specification, chapter 2)
    rig.load([0x00000297, addi(2, 2, 1), addi(3, 3, -1), 0xfe019ae3, 0x0040036f, wfi], CODE_A);
    const made = () => [rig.accel.info().tci.tbs, rig.accel.info().wasm?.regions];
    const rounds = (at: number) => {
      rig.cpu.write64(rvEnv.RV_X + 8 * 3, 500n);
      run(at);
      return [rig.x(5), rig.x(6)];
    };
    expect(rounds(V)).toEqual([BigInt(V), BigInt(V + 20)]);
    const before = made();
    map(OTHER, CODE_A);
    for (const at of [OTHER, V, OTHER]) expect(rounds(at)).toEqual([BigInt(at), BigInt(at + 20)]);
    expect(rig.x(2)).toBe(2000n);
    expect(made()).toEqual(before);
  });

  it('stays when another page is flushed', () => {
    const { rig, map, run } = paged();
    run();
    map(V, CODE_B); // not flushed: the guest may still see the old code, and does
    rig.accel.runtime.exports.tlbFlushPage(rig.cpu.env, BigInt(OTHER));
    run();
    expect(rig.x(2)).toBe(2n);
  });
});

describe('the threshold of code generation', () => {
  it('is where a slice may end by the clock: tci is slower than what the slice was measured for', () => {
    const rig = new Board({ wasm: true, hotThreshold: 64 }).load(LOOP).finish();
    const { tci, wasm } = rig.accel.info();
    expect(wasm?.regions).toBe(1);
    expect(rig.clockLooks).toBe(tci.tbs + 2); // and one before the slice
  });

  it('finds TBs that are past it when it goes down', () => {
    const rig = new Board({ wasm: true, hotThreshold: 1 << 20 }).load(LOOP);
    rig.cpu.exec(1000);
    const regions = () => rig.accel.info().wasm?.regions;
    expect(regions()).toBe(0);
    rig.accel.runtime.exports.setHotThreshold(64);
    rig.cpu.exec(1000);
    expect(regions()).toBe(1);
    rig.finish();
    expect(rig.x(2)).toBe(0x80_0800n);
  });
});

describe.each([
  ['tci', {}],
  ['wasm', { wasm: true, hotThreshold: 4 }],
] as const)('CSRs in translated code, %s', (_tier, tier) => {
  const [SSTATUS, SSCRATCH, SEPC, SIP] = [0x100, 0x140, 0x141, 0x144];
  const csrrs = (rd: number, csr: number, rs1: number) => i(0x73, 2, rd, rs1, csr);
  const csrrc = (rd: number, csr: number, rs1: number) => i(0x73, 3, rd, rs1, csr);
  const csrrsi = (rd: number, csr: number, imm: number) => i(0x73, 6, rd, imm, csr);
  const csrrci = (rd: number, csr: number, imm: number) => i(0x73, 7, rd, imm, csr);
  const SIE = 2;

  const again = (rig: Board, privilege: number, pending = 0n): Board => {
    rig.cpu.set(ENV.halted, 0);
    rig.cpu.set(ENV.pc, BigInt(RAM));
    rig.cpu.write32(rvEnv.RV_PRIV, privilege);
    rig.cpu.write64(rvEnv.RV_SOFT_MIP, pending);
    (rig.accel.runtime.allExports.riscvPostLoad as (env: number) => void)(rig.cpu.env);
    return rig.finish();
  };

  it('swap a register with a cell, and keep what is legal', () => {
    const rig = new Board(tier).load([
      addi(6, 0, 0x123), csrrw(0, SSCRATCH, 6), addi(6, 0, 0x77), csrrw(6, SSCRATCH, 6), csrrs(8, SSCRATCH, 6), csrrc(9, SSCRATCH, 6),
      csrrs(10, SSCRATCH, 0), csrrw(0, SEPC, 6), csrrs(7, SEPC, 0), wfi,
    ]); // prettier-ignore
    for (let round = 0; round < 20; round++) {
      again(rig, 3);
      expect([6, 7, 8, 9, 10].map(rig.x), `round ${round}`).toEqual([0x123n, 0x122n, 0x77n, 0x177n, 0x54n]);
    }
  });

  it('show of sstatus what the manual lets be seen, and change SIE', () => {
    const rig = new Board(tier).load([csrrsi(0, SSTATUS, 31), csrrci(5, SSTATUS, 29), csrrci(6, SSTATUS, SIE), csrrs(7, SSTATUS, 0), wfi]);
    for (let round = 0; round < 20; round++) {
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_1888n); // UXL and SXL; MPP, MPIE and MIE are not seen
      again(rig, 1);
      expect([5, 6, 7].map(rig.x), `round ${round}`).toEqual([0x2_0000_0002n, 0x2_0000_0002n, 0x2_0000_0000n]);
      expect(rig.cpu.read64(rvEnv.RV_MSTATUS)).toBe(0xa_0000_1888n);
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_6000n); // FS dirty
      again(rig, 1);
      expect(rig.x(7), `round ${round}`).toBe(0x8000_0002_0000_6000n);
    }
  });

  it.each([
    ['by immediate', csrrsi(0, SSTATUS, SIE)],
    ['by register', csrrs(0, SSTATUS, 6)],
  ])('a pending interrupt is taken as soon as it is enabled, %s', (_how, enable) => {
    const handler = RAM + 0x100;
    const rig = new Board(tier)
      .load([addi(6, 0, SIE), addi(3, 0, 1), enable, addi(3, 3, 1), wfi])
      .load([csrrs(10, SEPC, 0), csrrw(0, SIP, 0), wfi], handler);
    rig.cpu.write64(rvEnv.RV_MIDELEG, 2n);
    rig.cpu.write64(rvEnv.RV_MIE, 2n);
    rig.cpu.write64(rvEnv.RV_STVEC, BigInt(handler));
    for (let round = 0; round < 20; round++) {
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_0000n);
      again(rig, 1, 2n);
      expect([rig.x(3), rig.x(10)], `round ${round}`).toEqual([1n, BigInt(RAM + 12)]);
      rig.cpu.write64(rvEnv.RV_MSTATUS, 0xa_0000_0000n);
      again(rig, 1); // nothing pending: goes on
      expect(rig.x(3)).toBe(2n);
    }
  });
});
