/**
 * Typed properties of QOM types: rows of a type's table. A property lives in a plain field of the instance (the camelCase of its
 * name unless `field` says otherwise), and the field's initialiser is the default. The compiler holds a table against its class: a property whose field
 * is not there, is private, or holds something else is an error.
 */
import { OptionError } from '../util/errors.js';
import { parseSize } from '../util/size.js';

/** `Value`: what is put into the field. */
export interface Property<Field extends string = string, Value = unknown, Name extends string = string> {
  readonly name: Name;
  /** What `help` shows, e.g. `uint32`. */
  readonly kind: string;
  readonly field: Field;
  /** For the compiler only; never there. */
  readonly puts?: Value;
  readonly description?: string;
  /** All that it may be, if that is a list of names. */
  readonly values?: readonly string[];
  /** May be set after realize. */
  readonly runtime?: boolean;
  /** It is another object's, a part of this one. */
  readonly isAlias?: boolean;
  /** Turns what the user typed into the field's value; throws OptionError. */
  parse(text: string, resolve: LinkResolver): unknown;
  /** Checks a value given by code rather than typed. */
  accepts(value: unknown): boolean;
  format(value: unknown): string;
}

/** Finds what a link property names: an object of `kind` (a QOM type or a backend kind such as `chardev`) by id or path. */
export type LinkResolver = (kind: string, id: string) => unknown;

/** A row that fits a public field of T. */
export type PropertyOf<T> = { [Field in keyof T & string]: Property<Field, T[Field]> }[keyof T & string];

export interface PropertyOptions {
  field?: string;
  /** As QEMU calls it, where that is something else. */
  kind?: string;
  description?: string;
  runtime?: boolean;
}

/** `num-sources` is kept in `numSources`. */
export type CamelCase<Name extends string> = Joined<Joined<Joined<Name, '-'>, '_'>, '.'>;
type Joined<Name extends string, By extends string> = Name extends `${infer Head}${By}${infer Tail}`
  ? `${Head}${Capitalize<Joined<Tail, By>>}`
  : Name;
/** What code may give the properties of these rows by their names: what a T has in their fields, or text. */
export type ValuesOf<T, Rows extends Property> = {
  readonly [R in Rows as R['name']]?: (R['field'] extends keyof T ? T[R['field']] : never) | string | undefined;
};
const camelCase = (name: string): string => name.replace(/[-_.]+(\w)/g, (_, c: string) => c.toUpperCase());

/** The row of a property of that name, with these options. */
type Row<Name extends string, Options, Value> = Property<
  Options extends { field: infer Field extends string } ? Field : CamelCase<Name>,
  Value,
  Name
>;
/** Makes the row of a property that puts a Value into its field. */
type PropertyMaker<Value> = <Name extends string, const Options extends PropertyOptions>(
  name: Name,
  options?: Options,
) => Row<Name, Options, Value>;

/** The row of a kind of its own. */
export function row<Name extends string, Options extends PropertyOptions, Value>(
  name: Name,
  options: Options | undefined,
  kind: string,
  parse: Property['parse'],
  accepts: Property['accepts'],
  format: Property['format'] = String,
): Row<Name, Options, Value> {
  return { name, kind, field: camelCase(name), ...options, parse, accepts, format } as Property as Row<Name, Options, Value>;
}

const wrong = (text: string, expected: string) => new OptionError(`invalid value '${text}'`, undefined, expected);

export function parseBool(text: string): boolean {
  if (['on', 'true', 'yes', 'y'].includes(text)) return true;
  if (['off', 'false', 'no', 'n'].includes(text)) return false;
  throw wrong(text, "'on' or 'off'");
}

const UINT64_MAX = (1n << 64n) - 1n;

const expectedIn = (min: bigint, max: bigint): string => `an integer from ${min} to ${max}`;

export function parseInteger(text: string, min: bigint, max: bigint): bigint {
  const value = integerOf(text);
  if (value === undefined || value < min || value > max) throw wrong(text, expectedIn(min, max));
  return value;
}

/** As QEMU's visitor of unsigned numbers, which is C's `strtoull`: `-1` is the largest of 64 bits, and only then it is asked whether that is too large. */
export function parseUnsigned(text: string, max = UINT64_MAX): bigint {
  const signed = integerOf(text);
  const isWord = signed !== undefined && signed >= -UINT64_MAX && signed <= UINT64_MAX;
  const value = isWord ? BigInt.asUintN(64, signed) : undefined;
  if (value === undefined || value > max) throw wrong(text, expectedIn(0n, max));
  return value;
}

