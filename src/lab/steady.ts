/** Warm-up from a series of samples: how fast a run is in the end, and when it got there. */
import { median } from './statistics.js';

/** Milliseconds since the run began, and guest instructions executed by then. */
export type Sample = readonly [ms: number, instructions: number];

export interface Steady {
  /** Median speed of the second half of the run. */
  readonly mips: number;
  /** Since the run began: from here on it is at nine tenths of that, if one looks at three samples together. */
  readonly seconds: number;
}

const NEAR = 0.9;
const WINDOW = 3;
const LEAST_SAMPLES = 8;

/** Guest instructions a microsecond between samples. */
export function speeds(samples: readonly Sample[]): { readonly seconds: number; readonly mips: number }[] {
  return samples.slice(1).flatMap(([ms, instructions], i) => {
    const [before, then] = samples[i];
    return ms > before ? [{ seconds: ms / 1000, mips: (instructions - then) / (ms - before) / 1000 }] : [];
  });
}

/** Undefined if the run is too short to tell. */
export function steadyState(samples: readonly Sample[]): Steady | undefined {
  const series = speeds(samples);
  if (series.length < LEAST_SAMPLES) return undefined;
  const mips = median(series.slice(series.length >> 1).map((point) => point.mips));
  if (mips <= 0) return undefined;
  const isNear = (at: number): boolean => {
    const window = series.slice(at, at + WINDOW);
    return window.reduce((sum, point) => sum + point.mips, 0) / window.length >= NEAR * mips && window[0].mips >= NEAR * mips;
  };
  const reached = series.findIndex((_, at) => isNear(at));
  return reached < 0 ? undefined : { mips, seconds: samples[reached][0] / 1000 };
}
