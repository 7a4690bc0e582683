/** A 16550A on the system bus. Registers are 2^regshift bytes apart; accesses wider than a byte carry it in their low byte. */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import { link, uint32, uint8 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { struct, vmState } from '../core/vmstate.js';
import { SerialState } from './serial.js';

export class SerialMm extends SysBusDevice {
  static override readonly type = defineDevice('serial-mm', SysBusDevice, SerialMm, {
    description: '16550A UART, memory mapped',
    category: 'input',
    properties: [link('chardev', 'chardev'), uint8('regshift'), uint32('baudbase')],
  });
  static readonly vmState = vmState<SerialMm>('serial-mm', { version: 1 }, [struct('serial', SerialState.vmState)]);

  chardev: Chardev | undefined;
  regshift = 0;
  /** Bits a second at divisor 1. */
  baudbase = 115_200;
  /** Hz, if the device tree is to tell another than the baud rate is made from. */
  clockFrequency: number | undefined;
  serial!: SerialState;

  protected override realize(): void {
    this.serial = new SerialState(this.initIrq(), new CharBackend(this.chardev), (callback) => this.newTimer(callback), this.baudbase);
    const registers = this.bindRegisters(SerialState.registers, this.serial);
    const read = (offset: number): number => registers.read(offset >> this.regshift, 1);
    const write = (offset: number, value: number): void => registers.write(offset >> this.regshift, value & 0xff, 1);
    this.initMmio(
      this.ioRegion('serial', 8 << this.regshift, {
        read,
        write,
        read64: (offset) => BigInt(read(offset)),
        write64: (offset, value) => write(offset, Number(value & 0xffn)),
      }),
    );
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'serial', 'ns16550a').u32('clock-frequency', this.clockFrequency ?? 16 * this.baudbase);
  }

  override reset(): void {
    this.serial.reset();
  }
}
