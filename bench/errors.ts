/** A benchmark cannot be run, or its result is wrong: one line for the user, status 1. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
