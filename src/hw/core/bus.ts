import { OptionError } from '../../util/errors.js';
import { QObject, defineType, isA, type TypeInfo } from '../../qom/object.js';
import type { DeviceState } from './device.js';

/** A bus joins devices to the one that provides it. Subclass it for a bus with rules of its own (PCI, virtio, I2C). */
export class Bus extends QObject {
  static override readonly type: TypeInfo = defineType('bus', QObject, Bus);

  readonly children: DeviceState[] = [];
  /** Most devices it takes. */
  readonly maxDevices: number = Infinity;
  /** Devices may come and go while the machine is there. */
  readonly isHotpluggable: boolean = false;

  constructor(
    readonly parentDevice: DeviceState | undefined,
    readonly name: string,
  ) {
    super();
    if (!parentDevice) return;
    parentDevice.childBuses.push(this);
    parentDevice.addChild(name, this);
  }

  get isFull(): boolean {
    return this.children.length >= this.maxDevices;
  }

  /** Plugs `device` in; before it is realized. */
  attach(device: DeviceState): void {
    if (this.isFull) throw new OptionError(`bus '${this.name}' is full`, device.id ?? device.typeName);
    this.children.push(device);
    device.parentBus = this;
  }
  remove(device: DeviceState): void {
    const at = this.children.indexOf(device);
    if (at >= 0) this.children.splice(at, 1);
    device.parentBus = undefined;
  }
  realizeChildren(): void {
    for (const child of this.children) child.realizeDevice();
  }
  /** A device on this bus is there now, with its regions and lines. */
  childRealized(_device: DeviceState): void {}
  accepts(busType: string): boolean {
    return isA(this.type, busType);
  }
}

/** The bus of devices that are wired by hand. */
export class SystemBus extends Bus {
  static override readonly type: TypeInfo = defineType('System', Bus, SystemBus);
}
