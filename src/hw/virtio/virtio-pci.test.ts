import { describe, expect, it } from 'vitest';
import { propertiesOf } from '../../qom/object.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import type { PropertyValues } from '../core/device.js';
import { PciRig, PORTS, RAM } from '../pci/testing.js';
import { virtioPciDevices, VirtioRngPci } from './virtio-pci-devices.js';
import type { VirtioPci } from './virtio-pci.js';

const BASE = 0x4000_0000;
const TABLE = 0x4010_0000;
const [COMMON, ISR, DEVICE, NOTIFY] = [0, 1, 2, 3].map((piece) => BASE + 0x1000 * piece);
const [DESC, AVAIL, USED, DATA] = [1, 2, 3, 4].map((page) => RAM + 0x1000 * page);
const LEGACY = PORTS + 0x1000;

/** A driver of the entropy device in the guest's place. */
class Driver {
  readonly rig: PciRig;
  readonly device: VirtioPci;
  private offered = 0;

  constructor(props: PropertyValues<typeof VirtioRngPci> = {}, { messages = true } = {}) {
    this.rig = new PciRig({ messages });
    this.device = this.rig.add(VirtioRngPci, { addr: '1', ...props });
    this.map();
  }
  map(): void {
    this.rig.put(1, 0x10, 0x1000);
    this.rig.put(1, 0x14, TABLE);
    this.rig.put(1, 0x20, BASE);
    this.rig.enable(1);
  }
  /** Modern: features, one queue of 8, running. */
  start(vector = 0xffff): void {
    const { write } = this.rig;
    for (const status of [1, 3]) write(COMMON + 0x14, status, 1);
    write(COMMON + 0x08, 1);
    write(COMMON + 0x0c, 1);
    write(COMMON + 0x14, 11, 1);
    write(COMMON + 0x16, 0, 2);
    write(COMMON + 0x1a, vector, 2);
    [DESC, AVAIL, USED].forEach((area, i) => write(COMMON + 0x20 + 8 * i, area));
    write(COMMON + 0x1c, 1, 2);
    write(COMMON + 0x14, 15, 1);
  }
  buffer(address = DATA, length = 16): void {
    const { m } = this.rig;
    m.addressSpace.write64(DESC, BigInt(address));
    this.rig.write(DESC + 8, length);
    this.rig.write(DESC + 12, 2);
    this.rig.write(AVAIL + 4 + 2 * (this.offered % 8), 0, 2);
    this.rig.write(AVAIL + 2, ++this.offered, 2);
  }
  get used(): number {
    return this.rig.read(USED + 2, 2);
  }
  /** [type, BAR, offset, length] of each capability of virtio's own, in their order. */
  capabilities(): number[][] {
    const found: number[][] = [];
    for (let at = this.rig.get(1, 0x34, 1); at !== 0; at = this.rig.get(1, at + 1, 1))
      if (this.rig.get(1, at, 1) === 9)
        found.push([this.rig.get(1, at + 3, 1), this.rig.get(1, at + 4, 1), this.rig.get(1, at + 8), this.rig.get(1, at + 12)]);
    return found;
  }
}

