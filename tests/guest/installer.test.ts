/** Debian's installer, on the serial console. A minute and a half of unpacking and looking for hardware: `.ci/run` asks for it where there is time. */
import { afterEach, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { hasPty, Session } from '../support/session.js';

const isWanted = process.env['WEMU_INSTALLER'] === '1';

let session: Session;
afterEach(() => session?.kill());

await describeGuest("Debian's installer", ['firmware', 'diKernel', 'diInitrd'], ({ firmware, diKernel, diInitrd }) => {
  it.skipIf(!hasPty || !isWanted)('shows its first dialog on the serial console (WEMU_INSTALLER=1)', async () => {
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
