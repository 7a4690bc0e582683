/**
 * VMState: a device's snapshot as a table of fields (QEMU docs/devel/migration). Big-endian on the wire, as QEMU's. The compiler holds a table against
 * its class: a row of a field that is not there, is private, or holds something else is an error. A device's timers are in a snapshot without a row
 * (src/migration/entries.ts), and the levels of lines are the state of whom they lead to: postLoad neither arms nor drives any.
 */
import { VmStateError } from '../../util/errors.js';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import type { Fifo8 } from '../../util/fifo.js';

type Holder = Record<string, unknown>;

interface FieldOptions {
  /** First version that has it. */
  since?: number;
  /** Only present if the device says so. The test must give the same answer when loading. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  when?: (device: any) => boolean;
  /** The largest that a number may be: whoever made the snapshot is not trusted to have kept to what the device itself keeps to. */
  most?: number;
}

/** What a snapshot says of a field beside its bytes, so that whoever has no device of the kind can read them. Plain data. */
export interface FieldSchema {
  readonly name: string;
  readonly type: 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'f64' | 'bool' | 'buffer' | 'fifo' | 'timer' | 'array' | 'struct' | 'structs';
  /** Of an array's elements. */
  readonly of?: FieldSchema;
  /** What is nested: one, or one an element. */
  readonly states?: readonly StateSchema[];
}

export interface StateSchema {
  readonly name: string;
  readonly version: number;
  readonly fields: readonly FieldSchema[];
  /** Fields may be others in another build: see VmStateOptions. */
  readonly byName?: true;
  /** Those that were needed; undefined: the table has none, and no mark ends them. */
  readonly subsections?: readonly StateSchema[];
}

/** `Value`: what the field may hold. */
export interface VmField<Name extends string = string, Value = never> extends FieldOptions {
  readonly name: Name;
  /** For the compiler only; never there. */
  readonly takes?: (value: Value) => void;
  save(holder: Holder, out: ByteWriter): void;
  load(holder: Holder, input: ByteReader, version: number): void;
  /** Reads what `load` would take, changes nothing, and gives the value of a field that is one. @throws VmStateError if it does not fit */
  check(holder: Holder, input: ByteReader, version: number): unknown;
  /** Of a number that may be any: its bytes, if it has no sign. */
  readonly bytes?: 1 | 2 | 4 | undefined;
  /** Of what `save` writes now. */
  schema(holder: Holder): FieldSchema;
}

/** A row that fits a public field of T. */
export type VmFieldOf<T> = { [Name in keyof T & string]: VmField<Name, T[Name]> }[keyof T & string];

export interface VmStateOptions<T> {
  version: number;
  /** Oldest version that can be loaded; default `version`. */
  minVersion?: number;
  /**
   * A snapshot's fields are found by their names: what it has not is 0, and what this build has not must be. For tables that are made from another, whose rows
   * come and go.
   */
  byName?: true;
  /** Subsection: saved only if this says so. */
  needed?: (device: T) => boolean;
  preSave?: (device: T) => void;
  /** Before anything is loaded: ends what is under way. */
  preLoad?: (device: T) => void;
  /** What is wrong with the values that are to be loaded, each of them fit for its field; `next` has them, but for those of arrays and other objects. */
  refuses?: (next: T) => string | undefined;
  /** Rebuilds what is not saved. It cannot refuse: the device has been changed. */
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
  /** Whether `load` could; the device stays as it is. @throws VmStateError */
  check(device: T, input: ByteReader, version: number): void;
  /** Of what `save` writes now (`preSave` has not been asked). */
  schema(device: T): StateSchema;
}

const SUBSECTION = 5;
const END = 0;

