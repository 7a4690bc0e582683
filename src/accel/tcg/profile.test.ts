import { describe, expect, it } from 'vitest';
import { ENV_ACTIVITY, ENV_LAST_TB, ENV_PC, TB_PC } from '../../../assembly/shared/layout.js';
import { helperWrappers } from './helper-wrappers.js';
import { Activity, Profile, takeSample, type ProfileRequest } from './profile.js';

const ENV = 0x1000;
const TB = 0x4000;

function setup() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(memory.buffer);
  let request!: ProfileRequest;
  const profile = new Profile(memory, ENV, (made) => ((request = made), () => {}));
  const sample = (n: number): void => {
    for (let k = 0; k < n; k++) takeSample(words, request.cell, new Int32Array(request.table));
  };
  const pc = (value: number): void => void (words[(ENV + ENV_PC) >> 2] = value);
  const tb = (value: number): void => void ([words[(ENV + ENV_LAST_TB) >> 2], words[(TB + TB_PC) >> 2]] = value ? [TB, value] : [0, 0]);
  return { memory, words, profile, sample, pc, tb };
}

describe('a profile', () => {
  it('counts by activity, and by symbol or range of the pc', () => {
    const { profile, sample, pc, tb } = setup();
    sample(2);
    pc(0x100);
    profile.during(Activity.Guest, ENV, () => {
      sample(3);
      profile.during(Activity.Mmio, ENV, () => sample(1));
      tb(0x2010);
      sample(2);
      profile.during(Activity.Codegen, 0, () => sample(2));
    });
    const { samples, shares, functions } = profile.info((at) => (at === 0x100n ? 'main' : undefined));
    expect(samples).toBe(10);
    expect(shares).toEqual({ other: 0.2, generated: 0.3, tci: 0.2, helpers: 0, mmio: 0.1, translation: 0, codegen: 0.2 });
    expect(functions).toEqual([
      { name: 'main', samples: 4, share: 4 / 6 },
      { name: '0x2000-0x20ff', samples: 2, share: 2 / 6 },
    ]);
  });

  it('wraps helpers: they are called with all they are given, and tell that they run', () => {
    const { memory, words, profile } = setup();
    const seen: unknown[] = [];
    const wrappers = new WebAssembly.Module(
      helperWrappers([{ name: 'a', args: 2, result: true }, { name: 'b', args: 0, result: false }], profile.cell), // prettier-ignore
    );
    const tell = (...args: unknown[]): bigint => (seen.push(...args, words[(ENV + ENV_ACTIVITY) >> 2]), 7n);
    const { helper_a: a, helper_b: b } = new WebAssembly.Instance(wrappers, { m: { m: memory }, r: { helper_a: tell, helper_b: tell } })
      .exports as Record<string, (...args: unknown[]) => unknown>;
    expect(a(ENV, 5n, -6n)).toBe(7n);
    expect(b(ENV)).toBeUndefined();
    expect(seen).toEqual([ENV, 5n, -6n, ENV | Activity.Helper, ENV, ENV | Activity.Helper]);
    expect(words[(ENV + ENV_ACTIVITY) >> 2]).toBe(ENV | Activity.Guest);
  });
});
