/**
 * The wasm backend alone: loops of IR as a frontend would emit them, nanoseconds a guest instruction, and what making the code costs.
 * `node dist/bench/codegen.js [v8 flags]`: e.g. --no-liftoff --experimental-wasm-branch-hinting.
 */
import { setFlagsFromString } from 'node:v8';
import * as L from '../assembly/shared/layout.js';
import { TcgContext } from '../src/tcg/context.js';
import { Cond } from '../src/tcg/opcodes.js';
import { optimize } from '../src/tcg/optimize.js';
import { compileRegions } from '../src/tcg/wasm/compile.js';
import { copyIr, type Region } from '../src/tcg/wasm/region.js';

for (const flag of process.argv.slice(2)) setFlagsFromString(flag);

const ENV = 0x10000;
const RAM = 0x90000;
const PAGE = 0x8000_0000n;
const GLOBALS = [{ name: 'pc', offset: L.ENV_PC }, ...Array.from({ length: 31 }, (_, i) => ({ name: `x${i + 1}`, offset: 0x108 + 8 * i }))];
const PC = 0;

interface Loop {
  readonly name: string;
  readonly insns: number;
  body(tcg: TcgContext): void;
}

const load = (tcg: TcgContext, d: number, base: number, offset: number, memop: number) => {
  const address = tcg.temp();
  tcg.addi(address, base, offset);
  tcg.qemuLd(d, address, memop, 3);
};
const store = (tcg: TcgContext, v: number, base: number, offset: number, memop: number) => {
  const address = tcg.temp();
  tcg.addi(address, base, offset);
  tcg.qemuSt(v, address, memop, 3);
};

// x1 counts down; x10 points into the page
const LOOPS: Loop[] = [
  {
    name: 'alu64',
    insns: 10,
    body(tcg) {
      for (let i = 0; i < 8; i++) {
        tcg.insnStart(4 * i);
        if (i & 1) tcg.xor(2 + i, 3 + i, 2);
        else tcg.add(2 + i, 3 + i, 4 + i);
      }
    },
  },
  {
    name: 'addw/rotate',
    insns: 26,
    body(tcg) {
      for (let i = 0; i < 8; i++) {
        const [a, b] = [tcg.temp(), tcg.temp()];
        tcg.insnStart(12 * i);
        tcg.shri(a, 2 + i, 7);
        tcg.ext32s(2 + i, a);
        tcg.insnStart(12 * i + 4);
        tcg.add(b, 3 + i, 2 + i);
        tcg.ext32s(3 + i, b);
        tcg.insnStart(12 * i + 8);
        tcg.xor(4 + i, 3 + i, 2);
      }
    },
  },
  {
    name: 'copy 4 words',
    insns: 10,
    body(tcg) {
      for (let i = 0; i < 4; i++) {
        tcg.insnStart(8 * i);
        load(tcg, 2 + i, 10, 8 * i, L.MO_64);
        tcg.insnStart(8 * i + 4);
        store(tcg, 2 + i, 10, 256 + 8 * i, L.MO_64);
      }
    },
  },
  {
    name: 'memory + alu',
    insns: 26,
    body(tcg) {
      for (let i = 0; i < 8; i++) {
        tcg.insnStart(12 * i);
        load(tcg, 12 + (i & 3), 10, 8 * i, L.MO_32);
        tcg.insnStart(12 * i + 4);
        tcg.add(16 + i, 17 + i, 12 + (i & 3));
        tcg.insnStart(12 * i + 8);
        tcg.xor(2 + i, 2 + i, 16 + i);
      }
    },
  },
  {
    name: 'chase + store',
    insns: 6,
    body(tcg) {
      tcg.insnStart(0);
      load(tcg, 2, 10, 0, L.MO_64);
      tcg.insnStart(4);
      tcg.add(10, 10, 2);
      tcg.insnStart(8);
      tcg.addi(3, 3, 1);
      tcg.insnStart(12);
      store(tcg, 3, 10, 512, L.MO_32);
    },
  },
];

function regionOf(loop: Loop): Region {
  const tcg = new TcgContext(GLOBALS, []);
  loop.body(tcg);
  tcg.insnStart(0x400);
  tcg.addi(1, 1, -1);
  tcg.insnStart(0x404);
  const out = tcg.newLabel();
  tcg.brcondi(Cond.EQ, 1, 0, out);
  tcg.movi(PC, 0x1000);
  tcg.gotoTb(0);
  tcg.setLabel(out);
  tcg.movi(PC, 0x2000);
  tcg.gotoTb(1);
  optimize(tcg);
  return { entries: [0], tbs: [copyIr(tcg, 0x1000n, loop.insns, { links: [0, -1], indirect: [], flags: 0 })] };
}

const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
const view = new DataView(memory.buffer);
for (const kind of [L.TLB_KIND_READ, L.TLB_KIND_WRITE]) {
  const table = ENV + L.ENV_TLB + (3 * L.TLB_KINDS + kind) * L.TLB_TABLE_SIZE;
  view.setBigUint64(table + L.TLB_ENTRY_TAG, PAGE, true);
  view.setInt32(table + L.TLB_ENTRY_ADDEND, RAM - 0x8000_0000, true);
}
const fail = () => {
  throw new Error('the slow path is not meant to run');
};
const TABLE = 0x80;
view.setUint32(TABLE + L.TABLE_TBS, 0x80, true);
const imports = { m: { m: memory, t: new WebAssembly.Global({ value: 'i32' }, TABLE) }, r: { ldSlow: fail, stSlow: fail } };
const target = {
  globalOffset: GLOBALS.map((g) => g.offset),
  helpers: [],
  traits: {
    codeAlignBits: 1,
    maxInsnSize: 4,
    addressBits: 64,
    pageBits: 12,
    pcRelative: true,
    untranslated: 0,
    csBase: false,
    division: 'total',
    endianness: 'little',
    singles: 'boxed',
  },
  icount: false,
} as const;

const ROUNDS = 200_000;
for (const loop of LOOPS) {
  const bytes = compileRegions([regionOf(loop)], target);
  const func = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports['0'];
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    view.setBigUint64(ENV + 0x108, BigInt(ROUNDS), true);
    view.setBigUint64(ENV + 0x108 + 8 * 9, PAGE, true);
    view.setInt32(ENV + L.ENV_BUDGET, 0x7fff_ffff, true);
    const start = performance.now();
    if (func(ENV, 0) !== 0x81) throw new Error(`${loop.name} did not end well`);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const ns = (times[times.length >> 1] * 1e6) / (ROUNDS * loop.insns);
  console.log(`${loop.name.padEnd(16)} ${ns.toFixed(3)} ns/insn  ${bytes.length} bytes of wasm`);
}

// cost of making code: many copies of the loops in one module
{
  const regions = Array.from({ length: 40 }, (_, i) => regionOf(LOOPS[i % LOOPS.length]));
  const insns = regions.reduce((sum, r) => sum + r.tbs[0].icount, 0);
  let bytes = compileRegions(regions, target);
  const start = performance.now();
  for (let i = 0; i < 10; i++) bytes = compileRegions(regions, target);
  const generated = performance.now();
  for (let i = 0; i < 10; i++) new WebAssembly.Module(bytes);
  const compiled = performance.now();
  const us = (ms: number) => ((ms * 1000) / 10 / insns).toFixed(1);
  console.log(
    `generate ${us(generated - start)} us/insn, new Module ${us(compiled - generated)} us/insn, ${(bytes.length / insns).toFixed(1)} bytes/insn`,
  );
}
