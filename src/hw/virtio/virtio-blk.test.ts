import { describe, expect, it } from 'vitest';
import { BlockBackend, DEFAULT_BACKEND, type BackendOptions } from '../../block/backend.js';
import { BytesNode } from '../../block/memory.js';
import { BlockError, SECTOR } from '../../block/node.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import type { PropertyValues } from '../core/device.js';
import { AVAIL, DATA, Driver, NEXT, RAM, USED, WRITE } from './testing.js';
import { VirtioBlk } from './virtio-blk.js';

const MIB = 1024 * 1024;
const [IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES] = [0, 1, 4, 8, 11, 13];
const STATUS = RAM + 0xf000;
const HEADER = RAM + 0xe000;
const [OK, IOERR, UNSUPP] = [0, 1, 2];
const F_FLUSH = 1n << 9n;
const F_CONFIG_WCE = 1n << 11n;

/** A disk whose requests end when a test says so. */
class SlowNode extends BytesNode {
  readonly calls: string[] = [];
  error: BlockError | undefined;
  held: (() => void)[] | undefined;
  private async wait(call: string): Promise<void> {
    this.calls.push(call);
    if (this.held) await new Promise<void>((resolve) => this.held!.push(resolve));
    if (this.error) throw this.error;
  }
  override async read(offset: number, into: Uint8Array): Promise<void> {
    await this.wait(`read ${offset} ${into.length}`);
    return super.read(offset, into);
  }
  override async write(offset: number, from: Uint8Array): Promise<void> {
    await this.wait(`write ${offset} ${from.length}`);
    return super.write(offset, from);
  }
  override async writeZeroes(offset: number, length: number): Promise<void> {
    await this.wait(`zero ${offset} ${length}`);
    return super.writeZeroes(offset, length);
  }
  override async discard(offset?: number, length?: number): Promise<void> {
    await this.wait(`discard ${offset} ${length}`);
  }
  override flush(): Promise<void> {
    return this.wait('flush');
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

class Disk extends Driver {
  readonly bytes: Uint8Array;
  readonly node: SlowNode;
  readonly backend: BlockBackend;
  readonly device: VirtioBlk;
  private count = 0;

  constructor({ props = {}, options = {}, readOnly = false, legacy = false, size = MIB }: DiskOptions = {}) {
    super(legacy);
    this.bytes = Uint8Array.from({ length: size }, (_, i) => (i >> 9) + i);
    this.node = new SlowNode(this.bytes, readOnly);
    this.backend = new BlockBackend('d', this.node, { ...DEFAULT_BACKEND, ...options });
    this.m.backends.add('drive', 'd', this.backend);
    this.device = this.m.realize(this.m.newDevice(VirtioBlk, { drive: this.backend, ...props }), { bus: this.transport.bus });
  }
  /** A driver that flushes. */
  override start(features = F_FLUSH): void {
    super.start(features);
  }
  config = (offset: number, size: 1 | 2 | 4): number => this.m.addressSpace.read(0x100 + offset, size);
  features(): string {
    return [1, 0].map((half) => (this.w(0x14, half), this.r(0x10).toString(16).padStart(8, '0'))).join('');
  }

  /** Puts a request into the ring: header, data (for the device to read, or to fill), status. */
  submit(type: number, sector: number, { out = 0, into = 0 }: { out?: number; into?: number } = {}): number {
    const i = this.count++ % 2;
    const header = HEADER + 16 * i;
    this.m.addressSpace.write(header, 4, type);
    this.m.addressSpace.write64(header + 8, BigInt(sector));
    const base = 4 * i;
    this.desc(base, header, 16, NEXT, base + 1);
    let last = base + 1;
    if (out > 0) this.desc(last, DATA + 0x10000 * i, out, NEXT, ++last);
    if (into > 0) this.desc(last, DATA + 0x10000 * i, into, WRITE | NEXT, ++last);
    this.m.addressSpace.write(STATUS + i, 1, 0xff);
    this.desc(last, STATUS + i, 1, WRITE);
    this.offer(base);
    return i;
  }
  /** Status and used length of the request that ended last. */
  async request(type: number, sector: number, data: { out?: number; into?: number } = {}): Promise<[status: number, length: number]> {
    const i = this.submit(type, sector, data);
    await settle();
    const used = USED + 4 + 8 * ((this.usedIdx() - 1) % 8);
    return [this.m.addressSpace.read(STATUS + i, 1), this.r(used + 4)];
  }
  data(length: number, i = (this.count - 1) % 2): Uint8Array {
    const bytes = new Uint8Array(length);
    this.m.addressSpace.readBytes(DATA + 0x10000 * i, bytes);
    return bytes;
  }
  fill(i: number, value: number, length: number): void {
    this.m.addressSpace.writeBytes(DATA + 0x10000 * i, new Uint8Array(length).fill(value));
  }
  range(i: number, sector: number, count: number, flags = 0): void {
    const at = DATA + 0x10000 * i;
    this.m.addressSpace.write64(at, BigInt(sector));
    this.w(at + 8, count);
    this.w(at + 12, flags);
  }
}
interface DiskOptions {
  props?: PropertyValues<typeof VirtioBlk>;
  options?: Partial<BackendOptions>;
  readOnly?: boolean;
  legacy?: boolean;
  size?: number;
}

describe('what the driver is told', () => {
  it.each([
    ['legacy', { legacy: true }, '0000000031006ed4'],
    ['legacy, read only', { legacy: true, readOnly: true }, '0000000031006ef4'],
    ['legacy, no discard or write zeroes', { legacy: true, props: { discard: false, 'write-zeroes': false } }, '0000000031000ed4'],
    ['legacy, four queues', { legacy: true, props: { 'num-queues': 4 } }, '0000000031007ed4'],
    ['modern', {}, '0000010130006e54'],
  ] as const)('features as QEMU has them: %s', (_, options, features) => {
    expect(new Disk(options).features()).toBe(features);
  });

  it('the configuration as QEMU has it', () => {
    const d = new Disk();
    expect([0, 4, 8, 12, 20, 28].map((at) => d.config(at, 4))).toEqual([2048, 0, 0, 254, 512, 0]);
    expect([16, 26, 34].map((at) => d.config(at, 2))).toEqual([2, 0, 1]);
    expect([18, 19, 24, 25, 32].map((at) => d.config(at, 1))).toEqual([16, 63, 0, 0, 1]);
    expect([36, 40, 44, 48, 52].map((at) => d.config(at, 4))).toEqual([4194303, 1, 1, 4194303, 1]);
    expect([d.config(56, 1), d.config(57, 1), d.config(56, 4)]).toEqual([1, 0xff, 0xffff_ffff]);
    const short = new Disk({ props: { discard: false, 'write-zeroes': false } });
    expect([short.config(35, 1), short.config(36, 4)]).toEqual([0, 0xffff_ffff]);
  });

  it('block sizes', () => {
    const d = new Disk({
      props: {
        ...{ logical_block_size: 4096, physical_block_size: 4096, min_io_size: 4096, opt_io_size: 65536 },
        ...{ discard_granularity: 8192, 'queue-size': 128 },
      },
    });
    expect([d.config(0, 4), d.config(12, 4), d.config(20, 4), d.config(24, 1), d.config(26, 2), d.config(28, 4)]).toEqual([
      ...[2048, 126, 4096, 0, 1, 16],
    ]);
    expect([d.config(19, 1), d.config(44, 4)]).toEqual([56, 16]);
  });

  it.each([
    [{ logical_block_size: '4096' }, /logical_block_size > physical_block_size/],
    [{ logical_block_size: '1000', physical_block_size: '4096' }, /invalid block size 1000/],
    [{ 'queue-size': '100' }, /invalid queue-size property \(100\)/],
    [{ packed: 'on' }, /'on' is not built yet/],
  ])('refuses %j', (props, message) => {
    const d = new Disk();
    const drive = new BlockBackend('e', d.node);
    expect(() => d.m.realize(d.m.newDevice(VirtioBlk, { drive, ...props }))).toThrow(message);
  });

  it('has a drive, and nobody else has it', () => {
    const d = new Disk();
    expect(() => d.m.realize(d.m.newDevice(VirtioBlk))).toThrow(/drive property not set/);
    expect(() => d.m.realize(d.m.newDevice(VirtioBlk, { drive: d.backend }))).toThrow(/Drive 'd' is already in use/);
    d.device.unrealizeDevice();
    d.m.realize(d.m.newDevice(VirtioBlk, { drive: d.backend }), { bus: d.transport.bus });
  });
});

describe('requests', () => {
  it('read, write, flush', async () => {
    const d = new Disk();
    d.start();
    expect(await d.request(IN, 3, { into: 1024 })).toEqual([OK, 1025]);
    expect(d.data(1024)).toEqual(d.bytes.slice(3 * SECTOR, 5 * SECTOR));
    d.fill(1, 0x5a, 512);
    expect(await d.request(OUT, 2047, { out: 512 })).toEqual([OK, 1]);
    expect(d.bytes.subarray(-SECTOR).every((byte) => byte === 0x5a)).toBe(true);
    expect(await d.request(FLUSH, 0)).toEqual([OK, 1]);
    expect(d.node.calls).toEqual(['read 1536 1024', 'write 1048064 512', 'flush']);
    expect([d.irq, d.usedIdx()]).toEqual([1, 3]);
  });

  it.each<[string, number, number, { out?: number; into?: number }, [number, number]]>([
    ['a read beyond the end', IN, 2047, { into: 1024 }, [IOERR, 1025]],
    ['a write beyond the end', OUT, 2048, { out: 512 }, [IOERR, 1]],
    ['a sector from nowhere', IN, 2 ** 60, { into: 512 }, [IOERR, 513]],
    ['half a sector', IN, 0, { into: 100 }, [IOERR, 101]],
    ['an unknown type', 77, 0, { into: 512 }, [UNSUPP, 513]],
    ['a SCSI command', 2, 0, { into: 512 }, [UNSUPP, 513]],
    ['nothing', IN, 0, {}, [OK, 1]],
  ])('%s', async (_, type, sector, data, result) => {
    const d = new Disk();
    d.start();
    expect(await d.request(type, sector, data)).toEqual(result);
    expect([d.node.calls, d.device.broken]).toEqual([[], false]);
  });

  it('wants whole blocks', async () => {
    const d = new Disk({ props: { logical_block_size: 4096, physical_block_size: 4096 } });
    d.start();
    expect(await d.request(OUT, 0, { out: 512 })).toEqual([IOERR, 1]);
    expect(await d.request(OUT, 1, { out: 4096 })).toEqual([IOERR, 1]);
    expect(await d.request(OUT, 8, { out: 4096 })).toEqual([OK, 1]);
  });

  it('a disk that is read only', async () => {
    const d = new Disk({ readOnly: true });
    d.start();
    d.range(1, 0, 1);
    expect(await d.request(OUT, 0, { out: 512 })).toEqual([IOERR, 1]);
    expect(await d.request(WRITE_ZEROES, 0, { out: 16 })).toEqual([IOERR, 1]);
    expect(await d.request(IN, 0, { into: 512 })).toEqual([OK, 513]);
    expect(await d.request(FLUSH, 0)).toEqual([OK, 1]);
    expect(d.node.calls).toEqual(['read 0 512', 'flush']);
  });

  it.each([
    ['abc', 20, 'abc'.padEnd(20, '\0'), 21],
    ['12345678901234567890123', 20, '12345678901234567890', 21],
    ['12345678901234567890123', 8, '12345678', 9],
    ['', 32, '\0'.repeat(20), 33],
  ])('GET_ID of serial "%s", %i bytes', async (serial, into, id, length) => {
    const d = new Disk({ props: { serial } });
    d.start();
    d.fill(0, 0x78, 32);
    expect(await d.request(GET_ID, 0, { into })).toEqual([OK, length]);
    expect(new TextDecoder().decode(d.data(id.length))).toBe(id);
  });

  it('discard and write zeroes', async () => {
    const d = new Disk({ options: { unmap: true }, props: { 'max-write-zeroes-sectors': 64 } });
    d.start();
    const clear = async (type: number, sector: number, count: number, flags = 0): Promise<number> => {
      for (const i of [0, 1]) d.range(i, sector, count, flags);
      return (await d.request(type, 0, { out: 16 }))[0];
    };
    expect(await clear(DISCARD, 8, 8)).toBe(OK);
    expect(await clear(WRITE_ZEROES, 16, 64, 1)).toBe(OK);
    expect(d.bytes.subarray(16 * SECTOR, 80 * SECTOR).some((byte) => byte !== 0)).toBe(false);
    expect(await clear(DISCARD, 8, 8, 1)).toBe(UNSUPP);
    expect(await clear(WRITE_ZEROES, 8, 8, 2)).toBe(UNSUPP);
    expect(await clear(WRITE_ZEROES, 0, 65)).toBe(IOERR);
    expect(await clear(DISCARD, 2047, 2)).toBe(IOERR);
    expect((await d.request(WRITE_ZEROES, 0, { out: 32 }))[0]).toBe(UNSUPP);
    expect(d.node.calls).toEqual(['discard 4096 4096', 'zero 8192 32768']);
    expect(d.device.broken).toBe(false);
  });

  it('moves large requests in pieces', async () => {
    const d = new Disk({ size: 4 * MIB });
    d.start();
    d.m.addressSpace.write(HEADER, 4, OUT);
    d.m.addressSpace.write64(HEADER + 8, 0n);
    d.m.addressSpace.writeBytes(RAM + 0x2_0000, new Uint8Array(0x8_0000).fill(7));
    d.desc(0, HEADER, 16, NEXT, 1);
    for (let i = 1; i <= 5; i++) d.desc(i, RAM + 0x2_0000, 0x8_0000, NEXT, i + 1);
    d.desc(6, STATUS, 1, WRITE);
    d.offer(0);
    await settle();
    expect(d.node.calls).toEqual(['write 0 1048576', 'write 1048576 1048576', 'write 2097152 524288']);
    expect(d.bytes.subarray(0, 2.5 * MIB).every((byte) => byte === 7)).toBe(true);
    expect(d.bytes[2.5 * MIB]).toBe(((2.5 * MIB) >> 9) & 0xff);
  });

  it('a header where there is no memory is zeros, which ask for sector 0', async () => {
    const d = new Disk();
    d.start();
    d.desc(0, 0xffff_ffff_8000_0000, 16, NEXT, 1);
    d.desc(1, RAM + 0x2_0000, 512, WRITE | NEXT, 2);
    d.desc(2, STATUS, 1, WRITE);
    d.offer(0);
    await settle();
    expect([d.node.calls, d.device.broken, d.usedIdx()]).toEqual([['read 0 512'], false, 1]);
  });

  it.each<[string, (d: Disk) => void]>([
    ['no status', (d) => (d.desc(0, HEADER, 16, 0), d.offer(0))],
    ['a short header', (d) => (d.desc(0, HEADER, 15, NEXT, 1), d.desc(1, STATUS, 1, WRITE), d.offer(0))],
    ['a status that is no memory', (d) => (d.desc(0, HEADER, 16, NEXT, 1), d.desc(1, 0x100, 1, WRITE), d.offer(0))],
    [
      'data that is no memory',
      (d) => (d.desc(0, HEADER, 16, NEXT, 1), d.desc(1, 0x1000, 512, WRITE | NEXT, 2), d.desc(2, STATUS, 1, WRITE), d.offer(0)),
    ],
    ['a short range', (d) => void d.submit(DISCARD, 0, { out: 8 })],
  ])('breaks on %s, and works again after a reset', async (_, offend) => {
    const d = new Disk();
    d.start();
    offend(d);
    await settle();
    expect([d.device.broken, d.usedIdx(), d.backend.isBusy]).toEqual([true, 0, false]);
    d.w(0x70, 0);
    expect(d.device.broken).toBe(false);
  });
});

describe('writes that must not be lost', () => {
  it.each([
    ['a driver that flushes', F_FLUSH, 'writeback', ['write 0 512']],
    ['a driver that does not', 0n, 'writeback', ['write 0 512', 'flush']],
    ['a driver that may choose, and did not', F_FLUSH | F_CONFIG_WCE, 'writethrough', ['write 0 512', 'flush']],
    ['cache=unsafe', F_FLUSH, 'unsafe', ['write 0 512']],
  ])('%s', async (_, features, cache, calls) => {
    const d = new Disk({ options: { writeCache: cache !== 'writethrough', noFlush: cache === 'unsafe' } });
    d.start(features);
    expect((await d.request(OUT, 0, { out: 512 }))[0]).toBe(OK);
    expect(d.node.calls).toEqual(calls);
    if (cache === 'unsafe') expect([await d.request(FLUSH, 0), d.node.calls]).toEqual([[OK, 1], calls]);
  });

  it('the driver chooses', async () => {
    const d = new Disk();
    d.start(F_FLUSH | F_CONFIG_WCE);
    d.m.addressSpace.write(0x100 + 32, 1, 0);
    expect(d.config(32, 1)).toBe(0);
    await d.request(OUT, 0, { out: 512 });
    d.m.addressSpace.write(0x100, 4, 1); // capacity is not its to change
    d.m.addressSpace.write(0x100 + 32, 1, 1);
    await d.request(OUT, 0, { out: 512 });
    expect([d.node.calls, d.config(0, 4)]).toEqual([['write 0 512', 'flush', 'write 0 512'], 2048]);
  });
});

describe('a disk that takes its time', () => {
  it('has several requests under way, answered as they end', async () => {
    const d = new Disk();
    d.node.held = [];
    d.start();
    d.submit(IN, 0, { into: 512 });
    d.submit(IN, 8, { into: 512 });
    await settle();
    expect([d.node.held.length, d.usedIdx(), d.backend.isBusy]).toEqual([2, 0, true]);
    d.node.held[1]();
    await settle();
    expect([d.usedIdx(), d.r(USED + 4), d.m.addressSpace.read(STATUS, 1)]).toEqual([1, 4, 0xff]);
    d.node.held[0]();
    await d.backend.drained();
    expect([d.usedIdx(), d.r(USED + 12), d.backend.isBusy]).toEqual([2, 0, false]);
  });

  it('writes to no memory, and is not overtaken, after a reset', async () => {
    const d = new Disk();
    d.node.held = [];
    d.start();
    d.submit(IN, 0, { into: 512 });
    d.w(0x70, 0);
    d.m.addressSpace.writeBytes(AVAIL, new Uint8Array(64));
    d.m.addressSpace.writeBytes(USED, new Uint8Array(64));
    d.fill(0, 0x11, 512);
    d.restart();
    d.submit(OUT, 0, { out: 512 });
    await settle();
    expect(d.node.calls).toEqual(['read 0 512']);
    d.node.held.shift()!();
    await settle();
    expect(d.node.calls).toEqual(['read 0 512', 'write 0 512']);
    expect([d.data(512, 0).every((byte) => byte === 0x11), d.m.addressSpace.read(STATUS, 1), d.usedIdx()]).toEqual([true, 0xff, 0]);
    d.node.held.shift()!();
    await settle();
    expect(d.usedIdx()).toBe(1);
  });

  it('icount: one at a time, and the guest is held', async () => {
    const d = new Disk();
    d.backend.inOrder = true;
    d.node.held = [];
    d.start();
    d.submit(IN, 0, { into: 512 });
    d.submit(IN, 8, { into: 512 });
    expect([d.node.calls, d.m.isHeld]).toEqual([['read 0 512'], true]);
    d.node.held.shift()!();
    await settle();
    expect([d.node.calls, d.m.isHeld]).toEqual([['read 0 512', 'read 4096 512'], true]);
    d.node.held.shift()!();
    await settle();
    expect([d.usedIdx(), d.m.isHeld]).toEqual([2, false]);
  });
});

describe('a disk that fails', () => {
  it.each([
    ['EIO', 'auto', IOERR],
    ['EIO', 'ignore', OK],
    ['ENOSPC', 'report', IOERR],
  ] as const)('%s, werror=%s', async (code, writeError, status) => {
    const d = new Disk({ options: { writeError } });
    d.node.error = new BlockError(code);
    d.start();
    expect((await d.request(OUT, 0, { out: 512 }))[0]).toBe(status);
    expect(d.m.runState.vmStopRequest).toBeUndefined();
  });

  it('a full one stops the guest, and is tried again when it goes on', async () => {
    const d = new Disk();
    d.node.error = new BlockError('ENOSPC', 'no space left on device');
    d.start();
    expect((await d.request(OUT, 0, { out: 512 }))[0]).toBe(0xff);
    expect([d.m.runState.vmStopRequest, d.usedIdx(), d.backend.isBusy]).toEqual(['io-error', 0, false]);
    expect(d.m.logged.join('')).toContain("drive 'd': no space left on device");
    d.m.vmStop('io-error');
    d.node.error = undefined;
    d.m.vmStart();
    await settle();
    expect([d.usedIdx(), d.m.addressSpace.read(STATUS, 1)]).toEqual([1, OK]);
  });
});

it('a snapshot has the requests that were under way', async () => {
  const d = new Disk();
  d.node.held = [];
  d.start();
  d.submit(IN, 5, { into: 512 });
  const out = new ByteWriter();
  VirtioBlk.vmState.save(d.device, out);
  const ram = new Uint8Array(0x10_0000);
  d.m.addressSpace.readBytes(RAM, ram);

  const twin = new Disk();
  twin.m.vmStop('paused');
  twin.m.addressSpace.writeBytes(RAM, ram);
  VirtioBlk.vmState.load(twin.device, new ByteReader(out.finish()), VirtioBlk.vmState.options.version);
  twin.m.vmStart();
  await settle();
  expect([twin.node.calls, twin.usedIdx(), twin.m.addressSpace.read(STATUS, 1)]).toEqual([['read 2560 512'], 1, OK]);
  expect(twin.data(512, 0)).toEqual(twin.bytes.slice(5 * SECTOR, 6 * SECTOR));
});

it('queue reset: the driver takes one queue back', async () => {
  const d = new Disk();
  d.node.held = [];
  d.start();
  d.submit(IN, 0, { into: 512 });
  d.w(0xc0, 1);
  expect([d.r(0xc0), d.r(0x44)]).toEqual([0, 0]);
  d.node.held.shift()!();
  await settle();
  expect([d.usedIdx(), d.m.addressSpace.read(STATUS, 1), d.backend.isBusy]).toEqual([0, 0xff, false]);
});
