/** Objects that a user makes by `-object TYPE,id=ID,...`, and that devices or the machine name by their id (QEMU's UserCreatable). */
import type { DeviceServices } from '../hw/core/services.js';
import { QObject, defineType, type TypeInfo } from '../qom/object.js';
import type { Property } from '../qom/property.js';

export abstract class UserCreatable extends QObject {
  static override readonly type: TypeInfo = defineType('user-creatable', QObject, UserCreatable, { abstract: true });
  #isComplete = false;

  constructor(protected readonly services: DeviceServices) {
    super();
  }

  /** Its properties are set. @throws OptionError if they make no sense */
  complete(): void {
    this.check();
    this.#isComplete = true;
  }
  protected check(): void {}

  protected override mayChange(property: Property): boolean {
    return !this.#isComplete || property.runtime === true;
  }
}
