// What the page serves beside its own code, into build/web: the engines, our guests, and Debian's files, fetched as `wemu linux` fetches them. Without a network the
// page is made without Debian. `--no-debian` leaves it out on purpose.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInitramfs, fetchGuestFiles, GuestUnavailable } from '../dist/src/node/index.js';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(top, 'build/web');
mkdirSync(join(out, 'guests/debian'), { recursive: true });
for (const engine of ['wemu.wasm', 'wemu-ppc.wasm']) copyFileSync(join(top, 'build', engine), join(out, engine));
for (const guest of ['embedded.elf', 'cpiom.bin']) copyFileSync(join(top, 'guests', guest), join(out, 'guests', guest));

const progress = { start: (what) => console.log(`fetching ${what}`), update() {}, stop() {} };
if (!process.argv.includes('--no-debian')) {
  try {
    const files = await fetchGuestFiles(['kernel', 'busybox', 'firmware'], progress);
    for (const name of ['kernel', 'firmware']) writeFileSync(join(out, 'guests/debian', name), readFileSync(files[name])); // a copy would be for this user alone
    writeFileSync(join(out, 'guests/debian/initrd'), buildInitramfs({ busybox: readFileSync(files.busybox) }));
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    const isThere = existsSync(join(out, 'guests/debian/kernel'));
    console.error(
      `no Debian guest (${error.message}): ${isThere ? 'the files of the last time are taken' : 'the page is made without it'}`,
    );
  }
}
