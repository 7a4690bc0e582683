// npm run fuzz -- [--seconds N] [--seed N] [--target NAME]: what fuzz/ gives to each of its targets, for longer than `npm test` does (docs/testing.md).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `usage: npm run fuzz -- [--seconds N] [--seed N] [--target NAME]
  --seconds N   of each target (default 60)
  --seed N      where the random numbers begin: that of a failure makes its input the first one (default: the time)
  --target NAME only the tests with this in their names
`;

function stop(message) {
  process.stderr.write(`fuzz: ${message}\n${HELP}`);
  process.exit(1);
}

function options() {
  try {
    const string = { type: 'string' };
    return parseArgs({ options: { seconds: string, seed: string, target: string, help: { type: 'boolean' } } }).values;
  } catch (error) {
    return stop(error.message);
  }
}

const { seconds = '60', seed, target, help } = options();
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!(Number(seconds) > 0)) stop(`--seconds ${seconds} is no number of seconds`);
if (seed !== undefined && !(Number.isSafeInteger(Number(seed)) && Number(seed) >= 0)) stop(`--seed ${seed} is no whole number`);

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const args = ['run', '--project', 'fuzz', ...(target === undefined ? [] : ['-t', target])];
const env = { ...process.env, WEMU_FUZZ_SECONDS: seconds, WEMU_SEED: seed ?? String(Date.now() % 2 ** 31) };
const { status } = spawnSync(process.execPath, [vitest, ...args], {
  cwd: dirname(dirname(fileURLToPath(import.meta.url))),
  stdio: 'inherit',
  env,
});
process.exitCode = status ?? 1;
