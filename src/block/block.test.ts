import { describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../util/random.js';
import { BlockBackend, DEFAULT_BACKEND, ERROR_POLICIES } from './backend.js';
import { BufferPool } from './buffers.js';
import { openDrive, type DriveOptions } from './drive.js';
import { openFormat, probe } from './format.js';
import { BlobNode, BytesNode, SparseMemory } from './memory.js';
import { BlockError, SECTOR, type BlockNode } from './node.js';
import { Overlay } from './overlay.js';

const KIB = 1024;
const LENGTH = 3 * 1024 * KIB;
const pattern = (): Uint8Array => Uint8Array.from({ length: LENGTH }, (_, i) => (i >> 9) * 7 + 1);
const read = async (node: BlockNode, offset: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length).fill(0xee);
  await node.read(offset, bytes);
  return bytes;
};
const silent = (): void => {};
const open = (options: DriveOptions, host = {}): BlockBackend => openDrive(options, 'd', host, silent);

/** Does the same to a node and to plain bytes; both must have the same contents, whatever is read. */
async function compare(node: BlockNode, model: Uint8Array, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  for (let step = 0; step < 200; step++) {
    const offset = (random.next() % (LENGTH / SECTOR)) * SECTOR;
    const length = Math.min((1 + (random.next() % (random.next() % 8 === 0 ? 2500 : 20))) * SECTOR, LENGTH - offset);
    const kind = random.next() % 4;
    if (kind === 0) {
      const bytes = random.bytes(length);
      await node.write(offset, bytes);
      model.set(bytes, offset);
    } else if (kind === 1) {
      await node.writeZeroes(offset, length, step % 2 === 0);
      model.fill(0, offset, offset + length);
    } else if (kind === 2) await node.flush();
    expect(Buffer.compare(await read(node, offset, length), model.subarray(offset, offset + length)), `seed ${seed}, step ${step}`).toBe(0);
  }
  expect(Buffer.compare(await read(node, 0, LENGTH), model), `seed ${seed}`).toBe(0);
}