export function vmState<T>(name: string, options: VmStateOptions<T>, fields: readonly VmFieldOf<T>[]): VmState<T>;
export function vmState<T>(name: string, options: VmStateOptions<T>, fields: readonly VmField[]): VmState<T> {
  const { subsections } = options;
  const always = fields.filter((field) => !field.when);
  const twice = always.find((field, i) => always.findIndex(({ name }) => name === field.name) !== i);
  if (twice) throw new Error(`${name}: two rows are of '${twice.name}'`);
  const present = (device: T): VmField[] => fields.filter((field) => !field.when || field.when(device));
  const needed = (device: T): VmState<T>[] => (subsections ?? []).filter(({ options: { needed } }) => !needed || needed(device));
  const checkVersion = (version: number): void => {
    const oldest = options.minVersion ?? options.version;
    if (version > options.version || version < oldest) {
      throw new VmStateError(`${name}: version ${version} cannot be loaded (this build reads ${oldest} to ${options.version})`);
    }
  };
  /** Calls `each` with the subsections that `input` has. */
  const readSubsections = (input: ByteReader, each: (sub: VmState<T>, version: number) => void): void => {
    if (!subsections) return;
    for (let kind = input.u8(); kind !== END; kind = input.u8()) {
      const id = kind === SUBSECTION ? input.text() : undefined;
      const sub = subsections.find((s) => s.name === id);
      if (!sub) throw new VmStateError(`${name}: unknown subsection ${id === undefined ? `mark ${kind}` : `'${id}'`}`);
      each(sub, input.u32());
    }
  };
  return {
    name,
    options,
    fields,
    save(device, out) {
      options.preSave?.(device);
      for (const field of present(device)) field.save(device as Holder, out);
      for (const sub of needed(device)) {
        out.u8(SUBSECTION);
        out.text(sub.name);
        out.u32(sub.options.version);
        sub.save(device, out);
      }
      if (subsections) out.u8(END);
    },
    load(device, input, version) {
      checkVersion(version);
      options.preLoad?.(device);
      for (const field of fields) {
        if ((field.since ?? 0) > version) continue;
        if (!field.when || field.when(device)) field.load(device as Holder, input, version);
      }
      readSubsections(input, (sub, subVersion) => sub.load(device, input, subVersion));
      options.postLoad?.(device, version);
    },
    check(device, input, version) {
      checkVersion(version);
      const next = Object.create(device as object) as T & Holder;
      for (const field of fields) {
        if ((field.since ?? 0) > version || (field.when && !field.when(next))) continue;
        const value = field.check(device as Holder, input, version);
        if (value !== undefined) Object.defineProperty(next, field.name, { value, configurable: true });
      }
      readSubsections(input, (sub, subVersion) => sub.check(next, input, subVersion));
      const wrong = options.refuses?.(next);
      if (wrong !== undefined) throw new VmStateError(`${name}: ${wrong}`);
    },
    schema(device) {
      return {
        name,
        version: options.version,
        byName: options.byName,
        fields: present(device).map((field) => field.schema(device as Holder)),
        subsections: subsections && needed(device).map((sub) => sub.schema(device)),
      };
    },
  };
}

interface FieldKind<Value> {
  readonly type: FieldSchema['type'];
  save(value: Value, out: ByteWriter): void;
  /** What is in the stream for a field that holds `old`. @throws VmStateError if it does not fit */
  read(input: ByteReader, old: Value): unknown;
  /** Puts what was read into the value that is there; without it, it takes the value's place. */
  put?(old: Value, read: never): void;
  /** Of a number without sign, whatever `old` is. */
  readonly bytes?: 1 | 2 | 4;
}

function field<Name extends string, Value>(name: Name, options: FieldOptions, kind: FieldKind<Value>): VmField<Name, Value> {
  const read = (holder: Holder, input: ByteReader): unknown => {
    try {
      const value = kind.read(input, holder[name] as Value);
      if (options.most !== undefined && (value as number) > options.most) throw new VmStateError(`${String(value)} is too large`);
      return value;
    } catch (error) {
      throw error instanceof VmStateError ? new VmStateError(`field '${name}': ${error.message}`) : error;
    }
  };
  return {
    name,
    ...options,
    bytes: options.most === undefined ? kind.bytes : undefined,
    save(holder, out) {
      if (holder[name] === undefined) throw new Error(`vmstate field '${name}' is not there`);
      kind.save(holder[name] as Value, out);
    },
    load(holder, input) {
      const value = read(holder, input);
      if (kind.put) kind.put(holder[name] as Value, value as never);
      else holder[name] = value;
    },
    check(holder, input) {
      const value = read(holder, input);
      return kind.put ? undefined : value;
    },
    schema: () => ({ name, type: kind.type }),
  };
}

