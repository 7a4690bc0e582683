/** QEMU's PCI-to-PCI bridge: a bus behind a function. Its hotplug controller, which alone would have a use for messages, is absent. Source: QEMU docs/pcie.txt; PCI-to-PCI Bridge Architecture 1.2. */
import { enumeration, uint8 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { PciBridgeBase } from './bridge.js';
import type { PciIdentity } from './device.js';
import { CAPABILITY, VENDOR } from './regs.js';
import { pciVmState } from './vmstate.js';

/** Slot numbering: expansion slots, and the number of the chassis. Source: PCI-to-PCI Bridge Architecture 1.2, section 13. */
const SLOTS_SIZE = 4;
const FIRST_IN_CHASSIS = 0x20;

export class PciBridge extends PciBridgeBase {
  static override readonly type = defineDevice('pci-bridge', PciBridgeBase, PciBridge, {
    description: 'Standard PCI Bridge',
    category: 'bridge',
    userCreatable: true,
    properties: [
      uint8('chassis_nr'),
      enumeration('msi', ['auto', 'off'], { field: 'messages', notBuilt: ['on'], kind: 'OnOffAuto', description: 'on/off/auto' }),
      enumeration('shpc', ['off'], { notBuilt: ['on'], kind: 'bool', description: 'on/off' }),
    ],
  });
  static readonly vmState = pciVmState<PciBridge>('pci_bridge', { version: 1 }, []);

  override readonly identity: PciIdentity = { vendor: VENDOR.REDHAT, device: 0x0001, class: 0x0604 };
  chassisNr = 0;
  messages = 'auto';
  shpc = 'off';

  protected override realizeFunction(): void {
    super.realizeFunction();
    if (this.chassisNr === 0)
      throw new OptionError('Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id > 0.');
    this.messages = 'off';
    const at = this.config.addCapability(CAPABILITY.SLOT_ID, SLOTS_SIZE);
    this.config.set(at + 2, 1, FIRST_IN_CHASSIS);
    this.config.set(at + 3, 1, this.chassisNr);
  }
}
