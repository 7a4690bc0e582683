import { describe, expect, it } from 'vitest';
import * as L from '../../../../assembly/shared/layout.js';
import { CodegenRig, CODE } from '../../../../tests/support/codegen-rig.js';
import { DEFAULT_LIMITS, formRegion, noteTripCount } from './regions.js';
import { BURST } from './bursts.js';
import { HotQueue } from './hot-queue.js';
import { HotThreshold } from './hot-threshold.js';
import { regionLimits } from './tuning.js';
import type { CodegenWorker, GenerateReply, GenerateRequest } from './protocol.js';

describe('the region former', () => {
  it('follows links, leaves cold TBs out, and enters at heads of loops', () => {
    const rig = new CodegenRig([1, 2, 1, 0xff, 0xff]);
    rig.tbs.set(rig.tb(2), L.TB_JMP1, rig.tb(3));
    rig.tbs.set(rig.tb(2), L.TB_INDIRECT, rig.tb(4));
    rig.tbs.set(rig.tb(3), L.TB_EXEC_COUNT, 1);
    const region = formRegion(rig.tbs, rig.tb(0));
    expect(region.tbs).toEqual([0, 1, 2, 4].map((i) => rig.tb(i)));
    expect(region.links).toEqual([[1, -1], [2, -1], [1, -1], [-1, -1]]); // prettier-ignore
    expect(region.entries).toEqual([0, 1]);
  });

  it('follows goto_ptr to other TB flags, but not to other cflags', () => {
    const rig = new CodegenRig([0xff, 0xff]);
    rig.tbs.set(rig.tb(0), L.TB_INDIRECT, rig.tb(1));
    rig.tbs.set(rig.tb(1), L.TB_FLAGS, 1);
    expect(formRegion(rig.tbs, rig.tb(0)).tbs).toHaveLength(2);
    rig.tbs.set(rig.tb(1), L.TB_CFLAGS, 1);
    expect(formRegion(rig.tbs, rig.tb(0)).tbs).toHaveLength(1);
  });

  /** 0 leads to 1, which leads to the loop of 2 and 3. */
  const led = (): CodegenRig => {
    const rig = new CodegenRig([1, 2, 3, 2]);
    rig.tbs.set(rig.tb(1), L.TB_JMP_LIST, rig.tb(0));
    rig.tbs.set(rig.tb(3), L.TB_JMP_LIST, rig.tb(2));
    rig.tbs.set(rig.tb(2), L.TB_JMP_LIST, rig.tb(3));
    rig.tbs.set(rig.tb(3), L.TB_JMP_NEXT0, rig.tb(1));
    return rig;
  };
  const former = (rig: CodegenRig, hot: number) => {
    const { tbs, entries } = formRegion(rig.tbs, rig.tb(hot));
    return {
      tbs: tbs.map((tb) => [0, 1, 2, 3].find((i) => rig.tb(i) === tb)),
      entries: entries.map((i) => [0, 1, 2, 3].find((n) => rig.tb(n) === tbs[i])),
    };
  };

  it('takes what leads to the hot TB along, and is entered there', () => {
    expect(former(led(), 3)).toEqual({ tbs: [3, 2, 1, 0], entries: [2, 0] });
  });

  it('leaves what leads there out if it is far colder, or has code', () => {
    const colder = led();
    colder.tbs.set(colder.tb(0), L.TB_EXEC_COUNT, 20);
    expect(former(colder, 3)).toEqual({ tbs: [3, 2, 1], entries: [2, 1] });
    const known = led();
    known.tbs.set(known.tb(1), L.TB_REGION, 1);
    expect(former(known, 3)).toEqual({ tbs: [3, 2], entries: [2] });
  });

  it('takes a loop that has code along whole, if it leads back and there is room', () => {
    // 0 leads to the loop of 1 and 2, that to 3, and that back to 0
    const rig = new CodegenRig([1, 2, 1, 0]);
    rig.tbs.set(rig.tb(2), L.TB_JMP1, rig.tb(3));
    [1, 2].forEach((i) => rig.tbs.set(rig.tb(i), L.TB_EXEC_COUNT, 0));
    rig.tbs.set(rig.tb(1), L.TB_FUNC, 7);
    const inner = [1, 2].map((i) => rig.tb(i));
    const formed = (limits = DEFAULT_LIMITS) => formRegion(rig.tbs, rig.tb(0), limits, (tb) => (tb === inner[0] ? inner : undefined));
    expect(formed().tbs).toEqual([0, 1, 2, 3].map((i) => rig.tb(i)));
    expect(formed().entries).toEqual([0]);
    expect(formed({ ...DEFAULT_LIMITS, maxTbs: 2 }).tbs).toEqual([rig.tb(0)]);
    rig.tbs.set(rig.tb(2), L.TB_JMP0, rig.tb(3)); // no loop any more
    expect(formed().tbs).toEqual([rig.tb(0)]);
    rig.tbs.set(rig.tb(2), L.TB_JMP0, rig.tb(1));
    rig.tbs.set(rig.tb(3), L.TB_JMP0, rig.tb(3)); // it does not lead back any more
    expect(formed().tbs).toEqual([rig.tb(0)]);
  });

  it('notes once how often a loop goes round', () => {
    const rig = new CodegenRig([1, 2, 1, 3]);
    rig.tbs.set(rig.tb(2), L.TB_JMP1, rig.tb(3));
    rig.tbs.set(rig.tb(3), L.TB_EXEC_COUNT, 5);
    for (const i of [0, 1, 2]) noteTripCount(rig.tbs, rig.tb(i));
    expect([0, 1, 2].map((i) => rig.get(i, L.TB_ROUNDS))).toEqual([0, 20, 20]);
    rig.tbs.set(rig.tb(1), L.TB_EXEC_COUNT, 200);
    noteTripCount(rig.tbs, rig.tb(1));
    expect(rig.get(1, L.TB_ROUNDS)).toBe(20);
  });

  it('is entered at the hot TB if goto_ptr leads there from outside', () => {
    const rig = led();
    rig.tbs.set(rig.tb(3), L.TB_STATE, L.TB_STATE_VALID | L.TB_STATE_INDIRECT);
    expect(former(rig, 3).entries).toEqual([3, 0]);
  });

  it('stays within its size', () => {
    const rig = new CodegenRig([1, 2, 3, 0xff]);
    expect(formRegion(rig.tbs, rig.tb(0), { ...DEFAULT_LIMITS, maxTbs: 3 }).tbs).toHaveLength(3);
  });
});

