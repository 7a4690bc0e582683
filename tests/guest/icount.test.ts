/** -icount: guest time is made of instructions, so a run repeats byte for byte, on every engine. */
import { expect, describe, it } from 'vitest';
import { buildInitramfs } from '../../src/node/guest/initramfs.js';
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeGuest } from '../support/guest-files.js';
import { wemu } from '../support/session.js';

describe('the embedded guest with -icount', () => {
  const run = (accel: string) => wemu(['embedded', '--icount', 'shift=3', '--accel', accel, '--append', 'scale=1']).stdout;

  it.each(['tci', 'tcg,thread=sync', 'tcg,thread=worker'])('prints the same times and rates again, with -accel %s', (accel) => {
    const first = run('tci');
    expect(first).toContain('all checks passed');
    expect(run(accel)).toBe(first);
  });
});

await describeGuest('Linux with -icount', ['kernel', 'busybox', 'firmware'], ({ kernel, busybox, firmware }) => {
  it('boots alike, timestamps and all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-icount-'));
    try {
      const initrd = join(folder, 'initrd');
      const command = ['sh', '-c', 'head -c 16 /dev/urandom | md5sum; cat /proc/uptime /proc/interrupts'];
      writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(busybox), command }));
      const run = (accel: string) =>
        wemu(
          ['-M', 'virt', '-accel', accel, '-icount', 'shift=3', '-seed', '7', '-rtc', 'base=2026-01-01', '-bios', firmware, '-kernel', kernel,
            '-initrd', initrd, '-append', 'console=ttyS0', '-m', '256'],
          { timeout: 90_000 },
        ); // prettier-ignore
      const first = run('tci');
      expect(first.stdout).toContain('reboot: Power down');
      expect(first.status).toBe(0);
      expect(run('tcg,thread=sync').stdout).toBe(first.stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
