/**
 * A function for tests of accesses: a memory and an I/O BAR with a header, which says what to write where, and counts it. Source: QEMU docs/specs/pci-testdev.rst.
 * QEMU's tests of eventfds are there by their names; as under QEMU without KVM, what they take is not counted.
 */
import { size } from '../../qom/property.js';
import { viewOf } from '../../util/bytes.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { i32, u32 } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const MEMORY_SIZE = 4096;
const IO_SIZE = 256;
/** Where the first test of a BAR is written to. */
const [MEMORY_TESTS, IO_TESTS] = [0x800, 0x80];

/** struct PCITestDevHdr: test, width, offset, data, count, and then the name. */
const [OFFSET, DATA, COUNT, NAME] = [4, 8, 12, 16];
const MATCHING = 0xfa;
const ANYTHING = 0xce;
const NONE = -1;
const SMALLEST_BAR = 16;

const KINDS = [
  { name: 'no-eventfd', data: MATCHING, counts: true },
  { name: 'wildcard-eventfd', data: ANYTHING, counts: false },
  { name: 'datamatch-eventfd', data: MATCHING, counts: false },
] as const;

/** Those of the memory BAR come first. */
const TESTS = (['mmio', 'portio'] as const).flatMap((space, i) =>
  KINDS.map((kind, n) => ({
    ...kind,
    name: `${space}-${kind.name}`,
    bar: i,
    offset: (i === 0 ? MEMORY_TESTS : IO_TESTS) + i * KINDS.length + n,
  })),
);

export class PciTestdev extends PciDevice {
  static override readonly type = defineDevice('pci-testdev', PciDevice, PciTestdev, {
    description: 'PCI Test Device',
    userCreatable: true,
    properties: [size('membar')],
  });
  static readonly vmState = pciVmState<PciTestdev>('pci-testdev', { version: 1 }, [
    i32('current', { most: TESTS.length - 1 }),
    u32('count'),
  ]);

  override readonly identity: PciIdentity = { vendor: VENDOR.REDHAT, device: 0x0005, class: 0x00ff };
  /** Bytes of another BAR, of 64 bits, with nothing behind it; 0: there is none. */
  membar = 0;
  /** The test that was started. */
  current = NONE;
  count = 0;

  protected override realizeFunction(): void {
    const ports = (bar: number) => ({
      implSizes: [1] as const,
      read: (offset: number) => this.header[offset] ?? 0,
      write: (offset: number, value: number) => this.write(bar, offset, value & 0xff),
    });
    this.registerBar(0, this.ioRegion('pci-testdev-mmio', MEMORY_SIZE, ports(0)));
    this.registerBar(1, this.ioRegion('pci-testdev-portio', IO_SIZE, ports(1)), { io: true });
    if (this.membar === 0) return;
    if (this.membar < SMALLEST_BAR || 2 ** Math.round(Math.log2(this.membar)) !== this.membar)
      throw new OptionError(
        `invalid size ${this.membar}`,
        `${this.id ?? this.typeName}.membar`,
        `a power of two, ${SMALLEST_BAR} at least`,
      );
    const region = this.containerRegion('pci-testdev-membar', this.membar);
    this.registerBar(2, region, { wide: true, prefetch: true });
  }

  override reset(): void {
    super.reset();
    this.current = NONE;
    this.count = 0;
  }

  /** Of the current test. */
  private get header(): Uint8Array {
    const test = TESTS[this.current];
    if (!test) return new Uint8Array(0);
    const bytes = new Uint8Array(NAME + test.name.length);
    const view = viewOf(bytes);
    bytes[0] = this.current;
    bytes[1] = 1; // by bytes
    view.setUint32(OFFSET, test.offset, true);
    view.setUint32(DATA, test.data, true);
    view.setUint32(COUNT, this.count, true);
    bytes.set(new TextEncoder().encode(test.name), NAME);
    return bytes;
  }

  private write(bar: number, offset: number, value: number): void {
    if (offset === 0) {
      this.current = value < KINDS.length ? bar * KINDS.length + value : NONE;
      this.count = 0;
      return;
    }
    const test = TESTS[this.current];
    if (test?.bar === bar && test.offset === offset && test.counts && value === test.data) this.count++;
  }
}