describe('indirect jumps in the region former', () => {
  /** Block 0 ends with goto_ptr, which led to 1, 2 and 3; 2 lies in two pages, 3 in another one. */
  const jumps = (): CodegenRig => {
    const rig = new CodegenRig([0xff, 0, 0, 0]);
    [1, 2, 3].forEach((i, slot) => rig.tbs.set(rig.tb(0), L.TB_INDIRECT + 4 * slot, rig.tb(i)));
    [0, 1, 3].forEach((i) => rig.tbs.set(rig.tb(i), L.TB_PHYS_PAGE1, -1));
    rig.tbs.set(rig.tb(2), L.TB_PHYS_PAGE1, 8);
    rig.tbs.set(rig.tb(3), L.TB_PC, 0x2030);
    return rig;
  };

  it('puts what ran most first, and guards other pages', () => {
    const rig = jumps();
    rig.tbs.set(rig.tb(3), L.TB_EXEC_COUNT, 200);
    const region = formRegion(rig.tbs, rig.tb(0));
    const guarded = new Map(region.indirect[0].map(({ to, guarded }) => [region.tbs[to], guarded]));
    expect(region.tbs[region.indirect[0][0].to]).toBe(rig.tb(3));
    expect([1, 2, 3].map((i) => guarded.get(rig.tb(i)))).toEqual([false, true, true]);
  });

  it('stays out of them if it is told to', () => {
    const rig = jumps();
    const region = formRegion(rig.tbs, rig.tb(0), regionLimits({ indirect: false }));
    expect(region).toMatchObject({ tbs: [rig.tb(0)], indirect: [[]], entries: [0] });
  });

  it('guards a jump from the same virtual page with another physical one', () => {
    const rig = jumps();
    rig.tbs.set(rig.tb(1), L.TB_PHYS_PAGE0, 9);
    const region = formRegion(rig.tbs, rig.tb(0));
    expect(region.indirect[0]).toContainEqual({ to: region.tbs.indexOf(rig.tb(1)), guarded: true });
  });
});

