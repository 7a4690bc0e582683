import { expect, it } from 'vitest';
import { wantsCodegenWorker } from './early-worker.js';

it.each([
  ['embedded', true],
  ['linux -- uname -a', true],
  ['embedded --accel tcg,threshold=1000', true],
  ['-M virt -kernel Image', true],
  ['--machine virt --kernel=Image', true],
  ['-M virt -bios fw.bin -accel tcg', true],
  ['', false],
  ['bench --workload int', false],
  ['-M help', false],
  ['--version', false],
  ['linux --help', false],
  ['-M virt -kernel Image -cpu help', false],
  ['embedded --accel tci', false],
  ['embedded --accel tcg,backend=tci', false],
  ['embedded --accel tcg,thread=sync', false],
  ['embedded --accel tcg,code-cache=on', true],
  ['embedded --accel tcg,code-cache=off', true],
])("a worker is started early for 'wemu %s': %s", (line, wanted) => {
  expect(wantsCodegenWorker(line.split(' '))).toBe(wanted);
});
