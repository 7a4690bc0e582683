/** Tests with seeds in a row, for a while: `WEMU_FUZZ_SECONDS`, from `WEMU_SEED` on. */
import { SeededRandom } from '../src/util/random.js';

/** Of each test: half a minute, about, of all tests that have a host with faults. */
const SECONDS = Number(process.env['WEMU_FUZZ_SECONDS'] ?? 3);
const SEED = Number(process.env['WEMU_SEED'] ?? Date.now() % 2 ** 31);
export const TIMEOUT = SECONDS * 1000 + 60_000;

/** `after` ends each turn, whatever came of it. How many turns there were. @throws what the first bad one did, with its seed */
export async function repeat(
  body: (random: SeededRandom, seed: number) => void | Promise<void>,
  after: () => void = () => {},
): Promise<number> {
  const until = performance.now() + SECONDS * 1000;
  let seed = SEED;
  for (; performance.now() < until; seed++) {
    try {
      await body(new SeededRandom(seed), seed);
    } catch (error) {
      throw new Error(`WEMU_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      after();
    }
  }
  return seed - SEED;
}
