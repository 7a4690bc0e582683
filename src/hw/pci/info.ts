/** What is on the buses, for who asks from outside (QAPI pci.json). */
import type { DeviceState } from '../core/device.js';
import type { PciBridgeBase } from './bridge.js';
import { PciBus } from './bus.js';
import type { PciDevice } from './device.js';
import * as regs from './regs.js';

export interface RegionInfo {
  readonly bar: number;
  readonly type: 'io' | 'memory';
  /** -1: not mapped. Bytes. */
  readonly address: number;
  readonly size: number;
  /** Of memory. */
  readonly prefetch?: boolean;
  readonly wide?: boolean;
}

/** First and last address. */
export interface RangeInfo {
  readonly base: number;
  readonly limit: number;
}

export interface BridgeInfo {
  readonly bus: {
    /** On whose primary side it is, as software has told it. */
    readonly number: number;
    readonly secondary: number;
    readonly subordinate: number;
    readonly io: RangeInfo;
    readonly memory: RangeInfo;
    readonly prefetchable: RangeInfo;
  };
  readonly functions: readonly FunctionInfo[];
}

export interface FunctionInfo {
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
  readonly class: number;
  readonly className: string | undefined;
  readonly vendor: number;
  readonly device: number;
  readonly subsystem: { readonly vendor: number; readonly device: number } | undefined;
  /** Interrupt line as software has written it, of a function with a pin. */
  readonly irq: number | undefined;
  /** 1: INTA#; 0: none. */
  readonly pin: number;
  readonly id: string;
  readonly regions: readonly RegionInfo[];
  readonly bridge: BridgeInfo | undefined;
}

/** Root buses of these devices. */
export const rootBuses = (devices: readonly DeviceState[]): PciBus[] =>
  devices.flatMap(({ childBuses }) => childBuses.filter((bus): bus is PciBus => bus instanceof PciBus && bus.isRootBus));

export const functionsOn = (bus: PciBus): FunctionInfo[] => bus.functions.map(functionInfo);

export function functionInfo(device: PciDevice): FunctionInfo {
  const { config, asBridge, bars, bus, devfn } = device;
  const kind = config.get(regs.CLASS, 2);
  const pin = device.interruptPin;
  return {
    ...{ bus: bus.number, slot: regs.slotOf(devfn), function: regs.functionOf(devfn) },
    ...{ class: kind, className: CLASSES[kind] },
    ...{ vendor: config.get(regs.VENDOR_ID, 2), device: config.get(regs.DEVICE_ID, 2) },
    subsystem: asBridge ? undefined : { vendor: config.get(regs.SUBSYSTEM_VENDOR_ID, 2), device: config.get(regs.SUBSYSTEM_ID, 2) },
    ...{ irq: pin === 0 ? undefined : config.get(regs.INTERRUPT_LINE, 1), pin, id: device.id ?? '' },
    regions: bars.flatMap((bar, n): RegionInfo[] => {
      if (!bar) return [];
      const { io, wide = false, prefetch = false, size, address = -1 } = bar;
      return [{ bar: n, address, size, ...(io ? { type: 'io' } : { type: 'memory', wide, prefetch }) }];
    }),
    bridge: asBridge && bridgeInfo(asBridge),
  };
}

function bridgeInfo(bridge: PciBridgeBase): BridgeInfo {
  const number = (at: number): number => bridge.config.get(at, 1);
  const range = ({ start, end }: { start: number; end: number }): RangeInfo => ({ base: start, limit: end - 1 });
  return {
    bus: {
      ...{ number: number(regs.PRIMARY_BUS), secondary: number(regs.SECONDARY_BUS), subordinate: number(regs.SUBORDINATE_BUS) },
      ...{ io: range(bridge.ioSpan()), memory: range(bridge.memorySpan()), prefetchable: range(bridge.prefetchSpan()) },
    },
    // Nobody can reach them before their bus has a number.
    functions: bridge.secondary === 0 ? [] : functionsOn(bridge.secondaryBus),
  };
}

/** What QEMU calls classes of devices. Source: PCI Code and ID Assignment 1.9. */
const CLASSES: Readonly<Record<number, string>> = {
  0x0001: 'VGA controller',
  0x0100: 'SCSI controller',
  0x0101: 'IDE controller',
  0x0106: 'SATA controller',
  0x0180: 'Storage controller',
  0x0200: 'Ethernet controller',
  0x0280: 'Network controller',
  0x0300: 'VGA controller',
  0x0380: 'Display controller',
  0x0401: 'Audio controller',
  0x0500: 'RAM controller',
  0x0501: 'Flash controller',
  0x0580: 'Memory controller',
  0x0600: 'Host bridge',
  0x0601: 'ISA bridge',
  0x0604: 'PCI bridge',
  0x0680: 'Bridge',
  0x0700: 'Serial port',
  0x0701: 'Parallel port',
  0x0800: 'Interrupt controller',
  0x0801: 'DMA controller',
  0x0802: 'Timer',
  0x0803: 'RTC',
  0x0900: 'Keyboard',
  0x0902: 'Mouse',
  0x0c03: 'USB controller',
  0x0c05: 'SMBus',
};
