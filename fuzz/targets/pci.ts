/** PCI: what a guest programs into configuration space and BARs, of functions behind a bridge too, and what it does behind them. */
import { Edu } from '../../src/hw/misc/edu.js';
import { PciTestdev } from '../../src/hw/misc/pci-testdev.js';
import { SerialPci } from '../../src/hw/char/serial-pci.js';
import type { PciDevice } from '../../src/hw/pci/device.js';
import { PciBridge } from '../../src/hw/pci/pci-bridge.js';
import { PciRig, PORTS, RAM, RAM_SIZE } from '../../src/hw/pci/testing.js';
import { VirtioRngPci, VirtioSerialPci } from '../../src/hw/virtio/virtio-pci-devices.js';
import { Source } from '../source.js';
import type { Target } from '../target.js';

const SIZES = [1, 2, 4, 8] as const;
const MOST_ACTIONS = 400;
const bytes = (value: number, count: number): number[] => Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

// Actions: 0 reads and 1 writes configuration space, 2 reads and 3 writes behind a BAR, 4 writes memory, 5 lets time pass.
const put = (bus: number, slot: number, at: number, value: number): number[] => [1, bus, slot, at, 2, ...bytes(value, 4)];
const store = (device: number, bar: number, at: number, value: number): number[] => [
  3,
  device,
  bar,
  ...bytes(at, 3),
  2,
  ...bytes(value, 4),
];
const WAIT = [5];

interface Board {
  readonly rig: PciRig;
  readonly devices: readonly PciDevice[];
}
function build(): Board {
  const rig = new PciRig();
  const bridge = rig.add(PciBridge, { addr: '1', chassis_nr: '1' }, { before: (device) => (device.id = 'a') });
  const inner = rig.add(PciBridge, { addr: '0', chassis_nr: '2' }, { bus: bridge.secondaryBus, before: (device) => (device.id = 'b') });
  const devices = [
    rig.add(Edu, { addr: '2', dma_mask: '0xffffffffffff' }),
    rig.add(PciTestdev, { addr: '3', membar: '64K' }),
    rig.add(VirtioRngPci, { addr: '4' }),
    rig.add(SerialPci, { addr: '5' }),
    rig.add(Edu, { addr: '1' }, { bus: bridge.secondaryBus }),
    rig.add(VirtioSerialPci, { addr: '2' }, { bus: inner.secondaryBus }),
  ];
  return { rig, devices };
}

/** Where a BAR is seen, if it is. */
function place({ devices }: Board, source: Source): number | undefined {
  const { bars } = devices[source.number(1) % devices.length];
  const bar = bars[source.number(1) % 6];
  const offset = source.number(3);
  if (bar?.address === undefined) return undefined;
  return (bar.io ? PORTS : 0) + bar.address + (offset % bar.size);
}

export const pciTarget: Target = {
  name: 'pci',
  seeds: () =>
    [
      [
        ...put(0, 2, 0x10, 0x4000_0000),
        ...put(0, 2, 4, 7),
        ...store(0, 0, 8, 9),
        ...WAIT,
        ...store(0, 0, 0x80, RAM),
        ...store(0, 0, 0x98, 1),
        ...WAIT,
      ],
      [
        ...put(0, 1, 0x18, 0x0002_0100),
        ...put(1, 0, 0x18, 0x0002_0201),
        ...put(0, 1, 4, 7),
        ...put(1, 0, 4, 7),
        ...put(0, 1, 0x20, 0xfff0_0000),
      ],
      [
        ...put(0, 4, 0x10, 0x1000),
        ...put(0, 4, 0x14, 0x4000_0000),
        ...put(0, 4, 0x20, 0x4010_0000),
        ...put(0, 4, 4, 7),
        ...store(2, 4, 0x14, 15),
      ],
      [
        ...put(0, 4, 0x98, 0x8000_0000),
        ...store(2, 1, 0, RAM),
        ...store(2, 1, 12, 0),
        ...put(0, 4, 0x88, 4),
        ...put(0, 4, 0x94, 0xffff_ffff),
      ],
    ].map((actions) => Uint8Array.from(actions)),
  run(input) {
    const board = build();
    const { addressSpace } = board.rig.m;
    const source = new Source(input);
    for (let actions = 0; !source.isEmpty && actions < MOST_ACTIONS; actions++) {
      const action = source.number(1) % 6;
      if (action === 5) board.rig.m.advance(100_000_000);
      else if (action === 4) {
        const at = RAM + (source.number(4) % RAM_SIZE);
        addressSpace.writeBytes(at, source.take(source.number(1)).subarray(0, RAM + RAM_SIZE - at));
      } else {
        const at =
          action < 2
            ? 0x3000_0000 + (source.number(1) % 4) * 0x10_0000 + (source.number(1) % 8) * 0x8000 + source.number(1)
            : place(board, source);
        const size = SIZES[source.number(1) % 4];
        if (at === undefined) continue;
        if (action % 2 === 0) addressSpace.readTx(at, size);
        else {
          const value = source.number(4);
          addressSpace.writeTx(at, size, value, value);
        }
      }
    }
    board.rig.m.reset();
  },
};
