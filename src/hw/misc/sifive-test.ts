/**
 * SiFive test finisher: a guest ends or resets the machine by one store. The device tree offers it as a `syscon` too, with
 * `syscon-poweroff` and `syscon-reboot` nodes naming the values. Source: QEMU docs/system/riscv/virt.rst; Linux
 * Documentation/devicetree/bindings/power/reset/syscon-*.yaml.
 */
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import { registerMap, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';

const FINISHER_FAIL = 0x3333;
export const FINISHER_PASS = 0x5555;
export const FINISHER_RESET = 0x7777;

export class SifiveTest extends SysBusDevice {
  static override readonly type = defineDevice('riscv.sifive.test', SysBusDevice, SifiveTest, {
    description: 'SiFive test finisher',
  });

  static readonly registers = registerMap<SifiveTest>('sifive_test', [
    wo(0x0, 'FINISHER', { fields: { WHAT: 0xffff, CODE: 0xffff_0000 }, write: (s, value) => s.finish(value & 0xffff, value >>> 16) }),
  ]);

  protected override realize(): void {
    this.initMmio(this.registerRegion('riscv.sifive.test', 0x1000, SifiveTest.registers, { accessSizes: [2, 4], implSizes: [1, 2, 4] }));
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'test', 'sifive,test1', 'sifive,test0', 'syscon');
  }

  private finish(what: number, code: number): void {
    const { requests } = this.services;
    switch (what) {
      case FINISHER_FAIL:
        return requests.shutdown('guest-panic', code);
      case FINISHER_PASS:
        return requests.shutdown('guest-shutdown', code);
      case FINISHER_RESET:
        return requests.reset('guest-reset');
    }
    this.guestError(`FINISHER knows no 0x${what.toString(16)}`);
  }
}