describe('code generation', () => {
  it('makes the outer loop with the inner one, whose code stays', () => {
    const rig = new CodegenRig([1, 1, 0]);
    rig.tbs.set(rig.tb(1), L.TB_JMP1, rig.tb(2));
    rig.tbs.set(rig.tb(2), L.TB_EXEC_COUNT, 1);
    rig.tbs.set(rig.tb(0), L.TB_EXEC_COUNT, 1);
    rig.generator.tbHot(rig.tb(1));
    const inner = rig.get(1, L.TB_FUNC);
    expect(rig.generator.stats.tbs).toBe(1);
    for (const i of [0, 2]) rig.tbs.set(rig.tb(i), L.TB_EXEC_COUNT, 100);
    rig.generator.tbHot(rig.tb(0));
    expect(rig.generator.stats.tbs).toBe(4);
    expect(rig.get(1, L.TB_FUNC)).toBe(inner);
    expect([0, inner]).not.toContain(rig.get(0, L.TB_FUNC));
  });

  it('installs a region that runs', () => {
    const rig = new CodegenRig([1, 2, 0]);
    rig.generator.tbHot(rig.tb(1));
    expect(rig.get(1, L.TB_FUNC)).not.toBe(0);
    expect([rig.get(0, L.TB_FUNC), rig.get(2, L.TB_FUNC)]).toEqual([0, 0]);
    expect(rig.run(1, 10)).toBe(rig.tb(1) | 1);
    expect(rig.generator.stats).toMatchObject({ regions: 1, tbs: 3, insns: 3, errors: 0 });
  });

  it.each([
    [true, 'code generation: Error: no region'],
    [false, undefined],
  ])('checking (%s): what cannot be made ends the run', (check, message) => {
    const rig = new CodegenRig([1, 2, 0], { tuning: { check } });
    rig.compiler.generate = ({ batch }) => ({
      kind: 'generated', batch, functions: [], bytes: 0, insns: 0,
      times: { translateMs: 0, lowerMs: 0, emitMs: 0, compileMs: 0 }, error: 'Error: no region',
    }); // prettier-ignore
    rig.generator.tbHot(rig.tb(1));
    expect(rig.generator.stats.errors).toBe(1);
    const poll = expect(() => rig.generator.poll());
    if (message === undefined) poll.not.toThrow();
    else poll.toThrow(message);
  });

  it('drops a region when one of its TBs is invalidated, and makes another when it is hot again', () => {
    const rig = new CodegenRig([1, 2, 0]);
    rig.generator.tbHot(rig.tb(0));
    rig.invalidate(1);
    expect(rig.get(0, L.TB_FUNC)).toBe(0);
    expect(rig.get(0, L.TB_STATE)).toBe(L.TB_STATE_VALID);
    expect(rig.generator.cache.moduleCount).toBe(0);
    rig.tbs.set(rig.tb(0), L.TB_JMP0, 0);
    rig.generator.tbHot(rig.tb(0));
    expect(rig.run(0, 10)).toBe(rig.tb(0));
  });

  it('does not install what was invalidated or written to while the worker was at it', () => {
    const queue: GenerateRequest[] = [];
    let replies: GenerateReply[] = [];
    const worker: CodegenWorker = {
      compiler: 'tiered',
      post: (message) => void (message.kind === 'generate' && queue.push(message)),
      receive: () => replies.splice(0),
      close: () => {},
    };
    const rig = new CodegenRig([1, 0, 3, 2, 5, 4], { worker });
    for (const i of [0, 2, 4]) rig.generator.tbHot(rig.tb(i));
    rig.generator.poll();
    rig.bytes[CODE + 16 * 4] = 0xff; // its TB has other goto_tbs now, but the same size: the runtime's invalidation tells
    rig.invalidate(4);
    rig.invalidate(3);
    replies = queue.map((request) => rig.compiler.generate(request));
    rig.generator.poll();
    expect([0, 2, 4].map((i) => rig.get(i, L.TB_FUNC) !== 0)).toEqual([true, false, false]);
    expect(rig.generator.stats.stale).toBe(2);
  });

  it('keeps what is used when the cache is full', () => {
    const rig = new CodegenRig([0, 1, 2, 3, 4], { tuning: { cache: { bytes: 1 << 20, modules: 2 } } });
    rig.generator.tbHot(rig.tb(0));
    rig.generator.tbHot(rig.tb(1));
    rig.run(0, 3);
    rig.generator.tbHot(rig.tb(2));
    expect([0, 1, 2].map((i) => rig.get(i, L.TB_FUNC) !== 0)).toEqual([true, false, true]);
    expect(rig.generator.cache.evictions).toBe(1);
  });

  it('forgets everything at a flush, and lets go of the modules one a slice', () => {
    const rig = new CodegenRig([0, 1, 2]);
    const slots = [0, 1, 2].map((i) => {
      rig.generator.tbHot(rig.tb(i));
      return rig.get(i, L.TB_FUNC);
    });
    const left = () => slots.filter((slot) => rig.table.get(slot) !== null).length;
    rig.flush();
    expect(rig.generator.cache).toMatchObject({ regionCount: 0, moduleCount: 0, trackedTbs: 0, bytes: 0 });
    expect(left()).toBe(3);
    rig.generator.poll();
    expect(left()).toBe(2);
    rig.flush(); // none of that flush's when the next one comes
    expect(left()).toBe(0);
  });

  it('stays within bounds while code changes without end', () => {
    const all = Array.from({ length: 8 }, (_, i) => i);
    const rig = new CodegenRig(all, { tuning: { cache: { bytes: 1 << 20, modules: 5 } } });
    for (let round = 1; round <= 9; round++) {
      for (const i of all) rig.generator.tbHot(rig.tb(i));
      expect(rig.generator.cache).toMatchObject({ moduleCount: 5, regionCount: 5, trackedTbs: 5 });
      if (round % 3 === 0) rig.flush();
      else all.forEach((i) => rig.invalidate(i));
      all.forEach((i) => rig.renew(i, round));
      rig.generator.poll();
    }
    for (let slice = 0; slice < 5; slice++) rig.generator.poll();
    expect(Array.from({ length: rig.table.length }, (_, slot) => rig.table.get(slot)).filter((func) => func !== null)).toEqual([]);
  });

  it('leaves a page alone whose code keeps changing, for twice as long each time', () => {
    const rig = new CodegenRig([1, 0]);
    const hotUntilMade = () => {
      for (let n = 1; n < 20; n++) {
        rig.tbs.set(rig.tb(0), L.TB_STATE, L.TB_STATE_VALID); // a new TB in the same place
        rig.tbs.set(rig.tb(1), L.TB_STATE, L.TB_STATE_VALID);
        rig.generator.tbHot(rig.tb(0));
        if (rig.get(0, L.TB_FUNC) !== 0) return n;
      }
      return Infinity;
    };
    const tries: number[] = [];
    for (let round = 0; round < 5; round++) {
      tries.push(hotUntilMade());
      rig.invalidate(0);
      rig.tbs.set(rig.tb(0), L.TB_FUNC, 0);
    }
    expect(tries).toEqual([1, 1, 2, 4, 8]);
  });
});

