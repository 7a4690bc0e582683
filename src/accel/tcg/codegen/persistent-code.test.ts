import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore, Rig, run } from '../../../../tests/support/persistent-rig.js';

// x1 = 0x10000; do x2 += STEP, x1 -= 1 while x1 != 0; wfi (RISC-V unprivileged specification, chapter 2)
const STEP = 1;
const loop = (step: number) => [0x000100b7, 0x00000113, (step << 20) | (2 << 15) | (2 << 7) | 0x13, 0xfff08093, 0xfe009ce3, 0x10500073];

afterEach(() => void vi.restoreAllMocks());

describe('persistent code', () => {
  it('runs in the next process, and nothing is made twice', () => {
    const store = new MemoryStore();
    const first = run(store, loop(STEP));
    expect([first.x2, first.persistent.installed, first.persistent.made]).toEqual([0x10000n, 0, 1]);
    expect(store.modules).toHaveLength(1);

    const second = run(store, loop(STEP));
    expect([second.x2, second.instructions]).toEqual([first.x2, first.instructions]);
    expect(second.worker.asked).toEqual(['init', 'compile']);
    expect([second.persistent.installed, second.persistent.made, second.persistent.misses]).toEqual([1, 0, 0]);
    expect(store.modules).toHaveLength(1);
    expect(store.warnings).toEqual([]);
  });

  it('is read in pieces where that takes long, and what it has is not made meanwhile', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const slow = { ms: 0 };
    vi.spyOn(performance, 'now').mockImplementation(() => (slow.ms += 10));
    const { x2, persistent, worker } = run(store, loop(STEP));
    expect([x2, persistent.installed, worker.asked]).toEqual([0x10000n, 1, ['init', 'compile']]);
  });

  it('is the same bytes in every process', () => {
    const [a, b] = [new MemoryStore(), new MemoryStore()];
    run(a, loop(STEP));
    // other TBs come first, so that their records lie elsewhere
    run(b, loop(STEP), {}).accel.dispose();
    const rig = new Rig(b);
    rig.load([0x10500073]);
    rig.finish();
    expect(b.modules[0].wasm).toEqual(a.modules[0].wasm);
  });

  it('is not used for other guest code at the same place', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const other = run(store, loop(3));
    expect(other.x2).toBe(0x30000n);
    expect(other.persistent.installed).toBe(0);
    expect(other.persistent.misses).toBeGreaterThan(0);
    // both are known now
    expect(run(store, loop(STEP)).worker.asked).toEqual(['init', 'compile']);
    expect(run(store, loop(3)).worker.asked).toEqual(['init', 'compile']);
  });

  it('is compiled ahead: what came next in the run that used it last', () => {
    const two = (second: number) => [...loop(STEP).slice(0, 5), 0x000100b7, ...loop(second).slice(2)];
    const store = new MemoryStore();
    run(store, two(2));
    expect(store.modules).toHaveLength(2);
    const rig = run(store, two(7)); // the second loop is another one now
    expect(rig.x2).toBe(0x80000n);
    expect(rig.worker.asked.filter((kind) => kind === 'compile')).toHaveLength(2);
    expect(rig.persistent.installed).toBe(1);
  });

  it('is gathered no further than the store takes, however much new code a guest makes', () => {
    const loops = [1, 2, 3, 4].map((step) => loop(step).slice(0, 5)).flat();
    const program = [...loops, 0x10500073];
    const all = new MemoryStore();
    expect(run(all, program).persistent.made).toBe(4);
    const small = new MemoryStore();
    small.maxBytes = Math.ceil(all.size / 2) + 16;
    const { persistent, worker } = run(small, program);
    expect(persistent.made).toBe(2);
    expect(small.modules).toHaveLength(2);
    expect(small.modules.map(({ wasm }) => wasm)).toEqual(all.modules.slice(0, 2).map(({ wasm }) => wasm));
    expect(worker.wanted.slice(0, 4)).toEqual([true, true, true, false]);
  });

  it('is not used for another CPU', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    expect(run(store, loop(STEP), { cpu: 'rv64,zba=off' }).persistent.regions).toBe(0);
  });

  it('goes when the guest changes its code, and comes back when the code does', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const rig = run(store, loop(STEP), {
      patch(rig) {
        rig.load(loop(5));
        rig.finish();
        expect(rig.x2).toBe(0x50000n);
        rig.load(loop(STEP));
        rig.finish();
      },
    });
    expect(rig.x2).toBe(0x10000n);
    expect(rig.persistent.installed).toBe(2);
  });

  it('survives a flush of all TBs', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const rig = run(store, loop(STEP), {
      patch(rig) {
        rig.accel.flush();
        rig.finish();
      },
    });
    expect([rig.x2, rig.persistent.installed]).toEqual([0x10000n, 2]);
  });

  it('survives any number of them', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const FLUSHES = 9;
    const rig = run(store, loop(STEP), {
      patch(rig) {
        for (let i = 0; i < FLUSHES; i++) {
          rig.accel.flush();
          rig.finish();
        }
      },
    });
    expect([rig.x2, rig.persistent.installed]).toEqual([0x10000n, 1 + FLUSHES]);
  });

  it('is bounded: what was used least recently gives way', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const usedAt = (lastUsed: (before: number) => number) =>
      store.replace(({ module, ...parts }) => ({ module: { ...module, lastUsed: lastUsed(module.lastUsed) }, ...parts }));
    usedAt(() => 1);
    store.maxBytes = 2 * store.size;
    run(store, loop(2));
    usedAt((before) => (before === 1 ? 1 : 2));
    run(store, loop(3));
    expect(store.modules).toHaveLength(2);
    expect(run(store, loop(2)).persistent.installed).toBe(1);
    expect(run(store, loop(3)).persistent.installed).toBe(1);
    expect(run(store, loop(STEP)).persistent.installed).toBe(0);
  });

  it('keeps what another process saved meanwhile', () => {
    const store = new MemoryStore();
    const rig = new Rig(store);
    run(store, loop(2));
    rig.load(loop(STEP));
    rig.finish();
    rig.accel.dispose();
    expect(store.modules).toHaveLength(2);
  });
});

