/** What the plugins that come with wemu are made of; with guests: tests/guest/plugins.test.ts. */
import { describe, expect, it } from 'vitest';
import { parsePlugin, pluginHelp, readArguments } from '../plugin/arguments.js';
import { Cache, shapeProblem } from './cache-model.js';
import cache from './cache.js';
import { CallStack, collapsed, totalOf, type BlockFacts } from './call-stack.js';
import { collect, lcov } from './coverage.js';
import { flameSvg } from './flame-svg.js';
import insn from './insn.js';

describe('arguments', () => {
  it("are given in QEMU's two ways", () => {
    expect(parsePlugin('insn,inline=off,arg=sizes=on,arg=match')).toMatchObject({
      file: 'insn',
      args: { inline: 'off', sizes: 'on', match: 'on' },
    });
    expect(parsePlugin('file=./a.js')).toMatchObject({ file: './a.js', args: {}, wantsHelp: false });
    expect(parsePlugin('insn,help').wantsHelp).toBe(true);
    expect(() => parsePlugin('')).toThrow('a plugin has a file');
    expect(() => parsePlugin('x,arg==1')).toThrow("invalid argument '=1'");
  });
  it('are what the plugin says', () => {
    expect(readArguments(insn, { inline: 'off' })).toEqual({ inline: false, sizes: false, match: undefined });
    expect(readArguments(cache, { cores: 2, l2: true })).toMatchObject({ cores: 2, l2: true, evict: 'lru', limit: 32 });
    expect(() => readArguments(insn, { inlin: 'on' })).toThrow("the plugin 'insn' has no argument 'inlin'; did you mean 'inline'?");
    expect(() => readArguments(cache, { evict: 'mru' })).toThrow("invalid value 'mru' (expected one of lru, fifo, rand)");
    expect(() => readArguments(cache, { limit: 'x' })).toThrow('limit');
    expect(pluginHelp(insn)).toContain('inline          count in the code itself');
  });
});

describe('cache model', () => {
  const two = { size: 128, block: 64, ways: 2 };
  it('throws out what was used longest ago, or came first', () => {
    const hits = (policy: 'lru' | 'fifo'): boolean[] => {
      const model = new Cache(two, policy);
      return [0, 64, 0, 128, 0, 64].map((address) => model.access(address));
    };
    expect(hits('lru')).toEqual([false, false, true, false, true, false]);
    expect(hits('fifo')).toEqual([false, false, true, false, false, false]);
  });
  it('counts, and has sets', () => {
    const model = new Cache({ size: 256, block: 64, ways: 2 }, 'rand');
    for (const address of [0, 1, 63, 64, 128, 0]) model.access(address);
    expect([model.accesses, model.misses]).toEqual([6, 3]);
  });
  it('is of sizes that fit', () => {
    expect(shapeProblem(two)).toBeUndefined();
    expect(shapeProblem({ size: 100, block: 64, ways: 1 })).toMatch(/divisible by block size/);
    expect(shapeProblem({ size: 192, block: 64, ways: 2 })).toMatch(/divisible by set size/);
    expect(shapeProblem({ size: 0, block: 64, ways: 2 })).toMatch(/above 0/);
    expect(shapeProblem({ size: 192, block: 64, ways: 1 })).toMatch(/powers of two/);
  });
});

describe('call stack', () => {
  const block = (name: string, start: number, end: BlockFacts['end'], insns = 1): BlockFacts => ({
    ...{ name, start: BigInt(start), next: BigInt(start + 4), insns, end },
  });
  const run = (...steps: (BlockFacts | { trap: number; isWhole: boolean })[]): string => {
    const stack = new CallStack();
    for (const step of steps) {
      if ('trap' in step) stack.trap(BigInt(step.trap), step.isWhole);
      else stack.enter(step);
    }
    return collapsed(stack.root);
  };
  it('follows calls and returns', () => {
    expect(
      run(
        block('main', 0, 'call'),
        block('f', 100, 'call'),
        block('g', 200, 'return'),
        block('f', 104, 'return'),
        block('main', 4, 'other'),
      ),
    ).toBe('main 2\nmain;f 2\nmain;f;g 1\n');
  });
  it('takes a jump to another function for its replacement', () => {
    expect(run(block('main', 0, 'call'), block('f', 100, 'other'), block('g', 200, 'return'), block('main', 4, 'other'))).toBe(
      'main 2\nmain;f 1\nmain;g 1\n',
    );
  });
  it('returns from traps, also from one that came right behind a call', () => {
    expect(run(block('main', 0, 'other'), { trap: 4, isWhole: false }, block('trap', 900, 'return'), block('main', 8, 'other'))).toBe(
      'main 2\nmain;trap 1\n',
    );
    expect(
      run(
        ...[block('main', 0, 'call'), { trap: 100, isWhole: true }, block('irq', 900, 'return'), block('f', 100, 'return')],
        block('main', 4, 'other'),
      ),
    ).toBe('main 2\nmain;irq 1\nmain;f 1\n');
  });
  it('is drawn', () => {
    const stack = new CallStack();
    stack.enter(block('a<b>', 0, 'call', 3));
    stack.enter(block('f', 100, 'other', 1));
    const svg = flameSvg(stack.root, 'test');
    expect(totalOf(stack.root)).toBe(4);
    expect(svg).toContain('<title>a&lt;b&gt; (4 instructions, 100.00%)</title>');
    expect(svg).toContain('<title>f (1 instructions, 25.00%)</title>');
    expect(svg.match(/<g>/g)?.length).toBe(svg.match(/<\/g>/g)?.length);
  });
});

it('coverage is written as lcov has it', () => {
  const row = (address: bigint, line: number, isEnd = false) => ({ address, file: '/src/a.c', line, isEnd });
  const files = collect(
    [row(0n, 1), row(4n, 2), row(8n, 2), row(12n, 3), row(16n, 3, true)],
    [{ name: 'f', address: 0n }],
    (at) => at / 2n,
  );
  expect(lcov(files)).toBe('TN:\nSF:/src/a.c\nFN:1,f\nFNDA:0,f\nFNF:1\nFNH:0\nDA:1,0\nDA:2,4\nDA:3,6\nLF:3\nLH:2\nend_of_record\n');
});
