/** QEMU's root port: a slot of PCI Express, and the bus behind it. Devices are in the slot when the machine starts, or not at all. Source: QEMU docs/pcie.txt; PCI Express Base Specification 3.0. */
import { enumeration, uint16, uint8 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { struct } from '../core/vmstate.js';
import { PciBridgeBase } from './bridge.js';
import type { PciBus } from './bus.js';
import type { PciIdentity } from './device.js';
import { addBridgeSubsystem, addPortCapabilities, ExpressRootPort, resetPortCapabilities } from './express.js';
import { Msix } from './msix.js';
import * as regs from './regs.js';
import { pciVmState } from './vmstate.js';

const CONTROL_WRITABLE = 0x5f;
/** Base above limit: nothing is seen through a window until software has opened it. */
const [SHUT_IO, SHUT_MEMORY] = [0xf0, 0xfff0];
const EBUSY = 16;

export class PcieRootPort extends PciBridgeBase {
  static override readonly type = defineDevice('pcie-root-port', PciBridgeBase, PcieRootPort, {
    description: 'PCI Express Root Port',
    category: 'bridge',
    userCreatable: true,
    properties: [
      ...[uint8('port'), uint8('chassis'), uint16('slot')],
      enumeration('hotplug', ['off'], { notBuilt: ['on'], kind: 'bool', description: 'on/off' }),
    ],
  });
  static readonly vmState = pciVmState<PcieRootPort>('pcie-root-port', { version: 1 }, [
    struct('msix', Msix.vmState, { when: (device: PcieRootPort) => device.msix !== undefined }) as never,
  ]);

  override readonly identity: PciIdentity = { vendor: regs.VENDOR.REDHAT, device: 0x000c, class: 0x0604 };
  port = 0;
  chassis = 0;
  slot = 0;
  hotplug = 'off';
  private express!: ExpressRootPort;

  protected override get isExpress(): boolean {
    return true;
  }

  protected override initHeader(): void {
    super.initHeader();
    const { config } = this;
    config.define(regs.PRIMARY_BUS, 4, 0, 0xff_ffff); // without a latency timer
    config.define(regs.SECONDARY_STATUS, 2, 0, 0, regs.STATUS_ERRORS);
    config.setBits(regs.STATUS, 2, regs.STATUS_66MHZ | regs.STATUS_FAST_BACK, false);
    config.define(regs.BRIDGE_CONTROL, 2, 0, CONTROL_WRITABLE);
  }

  protected override realizeFunction(): void {
    if (!this.bus.isExpress) throw new OptionError(`'${this.bus.name}' is no PCI Express bus`, this.id ?? this.typeName);
    if (portsOf(this.bus.root).some((other) => other !== this && other.chassis === this.chassis && other.slot === this.slot))
      throw new OptionError(`Can't add chassis slot, error -${EBUSY}`, this.id ?? this.typeName, 'another chassis= or slot=');
    super.realizeFunction();
    const { config } = this;
    this.useInterruptPin();
    addBridgeSubsystem(config, this.identity.vendor, 0);
    if (this.hasMsi) this.useMsixBar(0, 1);
    this.express = new ExpressRootPort(config, this);
    addPortCapabilities(config);
  }

  override reset(): void {
    super.reset();
    const { config } = this;
    config.setBits(regs.IO_BASE, 1, SHUT_IO, true);
    for (const at of [regs.MEMORY_BASE, regs.PREFETCH_BASE]) config.setBits(at, 2, SHUT_MEMORY, true);
    this.updateWindows();
    this.express.reset(this.secondaryBus.functions.length > 0);
    resetPortCapabilities(config);
  }
}

const portsOf = (bus: PciBus): PcieRootPort[] =>
  bus.bridges.flatMap((bridge) => [
    ...(bridge instanceof PcieRootPort ? [bridge] : []),
    ...(bridge.secondaryBus ? portsOf(bridge.secondaryBus) : []),
  ]);
