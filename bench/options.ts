/** How the benches' options are read. */
import { InvalidArgumentError } from 'commander';

/** For options that may be given again. */
export const more = (value: string, before: readonly string[]): string[] => [...before, value];

/** @throws InvalidArgumentError */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}
