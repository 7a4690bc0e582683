/** Two harts in two threads, each in an instance of the runtime of its own, on one engine (docs/engine-abi.md). */
import { describe, expect, it } from 'vitest';
import { Assembler, type Label } from '../differential/assembler.js';
import { engineModule } from '../support/engine.js';
import { RAM, runTwoThreads, type TwoThreads } from '../support/two-threads/two-threads.js';

const [RA, T0, T1, T2, A0, A2, S0, S1, S2, S3] = [1, 5, 6, 7, 10, 12, 8, 9, 18, 19];
const LR = 0x02;
const SC = 0x03;
const SWAP = 0x01;
const ADD = 0x00;
/** LR, SC and AMOs of 4 or 8 bytes, acquire and release. Unprivileged specification, chapter 13. */
const atomic = (op: number, bytes: 4 | 8, rd: number, rs2: number, rs1: number): number =>
  ((op << 27) | (3 << 25) | (rs2 << 20) | (rs1 << 15) | ((bytes === 4 ? 2 : 3) << 12) | (rd << 7) | 0x2f) >>> 0;
const FENCE = 0x0330000f;
const FENCE_I = 0x0000100f;
const RET = 0x00008067;
const jalr = (rd: number, rs1: number): number => ((rs1 << 15) | (rd << 7) | 0x67) >>> 0;
const lw = (rd: number, offset: number, rs1: number): number => ((offset << 20) | (rs1 << 15) | (2 << 12) | (rd << 7) | 0x03) >>> 0;
const csr = { mstatus: 0x300, mie: 0x304, mtvec: 0x305 };
const MSI = 8;

/** A program for both harts; `data` has pages of its own behind the code, and its address is in S0. */
function program(write: (asm: Assembler, data: Label) => void): { readonly image: Uint8Array; readonly data: number } {
  const asm = new Assembler(RAM, 64);
  const data: Label = {};
  asm.la(S0, data);
  write(asm, data);
  const stop = asm.place({});
  asm.wfi();
  asm.j(stop);
  asm.align(0x1000);
  asm.place(data);
  return { image: asm.finish(), data: data.at! };
}

/** Repeats until register `left` is 0. */
function countDown(asm: Assembler, left: number, count: number, body: () => void): void {
  asm.li(left, count);
  const again = asm.place({});
  body();
  asm.addi(left, left, -1);
  asm.bne(left, 0, again);
}

/** Waits until the word at `offset` of data is what the register holds. */
function waitFor(asm: Assembler, offset: number, value: number): void {
  const again = asm.place({});
  asm.emit(lw(T0, offset, S0));
  asm.bne(T0, value, again);
}

const ROUNDS = 400_000;
const WARM_UP = 20_000;
const FLUSHES = 24;
/** Offsets of data: the lock is at 0. */
const [GUARDED, AMO, PAIR, START] = [64, 128, 192, 256];

/** A lock of LR and SC around a counter that is loaded and stored, a counter by AMO, one by LR and SC. When warm, both wait for a sign to go on. */
const counters = program((asm) => {
  asm.li(S2, 1);
  asm.li(S1, ROUNDS);
  asm.li(S3, ROUNDS - WARM_UP);
  const round = asm.place({});
  const acquire = asm.place({});
  asm.emit(atomic(LR, 4, T0, 0, S0));
  asm.bne(T0, 0, acquire);
  asm.emit(atomic(SC, 4, T0, S2, S0));
  asm.bne(T0, 0, acquire);
  asm.lx(T1, GUARDED, S0);
  asm.addi(T1, T1, 1);
  asm.sx(T1, GUARDED, S0);
  asm.emit(FENCE);
  asm.emit(atomic(SWAP, 4, 0, 0, S0));
  asm.addi(T2, S0, AMO);
  asm.emit(atomic(ADD, 8, 0, S2, T2));
  asm.addi(T2, S0, PAIR);
  const again = asm.place({});
  asm.emit(atomic(LR, 8, T0, 0, T2));
  asm.addi(T0, T0, 1);
  asm.emit(atomic(SC, 8, T1, T0, T2));
  asm.bne(T1, 0, again);
  asm.addi(S1, S1, -1);
  const end: Label = {};
  asm.beq(S1, 0, end);
  asm.bne(S1, S3, round);
  waitFor(asm, START, S2);
  asm.j(round);
  asm.place(end);
});

/** The sign, when there is code for the second thread, too. */
function start(hotThreshold: number | undefined, { placed, waiting, words }: TwoThreads): void {
  if (hotThreshold !== undefined && (placed < 2 || waiting > 0)) return;
  Atomics.store(words, (counters.data - RAM + START) >> 2, 1);
}

/** Offsets of data, of the programs that write code. */
const [FLAG, ACK, DONE, WRONG, ENOUGH] = [0, 64, 128, 192, 256];

const CHANGES = 400;
const PIECES = 32;
/** Bytes from one piece of code to the next. */
const PIECE = 32;