describe('images', () => {
  it.each([1, 2, 3])('memory, seed %i', (seed) => compare(new SparseMemory(LENGTH), new Uint8Array(LENGTH), seed));
  it.each([1, 2, 3])('bytes, seed %i', (seed) => compare(new BytesNode(pattern()), pattern(), seed));
  it.each([1, 2, 3])('an overlay, seed %i; the image below stays as it is', async (seed) => {
    const below = pattern();
    await compare(new Overlay(new BytesNode(below, true), () => new SparseMemory(LENGTH)), pattern(), seed);
    expect(Buffer.compare(below, pattern())).toBe(0);
  });

  it.each([1, 2, 3])('an overlay that is committed again and again while it is used, seed %i', async (seed) => {
    const below = pattern();
    const overlay = new Overlay(new BytesNode(below, true), () => new SparseMemory(LENGTH));
    const model = pattern();
    let isUsed = true;
    const commits = (async () => {
      let count = 0;
      for (; isUsed; count++) {
        await overlay.commit();
        await new Promise(setImmediate);
      }
      return count;
    })();
    await compare(overlay, model, seed);
    isUsed = false;
    expect(await commits).toBeGreaterThan(0);
    await overlay.commit();
    expect([Buffer.compare(below, model), overlay.leaves()]).toEqual([0, []]);
    await overlay.write(0, new Uint8Array(512).fill(0x77));
    expect([below[0] === model[0], (await read(overlay, 0, 512))[0]]).toEqual([true, 0x77]);
  });

  it('an overlay that cannot be committed is as it was, and can be the next time', async () => {
    const below = new BytesNode(pattern(), true);
    const overlay = new Overlay(below, () => new SparseMemory(LENGTH));
    await overlay.write(1024, new Uint8Array(512).fill(0x55));
    const writer = new BytesNode(pattern());
    const close = vi.spyOn(writer, 'close');
    vi.spyOn(writer, 'flush').mockRejectedValueOnce(new BlockError('ENOSPC'));
    below.writer = () => writer;
    await expect(overlay.commit()).rejects.toThrow('ENOSPC');
    expect([close.mock.calls.length, overlay.leaves(), (await read(overlay, 1024, 512))[0]]).toEqual([1, [0], 0x55]);
    await overlay.commit();
    expect([(await read(writer, 1024, 512))[0], overlay.leaves()]).toEqual([0x55, []]);
  });

  it('a snapshot that is read only is so for the guest, too, and cannot be committed; nor can what has no image to write to', async () => {
    const bytes = new Uint8Array(1024);
    expect(open({ bytes, snapshot: true }).node.readOnly).toBe(false);
    const backend = open({ bytes, snapshot: true, readonly: true });
    expect(backend.node.readOnly).toBe(true);
    await expect(backend.commit()).rejects.toThrow('EPERM');
    await expect(open({ blob: new Blob([bytes]), snapshot: true }).commit()).rejects.toThrow('EPERM');
    await expect(open({ bytes }).commit()).rejects.toThrow('ENOTSUP');
    expect(backend.isBusy).toBe(false);
  });

  it('an overlay keeps what was there where a write fails', async () => {
    const store = new SparseMemory(LENGTH);
    store.write = () => Promise.reject(new BlockError('ENOSPC'));
    const overlay = new Overlay(new BytesNode(pattern(), true), () => store);
    await expect(overlay.write(512, new Uint8Array(512))).rejects.toThrow('ENOSPC');
    expect(await read(overlay, 512, 512)).toEqual(pattern().subarray(512, 1024));
  });

  it('what is written is in the bytes that were given; a sector that is not whole ends in zeros', async () => {
    const bytes = new Uint8Array(700).fill(9);
    const node = new BytesNode(bytes);
    expect(node.length).toBe(1024);
    await node.write(512, new Uint8Array(512).fill(3));
    expect([bytes[511], bytes[512], bytes[699]]).toEqual([9, 3, 3]);
    expect([...(await read(node, 512, 512))].filter((byte) => byte === 3).length).toBe(188);
  });

  it('a Blob is read', async () => {
    const below = pattern().slice(0, 1000);
    const node = new BlobNode(new Blob([below]));
    expect(node.length).toBe(1024);
    expect(await read(node, 512, 512)).toEqual(Uint8Array.from({ length: 512 }, (_, i) => (i < 488 ? below[512] : 0)));
    await expect(node.write()).rejects.toThrow('EPERM');
    const gone = new BlobNode({ size: 512, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) });
    await expect(gone.read(0, new Uint8Array(512))).rejects.toThrow(BlockError);
  });
});

describe('formats', () => {
  const header = (text: string, at = 0, length = SECTOR): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes.set(
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
      at,
    );
    return bytes;
  };
  it.each([
    ['qcow2', header('QFI\xfb\0\0\0\x03')],
    ['qcow', header('QFI\xfb\0\0\0\x01')],
    ['vmdk', header('KDMV')],
    ['vdi', header('\x7f\x10\xda\xbe', 64)],
    ['vhdx', header('vhdxfile')],
    ['luks', header('LUKS\xba\xbe')],
    ['raw', header('hello')],
    ['raw', new Uint8Array(3)],
  ])('%s is known by its first bytes', (format, head) => {
    expect(probe(head)).toBe(format);
  });

  it('refuses those that are not built, told or found out', () => {
    const qcow2 = new BytesNode(header('QFI\xfb\0\0\0\x03'));
    expect(() => openFormat(qcow2, undefined, silent)).toThrow("image format 'qcow2' is not built yet");
    expect(() => openFormat(qcow2, 'vpc', silent)).toThrow("image format 'vpc' is not built yet");
    expect(() => openFormat(qcow2, 'foo', silent)).toThrow("Unknown driver 'foo'");
    expect(openFormat(qcow2, 'raw', silent).driver).toBe('raw');
  });

  it("raw that was guessed: QEMU's warning, and no other format's header on sector 0", async () => {
    let warning = '';
    const node = openFormat(new BytesNode(new Uint8Array(2048)), undefined, (text) => (warning = text));
    expect(warning).toMatch(/^Image format was not specified for 'bytes' and probing guessed raw\.\n {9}Automatically/);
    await node.write(0, header('plain text'));
    await expect(node.write(0, header('QFI\xfb\0\0\0\x03', 0, 1024))).rejects.toThrow('EPERM');
    await node.write(512, header('QFI\xfb\0\0\0\x03'));
    expect((await read(node, 0, 5))[0]).toBe('p'.charCodeAt(0));
  });
});