/** A worker that answers when told to. */
class SlowWorker implements CodegenWorker {
  readonly compiler = 'tiered';
  readonly requests: GenerateRequest[] = [];
  private replies: GenerateReply[] = [];
  post(message: { kind: string }): void {
    if (message.kind === 'generate') this.requests.push(message as GenerateRequest);
  }
  receive(): GenerateReply[] {
    return this.replies.splice(0);
  }
  close(): void {}
  /** Answers all, as if each had taken `ms`. */
  answer(rig: CodegenRig, ms = 0): void {
    this.replies.push(
      ...this.requests
        .splice(0)
        .map((request) => ({ ...rig.compiler.generate(request), times: { translateMs: ms, lowerMs: 0, emitMs: 0, compileMs: 0 } })),
    );
  }
  /** First TBs of the regions asked for. */
  get asked(): number[] {
    return this.requests.flatMap(({ regions }) => regions.map(({ tbs }) => tbs[0].tb));
  }
}

describe('code generation in a worker', () => {
  const SELF_LOOPS = Array.from({ length: 40 }, (_, i) => i);

  it('asks for the hottest first, and not for what has become part of something else meanwhile', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig([1, 0, 2, 3], { worker });
    rig.tbs.set(rig.tb(2), L.TB_EXEC_COUNT, 5000);
    for (const i of [0, 1, 2, 3]) rig.generator.tbHot(rig.tb(i));
    rig.invalidate(3);
    expect(worker.asked).toEqual([]); // nothing is posted in the middle of guest code
    rig.generator.poll();
    expect(worker.asked).toEqual([rig.tb(2), rig.tb(0)]);
    worker.answer(rig);
    rig.generator.poll();
    expect(rig.get(2, L.TB_FUNC)).not.toBe(0);
  });

  it('does not ask for a loop a second time because another TB of it got hot while its code was made', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig([1, 0], { worker });
    rig.generator.tbHot(rig.tb(0));
    rig.generator.poll();
    worker.answer(rig);
    rig.generator.tbHot(rig.tb(1)); // reported in the slice that ends with the answer
    rig.generator.poll();
    expect(rig.get(0, L.TB_FUNC)).not.toBe(0);
    expect(worker.asked).toEqual([]);
    rig.tbs.set(rig.tb(1), L.TB_EXEC_COUNT, 100); // tci goes on coming there: it wants an entry
    rig.generator.tbHot(rig.tb(1));
    rig.generator.poll();
    expect(worker.asked).toEqual([rig.tb(1)]);
  });

  it('keeps few batches under way, and takes what gathers as the next', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig(SELF_LOOPS, { worker });
    for (let i = 0; i < 5; i++) {
      rig.generator.tbHot(rig.tb(i));
      rig.generator.poll();
    }
    expect(worker.requests).toHaveLength(2);
    expect(rig.generator.tiering.queue.length).toBe(3);
    worker.answer(rig);
    rig.generator.poll();
    expect(worker.requests).toHaveLength(1);
    expect(worker.asked).toHaveLength(3);
  });

  it('does not ask twice for a TB that waits, or is under way', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig([0], { worker });
    for (let n = 0; n < 3; n++) {
      rig.generator.tbHot(rig.tb(0));
      rig.generator.tbHot(rig.tb(0));
      rig.generator.poll();
    }
    expect(worker.asked).toEqual([rig.tb(0)]);
  });

  it('leaves memory alone that held a TB before a flush', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig([0], { worker });
    rig.generator.tbHot(rig.tb(0));
    rig.generator.poll();
    rig.flush();
    rig.bytes.fill(L.TB_STATE_VALID | L.TB_STATE_QUEUED, rig.tb(0), rig.tb(1)); // the code of another TB
    const before = rig.bytes.slice(rig.tb(0), rig.tb(1));
    rig.tbs.set(rig.tb(0), L.TB_FUNC, 0);
    worker.answer(rig);
    rig.generator.poll();
    before.set([0, 0, 0, 0], L.TB_FUNC);
    expect(rig.bytes.slice(rig.tb(0), rig.tb(1))).toEqual(before);
    expect(rig.generator.info()).toMatchObject({ regions: 0, cache: { stale: 1 }, queue: { inFlight: 0 } });
  });

  it('bounds the share of time that the worker takes', () => {
    const worker = new SlowWorker();
    let now = 0;
    const rig = new CodegenRig(SELF_LOOPS, { worker, now: () => now });
    rig.generator.tbHot(rig.tb(0));
    rig.generator.poll();
    worker.answer(rig, 5000);
    now = 1000;
    rig.generator.tbHot(rig.tb(1));
    rig.generator.poll();
    expect(rig.get(0, L.TB_FUNC)).not.toBe(0);
    expect(worker.asked).toEqual([]);
    now = 60_000;
    rig.generator.poll();
    expect(worker.asked).toEqual([rig.tb(1)]);
  });

  it('gives a TB that lost more in tci than its code costs that code, whatever the share', () => {
    const worker = new SlowWorker();
    const rig = new CodegenRig(SELF_LOOPS, { worker, now: () => 0 });
    rig.generator.tbHot(rig.tb(0));
    rig.generator.poll();
    worker.answer(rig, 5000);
    for (const i of [1, 2]) rig.generator.tbHot(rig.tb(i));
    rig.tbs.set(rig.tb(1), L.TB_EXEC_COUNT, 1e6);
    rig.tbs.set(rig.tb(2), L.TB_EXEC_COUNT, 1e8);
    rig.generator.poll();
    expect(worker.asked).toEqual([rig.tb(2)]);
    expect(rig.generator.tiering.queue.length).toBe(1);
  });

  it('adapts the threshold to the backlog', () => {
    const worker = new SlowWorker();
    let now = 0;
    const set: number[] = [];
    const rig = new CodegenRig(SELF_LOOPS, { worker, now: () => now, setThreshold: (count) => set.push(count) });
    const first = rig.generator.defaultThreshold;
    expect(rig.generator.reportedEvery).toBe(BURST);
    rig.tbs.set(rig.tb(0), L.TB_EXEC_COUNT, first);
    rig.generator.tbHot(rig.tb(0));
    rig.generator.poll();
    for (let n = 0; n < 100; n++) rig.generator.tiering.queue.add(rig.tb(0) + n * 4096);
    rig.generator.poll();
    expect(set).toEqual([2 * first]);
    rig.generator.tiering.queue.clear();
    now = 10_000;
    rig.generator.poll();
    expect(set).toEqual([2 * first, BURST]);
  });

  it('makes code of what runs often at once before it has run as often as other code', () => {
    const worker = new SlowWorker();
    let now = 0;
    const rig = new CodegenRig(SELF_LOOPS, { worker, now: () => now, setThreshold: () => undefined });
    const waiting = (i: number, times: number[]): number => {
      rig.generator.tiering.queue.clear();
      times.forEach((ms, k) => {
        now = 1e6 * i + ms;
        rig.tbs.set(rig.tb(i), L.TB_EXEC_COUNT, BURST * (k + 1));
        rig.generator.tbHot(rig.tb(i));
      });
      return rig.generator.tiering.queue.length;
    };
    expect(waiting(0, [0])).toBe(0);
    expect(waiting(1, [0, 8])).toBe(1);
    expect(waiting(2, [0, 9])).toBe(0);
    expect(waiting(3, [0, 9, 33])).toBe(1);
    expect(waiting(4, [0, 9, 34])).toBe(0);
    expect(waiting(5, [0, 50, 100, 140])).toBe(1);
    expect(waiting(6, [0, 50, 100, 150, 200, 250, 300])).toBe(0);
    expect(waiting(7, [0, 50, 100, 150, 200, 250, 300, 350])).toBe(1);
    rig.generator.tbFlushed();
    expect(waiting(1, [0])).toBe(0);
  });

  it('the threshold comes back to where it began, and no further', () => {
    const set: number[] = [];
    const threshold: HotThreshold = new HotThreshold(1 << 14, () => set.push(threshold.value));
    for (const [i, waiting] of [100, 100, 10, 0, 0, 0].entries()) threshold.adjust(1000 * i, waiting);
    expect(set).toEqual([15, 16, 15, 14].map((bits) => 1 << bits));
  });

  it('sends the colder half of an overlong queue back into tci', () => {
    const rig = new CodegenRig(SELF_LOOPS);
    const queue = new HotQueue(rig.tbs, 8);
    SELF_LOOPS.slice(0, 9).forEach((i) => {
      rig.tbs.set(rig.tb(i), L.TB_EXEC_COUNT, 1000 + i);
      queue.add(rig.tb(i));
    });
    expect(queue.drain()).toEqual([8, 7, 6, 5].map((i) => rig.tb(i)));
    expect(queue.turnedAway).toBe(5);
    expect(rig.get(4, L.TB_EXEC_COUNT)).toBe(0);
    expect(rig.get(5, L.TB_EXEC_COUNT)).toBe(1005);
  });
});
