/** Devices that follow pointers into guest memory: what the guest wrote there may be anything. */
import { BlockBackend, DEFAULT_BACKEND } from '../../src/block/backend.js';
import { BytesNode } from '../../src/block/memory.js';
import { BlockError } from '../../src/block/node.js';
import { RingBufferChardev } from '../../src/chardev/chardev.js';
import { TestMachine } from '../../src/hw/core/testing.js';
import { FwCfg } from '../../src/hw/nvram/fw-cfg.js';
import { VirtioBlk } from '../../src/hw/virtio/virtio-blk.js';
import { VirtioMmio } from '../../src/hw/virtio/virtio-mmio.js';
import { VirtioRng } from '../../src/hw/virtio/virtio-rng.js';
import { VirtConsole, VirtioSerial } from '../../src/hw/virtio/virtio-serial.js';
import { Source } from '../source.js';
import type { Target } from '../target.js';

const RAM = 0x8000_0000;
const RAM_SIZE = 0x2_0000;
const SIZES = [1, 2, 4, 8] as const;

/** Little-endian numbers in a row: [value, bytes]. */
function pack(...fields: readonly (readonly [value: number | bigint, width: number])[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([value, width]) => Array.from({ length: width }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn))),
  );
}
const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The actions of an input: 0 reads a register, 1 writes one, 2 writes guest memory, 3 lets time pass. */
const write = (offset: number, size: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array =>
  pack([1, 1], [offset, 2], [SIZES.indexOf(size), 1], [value, 8]);
const read = (offset: number, size: 1 | 2 | 4 | 8): Uint8Array => pack([0, 1], [offset, 2], [SIZES.indexOf(size), 1]);
const poke = (offset: number, bytes: Uint8Array): Uint8Array => concat(pack([2, 1], [offset, 4], [bytes.length, 2]), bytes);
const wait: Uint8Array = Uint8Array.of(3);

const MOST_ACTIONS = 300;

/** Does what the input says to registers from `base` on, `window` bytes of them. `turn`: what the host does while time passes. */
async function act(machine: TestMachine, input: Uint8Array, base: number, window: number, turn?: () => Promise<void>): Promise<void> {
  const source = new Source(input);
  for (let actions = 0; !source.isEmpty && actions < MOST_ACTIONS; actions++) {
    const action = source.number(1) % 4;
    if (action === 3) {
      await turn?.();
      machine.advance(1_000_000);
    } else if (action === 2) {
      const at = RAM + (source.number(4) % RAM_SIZE);
      machine.addressSpace.writeBytes(at, source.take(source.number(2)).subarray(0, RAM + RAM_SIZE - at));
    } else {
      const at = base + source.below(window);
      const size = SIZES[source.number(1) % 4];
      if (action === 0) machine.addressSpace.readTx(at, size);
      else machine.addressSpace.writeTx(at, size, source.number(4), source.number(4));
    }
  }
  machine.reset();
}

function withRam(): TestMachine {
  const machine = new TestMachine();
  machine.systemMemory.addSubregion(RAM, machine.newRam('ram', RAM_SIZE));
  return machine;
}

const swap64 = (value: number): bigint => new DataView(pack([value, 8]).buffer).getBigUint64(0);
const [DMA_READ, DMA_SKIP, DMA_SELECT, DMA_WRITE] = [2, 4, 8, 16];
/** A DMA structure, which is big-endian, and the write that starts it. */
function dma(control: number, length: number, address: number): Uint8Array {
  const structure = new Uint8Array(16);
  const view = new DataView(structure.buffer);
  view.setUint32(0, control);
  view.setUint32(4, length);
  view.setBigUint64(8, BigInt(address));
  return concat(poke(0x100, structure), write(0x10, 8, swap64(RAM + 0x100)), wait);
}

export const fwCfgTarget: Target = {
  name: 'fw_cfg',
  seeds: () => [
    concat(write(8, 2, 0x1900), read(0, 1), read(0, 8), read(0, 4), write(8, 2, 0), read(0, 2)),
    concat(dma(DMA_SELECT | DMA_READ | (0x19 << 16), 0x100, RAM + 0x1000), dma(DMA_SKIP, 8, 0), dma(DMA_READ, 64, RAM + 0x1ffc0)),
    concat(dma(DMA_SELECT | DMA_WRITE | (0x20 << 16), 0xffff_ffff, RAM), dma(DMA_READ, 0x1000, 0)),
    concat(write(0x10, 4, 0), write(0x14, 4, Number(swap64(RAM) >> 32n))),
  ],
  run(input) {
    const machine = withRam();
    const device = machine.addDevice(FwCfg);
    [8, 0, 16].forEach((at, i) => device.mmioMap(i, at));
    device.addFile('opt/a', Uint8Array.of(1, 2, 3));
    return act(machine, input, 0, 32);
  },
};

// A driver's way to a queue with one buffer, in the modern and in the legacy layout (VIRTIO 1.2, 4.2.3 and 4.2.4).
const QUEUE = { desc: 0x1000, avail: 0x2000, used: 0x3000, data: 0x8000, size: 8 };
const [NEXT, WRITE, INDIRECT] = [1, 2, 4];
const descriptor = (index: number, address: number, length: number, flags: number, next = 0): Uint8Array =>
  poke(QUEUE.desc + 16 * index, pack([RAM + address, 8], [length, 4], [flags, 2], [next, 2]));
const status = (...values: readonly number[]): Uint8Array => concat(...values.map((value) => write(0x70, 4, value)));
const offer = (...heads: readonly number[]): Uint8Array =>
  poke(QUEUE.avail, pack([0, 2], [heads.length, 2], ...heads.map((head) => [head, 2] as const)));
const notify = (queue: number): Uint8Array => concat(write(0x50, 4, queue), wait);

const modern = (queue: number): Uint8Array =>
  concat(
    status(1, 3),
    ...[write(0x24, 4, 1), write(0x20, 4, 1), status(11), write(0x30, 4, queue), write(0x38, 4, QUEUE.size)],
    ...[QUEUE.desc, QUEUE.avail, QUEUE.used].map((area, i) => write(0x80 + 0x10 * i, 4, RAM + area)),
    write(0x44, 4, 1),
    status(15),
  );
const legacy = (queue: number): Uint8Array =>
  concat(
    status(1, 3),
    write(0x28, 4, 4096),
    write(0x30, 4, queue),
    write(0x38, 4, QUEUE.size),
    write(0x3c, 4, 4096),
    write(0x40, 4, (RAM + QUEUE.desc) / 4096),
    status(7),
  );

const rings = (start: (queue: number) => Uint8Array, queue: number): Uint8Array[] => [
  concat(descriptor(0, QUEUE.data, 64, WRITE), offer(0), start(queue), notify(queue), read(0x60, 4), write(0x64, 4, 1)),
  concat(descriptor(0, QUEUE.data, 16, NEXT, 1), descriptor(1, QUEUE.data + 64, 32, NEXT | WRITE, 2), descriptor(2, QUEUE.data, 1, WRITE), offer(0), start(queue), notify(queue)),
  concat(descriptor(0, QUEUE.data, 32, INDIRECT), poke(QUEUE.data, pack([RAM, 8], [8, 4], [NEXT, 2], [1, 2], [RAM + 64, 8], [8, 4], [WRITE, 2], [0, 2])), offer(0, 0, 0), start(queue), notify(queue)),
  concat(descriptor(0, QUEUE.data, 8, NEXT, 0), offer(0, 7, 1, 0x4000), start(queue), notify(queue), status(0), start(queue)),
]; // prettier-ignore

/** What a device does while the host has its turn, and when all is over. */
interface Attendance {
  readonly turn: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const virtioTarget = (
  name: string,
  queues: readonly number[],
  plug: (machine: TestMachine, transport: VirtioMmio) => Attendance | void,
  makeRings = rings,
): Target => ({
  name,
  seeds: () =>
    [modern, legacy].flatMap((start, layout) =>
      queues.flatMap((queue) => makeRings(start, queue)).map((actions) => concat(Uint8Array.of(layout), actions)),
    ),
  async run(input) {
    const machine = withRam();
    const transport = machine.addDevice(VirtioMmio, { 'force-legacy': (input[0] & 1) === 1 });
    transport.mmioMap(0, 0);
    const { turn, end } = plug(machine, transport) ?? {};
    await act(machine, input.subarray(1), 0, 0x200, turn);
    await end?.();
  },
});

export const rngTarget = virtioTarget('virtio-rng', [0], (machine, { bus }) => {
  machine.realize(machine.newDevice(VirtioRng), { bus });
});

export const consoleTarget = virtioTarget('virtio-serial', [0, 1, 2, 3], (machine, transport) => {
  const serial = machine.realize(machine.newDevice(VirtioSerial), { bus: transport.bus });
  const chardev = new RingBufferChardev('console');
  machine.realize(machine.newDevice(VirtConsole, { chardev }), { bus: serial.bus });
  chardev.input(new Uint8Array(100).fill(65));
});

/** A header, data and a status, for requests of each type. */
const blkRings = (start: (queue: number) => Uint8Array, queue: number): Uint8Array[] =>
  [0, 1, 4, 8, 11, 13].map((type) => {
    const isIn = type === 0 || type === 8;
    return concat(
      poke(QUEUE.data, pack([type, 4], [0, 4], [1, 8])),
      poke(QUEUE.data + 0x100, pack([2, 8], [4, 4], [type === 13 ? 1 : 0, 4])),
      descriptor(0, QUEUE.data, 16, NEXT, 1),
      descriptor(1, QUEUE.data + 0x100, type > 8 ? 16 : 512, isIn ? NEXT | WRITE : NEXT, 2),
      descriptor(2, QUEUE.data + 0x1000, 1, WRITE),
      ...[
        offer(0),
        start(queue),
        notify(queue),
        wait,
        read(0x60, 4),
        write(0x64, 4, 3),
        offer(0, 0),
        notify(queue),
        status(0),
        start(queue),
      ],
    );
  });

const DISK_SIZE = 0x8000;

/** Every fifth request to it fails, now as broken disks do, now as full ones, and each takes a turn of the host. */
class FailingNode extends BytesNode {
  private count = 0;
  private async mayFail(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (++this.count % 5 === 0) throw new BlockError(this.count % 2 === 0 ? 'EIO' : 'ENOSPC');
  }
  override async read(offset: number, into: Uint8Array): Promise<void> {
    await this.mayFail();
    return super.read(offset, into);
  }
  override async write(offset: number, from: Uint8Array): Promise<void> {
    if (offset + from.length > DISK_SIZE) throw new Error(`a write of ${from.length} bytes at ${offset}`);
    await this.mayFail();
    return super.write(offset, from);
  }
  override flush(): Promise<void> {
    return this.mayFail();
  }
}

export const blkTarget = virtioTarget(
  'virtio-blk',
  [0],
  (machine, { bus }) => {
    const drive = new BlockBackend('d', new FailingNode(new Uint8Array(DISK_SIZE)), { ...DEFAULT_BACKEND, unmap: true });
    let failure: unknown;
    drive.failed = (error) => (failure ??= error);
    machine.backends.add('drive', 'd', drive);
    machine.realize(machine.newDevice(VirtioBlk, { drive }), { bus });
    const turn = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (machine.runState.vmStopRequest === undefined) return;
      machine.runState.vmStopRequest = undefined;
      machine.vmStop('io-error');
      machine.vmStart();
    };
    const end = async (): Promise<void> => {
      await drive.drained();
      if (failure !== undefined) throw failure;
    };
    return { turn, end };
  },
  blkRings,
);