describe('machine code', () => {
  const ENGINE = 0x1234_5678;
  /** What stands for it here is the wasm's own bytes, backwards. */
  const machineCodeOf = (wasm: Uint8Array<ArrayBuffer>) => wasm.slice().reverse();
  const load = (code: Uint8Array<ArrayBuffer>, wasm: Uint8Array<ArrayBuffer>) => {
    return code.every((byte, i) => byte === wasm.at(-1 - i)) ? new WebAssembly.Module(wasm) : undefined;
  };
  const keeping = (engine = ENGINE) => {
    const store = new MemoryStore();
    store.machineCode = { engine, of: () => Uint8Array.of(1, 2, 3) };
    return store;
  };
  /** As if the engine had told what `load` takes. */
  const filled = (engine = ENGINE) => {
    const store = keeping(engine);
    run(store, loop(STEP));
    store.replace(({ module, wasm }) => ({ module, wasm, machineCode: machineCodeOf(wasm) }));
    return store;
  };

  it('is kept with a module that was made, and with one that had to be compiled', () => {
    const store = keeping();
    run(store, loop(STEP));
    expect(store.modules.map(({ module, machineCode }) => [module.machineCode?.engine, machineCode])).toEqual([
      [ENGINE, Uint8Array.of(1, 2, 3)],
    ]);
    const compiled = new MemoryStore();
    run(compiled, loop(STEP));
    expect(compiled.modules[0].machineCode).toBeUndefined();
    compiled.machineCode = store.machineCode;
    run(compiled, loop(STEP));
    expect(compiled.modules[0].machineCode).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('is taken of a module that a flush leaves without TBs, while it is there', () => {
    const store = new MemoryStore();
    let taken = 0;
    store.machineCode = { engine: ENGINE, of: () => Uint8Array.of(++taken) };
    run(store, loop(STEP), {
      patch(rig) {
        expect(taken).toBe(0);
        rig.accel.flush();
        rig.finish();
        expect(taken).toBe(1);
      },
    });
    expect(store.modules[0].machineCode).toEqual(Uint8Array.of(1));
  });

  it('is kept once: after the end of the machine nothing is saved any more', () => {
    const store = filled(1);
    store.machineCode = keeping().machineCode;
    const rig = run(store, loop(STEP));
    const { size } = store;
    store.replace((module) => ({ ...module, machineCode: undefined }));
    rig.accel.dispose();
    rig.accel.keepCode();
    expect(store.modules[0].machineCode).toBeUndefined();
    expect(store.size).toBeLessThan(size);
  });

  it('takes the place of compiling', () => {
    const store = filled();
    const { worker, x2, persistent } = run(store, loop(STEP), { load });
    expect([x2, worker.compiled, persistent.installed, persistent.loaded]).toEqual([0x10000n, 0, 1, 1]);
    // and stays as it was
    expect(store.modules[0].machineCode).toEqual(machineCodeOf(store.modules[0].wasm));
  });

  it.each([
    ['the engine does not take', filled(), () => undefined],
    ['is of another engine', Object.assign(filled(1), { machineCode: keeping().machineCode }), load],
  ])('that %s is made again', (_, store, how) => {
    const { worker, persistent } = run(store, loop(STEP), { load: how });
    expect([worker.compiled, persistent.installed, persistent.loaded]).toEqual([1, 1, 0]);
    expect(store.modules[0].machineCode).toEqual(Uint8Array.of(1, 2, 3));
    expect(store.warnings).toEqual([]);
  });

  it.each([
    ['machine code', 'compiled', (parts: Uint8Array) => parts.length - 1, [1, 1, 0]],
    ['wasm', 'made again', () => 0, [0, 0, 1]],
  ] as const)('damaged %s is %s', (_what, _how, at, expected) => {
    const store = filled();
    for (const { parts } of store.files.values()) parts[at(parts)] ^= 1;
    const { worker, persistent, x2 } = run(store, loop(STEP), { load });
    expect([worker.compiled, persistent.installed, persistent.rejected]).toEqual(expected);
    expect(x2).toBe(0x10000n);
    expect(run(store, loop(STEP), { load }).persistent.installed).toBe(1);
  });
});

describe('persistent code that is not ours', () => {
  // (module (import "r" "tbFlushAll" (func)) (func (export "0") (param i32 i32) (result i32) i32.const 0))
  const foreign = (name: string) => {
    const text = (s: string) => [s.length, ...[...s].map((c) => c.charCodeAt(0))];
    const section = (id: number, ...body: number[]) => [id, body.length, ...body];
    return Uint8Array.from([
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...section(1, 2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
      ...section(2, 1, ...text('r'), ...text(name), 0, 0),
      ...section(3, 1, 1),
      ...section(7, 1, ...text('0'), 0, 1),
      ...section(10, 1, 4, 0, 0x41, 0, 0x0b),
    ]);
  };
  it.each([
    ['is no wasm', Uint8Array.of(1, 2, 3)],
    ['imports what generated code has no use for', foreign('tbFlushAll')],
    ['imports a helper as something that it is not', foreign('ldSlow')],
  ])('is ignored, with a line, if it %s', (_, bytes) => {
    expect(_ === 'is no wasm' || WebAssembly.validate(bytes)).toBe(true);
    const store = new MemoryStore();
    run(store, loop(STEP));
    store.replace(({ module }) => ({ module, wasm: bytes }));
    const rig = run(store, loop(STEP));
    expect([rig.x2, rig.persistent.installed, rig.persistent.rejected]).toEqual([0x10000n, 0, 1]);
    expect(store.warnings).toHaveLength(1);
    // and the good one takes its place
    expect(store.modules.map(({ wasm: { length } }) => length > 100)).toEqual([true]);
  });

  it('is ignored, with a line, if its numbers are out of range', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    for (const { index } of store.files.values()) new DataView(index.buffer).setUint32(36, 0xffff_ffff, true);
    const rig = run(store, loop(STEP));
    expect([rig.x2, rig.persistent.regions, store.warnings.length]).toEqual([0x10000n, 0, 1]);
    expect(run(store, loop(STEP)).persistent.installed).toBe(1);
  });
});
