/** Memory of the host that becomes a machine's (QEMU's backends/hostmem.c): here always a part of the engine's. */
import { defineType, type TypeInfo } from '../qom/object.js';
import { bool, size } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { UserCreatable } from './user-creatable.js';

export class MemoryBackendRam extends UserCreatable {
  static override readonly type: TypeInfo = defineType('memory-backend-ram', UserCreatable, MemoryBackendRam, {
    userCreatable: true,
    properties: [
      size('size', { description: 'Size of the memory region (ex: 500M)' }),
      ...[bool('dump'), bool('merge'), bool('prealloc'), bool('reserve'), bool('share')],
    ],
  });
  /** Bytes. */
  size = 0;
  // Without effect: the engine's memory is one piece, which the host gives page by page.
  dump = true;
  merge = true;
  prealloc = false;
  reserve = true;
  share = false;

  protected override check(): void {
    if (this.size === 0) throw new OptionError("property 'size' of memory-backend-ram doesn't take value '0'", this.id);
  }
}
