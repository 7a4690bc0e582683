/**
 * VMState: a device's snapshot as a table of fields (QEMU docs/devel/migration). Big-endian on the wire, as QEMU's. The compiler holds a table against
 * its class: a row of a field that is not there, is private, or holds something else is an error.
 */
import { VmStateError } from '../../util/errors.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import type { Fifo8 } from '../../util/fifo.js';
import type { Timer } from './clock.js';

type Holder = Record<string, unknown>;

interface FieldOptions {
  /** First version that has it. */
  since?: number;
  /** Only present if the device says so. The test must give the same answer when loading. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  when?: (device: any) => boolean;
}

/** `Value`: what the field may hold. */
export interface VmField<Name extends string = string, Value = never> extends FieldOptions {
  readonly name: Name;
  /** For the compiler only; never there. */
  readonly takes?: (value: Value) => void;
  save(holder: Holder, out: ByteWriter): void;
  load(holder: Holder, input: ByteReader, version: number): void;
}

/** A row that fits a public field of T. */
export type VmFieldOf<T> = { [Name in keyof T & string]: VmField<Name, T[Name]> }[keyof T & string];

export interface VmStateOptions<T> {
  version: number;
  /** Oldest version that can be loaded; default `version`. */
  minVersion?: number;
  /** Subsection: saved only if this says so. */
  needed?: (device: T) => boolean;
  preSave?: (device: T) => void;
  /** Checks and rebuilds what is not saved; may throw VmStateError. */
  postLoad?: (device: T, version: number) => void;
  subsections?: readonly VmState<T>[];
}

/** T is what the table's functions are given. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface VmState<T = any> {
  readonly name: string;
  readonly options: VmStateOptions<T>;
  readonly fields: readonly VmField[];
  save(device: T, out: ByteWriter): void;
  load(device: T, input: ByteReader, version: number): void;
}

const SUBSECTION = 5;
const END = 0;

export function vmState<T>(name: string, options: VmStateOptions<T>, fields: readonly VmFieldOf<T>[]): VmState<T>;
export function vmState<T>(name: string, options: VmStateOptions<T>, fields: readonly VmField[]): VmState<T> {
  const state: VmState<T> = {
    name,
    options,
    fields,
    save(device, out) {
      options.preSave?.(device);
      for (const field of fields) if (!field.when || field.when(device)) field.save(device as Holder, out);
      for (const sub of options.subsections ?? []) {
        if (sub.options.needed && !sub.options.needed(device)) continue;
        out.u8(SUBSECTION);
        out.text(sub.name);
        out.u32(sub.options.version);
        sub.save(device, out);
      }
      if (options.subsections) out.u8(END);
    },
    load(device, input, version) {
      const oldest = options.minVersion ?? options.version;
      if (version > options.version || version < oldest) {
        throw new VmStateError(`${name}: version ${version} cannot be loaded (this build reads ${oldest} to ${options.version})`);
      }
      for (const field of fields) {
        if ((field.since ?? 0) > version) continue;
        if (!field.when || field.when(device)) field.load(device as Holder, input, version);
      }
      if (options.subsections) {
        for (let kind = input.u8(); kind !== END; kind = input.u8()) {
          const id = kind === SUBSECTION ? input.text() : undefined;
          const sub = options.subsections.find((s) => s.name === id);
          if (!sub) throw new VmStateError(`${name}: unknown subsection ${id === undefined ? `mark ${kind}` : `'${id}'`}`);
          sub.load(device, input, input.u32());
        }
      }
      options.postLoad?.(device, version);
    },
  };
  return state;
}

/** `load` gives the new value, or undefined if it has put it into the old one. */
function field<Name extends string, Value>(
  name: Name,
  options: FieldOptions,
  save: (value: Value, out: ByteWriter) => void,
  load: (input: ByteReader, old: Value, version: number) => Value | undefined,
): VmField<Name, Value> {
  return {
    name,
    ...options,
    save(holder, out) {
      if (holder[name] === undefined) throw new Error(`vmstate field '${name}' is not there`);
      save(holder[name] as Value, out);
    },
    load(holder, input, version) {
      const value = load(input, holder[name] as Value, version);
      if (value !== undefined) holder[name] = value;
    },
  };
}

type FieldMaker<Value> = <Name extends string>(name: Name, options?: FieldOptions) => VmField<Name, Value>;
const scalar =
  (save: (value: number, out: ByteWriter) => void, load: (input: ByteReader) => number): FieldMaker<number> =>
  (name, options = {}) =>
    field(
      name,
      options,
      (v, out) => save(v, out),
      (input) => load(input),
    );

export const u8 = scalar(
  (v, out) => out.u8(v),
  (i) => i.u8(),
);
export const u16 = scalar(
  (v, out) => out.u16(v),
  (i) => i.u16(),
);
export const u32 = scalar(
  (v, out) => out.u32(v),
  (i) => i.u32(),
);
export const i32 = scalar(
  (v, out) => out.u32(v >>> 0),
  (i) => i.u32() | 0,
);
/** A 64-bit field: bigint, or number if the field holds a number now (then it must be a safe integer). */
export const u64: FieldMaker<number | bigint> = (name, options = {}) =>
  field(
    name,
    options,
    (v, out) => out.u64(BigInt(v)),
    (input, old) => {
      const value = input.u64();
      if (typeof old !== 'number') return value;
      const signed = Number(BigInt.asIntN(64, value));
      if (!Number.isSafeInteger(signed)) throw new VmStateError(`field '${name}': ${value} is out of range`);
      return signed;
    },
  );
export const bool: FieldMaker<boolean> = (name, options = {}) =>
  field(
    name,
    options,
    (v, out) => out.u8(v ? 1 : 0),
    (i) => i.u8() !== 0,
  );
/** A Uint8Array (or a typed array's bytes would not be portable: use `array`). Saved with its length, loaded in place: lengths must agree. */
export const buffer: FieldMaker<Uint8Array> = (name, options = {}) =>
  field(
    name,
    options,
    (v, out) => {
      out.u32(v.length);
      out.bytes(v);
    },
    (input, old) => {
      const length = input.u32();
      if (length !== old.length) throw new VmStateError(`field '${name}': ${length} bytes do not fit ${old.length}`);
      old.set(input.bytes(length));
      return undefined;
    },
  );
/** An array of numbers (typed or plain) whose elements are `element` fields: `array('levels', u32)`. Lengths must agree. */
export const array = <Name extends string, Element>(
  name: Name,
  element: FieldMaker<Element>,
  options: FieldOptions = {},
): VmField<Name, ArrayLike<Element>> => ({
  name,
  ...options,
  // The array is the holder of its elements, the index the field's name.
  save(holder, out) {
    const list = holder[name] as ArrayLike<unknown>;
    out.u32(list.length);
    for (let i = 0; i < list.length; i++) element(String(i)).save(list as unknown as Holder, out);
  },
  load(holder, input, version) {
    const list = holder[name] as ArrayLike<unknown>;
    const length = input.u32();
    if (length !== list.length) throw new VmStateError(`field '${name}': ${length} elements do not fit ${list.length}`);
    for (let i = 0; i < length; i++) element(String(i)).load(list as unknown as Holder, input, version);
  },
});

export const fifo: FieldMaker<Fifo8> = (name, options = {}) =>
  field(
    name,
    options,
    (v, out) => {
      const bytes = v.toArray();
      out.u32(bytes.length);
      out.bytes(bytes);
    },
    (input, old) => {
      const length = input.u32();
      if (length > old.capacity) throw new VmStateError(`field '${name}': ${length} bytes do not fit a FIFO of ${old.capacity}`);
      old.assign(input.bytes(length));
      return undefined;
    },
  );

/** Expiry of a Timer: absolute ns, or all ones when not pending. */
export const timer: FieldMaker<Timer> = (name, options = {}) =>
  field(
    name,
    options,
    (v, out) => out.u64(BigInt.asUintN(64, v.expireTime)),
    (input, old) => {
      const expire = BigInt.asIntN(64, input.u64());
      if (expire < 0n) old.del();
      else old.modNs(expire);
      return undefined;
    },
  );

/** A nested object with a table of its own. */
export const struct = <Name extends string, S>(name: Name, state: VmState<S>, options: FieldOptions = {}): VmField<Name, S> =>
  field(
    name,
    options,
    (v, out) => {
      out.u32(state.options.version);
      state.save(v, out);
    },
    (input, old) => {
      state.load(old, input, input.u32());
      return undefined;
    },
  );

/** An array of nested objects. */
export const structArray = <Name extends string, S>(
  name: Name,
  state: VmState<S>,
  options: FieldOptions = {},
): VmField<Name, readonly S[]> =>
  field(
    name,
    options,
    (v, out) => {
      out.u32(v.length);
      out.u32(state.options.version);
      for (const item of v) state.save(item, out);
    },
    (input, old) => {
      const length = input.u32();
      const version = input.u32();
      if (length !== old.length) throw new VmStateError(`field '${name}': ${length} elements do not fit ${old.length}`);
      for (const item of old) state.load(item, input, version);
      return undefined;
    },
  );
