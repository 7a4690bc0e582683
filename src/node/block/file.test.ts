import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasTool } from '../../../tests/support/tools.js';
import { FileNode } from './file.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-block-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'image');
beforeEach(() => {
  rmSync(path, { force: true });
  writeFileSync(
    path,
    Uint8Array.from({ length: 5000 }, (_, i) => i >> 9),
  );
});
const read = async (node: FileNode, offset: number, length: number): Promise<number[]> => {
  const bytes = new Uint8Array(length).fill(0xee);
  await node.read(offset, bytes);
  return [...bytes];
};

describe('a file', () => {
  it('is whole sectors: what it lacks is zeros, and comes when it is written', async () => {
    const node = FileNode.open(path);
    expect([node.length, node.readOnly, node.head[511]]).toEqual([5120, false, 0]);
    expect((await read(node, 4608, 512)).filter((byte) => byte === 9).length).toBe(392);
    await node.write(4608, new Uint8Array(512).fill(7));
    await node.flush();
    expect(statSync(path).size).toBe(5120);
    truncateSync(path, 100);
    expect((await read(node, 0, 5120)).slice(90, 5120).every((byte) => byte === 0)).toBe(true);
    node.close();
  });

  it('stays sparse where zeros are written to zeros', async () => {
    truncateSync(path, 8 << 20);
    const blocks = statSync(path).blocks;
    const node = FileNode.open(path);
    await node.writeZeroes(1 << 20, 6 << 20);
    expect(statSync(path).blocks).toBe(blocks);
    await node.writeZeroes(512, 1024);
    expect(
      readFileSync(path)
        .subarray(512, 1536)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect(readFileSync(path)[1536]).toBe(3);
    node.close();
  });

  it('that is only read is opened once more to write, unless another reads it', async () => {
    const node = FileNode.open(path, { readOnly: true });
    const other = FileNode.open(path, { readOnly: true });
    expect(() => node.writer()).toThrow('Failed to get "write" lock');
    other.close();
    const writer = node.writer();
    expect(() => FileNode.open(path, { readOnly: true })).toThrow('Failed to get shared "write" lock');
    await writer.write(512, new Uint8Array(512).fill(0x42));
    writer.close();
    expect((await read(node, 512, 1))[0]).toBe(0x42);
    expect(() => FileNode.open(path)).toThrow('Failed to get "write" lock');
    node.close();
    FileNode.open(path).close();
  });

  it('is closed when nothing is under way any more', async () => {
    const node = FileNode.open(path);
    const reading = read(node, 0, 512);
    node.close();
    node.close();
    expect((await reading).length).toBe(512);
    FileNode.open(path).close();
  });

  it.each([
    ['nothing', join(folder, 'none'), /Could not open '.*none': no such file or directory/],
    ['a folder', folder, /Could not open '.*': is a directory/],
    ['a device', '/dev/null', /it is no plain file/],
  ])('%s is none', (_, name, message) => {
    expect(() => FileNode.open(name)).toThrow(message);
  });

  it.skipIf(process.getuid?.() === 0)('that may only be read is read only, unless it must be written', () => {
    chmodSync(path, 0o400);
    const node = FileNode.open(path);
    expect(node.readOnly).toBe(true);
    node.close();
    expect(() => FileNode.open(path, { readOnly: false })).toThrow(/permission denied/);
  });

  it('a scratch one has no name', async () => {
    const before = readdirSync(tmpdir());
    const node = FileNode.scratch(1 << 30);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('wemu-snapshot-') && !before.includes(name))).toEqual([]);
    await node.write((1 << 30) - 512, new Uint8Array(512).fill(5));
    expect((await read(node, (1 << 30) - 1024, 1024))[512]).toBe(5);
    node.close();
  });
});

describe('locks', () => {
  const [write, share] = [
    /Failed to get "write" lock. Is another process using the image \[.*image\]\?/,
    /Failed to get shared "write" lock/,
  ];

  it('many read, or one writes', () => {
    const writer = FileNode.open(path);
    expect(() => FileNode.open(path)).toThrow(write);
    expect(() => FileNode.open(path, { readOnly: true })).toThrow(share);
    FileNode.open(path, { locking: false }).close();
    writer.close();
    const readers = [1, 2].map(() => FileNode.open(path, { readOnly: true }));
    expect(() => FileNode.open(path)).toThrow(write);
    for (const reader of readers) reader.close();
    FileNode.open(path).close();
  });

  it('what a killed process leaves locks nothing', () => {
    const { dev, ino } = statSync(path, { bigint: true });
    FileNode.open(path).close();
    const left = join(tmpdir(), `wemu-locks-${process.getuid?.() ?? 'user'}`, `${dev}-${ino}.w.${process.pid}-12345.0`);
    writeFileSync(left, '');
    const node = FileNode.open(path);
    if (process.platform === 'linux') expect(() => statSync(left)).toThrow(/ENOENT/);
    node.close();
  });

  const QEMU = 'qemu-system-riscv64';
  it.skipIf(process.platform !== 'linux' || !hasTool(QEMU))(`those of ${QEMU} are heeded`, async () => {
    const start = (more: string): ChildProcess => {
      const drive = ['-drive', `file=${path},if=none,format=raw,id=d${more}`, '-device', 'virtio-blk-device,drive=d'];
      return spawn(QEMU, ['-M', 'virt', '-bios', 'none', '-S', '-display', 'none', '-monitor', 'none', ...drive], { stdio: 'ignore' });
    };
    const opens = (readOnly: boolean) => (): unknown => FileNode.open(path, { readOnly }).close();
    const writer = start('');
    await vi.waitFor(() => expect(opens(false)).toThrow(write), { timeout: 15_000, interval: 100 });
    expect(opens(true)).toThrow(share);
    writer.kill();
    await once(writer, 'exit');
    const reader = start(',readonly=on');
    await vi.waitFor(() => expect(opens(false)).toThrow(write), { timeout: 15_000, interval: 100 });
    opens(true)();
    reader.kill();
    await once(reader, 'exit');
    opens(false)();
  });
});
