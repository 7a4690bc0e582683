/** Sources of entropy (QEMU's backends/rng.c). In icount mode all give the same bytes each time, since runs are to repeat. */
import { defineType, type TypeInfo } from '../qom/object.js';
import { string } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { UserCreatable } from './user-creatable.js';

export abstract class RngBackend extends UserCreatable {
  static override readonly type: TypeInfo = defineType('rng-backend', UserCreatable, RngBackend, { abstract: true });

  /** So many bytes, at once. */
  bytes(count: number): Uint8Array {
    return this.services.randomBytes(count);
  }
}

export class RngBuiltin extends RngBackend {
  static override readonly type: TypeInfo = defineType('rng-builtin', RngBackend, RngBuiltin, { userCreatable: true });
}

/** Files that are the host's own entropy, which the builtin one gives too. */
const HOST_ENTROPY = ['/dev/urandom', '/dev/random'];

export class RngRandom extends RngBackend {
  static override readonly type: TypeInfo = defineType('rng-random', RngBackend, RngRandom, {
    userCreatable: true,
    properties: [string('filename')],
  });
  filename = '/dev/urandom';

  protected override check(): void {
    if (!HOST_ENTROPY.includes(this.filename))
      throw new OptionError(`not built yet: entropy from '${this.filename}'`, this.id, HOST_ENTROPY.join(' or '));
  }
}
