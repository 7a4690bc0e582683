/**
 * Payloads of other builds, which had other registers: a table that says so (`byName`) finds its fields by their names. What the snapshot has not is zero; what
 * this build has not must be.
 */
import type { FieldSchema, StateSchema } from '../hw/core/vmstate.js';
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { VmStateError } from '../util/errors.js';
import { readField, readSubsections } from './schema.js';

/**
 * The payload as this build would have written it: `from` says how it was written, `to` how `own`, a payload of this build, is. @throws VmStateError if that
 * cannot be, or the payload is not what `from` says
 */
export function byName(from: StateSchema, payload: Uint8Array, to: StateSchema, own: () => Uint8Array): Uint8Array {
  if (!isByName(to) || JSON.stringify(from) === JSON.stringify(to)) return payload;
  const out = new ByteWriter();
  const [theirs, ours] = [new Cursor(payload), new Cursor(own())];
  state(from, theirs, to, ours, out);
  out.bytes(theirs.rest());
  return out.finish();
}

const isByName = ({ byName, fields }: StateSchema): boolean => byName === true || fields.some(({ states }) => states?.some(isByName));

/** Fields one after the other, as bytes. */
class Cursor extends ByteReader {
  constructor(private readonly all: Uint8Array) {
    super(all);
  }
  field(schema: FieldSchema): Uint8Array {
    return this.taken(() => readField(schema, '', this, new Map()));
  }
  taken(read: () => void): Uint8Array {
    const start = this.position;
    read();
    return this.all.subarray(start, this.position);
  }
  rest(): Uint8Array {
    return this.all.subarray(this.position);
  }
}

function state(from: StateSchema, theirs: Cursor, to: StateSchema, ours: Cursor, out: ByteWriter): void {
  if (to.byName) fields(from, theirs, to, ours, out);
  else {
    // tables of other versions know themselves how they differ
    let isAlike = true;
    for (const [i, field] of from.fields.entries()) {
      const own = to.fields[i] as FieldSchema | undefined;
      isAlike &&= own?.name === field.name && own.type === field.type;
      if (isAlike && field.type === 'struct') {
        out.u32(theirs.u32());
        ours.u32();
        state(field.states![0], theirs, own!.states![0], ours, out);
      } else {
        out.bytes(theirs.field(field));
        if (isAlike) ours.field(own!);
      }
    }
  }
  out.bytes(theirs.taken(() => readSubsections(from, theirs, '', new Map())));
}

function fields(from: StateSchema, theirs: Cursor, to: StateSchema, ours: Cursor, out: ByteWriter): void {
  const found = new Map(from.fields.map((field) => [field.name, { field, bytes: theirs.field(field) }]));
  for (const field of to.fields) {
    const own = ours.field(field);
    const their = found.get(field.name);
    found.delete(field.name);
    out.bytes(their && their.field.type === field.type ? their.bytes : zeroed(field, own));
  }
  for (const { field, bytes } of found.values()) {
    if (zeroed(field, bytes).some((byte, i) => byte !== bytes[i]))
      throw new VmStateError(`${from.name}: this build has no '${field.name}', which is not 0`);
  }
}

/** The same field with nothing in it: an array stays as long. */
function zeroed({ type }: FieldSchema, bytes: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(bytes.length);
  if (type === 'array') zeros.set(bytes.subarray(0, 4));
  return zeros;
}
