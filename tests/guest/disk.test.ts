/** Disks: a Linux guest makes file systems, and the host's tools read them; what the guest was told is kept survives a kill. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { CLI, hasPty, Session, wemu } from '../support/session.js';
import { which } from '../support/tools.js';

const BOOT = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'wemu-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));

function disk(name: string, mib: number): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, mib << 20);
  return path;
}
const linux = (drives: readonly string[], script: string) =>
  wemu(['linux', ...drives.flatMap((drive) => ['--drive', drive]), '--', 'sh', '-c', script], { timeout: BOOT });
/** Debian has the tools of ext2 in a folder that not everybody's PATH names. */
const tool = (name: string): string => which(name) ?? `/usr/sbin/${name}`;
const hasExt2Tools = ['e2fsck', 'debugfs'].every((name) => spawnSync(tool(name), ['-V']).status === 0);

await describeGuest('Linux with a disk', ['kernel', 'busybox', 'firmware', 'modules'], () => {
  it.skipIf(!hasExt2Tools)('makes a file system, fills and checks it; e2fsprogs finds the same', () => {
    const [image, kept, temporary] = [disk('ext2', 32), disk('kept', 1), disk('temporary', 1)];
    const script = `set -e
      mke2fs /dev/vda >/dev/null; mkdir /mnt && mount -t ext2 /dev/vda /mnt
      dd if=/dev/urandom of=/mnt/random bs=64k count=64 2>/dev/null
      for i in 1 2 3 4 5 6 7 8; do mkdir -p /mnt/d/$i; cp /bin/busybox /mnt/d/$i; done
      rm -r /mnt/d/3; sync
      sha256sum /mnt/random; umount /mnt
      mount -t ext2 /dev/vda /mnt; sha256sum /mnt/random; cmp /mnt/d/8/busybox /bin/busybox; umount /mnt
      cat /sys/block/vda/queue/write_cache
      cat /sys/block/vdb/ro; dd if=/dev/zero of=/dev/vdb bs=512 count=1 2>/dev/null && echo written
      printf guest | dd of=/dev/vdc conv=fsync 2>/dev/null; dd if=/dev/vdc bs=5 count=1 2>/dev/null; echo
      cat /sys/bus/pci/devices/0000:00:01.0/device`;
    const drives = [`file=${image},format=raw`, `file=${kept},format=raw,readonly=on`, `file=${temporary},format=raw,snapshot=on`];
    const { status, stdout, stderr } = linux(drives, script.replace('&& echo written', '|| echo refused'));
    const [first, second, cache, readOnly, refused, snapshot, onPci] = stdout.split('\n');
    expect([stderr, status]).toEqual(['', 0]);
    expect(second).toBe(first);
    expect([cache, readOnly, refused, snapshot, onPci]).toEqual(['write back', '1', 'refused', 'guest', '0x1001']);
    expect(spawnSync(tool('e2fsck'), ['-fn', image]).status).toBe(0);
    const random = spawnSync(tool('debugfs'), ['-R', 'cat /random', image], { maxBuffer: 1 << 26 }).stdout;
    expect(`${createHash('sha256').update(random).digest('hex')}  /mnt/random`).toBe(first);
    expect(readFileSync(temporary).every((byte) => byte === 0)).toBe(true);
  }, 2 * BOOT); // prettier-ignore

  it.skipIf(!hasPty)('keeps what it wrote to a snapshot where somebody commits it: by Ctrl-A s, or a monitor', async () => {
    const image = disk('committed', 1);
    const session = Session.terminal(['linux', '--drive', `file=${image},format=raw,snapshot=on`]);
    const first = (): string => readFileSync(image).toString('latin1', 0, 5);
    const write = async (text: string): Promise<void> => {
      session.send(`printf ${text} | dd of=/dev/vda conv=fsync 2>/dev/null; echo wri""tten\n`);
      await session.expect('written', BOOT);
    };
    try {
      await session.expect('~ # ', BOOT);
      await write('first');
      expect(first()).toBe('\0'.repeat(5));
      session.send('\x01s\x01c');
      await session.expect('(wemu) ', BOOT);
      session.send('commit nosuch\n');
      await session.expect("Device 'nosuch' not found", BOOT);
      expect(first()).toBe('first');
      session.send('\x01c');
      await write('again');
      expect(first()).toBe('first');
      session.send('\x01ccommit virtio0\ncommit all\n');
      await session.expect('(wemu) commit all', BOOT);
      await session.expect('(wemu) ', BOOT);
      expect(first()).toBe('again');
      session.send('\x01x');
      expect(await session.ended(BOOT)).toBe(0);
    } finally {
      session.kill();
    }
  }, 3 * BOOT); // prettier-ignore

  it('loses nothing that was flushed when it is killed', async () => {
    const image = disk('killed', 4);
    const script = 'i=0; while i=$((i+1)); do echo "sector $i" | dd of=/dev/vda bs=512 seek=$i conv=sync,fsync 2>/dev/null && echo "kept $i"; done';
    const child = spawn(process.execPath, [CLI, 'linux', '--drive', `file=${image},format=raw`, '--', 'sh', '-c', script]);
    let [output, kept] = ['', 0];
    child.stdout.on('data', (text) => {
      output += String(text); // a line may come in pieces
      for (const [, number] of output.matchAll(/kept (\d+)\n/g)) kept = Math.max(kept, Number(number));
      if (kept >= 20) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    expect(kept).toBeGreaterThanOrEqual(20);
    const found = readFileSync(image);
    for (let i = 1; i <= kept; i++) expect(found.toString('latin1', 512 * i, 512 * i + 12).split('\n')[0]).toBe(`sector ${i}`);
    // It left no lock.
    const again = wemu(['-M', `virt,dumpdtb=${join(folder, 'dtb')}`, '-bios', 'none', '-drive', `file=${image},format=raw`]);
    expect([again.stderr, again.status]).toEqual(['', 0]);
  }, 2 * BOOT); // prettier-ignore
});
