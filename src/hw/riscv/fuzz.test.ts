import { expect, it } from 'vitest';
import { NullChardev } from '../../chardev/chardev.js';
import { SeededRandom } from '../../util/random.js';
import { MiB } from '../../util/size.js';
import { VirtioMmio } from '../virtio/virtio-mmio.js';
import { VirtioRng } from '../virtio/virtio-rng.js';
import { VirtConsole, VirtioSerial } from '../virtio/virtio-serial.js';
import { TypeRegistry } from '../../qom/registry.js';
import { riscvTarget } from './index.js';
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

it('survives garbage in the configuration space of PCI, and behind what it maps', () => {
  const devices = [
    'pcie-root-port,id=rp',
    'virtio-rng-pci,bus=rp',
    'i6300esb',
    'edu',
    'pci-bridge,id=br,chassis_nr=1',
    'pci-testdev,bus=br',
  ];
  const m = new IdleVirt({ ramSize: 16 * MiB, devices }, { env: { types: new TypeRegistry(riscvTarget.devices) } });
  m.create();
  m.vmStart();
  const [ECAM, BUS, PLACE] = [0x3000_0000, 0x10_0000, 0x1000];
  const random = new SeededRandom(7);
  const seen = new Set<string>();
  for (let i = 0; i < ACCESSES; i++) {
    if (i % 1000 === 0) {
      // Software has numbered the buses, and opened windows, now and then.
      for (const [slot, bus] of [[1, 1], [4, 2]]) m.addressSpace.write(ECAM + slot * 8 * PLACE + 0x18, 4, bus * 0x10100); // prettier-ignore
      m.hostClock.ns += 1_000_000;
      m.clocks.runTimers();
      for (const { region } of m.addressSpace.flatView().ranges) seen.add(region.name);
    }
    const at = ECAM + (random.next() % 3) * BUS + (random.next() % 6) * 8 * PLACE + (random.next() % (random.next() % 4 ? 0x100 : 0x200));
    const width = [1, 2, 4][random.next() % 3] as 1 | 2 | 4;
    const value = random.next() % 2 ? random.next() : 0x4000_0000 + (random.next() % 16) * 0x10_0000;
    if (random.next() % 4 === 0) m.addressSpace.readTx(at, width);
    else m.addressSpace.writeTx(at, width, value >>> 0, random.next());
    m.addressSpace.writeTx(0x4000_0000 + (random.next() % 0x20_0000), width, value >>> 0, 0);
  }
  m.reset();
  expect([...seen]).toEqual(expect.arrayContaining(['i6300esb', 'edu-mmio']));
  expect(m.addressSpace.read(ECAM + 8 * PLACE, 4)).toBe(0x000c_1b36); // the port is as it was
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
