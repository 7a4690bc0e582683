/** Firmware and installer as Debian ships them: OpenSBI with U-Boot, and the installer on the serial console. */
import { afterEach, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { hasPty, Session } from '../support/session.js';

let session: Session;
afterEach(() => session?.kill());

await describeGuest('U-Boot', ['firmware', 'uboot'], ({ firmware, uboot }) => {
  it('comes to its prompt under OpenSBI, and answers', async () => {
    session = Session.pipes(['-M', 'virt', '-accel', 'tci', '-bios', firmware, '-kernel', uboot]);
    await session.expect(/OpenSBI v/, 20_000);
    await session.expect(/U-Boot 20\d\d\.\d\d/, 20_000);
    await session.expect('Hit any key to stop autoboot', 20_000);
    session.send('\n');
    await session.expect('=> ', 40_000);
    session.send('version\n');
    await session.expect(/U-Boot 20\d\d\.\d\d[^\n]*\r?\n/, 10_000);
    await session.expect('=> ', 10_000);
    session.send('poweroff\n');
    expect(await session.ended(20_000)).toBe(0);
  });
});

await describeGuest("Debian's installer", ['firmware', 'diKernel', 'diInitrd'], ({ firmware, diKernel, diInitrd }) => {
  it.skipIf(!hasPty)('shows its first dialog on the serial console', async () => {
    const args = [
      '-M',
      'virt',
      '-m',
      '1G',
      '-accel',
      'tcg',
      '-bios',
      firmware,
      '-kernel',
      diKernel,
      '-initrd',
      diInitrd,
      '-append',
      'console=ttyS0',
    ];
    session = Session.terminal(args);
    await session.expect(/OpenSBI v/, 20_000);
    await session.expect(/Choose the language|Select a language/, 150_000);
  });
});
