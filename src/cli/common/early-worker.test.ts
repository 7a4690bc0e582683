import { expect, it } from 'vitest';
import { wantsCodegenWorker } from './early-worker.js';

it.each([
  ['embedded', true],
  ['linux -- uname -a', true],
  ['linux --accel tcg,threshold=1000', true],
  ['-M virt -kernel Image', true],
  ['--machine virt --kernel=Image', true],
  ['-M virt -bios Image -accel tcg', true],
  ['-M virt -kernel tiny -initrd Image', true],
  ['-M virt -kernel tiny', false],
  ['-M virt -kernel', false],
  ['', false],
  ['bench --workload int', false],
  ['-M help', false],
  ['--version', false],
  ['linux --help', false],
  ['-M virt -kernel Image -cpu help', false],
  ['linux --accel tci', false],
  ['linux --accel tcg,backend=tci', false],
  ['linux --accel tcg,thread=sync', false],
  ['linux --accel tcg,code-cache=on', true],
  ['linux --accel tcg,code-cache=off', true],
])("a worker is started early for 'wemu %s': %s", (line, wanted) => {
  expect(wantsCodegenWorker(line.split(' '), (path) => (path === 'Image' ? 1 << 20 : path === 'tiny' ? 1000 : 0))).toBe(wanted);
});
