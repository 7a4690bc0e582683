/**
 * SiFive test finisher: a guest ends or resets the machine by one store. The device tree offers it as a `syscon` too, with
 * `syscon-poweroff` and `syscon-reboot` nodes naming the values. Source: QEMU docs/system/riscv/virt.rst; Linux
 * Documentation/devicetree/bindings/power/reset/syscon-*.yaml.
 */
import type { TypeInfo } from '../../qom/object.js';
import { defineDevice } from '../core/device.js';
import { SysBusDevice } from '../core/sysbus.js';

const FINISHER = 0x0; // 32-bit, write only

export const FINISHER_FAIL = 0x3333;
export const FINISHER_PASS = 0x5555;
export const FINISHER_RESET = 0x7777;

export class SifiveTest extends SysBusDevice {
  static override readonly type: TypeInfo = defineDevice('riscv.sifive.test', SysBusDevice, SifiveTest, {
    description: 'SiFive test finisher',
  });

  protected override realize(): void {
    this.initMmio(
      this.ioRegion('riscv.sifive.test', 0x1000, {
        accessSizes: [2, 4],
        read: () => 0,
        write: (offset, value) => this.write(offset, value),
      }),
    );
  }

  private write(offset: number, value: number): void {
    const code = (value >>> 16) & 0xffff;
    if (offset === FINISHER) {
      switch (value & 0xffff) {
        case FINISHER_FAIL:
          return this.services.requests.shutdown('guest-panic', code);
        case FINISHER_PASS:
          return this.services.requests.shutdown('guest-shutdown', code);
        case FINISHER_RESET:
          return this.services.requests.reset('guest-reset');
      }
    }
    this.guestError(`write of 0x${value.toString(16)} at 0x${offset.toString(16)}`);
  }
}
