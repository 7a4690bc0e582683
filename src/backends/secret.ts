/** Data that other objects name by an id, and that is on no command line (QEMU's crypto/secret.c). Nothing here asks for any: it only has to be right. */
import { defineType, type TypeInfo } from '../qom/object.js';
import { enumeration, string } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { UserCreatable } from './user-creatable.js';

export class Secret extends UserCreatable {
  static override readonly type: TypeInfo = defineType('secret', UserCreatable, Secret, {
    userCreatable: true,
    properties: [
      ...[string('data'), string('file'), string('keyid'), string('iv')],
      enumeration('format', ['raw', 'base64'], { kind: 'QCryptoSecretFormat' }),
    ],
  });
  data: string | undefined;
  file: string | undefined;
  /** Of another secret, with which this one is encrypted. */
  keyid: string | undefined;
  iv: string | undefined;
  format: 'raw' | 'base64' = 'raw';

  protected override check(): void {
    const { data, file, format } = this;
    if (this.keyid !== undefined) throw new OptionError('not built yet: encrypted secrets (keyid=)', this.id);
    if (data === undefined && file === undefined) throw new OptionError("Either 'file' or 'data' must be provided", this.id);
    if (data !== undefined && file !== undefined) throw new OptionError("'file' and 'data' are mutually exclusive", this.id);
    const text = data ?? new TextDecoder('latin1').decode(this.services.boot.readFile(file!));
    if (format === 'base64' && !isBase64(text)) throw new OptionError('Base64 data contains invalid characters', this.id);
  }
}

function isBase64(text: string): boolean {
  try {
    atob(text);
    return true;
  } catch {
    return false;
  }
}
