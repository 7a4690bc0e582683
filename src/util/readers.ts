/**
 * Options of the library, read before anything is made of them: whoever calls from plain JavaScript may give anything. A reader takes an unknown
 * value and gives it back as what it must be, or throws OptionError. `undefined` is an option that was not given.
 */
import { OptionError } from './errors.js';
import { suggest } from './suggest.js';

/** `where` is for the message: `Machine.create: kernel`. */
export type Reader<T> = (value: unknown, where: string) => T;
export type Readers<T> = { readonly [Key in keyof T]-?: Reader<NonNullable<T[Key]>> };

/** Bytes in any of JavaScript's forms; a view gives its part of the buffer. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** An object with the keys of `readers` and no other; those `required` are there. */
export function readOptions<T extends object>(
  options: unknown,
  where: string,
  readers: Readers<T>,
  required: readonly (keyof T & string)[] = [],
): T {
  if (typeof options !== 'object' || options === null || isList(options) || isPromise(options))
    throw wrong(options, where, 'an object with options');
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(readers, key)) {
      const meant = suggest(key, Object.keys(readers));
      throw new OptionError(
        `unknown option '${key}'`,
        where,
        meant === undefined ? `one of ${Object.keys(readers).join(', ')}` : `'${meant}'`,
      );
    }
    if (value !== undefined) read[key] = readers[key as keyof T](value, `${where}: ${key}`);
  }
  for (const key of required) if (read[key] === undefined) readers[key](undefined, `${where}: ${key}`);
  return read as T;
}

export const record =
  <T extends object>(readers: Readers<T>, required: readonly (keyof T & string)[] = []): Reader<T> =>
  (value, where) =>
    readOptions(value, where, readers, required);

/** What `test` says yes to. `expected` ends `expected ...`. */
export const is =
  <T>(expected: string, test: (value: unknown) => boolean): Reader<T> =>
  (value, where) => {
    if (!test(value)) throw wrong(value, where, expected);
    return value as T;
  };

export const text = (expected = 'a text'): Reader<string> => is(expected, (value) => typeof value === 'string');
export const flag: Reader<boolean> = is('true or false', (value) => typeof value === 'boolean');
export const oneOf = <T extends string>(...names: readonly T[]): Reader<T> =>
  is(`one of ${names.map((name) => `'${name}'`).join(', ')}`, (value) => names.includes(value as T));
export const callback = <T>(): Reader<T> => is('a function', (value) => typeof value === 'function');

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> =>
  is(
    most === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${least}` : `a whole number from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );

export const list =
  <T>(item: Reader<T>, expected = 'an array'): Reader<T[]> =>
  (value, where) => {
    if (!Array.isArray(value)) throw wrong(value, where, expected);
    return value.map((each, i) => item(each, `${where}[${i}]`));
  };

/** The reader of the first kind whose `when` says yes; the last one has none. */
export const either =
  <A, B>(when: (value: unknown) => boolean, first: Reader<A>, other: Reader<B>): Reader<A | B> =>
  (value, where) =>
    when(value) ? first(value, where) : other(value, where);

export const isText = (value: unknown): value is string => typeof value === 'string';

/** Shared memory is copied: most of what takes bytes refuses it. */
export const bytes = (expected = 'bytes: a Uint8Array, another view or an ArrayBuffer'): Reader<Uint8Array> => {
  return (value, where) => {
    const found = asBytes(value);
    if (!found) throw wrong(value, where, isText(value) ? `${expected}; files are not opened here` : expected);
    return found;
  };
};

function asBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    const view = value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return tag(value.buffer) === 'SharedArrayBuffer' ? view.slice() : view;
  }
  // By their tags: a buffer of another realm (a test's, a frame's) is no instance of this one's class.
  if (tag(value) === 'ArrayBuffer') return new Uint8Array(value as ArrayBuffer);
  if (tag(value) === 'SharedArrayBuffer') return new Uint8Array(value as SharedArrayBuffer).slice();
  return undefined;
}

const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
const isList = (value: object): boolean => Array.isArray(value) || ArrayBuffer.isView(value);
const isPromise = (value: object): boolean => typeof (value as { then?: unknown }).then === 'function';

/** @param expected ends `expected ...` */
export function wrong(value: unknown, where: string, expected: string): OptionError {
  return new OptionError(`invalid value ${describe(value)}`, where, expected);
}

const MOST_SHOWN = 40;

/** A value in a few words of one line. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'of type function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isPromise(value)) return 'of type Promise (is an await missing?)';
  return `of type ${tag(value) === 'Object' ? (value.constructor?.name ?? 'Object') : tag(value)}`;
}
