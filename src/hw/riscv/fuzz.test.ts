import { expect, it } from 'vitest';
import { NullChardev } from '../../chardev/chardev.js';
import { SeededRandom } from '../../util/random.js';
import { MiB } from '../../util/size.js';
import { VirtioMmio } from '../virtio/virtio-mmio.js';
import { VirtioRng } from '../virtio/virtio-rng.js';
import { VirtConsole, VirtioSerial } from '../virtio/virtio-serial.js';
import { IdleHart, IdleSpike, IdleVirt } from './testing.js';

const ACCESSES = 200_000;
const SIZES = [1, 2, 4, 8] as const;

/** Every device of a board, hit at random: nothing may throw, and the host must get done. */
function fuzz(m: IdleVirt | IdleSpike, seed: number, tick: () => void): void {
  const random = new SeededRandom(seed);
  const devices = () => m.addressSpace.flatView().ranges.filter((r) => r.region.kind === 'i/o' || r.region.kind === 'romd');
  let ranges = devices();
  for (let i = 0; i < ACCESSES; i++) {
    if (i % 1000 === 0) {
      ranges = devices();
      tick();
    }
    const { start, size } = ranges[random.next() % ranges.length];
    // Near the beginning, where the registers are, or anywhere; now and then over the end.
    const reach = random.next() % 4 === 0 ? size + 8 : Math.min(size, 0x200);
    const at = start + (random.next() % reach);
    const width = SIZES[random.next() % 4];
    const address = random.next() % 8 === 0 ? at : at - (at % width);
    // Small numbers, guest addresses and noise.
    const kind = random.next() % 3;
    const value = kind === 0 ? random.next() % 64 : kind === 1 ? 0x8000_0000 + (random.next() % 0x2000) : random.next();
    if (random.next() % 2) m.addressSpace.readTx(address, width);
    else m.addressSpace.writeTx(address, width, value >>> 0, random.next());
  }
}

it.each([
  [false, 'none'],
  [true, 'aplic'],
  [false, 'aplic-imsic'],
])('survives garbage in every register (virtio force-legacy %s, aia=%s)', (forceLegacy, aia) => {
  const m = new IdleVirt({
    ramSize: 16 * MiB,
    properties: { aia },
    globals: [{ driver: 'virtio-mmio', property: 'force-legacy', value: forceLegacy ? 'on' : 'off' }],
  });
  m.create();
  m.vmStart();
  const slots = m.realizedDevices.filter((d) => d instanceof VirtioMmio);
  m.realize(m.newDevice(VirtioRng), { bus: slots[0].bus });
  const serial = m.realize(m.newDevice(VirtioSerial), { bus: slots[1].bus });
  m.realize(m.newDevice(VirtConsole, { chardev: new NullChardev('c') }), { bus: serial.bus });
  const random = new SeededRandom(99);
  const began = performance.now();
  fuzz(m, 1, () => {
    m.addressSpace.writeBytes(0x8000_0000, random.bytes(0x4000)); // rings and descriptors of noise
    m.hostClock.ns += 1_000_000;
    m.clocks.runTimers();
  });
  m.reset();
  expect(m.logged.length).toBeGreaterThan(0);
  expect(performance.now() - began).toBeLessThan(15_000);
});

it('survives garbage on spike', () => {
  const m = new IdleSpike({ ramSize: 16 * MiB });
  m.create();
  m.vmStart();
  const began = performance.now();
  fuzz(m, 2, () => {
    m.hostClock.ns += 1_000_000;
    m.clocks.runTimers();
  });
  expect(m.logged.length).toBeGreaterThan(0);
  m.reset();
  m.addressSpace.write(0x0200_0000, 4, 1); // the CLINT still does what it is told: MSIP
  expect((m.cpus[0] as IdleHart).lines[3]).toBe(1);
  expect(performance.now() - began).toBeLessThan(15_000);
});
