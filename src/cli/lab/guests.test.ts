import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chooseWorkloads } from '../../lab/workloads.js';
import { realScript } from './guests.js';

const real = chooseWorkloads(['real'], (name) => {
  throw new Error(name);
});

it('every real workload has its script, and every script its workload', () => {
  const scripts = readdirSync(new URL('../../../guests/real', import.meta.url)).filter((name) => name.endsWith('.sh') && name !== 'run.sh');
  expect(scripts).toEqual(real.map((name) => `${name.slice('real-'.length)}.sh`).sort());
});

it('what programs need is made before the guest is ready', () => {
  const lines = realScript(['real-lua', 'real-bc'], (name) => (name === 'real-lua' ? 7 : 2)).split('\n');
  expect(lines.slice(-5)).toEqual([
    'chroot /mnt /bin/bash /tmp/real/run.sh prepare lua </dev/null',
    'chroot /mnt /bin/bash /tmp/real/run.sh prepare bc </dev/null',
    "echo 'lab: ready'",
    'chroot /mnt /tmp/lab run real-lua /bin/bash /tmp/real/run.sh work lua 7 </dev/null',
    'chroot /mnt /tmp/lab run real-bc /bin/bash /tmp/real/run.sh work bc 2 </dev/null',
  ]);
});
