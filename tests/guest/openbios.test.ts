/** OpenBIOS, as Debian's qemu-system-data has it, on 40p. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Session, wemu } from '../support/session.js';

const FIRMWARE = process.env.WEMU_OPENBIOS ?? '/usr/share/qemu/openbios-ppc';
const isThere = existsSync(FIRMWARE);

let session: Session | undefined;
const folder = mkdtempSync(join(tmpdir(), 'wemu-openbios-'));
afterEach(() => session?.kill());
afterAll(() => rmSync(folder, { recursive: true }));

/** What QEMU 10.0 shows of the same firmware, but for its CD-ROM drive (lsi53c810@1/sd@2). */
const NODES = `/ /aliases /openprom /openprom/client-services /options /chosen /builtin /builtin/console /packages
/cpus /cpus/PowerPC,604@0 /memory@0 /rom@ff800000 /pci@80000000 /pci@80000000/lsi53c810@1 /pci@80000000/pcnet@3
/pci@80000000/isa@b /pci@80000000/isa@b/serial@0 /pci@80000000/isa@b/8042@0 /pci@80000000/isa@b/8042@0/keyboard@0
/pci@80000000/isa@b/ata@0 /pci@80000000/isa@b/ata@0`.split(/\s+/);

describe('40p', () => {
  describe.skipIf(!isThere)(`OpenBIOS${isThere ? '' : ' (skipped: no qemu-system-data)'}`, () => {
    it.each(['tci', 'tcg'])('comes to its prompt, calculates, and shows its device tree (%s)', async (accel) => {
      const printer = join(folder, 'printer');
      session = Session.pipes(['-M', '40p', '-accel', accel, '-bios', FIRMWARE, '-parallel', `file:${printer}`]);
      await session.expect('>> Memory: 128M', 60_000);
      await session.expect('>> CPU type PowerPC,604', 10_000);
      await session.expect('Welcome to OpenBIOS', 60_000);
      await session.expect('0 > ', 60_000);
      session.send('3 4 + .\r');
      await session.expect('7  ok', 20_000);
      const from = session.output.length;
      session.send('show-devs\r');
      await session.expect(/pci@80000000\/isa@b\/ata@0 \(ata\)\s+fff\w+ \S+ata@0 \(ata\)\s+ok/, 20_000);
      const shown = [...session.output.slice(from).matchAll(/^fff\w{5} (\/\S*)/gm)].map(([, path]) => path);
      expect(shown.filter((path) => !/^\/packages\//.test(path))).toEqual(NODES);
      expect(shown.filter((path) => /^\/packages\//.test(path))).toHaveLength(14);
      // The printer: a byte, STROBE, no STROBE.
      session.send('hex 41 80000378 c! d 8000037a c! c 8000037a c! 80000379 c@ .\r');
      await session.expect('59  ok', 20_000);
      await vi.waitFor(() => expect(readFileSync(printer, 'latin1')).toBe('A'), 20_000);
      session.send('dev /pci ls\r');
      await session.expect(/lsi53c810@1\s+fff\w+ pcnet@3\s+fff\w+ isa@b\s+ok/, 20_000);
      session.send('hex .s 10 20 * .\r');
      await session.expect('200  ok', 20_000);
    });
  });

  it.skipIf(!isThere)('gives OpenBIOS the kernel of -kernel, which starts it', async () => {
    session = Session.pipes(['-M', '40p', '-bios', FIRMWARE, '-kernel', 'guests/ppc.elf']);
    await session.expect(/\[ppc\] Kernel already loaded \(0x01000000 \+ 0x\w+\)/, 120_000);
    await session.expect('>> switching to new context:', 10_000);
  });

  it.each([
    ['100M', 'RAM size incompatible with this board'],
    ['256M', 'RAM size incompatible with this board'],
  ])('refuses %s of memory', (size, why) => {
    const { status, stderr } = wemu(['-M', '40p', '-m', size, '-bios', 'none']);
    expect([status, stderr.split('\n')[0]]).toEqual([1, expect.stringContaining(why)]);
  });

  it('refuses firmware that is too long', () => {
    const { status, stderr } = wemu(['-M', '40p', '-bios', process.execPath]);
    expect([status, stderr.trimEnd().split('\n').length]).toEqual([1, 1]);
  });
});