type FieldMaker<Value> = <Name extends string>(name: Name, options?: FieldOptions) => VmField<Name, Value>;
const scalar =
  (
    type: FieldSchema['type'],
    save: (value: number, out: ByteWriter) => void,
    read: (input: ByteReader) => number,
    bytes?: 1 | 2 | 4,
  ): FieldMaker<number> =>
  (name, options = {}) =>
    field(name, options, { type, save, read, bytes });

export const u8 = scalar(
  'u8',
  (v, out) => out.u8(v),
  (i) => i.u8(),
  1,
);
export const u16 = scalar(
  'u16',
  (v, out) => out.u16(v),
  (i) => i.u16(),
  2,
);
export const u32 = scalar(
  'u32',
  (v, out) => out.u32(v),
  (i) => i.u32(),
  4,
);
export const i32 = scalar(
  'i32',
  (v, out) => out.u32(v >>> 0),
  (i) => i.u32() | 0,
);
/** Any number. */
export const f64 = scalar(
  'f64',
  (v, out) => out.f64(v),
  (i) => i.f64(),
);
/** A 64-bit field: bigint, or number if the field holds a number now (then it must be a safe integer). */
export const u64: FieldMaker<number | bigint> = (name, options = {}) =>
  field<typeof name, number | bigint>(name, options, {
    type: 'u64',
    save: (v, out) => out.u64(BigInt(v)),
    read(input, old) {
      const value = input.u64();
      if (typeof old !== 'number') return value;
      const signed = Number(BigInt.asIntN(64, value));
      if (!Number.isSafeInteger(signed)) throw new VmStateError(`${value} is out of range`);
      return signed;
    },
  });
/** A time, ns, as timers have it: negative is never. */
export const i64: FieldMaker<bigint> = (name, options = {}) =>
  field<typeof name, bigint>(name, options, {
    type: 'timer',
    save: (v, out) => out.u64(BigInt.asUintN(64, v)),
    read: (input) => BigInt.asIntN(64, input.u64()),
  });
/** A guest-physical address, which a guest may make any 64-bit number, in a number: beyond 2^53 it is as near as such can be. */
export const address: FieldMaker<number> = (name, options = {}) =>
  field<typeof name, number>(name, options, {
    type: 'u64',
    save: (v, out) => out.u64(v < 2 ** 64 ? BigInt(v) : ~0n),
    read: (input) => Number(input.u64()),
  });
export const bool: FieldMaker<boolean> = (name, options = {}) =>
  field<typeof name, boolean>(name, options, {
    type: 'bool',
    save: (v, out) => out.u8(v ? 1 : 0),
    read: (input) => input.u8() !== 0,
  });
/** Bytes. Saved with their length, loaded in place: lengths must agree. (Those of another typed array would not be portable: use `array`.) */
export const buffer: FieldMaker<Uint8Array> = (name, options = {}) =>
  field<typeof name, Uint8Array>(name, options, {
    type: 'buffer',
    save(v, out) {
      out.u32(v.length);
      out.bytes(v);
    },
    read(input, old) {
      const length = input.u32();
      if (length !== old.length) throw new VmStateError(`${length} bytes do not fit ${old.length}`);
      return input.bytes(length);
    },
    put: (old, bytes: Uint8Array) => old.set(bytes),
  });
/** Bytes, as many as there are, at most `limit`. */
export const bytes =
  (limit: number): FieldMaker<Uint8Array> =>
  (name, options = {}) =>
    field<typeof name, Uint8Array>(name, options, {
      type: 'buffer',
      save(v, out) {
        out.u32(v.length);
        out.bytes(v);
      },
      read(input) {
        const length = input.u32();
        if (length > limit) throw new VmStateError(`${length} bytes are more than ${limit}`);
        return input.bytes(length).slice();
      },
    });
