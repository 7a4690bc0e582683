/** What an interrupt controller tells whoever looks at the machine from outside (QEMU's hw/intc/intc.h): `info pic`, `info irq`. */
import type { DeviceState } from './device.js';

export interface InterruptStatsProvider {
  /** Its state, in QEMU's words. */
  readonly interruptText: string;
  /** How often each of its inputs was raised; none: another one counts them. */
  readonly interruptCounts: readonly number[];
}

export const providesInterruptStats = (device: DeviceState): device is DeviceState & InterruptStatsProvider => 'interruptText' in device;
