import { describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import * as rv from '../../../assembly/target/riscv/shared/riscv.js';
import {
  Board,
  RAM,
  TIERS,
  UART,
  add,
  addi,
  auipc,
  bne,
  csrrs,
  csrrw,
  ecall,
  i,
  instret,
  jump,
  ld,
  lui,
  lw,
  mtvec,
  satp,
  sd,
  sfence,
  sub,
  sw,
  wfi,
} from '../../../tests/support/exec-board.js';
import { createHart } from '../../../tests/support/hart.js';
import { jumpCacheFunction } from '../../../tests/support/jump-cache.js';
import { MemoryRegion } from '../../memory/region.js';
import { riscvIsa } from '../../target/riscv/index.js';
import { ENV } from './env.js';

const LOOP = [lui(1, 1), addi(2, 0, 0), add(2, 2, 1), addi(1, 1, -1), bne(1, 0, -8), wfi];

describe.each(TIERS)('exec loop, %s', (_tier, tier) => {
  it('has the only vCPU that it was made for', () => {
    const { accel } = new Board(tier);
    expect(() => createHart(accel, 'rv64', RAM)).toThrow('a second vCPU in an engine for one');
  });

  it('has its env where every browser has the address in an instruction, whatever the size of the arena', () => {
    const { cpu } = new Board({ ...tier, arenaSize: 0x400_0000 });
    expect(cpu.env + layout.ENV_SIZE).toBeLessThan(0x200_0000);
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