/** An array of numbers (typed or plain) whose elements are `element` fields: `array('levels', u32)`. Lengths must agree. */
export const array = <Name extends string, Element>(
  name: Name,
  element: FieldMaker<Element>,
  options: FieldOptions = {},
): VmField<Name, ArrayLike<Element>> => {
  // One field for all elements, which visit its holder one after the other: a machine that is reset often does so ten thousand times a second.
  const cell: Holder = {};
  const field = element('cell', options);
  const count = (holder: Holder, input: ByteReader): number => {
    const list = holder[name] as unknown[];
    const length = input.u32();
    if (length !== list.length) throw new VmStateError(`field '${name}': ${length} elements do not fit ${list.length}`);
    return length;
  };
  const walk = (holder: Holder, input: ByteReader, each: (list: unknown[], i: number) => void): void => {
    const list = holder[name] as unknown[];
    const length = count(holder, input);
    for (let i = 0; i < length; i++) {
      cell['cell'] = list[i];
      each(list, i);
    }
  };
  return {
    name,
    ...options,
    save(holder, out) {
      const list = holder[name] as ArrayLike<unknown>;
      out.u32(list.length);
      for (let i = 0; i < list.length; i++) {
        cell['cell'] = list[i];
        field.save(cell, out);
      }
    },
    load(holder, input, version) {
      if (field.bytes) return input.numbers(holder[name] as number[], count(holder, input), field.bytes);
      walk(holder, input, (list, i) => {
        field.load(cell, input, version);
        list[i] = cell['cell'];
      });
    },
    check: (holder, input, version) => walk(holder, input, () => void field.check(cell, input, version)),
    schema: (holder) => ({ name, type: 'array', of: { ...field.schema(holder), name: '' } }),
  };
};

export const fifo: FieldMaker<Fifo8> = (name, options = {}) =>
  field<typeof name, Fifo8>(name, options, {
    type: 'fifo',
    save(v, out) {
      const bytes = v.toArray();
      out.u32(bytes.length);
      out.bytes(bytes);
    },
    read(input, old) {
      const length = input.u32();
      if (length > old.capacity) throw new VmStateError(`${length} bytes do not fit a FIFO of ${old.capacity}`);
      return input.bytes(length);
    },
    put: (old, bytes: Uint8Array) => old.assign(bytes),
  });

/** A nested object with a table of its own. */
export const struct = <Name extends string, S>(name: Name, state: VmState<S>, options: FieldOptions = {}): VmField<Name, S> => ({
  name,
  ...options,
  save(holder, out) {
    out.u32(state.options.version);
    state.save(holder[name] as S, out);
  },
  load: (holder, input) => state.load(holder[name] as S, input, input.u32()),
  check: (holder, input) => state.check(holder[name] as S, input, input.u32()),
  schema: (holder) => ({ name, type: 'struct', states: [state.schema(holder[name] as S)] }),
});

/** An array of nested objects. */
export const structArray = <Name extends string, S>(
  name: Name,
  state: VmState<S>,
  options: FieldOptions = {},
): VmField<Name, readonly S[]> => {
  const walk = (holder: Holder, input: ByteReader, each: (item: S, version: number) => void): void => {
    const items = holder[name] as readonly S[];
    const length = input.u32();
    const version = input.u32();
    if (length !== items.length) throw new VmStateError(`field '${name}': ${length} elements do not fit ${items.length}`);
    for (const item of items) each(item, version);
  };
  return {
    name,
    ...options,
    save(holder, out) {
      const items = holder[name] as readonly S[];
      out.u32(items.length);
      out.u32(state.options.version);
      for (const item of items) state.save(item, out);
    },
    load: (holder, input) => walk(holder, input, (item, version) => state.load(item, input, version)),
    check: (holder, input) => walk(holder, input, (item, version) => state.check(item, input, version)),
    schema(holder) {
      const states = (holder[name] as readonly S[]).map((item) => state.schema(item));
      const alike = states.every((each) => JSON.stringify(each) === JSON.stringify(states[0]));
      return { name, type: 'structs', states: alike ? states.slice(0, 1) : states };
    },
  };
};