describe('drives', () => {
  it('one source', () => {
    expect(() => open({})).toThrow('Device needs media, but drive is empty');
    expect(() => open({ bytes: new Uint8Array(1), file: 'x' })).toThrow('more than one source');
    expect(() => open({ file: 'x' })).toThrow("this host opens no files ('x')");
    expect(() => open({ blob: new Blob([]), readonly: false })).toThrow('a blob cannot be written to');
  });

  it('a snapshot is written to, whatever is below', async () => {
    const bytes = new Uint8Array(1024);
    const { node } = open({ bytes, snapshot: true });
    await node.write(0, new Uint8Array(512).fill(1));
    expect([bytes[0], (await read(node, 0, 512))[0]]).toEqual([0, 1]);
    expect(open({ blob: new Blob(['x']), snapshot: true }).node.readOnly).toBe(false);
    const scratch = new SparseMemory(1024);
    await open({ bytes, snapshot: true }, { scratch: () => scratch }).node.write(0, new Uint8Array(512).fill(2));
    expect((await read(scratch, 0, 512))[0]).toBe(2);
  });

  it.each([
    [{}, { writeCache: true, noFlush: false, unmap: false }],
    [{ cache: 'none' }, { writeCache: true, noFlush: false }],
    [{ cache: 'directsync' }, { writeCache: false, noFlush: false }],
    [
      { cache: 'unsafe', discard: 'unmap' },
      { writeCache: true, noFlush: true, unmap: true },
    ],
  ] as const)('%j', (options, expected) => {
    expect(open({ bytes: new Uint8Array(512), ...options }).options).toMatchObject(expected);
  });

  it('a failed image is closed', () => {
    let closed = 0;
    const node = new BytesNode(Uint8Array.from('QFI\xfb\0\0\0\x03', (c) => c.charCodeAt(0)));
    node.close = () => void closed++;
    expect(() => open({ file: 'x', format: 'auto' }, { openImage: () => node })).toThrow('not built yet');
    expect(closed).toBe(1);
  });
});

it.each(ERROR_POLICIES)('what becomes of a failed request: %s', (policy) => {
  const backend = new BlockBackend('d', new SparseMemory(512), { ...DEFAULT_BACKEND, readError: policy, writeError: policy });
  const device = { rerror: 'auto', werror: 'auto' } as const;
  const found = (['EIO', 'ENOSPC'] as const).flatMap((code) =>
    [true, false].map((isRead) => backend.action(new BlockError(code), isRead, device)),
  );
  const all = { report: 'report', ignore: 'ignore', stop: 'stop' } as const;
  expect(found).toEqual(
    policy === 'enospc'
      ? ['report', 'report', 'stop', 'stop']
      : policy === 'auto'
        ? ['report', 'report', 'report', 'stop']
        : Array(4).fill(all[policy]),
  );
  expect(backend.action(new BlockError('EIO'), true, { rerror: 'ignore', werror: 'auto' })).toBe('ignore');
});

it('buffers are used again, and only so many are kept', () => {
  const pool = new BufferPool();
  const first = pool.take(5000);
  expect([first.length, first.buffer.byteLength]).toEqual([5000, 8192]);
  pool.give(first);
  expect(pool.take(8000).buffer).toBe(first.buffer);
  const many = Array.from({ length: 9 }, () => pool.take(1024 * KIB));
  many.forEach((each) => pool.give(each));
  const again = Array.from({ length: 9 }, () => pool.take(1024 * KIB).buffer);
  expect(again.filter((buffer) => many.some((each) => each.buffer === buffer)).length).toBe(4);
});
