import { expect, test } from './fixtures.js';

test('a shell of Debian', async ({ guest }) => {
  await guest.waitFor(/~ # $/);
  expect(await guest.run('uname -m')).toBe('riscv64');
  expect(await guest.run('seq 3')).toBe('1\n2\n3');
  expect(await guest.register('pc')).toBeGreaterThan(0n);
});
