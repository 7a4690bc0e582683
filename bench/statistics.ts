/** Order statistics: timings are skewed, so medians and ranges instead of means and deviations. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length };
}

/** Geometric mean of positive numbers: the mean of ratios that does not depend on which side is the divisor. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the geometric mean of nothing');
  if (values.some((value) => !(value > 0))) throw new RangeError('the geometric mean is of positive numbers');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
