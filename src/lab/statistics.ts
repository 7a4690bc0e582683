/** Order statistics: timings are skewed, so medians, quartiles and ranges instead of means and deviations. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Interquartile range: [first, third] quartile. */
  readonly quartiles: readonly [number, number];
  readonly count: number;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Between neighbours, linear; 0 is the least, 1 the greatest value. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError('a quantile of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    min: quantile(values, 0),
    max: quantile(values, 1),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    count: values.length,
  };
}

/** Geometric mean of positive numbers: the mean of ratios that does not depend on which side is the divisor. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the geometric mean of nothing');
  if (values.some((value) => !(value > 0))) throw new RangeError('the geometric mean is of positive numbers');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