/** Each hart writes pieces of code, each a block of its own that goes to the next, and runs them, again and again; data counts rounds and mistakes. */
const changes = program((asm) => {
  const start: Label = {};
  const areas: Label = {};
  asm.la(S3, areas);
  asm.slli(T0, A0, 12);
  asm.add(S3, S3, T0);
  asm.j(start);
  asm.align(0x1000);
  asm.place(areas);
  for (let hart = 0; hart < 2; hart++) {
    for (let piece = 0; piece < PIECES; piece++) {
      asm.addi(A2, A2, 0);
      const next: Label = {};
      if (piece < PIECES - 1) asm.j(next);
      else asm.emit(RET);
      asm.align(PIECE);
      asm.place(next);
    }
    asm.align(0x1000);
  }
  asm.place(start);
  asm.li(S2, 1);
  asm.li(S1, CHANGES);
  const round = asm.place({});
  asm.andi(T0, S1, 7);
  asm.slli(T0, T0, 20);
  asm.li(T1, 0x613 | (A2 << 15));
  asm.add(T0, T0, T1); // addi a2, a2, s1 & 7
  asm.addi(T1, S3, 0);
  countDown(asm, T2, PIECES, () => {
    asm.sw(T0, 0, T1);
    asm.addi(T1, T1, PIECE);
  });
  asm.emit(FENCE_I);
  asm.li(A2, 0);
  asm.emit(jalr(RA, S3));
  asm.andi(T0, S1, 7);
  asm.slli(T0, T0, Math.log2(PIECES));
  const right: Label = {};
  asm.beq(A2, T0, right);
  asm.addi(T1, S0, WRONG);
  asm.emit(atomic(ADD, 4, 0, S2, T1));
  asm.place(right);
  asm.addi(T1, S0, DONE);
  asm.emit(atomic(ADD, 4, 0, S2, T1));
  asm.addi(S1, S1, -1);
  asm.bne(S1, 0, round);
});

const WRITES = 100;
/** Calls from one look at the sign to the next. */
const CALLS_AT_ONCE = 50;

/** The function that was called has answered with the round's number. */
function countUnlessRight(asm: Assembler): void {
  const right: Label = {};
  asm.beq(A2, S1, right);
  asm.addi(T1, S0, WRONG);
  asm.emit(atomic(ADD, 4, 0, S2, T1));
  asm.place(right);
}

/** The harts take turns at writing a function, which both then call. */
const writtenCode = program((asm) => {
  const func: Label = {};
  const start: Label = {};
  asm.la(S3, func);
  asm.li(S1, 0);
  asm.j(start);
  // In the page of its callers: a region with both has no guard between them (docs/architecture.md, "Regions").
  asm.align(64);
  asm.place(func);
  asm.emit(0x613); // li a2, 0
  asm.emit(RET);
  asm.align(64);
  asm.place(start);
  asm.li(S2, 1);
  const round = asm.place({});
  asm.addi(S1, S1, 1);
  const reader: Label = {};
  const call: Label = {};
  asm.andi(T0, S1, 1);
  asm.bne(T0, A0, reader);
  asm.slli(T0, S1, 20);
  asm.addi(T0, T0, 0x613); // li a2, s1
  asm.sw(T0, 0, S3);
  asm.emit(FENCE);
  asm.sw(S1, FLAG, S0);
  waitFor(asm, ACK, S1);
  asm.j(call);
  asm.place(reader);
  waitFor(asm, FLAG, S1);
  asm.emit(FENCE_I);
  asm.emit(jalr(RA, S3));
  countUnlessRight(asm);
  asm.sw(S1, ACK, S0);
  asm.place(call);
  const again = asm.place({});
  countDown(asm, T2, CALLS_AT_ONCE, () => {
    asm.emit(jalr(RA, S3));
    countUnlessRight(asm);
  });
  // until there is code for the function, too, that was made of what it is now
  asm.emit(lw(T0, ENOUGH, S0));
  asm.blt(T0, S1, again);
  asm.addi(T1, S0, DONE);
  asm.emit(atomic(ADD, 4, 0, S2, T1));
  asm.slli(T2, S1, 1);
  waitFor(asm, DONE, T2);
  asm.li(T0, WRITES);
  asm.bne(S1, T0, round);
});

/** Says when a round's function has been called often enough. Returns how many rounds had generated code in both threads. */
function enough(hotThreshold: number | undefined): { readonly between: (state: TwoThreads) => void; readonly rounds: () => number } {
  const at = (offset: number): number => (writtenCode.data - RAM + offset) >> 2;
  let placedBefore = 0;
  let rounds = 0;
  let slices = 0;
  const between = ({ placed, waiting, words }: TwoThreads): void => {
    const round = Atomics.load(words, at(ACK));
    if (round === Atomics.load(words, at(ENOUGH))) return;
    const hasCode = placed > placedBefore && waiting === 0;
    if (hotThreshold !== undefined && !hasCode && ++slices < PATIENCE) return;
    rounds += Number(hasCode);
    placedBefore = placed;
    slices = 0;
    Atomics.store(words, at(ENOUGH), round);
  };
  return { between, rounds: () => rounds };
}
/** Slices until a round goes on without code. */
const PATIENCE = 2000;