describe('virtio over PCI', () => {
  it('is known by its numbers, and tells where its registers are', () => {
    const driver = new Driver();
    const { rig } = driver;
    expect([rig.get(1, 0), rig.get(1, 8), rig.get(1, 0x2c), rig.get(1, 0x3d, 1)]).toEqual([0x1005_1af4, 0x00ff_0000, 0x0004_1af4, 1]);
    expect(driver.capabilities()).toEqual([
      [5, 0, 0, 0],
      [2, 4, 0x3000, 0x1000],
      [4, 4, 0x2000, 0x1000],
      [3, 4, 0x1000, 0x1000],
      [1, 4, 0, 0x1000],
    ]);
    expect([0x40, 0x50, 0x60, 0x70, 0x84, 0x98].map((at) => rig.get(1, at, 1))).toEqual([9, 9, 9, 9, 9, 0x11]);
    const modern = new Driver({ 'disable-legacy': 'on' }).rig;
    expect([modern.get(1, 0), modern.get(1, 8, 1), modern.get(1, 0x2c), modern.get(1, 0x10)]).toEqual([0x1044_1af4, 1, 0x1100_1af4, 0]);
    const legacy = new Driver({ 'disable-modern': 'on' });
    expect([legacy.capabilities(), legacy.rig.get(1, 0x20)]).toEqual([[], 0]);
    expect(() => new Driver({ 'disable-modern': 'on', 'disable-legacy': 'on' })).toThrow(/neither modern nor legacy/);
  });

  it('has both interfaces, or the modern one, by its name', () => {
    const add = (name: string): PciRig => {
      const rig = new PciRig();
      rig.add(virtioPciDevices.find(({ type }) => type.name === name) as typeof VirtioRngPci, { addr: '1' });
      return rig;
    };
    const [both, modern] = ['virtio-rng-pci-transitional', 'virtio-rng-pci-non-transitional'].map(add);
    expect([both.get(1, 0), both.get(1, 8, 1), both.get(1, 0x10) & 1, both.get(1, 0x2c)]).toEqual([0x1005_1af4, 0, 1, 0x0004_1af4]);
    expect([modern.get(1, 0), modern.get(1, 8, 1), modern.get(1, 0x10), modern.get(1, 0x2c)]).toEqual([0x1044_1af4, 1, 0, 0x1100_1af4]);
    // what it is named for cannot be asked for besides
    const named = virtioPciDevices.filter(({ type }) => /transitional/.test(type.name));
    for (const { type } of named) expect(propertiesOf(type).map(({ name }) => name)).not.toContain('disable-legacy');
    expect(named).toHaveLength(6);
  });

  it("has its device's properties", () => {
    const { device } = new Driver({ 'max-bytes': '1024' });
    expect([device.getProperty('max-bytes'), device.backend.getProperty('max-bytes')]).toEqual([1024n, 1024n]);
    // @ts-expect-error no such property
    expect(() => new Driver({ nonsense: '1' })).toThrow(/property 'virtio-rng-pci.nonsense' not found/);
  });

  it('serves a queue, and interrupts by its pin until the status is read', () => {
    const driver = new Driver();
    const { rig } = driver;
    expect([rig.read(COMMON + 0x12, 2), rig.read(COMMON + 0x18, 2), rig.read(COMMON + 0x04)]).toEqual([1, 8, 0x3000_0000]);
    rig.write(COMMON, 1);
    expect(rig.read(COMMON + 0x04)).toBe(0x101);
    driver.start();
    driver.buffer();
    rig.write(NOTIFY, 0, 2);
    expect([driver.used, rig.host.lines[1], rig.read(USED + 8)]).toEqual([1, true, 16]);
    expect([rig.read(ISR, 1), rig.host.lines[1], rig.read(ISR, 1)]).toEqual([1, false, 0]);
    rig.write(COMMON + 0x14, 0, 1);
    expect([rig.read(COMMON + 0x14, 1), rig.read(COMMON + 0x1c, 2), rig.read(COMMON + 0x20), rig.read(COMMON + 0x1a, 2)]).toEqual([
      0, 0, 0, 0xffff,
    ]);
  });

  it('interrupts by messages, each queue by its own', () => {
    const driver = new Driver();
    const { rig } = driver;
    rig.put(1, 0x9a, 0x8000, 2);
    [0x2800_0000, 0, 7, 0].forEach((word, i) => rig.write(TABLE + 16 + 4 * i, word));
    rig.write(COMMON + 0x10, 9, 2);
    expect(rig.read(COMMON + 0x10, 2)).toBe(0xffff); // no such vector
    driver.start(1);
    driver.buffer();
    rig.write(NOTIFY, 0, 2);
    expect([rig.host.messages, rig.host.lines[1], rig.read(COMMON + 0x1a, 2)]).toEqual([[[0x2800_0000, 7]], false, 1]);
  });

  it('has neither MSI-X nor a BAR for it where nobody takes messages', () => {
    const { rig } = new Driver({}, { messages: false });
    expect([rig.get(1, 0x98, 1), rig.get(1, 0x14)]).toEqual([0, 0]);
  });

  it('has the legacy interface in I/O ports', () => {
    const driver = new Driver();
    const { rig } = driver;
    expect([rig.read(LEGACY), rig.read(LEGACY + 0x0c, 2)]).toEqual([0x7900_0000, 8]);
    rig.enable(1, 3);
    // who takes whatever there is gets nothing
    for (const [told, kept] of [
      [0x7900_0000, 0],
      [0x1100_0000, 0x1100_0000],
    ]) {
      rig.write(LEGACY + 4, told);
      expect(rig.read(LEGACY + 4)).toBe(kept);
    }
    for (const status of [1, 3]) rig.write(LEGACY + 0x12, status, 1);
    expect(rig.get(1, 4, 2)).toBe(7); // old drivers do not do it themselves
    rig.write(LEGACY + 4, 0);
    rig.write(LEGACY + 8, RAM / 4096);
    expect(rig.read(LEGACY + 8)).toBe(RAM / 4096);
    rig.write(LEGACY + 0x12, 7, 1);
    rig.m.addressSpace.write64(RAM, BigInt(DATA));
    rig.write(RAM + 8, 16);
    rig.write(RAM + 12, 2);
    rig.write(RAM + 8 * 16 + 4, 0, 2);
    rig.write(RAM + 8 * 16 + 2, 1, 2);
    rig.write(LEGACY + 0x10, 0, 2);
    expect([rig.read(RAM + 0x1002, 2), rig.host.lines[1], rig.read(LEGACY + 0x13, 1), rig.host.lines[1]]).toEqual([1, true, 1, false]);
    rig.write(LEGACY + 8, 0);
    expect(rig.read(LEGACY + 0x12, 1)).toBe(0);
  });

  it('does nothing while it may not be a master', () => {
    const driver = new Driver();
    const { rig } = driver;
    driver.start();
    driver.buffer();
    rig.enable(1, 3);
    expect(rig.read(COMMON + 0x14, 1)).toBe(11);
    rig.write(NOTIFY, 0, 2);
    expect([driver.used, driver.device.backend.broken]).toEqual([0, false]);
    rig.enable(1);
    rig.write(COMMON + 0x14, 15, 1);
    rig.write(NOTIFY, 0, 2);
    expect(driver.used).toBe(1);
  });

  it('can be reached through configuration space alone', () => {
    const { rig } = new Driver();
    const window = (offset: number, width: number): void => {
      rig.put(1, 0x84 + 4, 4, 1);
      rig.put(1, 0x84 + 8, offset);
      rig.put(1, 0x84 + 12, width);
    };
    window(0x12, 2);
    expect(rig.get(1, 0x94, 2)).toBe(1);
    window(0x14, 1);
    rig.put(1, 0x94, 3, 1);
    expect([rig.get(1, 0x94, 1), rig.read(COMMON + 0x14, 1)]).toEqual([3, 3]);
    for (const [offset, width] of [[0x4000, 4], [-4, 4], [0, 3], [1, 4], [0, -1]]) {
      window(offset, width);
      rig.put(1, 0x94, -1);
      expect(typeof rig.get(1, 0x94)).toBe('number');
    } // prettier-ignore
  });

  it('bears mad queues', () => {
    const driver = new Driver();
    const { rig } = driver;
    for (const address of [0, 1, BASE, TABLE, 0x3000_0000, 2 ** 53, 0xffff_ffff_ffff_f000]) {
      rig.write(COMMON + 0x14, 0, 1);
      driver.start();
      for (const at of [0x20, 0x28, 0x30]) rig.m.addressSpace.write64(COMMON + at, BigInt(address));
      rig.write(COMMON + 0x1c, 1, 2);
      rig.write(NOTIFY, 0, 2);
      rig.write(NOTIFY + 4 * 77, 0, 2);
    }
    for (const queue of [1, 1023, 0xffff]) {
      rig.write(COMMON + 0x16, queue, 2);
      for (let at = 0x18; at < 0x3c; at += 2) rig.write(COMMON + at, 0xffff, 2);
      expect(rig.read(COMMON + 0x18, 2)).toBe(0);
    }
    rig.write(COMMON + 0x14, 0, 1);
    driver.start();
    expect(rig.read(COMMON + 0x14, 1)).toBe(15);
  });

  it('is in a snapshot', () => {
    const [a, b] = [new Driver(), new Driver()];
    a.rig.put(1, 0x9a, 0x8000, 2);
    [0x2800_0000, 0, 7, 0].forEach((word, i) => a.rig.write(TABLE + 4 * i, word));
    a.start(0);
    for (const [from, to] of [[a.device, b.device], [a.device.backend, b.device.backend]]) {
      const out = new ByteWriter();
      from.vmState!.save(from, out);
      to.vmState!.check(to, new ByteReader(out.finish()), from.vmState!.options.version);
      to.vmState!.load(to, new ByteReader(out.finish()), from.vmState!.options.version);
    } // prettier-ignore
    b.buffer();
    b.rig.write(NOTIFY, 0, 2);
    expect([b.used, b.rig.host.messages, b.rig.read(DEVICE)]).toEqual([1, [[0x2800_0000, 7]], 0xffff_ffff]);
  });
});
