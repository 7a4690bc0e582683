/** Firmware as Debian ships it: OpenSBI with U-Boot. */
import { afterEach, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { Session } from '../support/session.js';

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
