/**
 * AMD Am79C970A (PCnet-PCI II): its functions as PCI sees them, its address PROM, and the registers behind RAP and RDP as cells. It sends and receives
 * nothing: it has no network. Source: Am79C970A data sheet, "Register Summary".
 */
import { string } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { array, u16, u8 } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { MAX_LATENCY, MIN_GRANT, STATUS, STATUS_DEVSEL_MEDIUM, STATUS_FAST_BACK, VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const PORTS = 0x20;
const PROM = 0x10;
// Behind the PROM: word and double-word I/O have them at different places.
const RDP = 0x10;
const RAP = 0x12;
const RESET = 0x14;
const BDP = 0x16;
const CSRS = 128;
const BCRS = 32;
const CSR0_STOP = 0x0004;
const CSR0_INIT = 0x0001;
const CSR0_START = 0x0002;
/** CSR 88 and 89: read-only. */
const CHIP_ID: Readonly<Record<number, number>> = { 88: 0x1003, 89: 0x0262 };
/** BCR 0 to 2 after a reset: master mode read and write active, miscellaneous configuration. */
const BCRS_AFTER_RESET = [0x0005, 0x0005, 0x0002] as const;
/** The PROM's last two bytes, "WW": it has been programmed. */
const PROM_MARK = 0x57;

export class PcNet extends PciDevice {
  static override readonly type = defineDevice('pcnet', PciDevice, PcNet, {
    description: 'AMD PCnet, without a network',
    category: 'network',
    properties: [string('mac')],
  });
  static readonly vmState = pciVmState<PcNet>('pcnet', { version: 1 }, [
    ...[u8('rap', { most: CSRS - 1 }), array('csr', u16), array('bcr', u16)],
  ]);

  override readonly identity: PciIdentity = {
    ...{ vendor: VENDOR.AMD, device: 0x2000, class: 0x0200, revision: 0x10 },
    subsystem: { vendor: 0, device: 0 },
  };
  mac = '52:54:00:12:34:56';
  rap = 0;
  readonly csr = new Uint16Array(CSRS);
  readonly bcr = new Uint16Array(BCRS);
  private readonly prom = new Uint8Array(PROM);

  protected override realizeFunction(): void {
    const bytes = this.mac.split(':').map((byte) => (/^[0-9a-f]{2}$/i.test(byte) ? Number.parseInt(byte, 16) : NaN));
    if (bytes.length !== 6 || bytes.some(Number.isNaN))
      throw new OptionError(`'${this.mac}' is no address`, 'pcnet.mac', '52:54:00:12:34:56');
    this.prom.set(bytes);
    this.prom.fill(PROM_MARK, 14, 16);
    const sum = this.prom.reduce((all, byte) => all + byte, 0);
    [this.prom[12], this.prom[13]] = [sum & 0xff, (sum >> 8) & 0xff];
    this.config.define(STATUS, 2, STATUS_FAST_BACK | STATUS_DEVSEL_MEDIUM);
    this.config.define(MIN_GRANT, 1, 0x06);
    this.config.define(MAX_LATENCY, 1, 0xff);
    this.useInterruptPin();
    const ops = {
      read: (at: number, size: number) => this.read(at, size),
      write: (at: number, value: number, size: number) => this.write(at, value, size),
    };
    this.registerBar(0, this.ioRegion('pcnet-io', PORTS, ops), { io: true });
    this.registerBar(1, this.ioRegion('pcnet-mmio', PORTS, ops));
  }

  override reset(): void {
    super.reset();
    this.softReset();
  }
  private softReset(): void {
    this.rap = 0;
    this.csr.fill(0);
    this.bcr.fill(0);
    this.csr[0] = CSR0_STOP;
    for (const [n, value] of Object.entries(CHIP_ID)) this.csr[Number(n)] = value;
    this.bcr.set(BCRS_AFTER_RESET);
  }

  /** The register at an offset: of 32 bits each where accesses are so wide. */
  private place(at: number, size: number): number {
    return size === 4 ? RDP + ((at - RDP) >> 1) : at;
  }
  private read(at: number, size: number): number {
    if (at < PROM) return Array.from({ length: size }, (_, n) => this.prom[at + n] << (8 * n)).reduce((all, byte) => (all | byte) >>> 0, 0);
    switch (this.place(at, size)) {
      case RDP:
        return this.csr[this.rap];
      case RAP:
        return this.rap;
      case RESET:
        this.softReset();
        return 0;
      case BDP:
        return this.rap < BCRS ? this.bcr[this.rap] : 0;
      default:
        return 0;
    }
  }
  private write(at: number, value: number, size: number): void {
    switch (this.place(at, size)) {
      case RDP:
        return this.writeCsr(value & 0xffff);
      case RAP:
        this.rap = value % CSRS;
        return;
      case BDP:
        if (this.rap < BCRS) this.bcr[this.rap] = value;
        return;
      default:
        this.guestError(`write of 0x${value.toString(16)} at 0x${at.toString(16)}`);
    }
  }
  private writeCsr(value: number): void {
    if (this.rap in CHIP_ID) return;
    if (this.rap !== 0) {
      this.csr[this.rap] = value;
      return;
    }
    if (value & CSR0_STOP) this.csr[0] = CSR0_STOP;
    else if (value & (CSR0_INIT | CSR0_START)) this.unimplemented('it has no network: it stays stopped');
  }
}
