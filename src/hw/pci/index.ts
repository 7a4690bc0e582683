/** PCI: buses and bridges between them: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { PciBridgeBase } from './bridge.js';
import { PciDevice } from './device.js';
import { PcieHostBridge, PciHostBridge } from './host.js';
import { PciBridge } from './pci-bridge.js';
import { PcieRootPort } from './pcie-root-port.js';

export const pciDevices: readonly TypedClass[] = [PciDevice, PciBridgeBase, PciBridge, PcieRootPort, PciHostBridge, PcieHostBridge];
