/** MSI and MSI-X. */
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { defineDevice } from '../core/device.js';
import { Msi, type MsiOptions } from './msi.js';
import { Msix } from './msix.js';
import { PciRig, RAM, TestFunction } from './testing.js';

class Messenger extends TestFunction {
  static override readonly type = defineDevice('messenger', TestFunction, Messenger);
  options: MsiOptions | { readonly vectors: number; readonly msix: true } = { vectors: 4, wide: true, maskable: true };
  protected override realizeFunction(): void {
    super.realizeFunction();
    if ('msix' in this.options) this.useMsixBar(1, this.options.vectors);
    else this.msi = new Msi(this, this.options);
  }
}
const messenger = (options?: Messenger['options']) => {
  const rig = new PciRig();
  const device = rig.add(Messenger, { addr: '1' }, { before: (each) => (each.options = options ?? each.options) });
  rig.enable(1);
  return { rig, device, messages: rig.host.messages };
};

describe('MSI', () => {
  const [CONTROL, LOW, HIGH, DATA, MASK, PENDING] = [0x42, 0x44, 0x48, 0x4c, 0x50, 0x54];

  it('sends as many different messages as it is let', () => {
    const { rig, device, messages } = messenger();
    expect(rig.get(1, CONTROL, 2)).toBe(0x0184);
    device.msi!.notify(0);
    expect(messages).toEqual([]);
    rig.put(1, LOW, -1);
    rig.put(1, HIGH, 0x12);
    rig.put(1, DATA, 0x1ff3, 2);
    rig.put(1, CONTROL, 0x0021, 2); // four
    for (const vector of [0, 1, 3]) device.msi!.notify(vector);
    rig.put(1, CONTROL, 0x0011, 2); // two
    device.msi!.notify(3);
    rig.put(1, CONTROL, 0x0071, 2); // more than it has
    device.msi!.notify(3);
    const at = 0x12_ffff_fffc;
    expect(messages).toEqual([[at, 0x1ff0], [at, 0x1ff1], [at, 0x1ff3], [at, 0x1ff3], [at, 0x1ff3]]); // prettier-ignore
  });

  it('keeps what is masked until it is no more', () => {
    const { rig, device, messages } = messenger();
    rig.put(1, CONTROL, 0x0021, 2);
    rig.put(1, MASK, 0x6);
    for (const vector of [0, 1, 1, 2]) device.msi!.notify(vector);
    expect([messages.length, rig.get(1, PENDING)]).toEqual([1, 0x6]);
    rig.put(1, PENDING, 0); // read-only
    rig.put(1, MASK, 0x4);
    expect([messages.length, rig.get(1, PENDING)]).toEqual([2, 0x4]);
    rig.m.reset();
    expect([rig.get(1, PENDING), rig.get(1, MASK), rig.get(1, CONTROL, 2)]).toEqual([0, 0, 0x0184]);
  });

  it('is in place of the pin, and silent without bus mastering', () => {
    const { rig, device, messages } = messenger({ vectors: 1 });
    device.drive(1);
    expect(rig.host.lines[1]).toBe(true);
    rig.put(1, CONTROL, 1, 2);
    expect(rig.host.lines[1]).toBe(false);
    rig.enable(1, 2);
    device.msi!.notify(0);
    expect(messages).toEqual([]);
  });
});

describe('MSI-X', () => {
  const TABLE = 0x4000_0000;
  const CONTROL = 0x42;
  const make = (vectors = 3) => {
    const made = messenger({ vectors, msix: true });
    made.rig.put(1, 0x14, TABLE);
    const entry = (n: number, address: number, data: number, control = 0): void =>
      [address % 2 ** 32, Math.floor(address / 2 ** 32), data, control].forEach((word, i) => made.rig.write(TABLE + 16 * n + 4 * i, word));
    return { ...made, entry };
  };

  it('has its table and pending bits behind a BAR of their own', () => {
    const { rig } = make();
    expect([rig.get(1, CONTROL, 2), rig.get(1, 0x44), rig.get(1, 0x48)]).toEqual([2, 1, 0x801]);
    expect([rig.at(TABLE), rig.at(TABLE + 0x2f), rig.at(TABLE + 0x30), rig.at(TABLE + 0x800), rig.at(TABLE + 0x808)]).toEqual([
      ...['msix-table', 'msix-table', undefined, 'msix-pba', undefined],
    ]);
    expect([0, 1, 2].map((n) => rig.read(TABLE + 16 * n + 12))).toEqual([1, 1, 1]);
    rig.write(TABLE, 0x55, 1); // by words only
    expect(rig.read(TABLE)).toBe(0);
    expect([make(2048).rig.get(1, 0x48), make(2048).rig.get(1, CONTROL, 2)]).toEqual([0x8001, 2047]);
  });

  it('sends each vector its own message, once it is enabled and no more masked', () => {
    const { rig, device, messages, entry } = make();
    entry(0, RAM, 5);
    entry(2, 0x1_0000_0010, 7);
    device.msix!.notify(0);
    expect(messages).toEqual([]);
    rig.put(1, CONTROL, 0x8000, 2);
    for (const vector of [0, 1, 2]) device.msix!.notify(vector);
    expect(messages).toEqual([[RAM, 5], [0x1_0000_0010, 7]]); // prettier-ignore
    expect(rig.read(TABLE + 0x800)).toBe(2);
    rig.write(TABLE + 16 + 12, 0); // the masked one has no address
    expect([messages.at(-1), rig.read(TABLE + 0x800)]).toEqual([[0, 0], 0]);
  });

  it('keeps all while all are masked', () => {
    const { rig, device, messages, entry } = make();
    entry(0, RAM, 1);
    entry(1, RAM, 2);
    rig.put(1, CONTROL, 0xc000, 2);
    for (const vector of [0, 1, 2]) device.msix!.notify(vector);
    rig.write(TABLE + 0x800, 0); // read-only
    expect([messages.length, rig.read(TABLE + 0x800)]).toEqual([0, 7]);
    rig.put(1, CONTROL, 0x8000, 2);
    expect([messages, rig.read(TABLE + 0x800)]).toEqual([[[RAM, 1], [RAM, 2]], 4]); // prettier-ignore
    device.msix!.forget(2);
    expect(rig.read(TABLE + 0x800)).toBe(0);
  });

  it('bears nonsense', () => {
    const { rig, device, messages, entry } = make();
    rig.put(1, CONTROL, 0x87ff, 2);
    expect(rig.get(1, CONTROL, 2)).toBe(0x8002); // its size is its own
    entry(0, 2 ** 64, -1);
    for (let at = 0; at < 0x30; at += 4) rig.write(TABLE + at, -1);
    rig.write(TABLE + 12, 0);
    for (const vector of [0, 3, 2047, 0xffff]) device.msix!.notify(vector);
    expect(messages.length).toBe(1);
    rig.put(1, 0x14, -1); // the table is nowhere now
    device.msix!.notify(0);
    expect(messages.length).toBe(2);
  });

  it('is in a snapshot', () => {
    const [a, b] = [make(), make()];
    a.entry(0, RAM, 1, 1);
    a.rig.put(1, CONTROL, 0x8000, 2);
    a.device.msix!.notify(0);
    const out = new ByteWriter();
    Msix.vmState.save(a.device.msix!, out);
    b.rig.put(1, CONTROL, 0x8000, 2);
    Msix.vmState.load(b.device.msix!, new ByteReader(out.finish()), 1);
    b.rig.write(TABLE + 12, 0);
    expect(b.messages).toEqual([[RAM, 1]]);
  });
});
