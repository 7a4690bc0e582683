/** Disks in snapshots: what was written to one with `snapshot=on` goes with the machine, as in QEMU; one that is written to stay is refused. */
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEAF } from '../../src/block/node.js';
import { MemorySnapshotStore } from '../../src/migration/store.js';
import type { NodeHost } from '../../src/node/host.js';
import type { DriveOptions } from '../../src/block/drive.js';
import type { Machine } from '../../src/system/facade.js';
import { crc32 } from '../../src/util/crc32.js';
import { VmStateError } from '../../src/util/errors.js';
import { embedded, snapshotOf, tciHost } from '../support/snapshots.js';

const LENGTH = 3 * LEAF + 8 * 512;
const IMAGE = Uint8Array.from({ length: LENGTH }, (_, i) => i >> 9);

let host: NodeHost;
beforeAll(async () => {
  host = await tciHost();
});
afterAll(() => host.close());

const withDisk = (drive: Partial<DriveOptions> = {}, snapshots = new MemorySnapshotStore()): Machine =>
  embedded(host, { drives: [{ id: 'disk', bytes: IMAGE.slice(), snapshot: true, ...drive }], snapshots });

const nodeOf = ({ state }: Machine) => [...state.backends.drives][0].node;

/** Of all that the guest sees of the disk. */
async function contents(machine: Machine): Promise<number> {
  const all = new Uint8Array(nodeOf(machine).length);
  await nodeOf(machine).read(0, all);
  return crc32(all);
}
const write = (machine: Machine, offset: number, byte: number, length = 1024): Promise<void> =>
  nodeOf(machine).write(offset, new Uint8Array(length).fill(byte));

describe('what was written to a disk with snapshot=on', () => {
  it('is as it was, in this machine and in another', async () => {
    const machine = withDisk();
    await write(machine, 512, 77);
    await write(machine, LEAF - 512, 78); // in two leaves
    await nodeOf(machine).writeZeroes(3 * LEAF + 7 * 512, 512, false);
    const then = await contents(machine);
    await machine.control.saveSnapshot('one');
    const file = await snapshotOf(machine);
    await write(machine, 512, 1);
    await write(machine, 2 * LEAF, 2);
    expect(await contents(machine)).not.toBe(then);
    await machine.control.loadSnapshot('one');
    expect(await contents(machine)).toBe(then);
    const other = withDisk();
    await write(other, 2 * LEAF, 3);
    await other.load(file);
    expect(await contents(other)).toBe(then);
    await write(other, 0, 9);
    expect(await contents(machine)).toBe(then);
    await machine.close();
    await other.close();
  });

  it('is all of it in a snapshot that builds on another', async () => {
    const machine = withDisk();
    await write(machine, 512, 77);
    await machine.control.saveSnapshot('one', { incremental: true });
    await write(machine, LEAF, 78);
    await machine.control.saveSnapshot('two', { incremental: true });
    const then = await contents(machine);
    await machine.control.loadSnapshot('one');
    expect(await contents(machine)).not.toBe(then);
    await machine.control.loadSnapshot('two');
    expect(await contents(machine)).toBe(then);
    await machine.close();
  });

  it.each<[string, Partial<DriveOptions>, RegExp]>([
    ['another disk', { id: 'hd' }, /^the snapshot is of another machine: it has the disk 'disk', this one 'hd' \(snapshot=on\)$/],
    ['another length', { bytes: IMAGE.slice(0, LEAF) }, /its disk 'disk' has 3149824 bytes, this one's 1048576$/],
    ['one that begins as it is', { snapshot: false, readonly: true }, /this one has no disk 'disk' \(snapshot=on\)$/],
  ])('is refused by a machine with %s', async (_, drive, says) => {
    const machine = withDisk();
    await write(machine, 512, 77);
    const file = await snapshotOf(machine);
    const other = withDisk(drive);
    const before = await contents(other);
    await expect(other.load(file)).rejects.toThrow(says);
    await expect(other.load(file)).rejects.toThrow(VmStateError);
    expect(await contents(other)).toBe(before);
    await machine.close();
    await other.close();
  });

  it('is refused over an image to which it was committed meanwhile, in this machine and in another; a copy of that fits what is saved after', async () => {
    const bytes = IMAGE.slice();
    const machine = withDisk({ bytes });
    await machine.control.saveSnapshot('before');
    const before = await snapshotOf(machine);
    await write(machine, LEAF, 77);
    await machine.control.commitDrives();
    expect(bytes[LEAF]).toBe(77);
    const now = await contents(machine);
    const says = "the snapshot does not fit: the image of the disk 'disk' was written to after it was saved, or is another one";
    await expect(machine.control.loadSnapshot('before')).rejects.toThrow(says);
    const other = withDisk({ bytes });
    await expect(other.load(before)).rejects.toThrow(says);
    expect(await contents(machine)).toBe(now);
    await write(machine, 0, 78);
    const after = await snapshotOf(machine);
    const copied = withDisk({ bytes: bytes.slice() });
    await copied.load(after);
    expect(await contents(copied)).toBe(await contents(machine));
    for (const each of [machine, other, copied]) await each.close();
  });

  it('is refused over a file that was written to meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-snapshot-disk-'));
    const file = join(folder, 'image');
    writeFileSync(file, IMAGE);
    const machine = withDisk({ bytes: undefined, file });
    await write(machine, 512, 77);
    const saved = await snapshotOf(machine);
    await machine.load(saved);
    await machine.close();
    const as = statSync(file);
    utimesSync(file, as.atime, new Date(as.mtimeMs + 10));
    const other = withDisk({ bytes: undefined, file });
    await expect(other.load(saved)).rejects.toThrow("the image of the disk 'disk' was written to after it was saved");
    await other.close();
    rmSync(folder, { recursive: true });
  });

  it('stays as it is if the snapshot is damaged', async () => {
    const machine = withDisk();
    await write(machine, 512, 77, 64 * 512);
    const file = await snapshotOf(machine);
    await write(machine, 512, 78);
    const before = await contents(machine);
    for (let at = file.length - 1; at > file.length - 400; at -= 7) {
      const damaged = file.slice();
      damaged[at] ^= 1;
      await expect(machine.load(damaged)).rejects.toThrow(VmStateError);
    }
    expect(await contents(machine)).toBe(before);
    await machine.close();
  });

  it('is in none that is in memory', async () => {
    const machine = withDisk();
    expect(() => machine.snapshot()).toThrow("Device 'disk' is writable but does not support snapshots");
    await machine.close();
  });
});

it('a disk that is written to stay can neither be saved nor loaded', async () => {
  const snapshots = new MemorySnapshotStore();
  const readOnly = withDisk({ snapshot: false, readonly: true }, snapshots);
  await readOnly.control.saveSnapshot('one');
  const machine = withDisk({ snapshot: false }, snapshots);
  for (const what of ['save', 'load'] as const)
    await expect(machine.control[`${what}Snapshot`]('one')).rejects.toThrow("Device 'disk' is writable but does not support snapshots");
  await readOnly.close();
  await machine.close();
});