/** As C reads numbers; undefined: it is none. */
function integerOf(text: string): bigint | undefined {
  const found = /^[ \t-\r]*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text);
  if (!found) return undefined;
  const value = BigInt(found[2].replace(/^0+(?=[0-7]+$)/, '0o'));
  return found[1] === '-' ? -value : value;
}

const integer =
  (kind: string, min: bigint, max: bigint): PropertyMaker<number> =>
  (name, options) =>
    row(
      name,
      options,
      kind,
      (text) => Number(min < 0n ? parseInteger(text, min, max) : parseUnsigned(text, max)),
      (v) => typeof v === 'number' && Number.isInteger(v) && v >= Number(min) && v <= Number(max),
    );

/** `on` or `off`; the field is a boolean. */
export const bool: PropertyMaker<boolean> = (name, options) =>
  row(
    name,
    options,
    'bool',
    parseBool,
    (v) => typeof v === 'boolean',
    (v) => (v ? 'true' : 'false'),
  );
export const uint8 = integer('uint8', 0n, 0xffn);
export const uint16 = integer('uint16', 0n, 0xffffn);
export const uint32 = integer('uint32', 0n, 0xffff_ffffn);
export const int32 = integer('int32', -0x8000_0000n, 0x7fff_ffffn);
/** The field is a bigint. */
export const uint64: PropertyMaker<bigint> = (name, options) =>
  row(
    name,
    options,
    'uint64',
    (text) => parseUnsigned(text),
    (v) => typeof v === 'bigint' && v >= 0n && v <= UINT64_MAX,
  );
/** Bytes, with suffixes (`64M`); the field is a number. */
export const size: PropertyMaker<number> = (name, options) =>
  row(
    name,
    options,
    'size',
    (text) => parseSize(text),
    (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0,
  );
export const string: PropertyMaker<string> = (name, options) =>
  row(
    name,
    options,
    'str',
    (text) => text,
    (v) => typeof v === 'string' || v === undefined,
    (v) => JSON.stringify(v ?? ''),
  );

/** One of `values`; the field holds the string. `notBuilt`: values that QEMU knows; `kind`: its name for them. */
export const enumeration = <Name extends string, const Options extends PropertyOptions, const Value extends string>(
  name: Name,
  values: readonly Value[],
  options?: Options & { readonly notBuilt?: readonly string[]; readonly kind?: string },
): Row<Name, Options, Value> =>
  row(
    name,
    { ...options, values } as unknown as Options,
    options?.kind ?? values.join('/'),
    (text) => {
      if (options?.notBuilt?.includes(text))
        throw new OptionError(`'${text}' is not built yet`, undefined, values.map((value) => `'${value}'`).join(' or '));
      if (!(values as readonly string[]).includes(text)) throw wrong(text, `one of ${values.join(', ')}`);
      return text;
    },
    (v) => (values as readonly unknown[]).includes(v),
    (v) => `"${String(v)}"`,
  );

/** Kinds of backends, of which properties hold ids. */
const BACKENDS: Readonly<Record<string, string>> = {
  chardev: 'ID of a chardev to use as a backend',
  drive: 'Node name or ID of a block device to use as a backend',
  pflash: 'Node name or ID of a block device to use as a backend',
};

/**
 * A reference to an object: `kind` is a QOM type name or a backend kind (`chardev`, `drive`, `netdev`, ...). The field holds the object or undefined; that
 * objects of a kind are what it takes is for who makes them.
 */
export const link = <Name extends string, const Options extends PropertyOptions>(
  name: Name,
  kind: string,
  options?: Options,
): Row<Name, Options, never> =>
  row(
    name,
    { description: BACKENDS[kind], ...options } as unknown as Options,
    kind in BACKENDS ? 'str' : `link<${kind}>`,
    (id, resolve) => {
      const found = resolve(kind, id);
      if (found === undefined) throw new OptionError(`can't find value '${id}'`, undefined, `the id of a ${kind}`);
      return found;
    },
    (v) => v === undefined || typeof v === 'object',
    (v) => {
      const target = v as { id?: string; canonicalPath?: string } | undefined;
      return `"${target?.canonicalPath ?? target?.id ?? ''}"`;
    },
  );