const INTERRUPTS = 200;
const [COUNT, GO] = [0, 64];

/** Hart 1 takes interrupts that the thread of hart 0 raises, and lets them be lowered one by one. */
const interrupts = program((asm) => {
  const handler: Label = {};
  const watch: Label = {};
  const end: Label = {};
  asm.li(S2, INTERRUPTS);
  asm.beq(A0, 0, watch);
  asm.la(T0, handler);
  asm.csrw(csr.mtvec, T0);
  asm.li(S3, MSI); // as mstatus.MIE
  asm.li(S1, 0);
  const next = asm.place({});
  asm.addi(S1, S1, 1);
  asm.csrrs(0, csr.mie, S3);
  asm.csrrs(0, csr.mstatus, S3);
  waitFor(asm, COUNT, S1);
  waitFor(asm, GO, S1);
  asm.bne(S1, S2, next);
  asm.j(end);
  asm.align(4);
  asm.place(handler);
  asm.csrw(csr.mie, 0);
  asm.emit(lw(T1, COUNT, S0));
  asm.addi(T1, T1, 1);
  asm.sw(T1, COUNT, S0);
  asm.mret();
  asm.place(watch);
  waitFor(asm, GO, S2);
  asm.place(end);
});

const engines = [
  ['tci', undefined],
  ['generated code', 300],
] as const;

describe('two harts in two threads', () => {
  it.each(engines)('lose nothing of what they count together: %s', async (_name, hotThreshold) => {
    const result = await runTwoThreads(counters.image, { hotThreshold, between: (state) => start(hotThreshold, state) });
    expect([GUARDED, AMO, PAIR].map((offset) => result.word(counters.data + offset))).toEqual([2 * ROUNDS, 2 * ROUNDS, 2 * ROUNDS]);
    expect(result.insns).toBeGreaterThan(ROUNDS * 16);
    if (hotThreshold !== undefined) expect(result.atomicsOfGeneratedCode).toBeGreaterThan(ROUNDS);
  });

  it.each(engines)('lose nothing when TBs and TLBs are flushed again and again: %s', async (_name, hotThreshold) => {
    let asked = 0;
    const { word, flushes } = await runTwoThreads(counters.image, {
      hotThreshold,
      between: (state) => {
        start(undefined, state);
        const { exports } = state.accel.runtime;
        // the last one is done, and code was made anew
        if (asked === FLUSHES || exports.tbStatFlushes() < asked || state.slice % 4 !== 0) return;
        asked++;
        state.accel.flush();
        exports.tlbFlushAllCpus();
      },
    });
    expect([GUARDED, AMO, PAIR].map((offset) => word(counters.data + offset))).toEqual([2 * ROUNDS, 2 * ROUNDS, 2 * ROUNDS]);
    expect([asked, flushes]).toEqual([FLUSHES, FLUSHES]);
  });

  it.each(engines)('see code that the other has written, after fence.i: %s', async (_name, hotThreshold) => {
    const { between, rounds } = enough(hotThreshold);
    const { word } = await runTwoThreads(writtenCode.image, { hotThreshold, between });
    expect([word(writtenCode.data + DONE), word(writtenCode.data + WRONG)]).toEqual([2 * WRITES, 0]);
    if (hotThreshold !== undefined) expect(rounds()).toBeGreaterThan(WRITES / 2);
  });

  it('keep the lists of blocks whole while both make and invalidate some', async () => {
    const { word } = await runTwoThreads(changes.image, {
      wasm: engineModule('debug'),
      ended: (accel) => void (accel.runtime.allExports.checkTbs as () => number)(),
    });
    expect([word(changes.data + DONE), word(changes.data + WRONG)]).toEqual([2 * CHANGES, 0]);
  });

  it('get interrupts from each other', async () => {
    const at = (offset: number): number => (interrupts.data - RAM + offset) >> 2;
    let raised = 0;
    const { word } = await runTwoThreads(interrupts.image, {
      between: ({ accel, second, words }) => {
        const update = accel.runtime.allExports.riscvUpdateMip as (env: number, mask: number, value: number) => void;
        if (Atomics.load(words, at(COUNT)) !== raised) return;
        update(second, MSI, 0);
        Atomics.store(words, at(GO), raised);
        if (raised === INTERRUPTS) return;
        raised++;
        update(second, MSI, MSI);
      },
    });
    expect([word(interrupts.data + COUNT), word(interrupts.data + GO)]).toEqual([INTERRUPTS, INTERRUPTS]);
  });
});
