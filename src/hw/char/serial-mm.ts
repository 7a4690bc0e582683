/** A 16550A on the system bus. Registers are 2^regshift bytes apart; accesses wider than a byte carry it in their low byte. */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import type { TypeInfo } from '../../qom/object.js';
import { link, uint32, uint8 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { SysBusDevice } from '../core/sysbus.js';
import { struct, vmState } from '../core/vmstate.js';
import { SerialState } from './serial.js';

export class SerialMm extends SysBusDevice {
  static override readonly type: TypeInfo = defineDevice('serial-mm', SysBusDevice, SerialMm, {
    description: '16550A UART, memory mapped',
    category: 'input',
    properties: [link('chardev', 'chardev'), uint8('regshift'), uint32('baudbase')],
  });
  static readonly vmState = vmState<SerialMm>('serial-mm', { version: 1 }, [struct('serial', SerialState.vmState)]);

  chardev: Chardev | undefined;
  regshift = 0;
  /** Bits a second at divisor 1. */
  baudbase = 115_200;
  serial!: SerialState;

  protected override realize(): void {
    this.serial = new SerialState(this.initIrq(), new CharBackend(this.chardev), (callback) => this.newTimer(callback), this.baudbase);
    this.initMmio(
      this.ioRegion('serial', 8 << this.regshift, {
        read: (offset) => this.serial.read(offset >> this.regshift),
        write: (offset, value) => this.serial.write(offset >> this.regshift, value),
        read64: (offset) => BigInt(this.serial.read(offset >> this.regshift)),
        write64: (offset, value) => this.serial.write(offset >> this.regshift, Number(value & 0xffn)),
      }),
    );
  }

  override reset(): void {
    this.serial.reset();
  }
}
