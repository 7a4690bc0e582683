/** QEMU-style option lists: `key=value,key,...` with `,,` for a comma; typed, with errors that say what is wrong and where. */
import { errorMessage, OptionError } from '../util/errors.js';
import { parseSize } from '../util/size.js';
import { parseBool, parseInteger, parseUnsigned } from './property.js';

/** What a parameter is, as QEMU's query-command-line-options tells it. */
export type ParameterKind = 'string' | 'boolean' | 'number' | 'size';

/** A parsed list. Reading a value marks it as known; `finish` complains about the rest. */
export class OptionList {
  private readonly values = new Map<string, string>();
  /** What was asked for, and as what first. */
  private readonly known = new Map<string, ParameterKind>();
  private readonly given: readonly (readonly [string, string])[];

  constructor(
    /** For messages, e.g. `-drive file=x`. */
    readonly where: string,
    entries: Iterable<readonly [string, string]>,
  ) {
    this.given = [...entries];
    // The last one wins, as in QEMU.
    for (const [key, value] of this.given) this.values.set(key, value);
  }

  get entries(): [string, string][] {
    return [...this.values];
  }
  /** `help` or `?` was asked for. */
  get wantsHelp(): boolean {
    return [...this.values].some(([key, value]) => isHelp(key) || isHelp(value));
  }
  has(key: string): boolean {
    return this.values.has(key);
  }
  /** The parameters that whoever read it knows. */
  get parameters(): ReadonlyMap<string, ParameterKind> {
    return this.known;
  }
  string(key: string): string | undefined {
    this.know(key, 'string');
    return this.values.get(key);
  }
  /** Of a key that may be given again. */
  all(key: string): string[] {
    this.know(key, 'string');
    return this.given.filter(([name]) => name === key).map(([, value]) => value);
  }
  /** Of keys that may be given again, in the order in which they are. */
  ordered(...keys: string[]): (readonly [key: string, value: string])[] {
    for (const key of keys) this.know(key, 'string');
    return this.given.filter(([name]) => keys.includes(name));
  }
  required(key: string): string {
    const value = this.string(key);
    if (value === undefined) throw new OptionError(`parameter '${key}' is missing`, this.where);
    return value;
  }
  /** `id=`, of what is made: its name everywhere. */
  id(): string | undefined {
    const id = this.string('id');
    if (id !== undefined) checkIdentifier(id, this.where);
    return id;
  }
  bool(key: string): boolean | undefined {
    return this.read(key, 'boolean', parseBool);
  }
  integer(key: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    return this.read(key, 'number', (text) => Number(parseInteger(text, BigInt(min), BigInt(max))));
  }
  uint64(key: string): bigint | undefined {
    return this.read(key, 'number', (text) => parseUnsigned(text));
  }
  /** Bytes; a bare number counts in `unit`. */
  size(key: string, unit = 1): number | undefined {
    return this.read(key, 'size', (text) => parseSize(text, unit));
  }
  enumeration<T extends string>(key: string, values: readonly T[]): T | undefined {
    return this.read(key, 'string', (text) => {
      if (!(values as readonly string[]).includes(text))
        throw new OptionError(`invalid value '${text}'`, undefined, `one of ${values.join(', ')}`);
      return text as T;
    });
  }
  /** What nobody has read yet, for options that pass properties on. */
  rest(): Record<string, string> {
    const rest = Object.fromEntries(this.entries.filter(([key]) => !this.known.has(key)));
    for (const key of Object.keys(rest)) this.know(key, 'string');
    return rest;
  }
  /** Call when all that is known was read. */
  finish(): void {
    const stray = this.entries.find(([key]) => !this.known.has(key));
    if (stray)
      throw new OptionError(
        `invalid parameter '${stray[0]}'`,
        this.where,
        this.known.size ? `one of ${[...this.known.keys()].join(', ')}` : undefined,
      );
  }

  private know(key: string, kind: ParameterKind): void {
    if (!this.known.has(key)) this.known.set(key, kind);
  }
  private read<T>(key: string, kind: ParameterKind, parse: (text: string) => T): T | undefined {
    this.know(key, kind);
    const text = this.values.get(key);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof OptionError ? error.at(`${this.where}: ${key}`) : error;
    }
  }
}

/** What may name an object, a job or a block node. */
export const isIdentifier = (text: string): boolean => /^[a-zA-Z][-\w.]*$/.test(text);

/** @throws OptionError, in QEMU's words */
export function checkIdentifier(id: string, where: string): void {
  if (!isIdentifier(id)) throw new OptionError("Parameter 'id' expects an identifier", where, 'a letter, then letters, digits, -, . or _');
}

export const isHelp = (text: string): boolean => text === 'help' || text === '?';

/** Cuts at single commas; `,,` is one comma. */
function splitCommas(text: string): string[] {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ',') parts[parts.length - 1] += text[i];
    else if (text[i + 1] === ',') {
      parts[parts.length - 1] += ',';
      i++;
    } else parts.push('');
  }
  return parts;
}

/** A text as the value of a parameter: a comma of its own is written twice. */
export const escapeCommas = (text: string): string => text.replaceAll(',', ',,');

/** Parses the argument of `option` (`-drive`). A first part without `=` is the value of `implied`; later ones mean `=on`, `nokey` means `key=off`. */
export function parseOptions(option: string, text: string, implied?: string): OptionList {
  const where = `${option} ${text}`;
  const entries: [string, string][] = [];
  splitCommas(text).forEach((part, i) => {
    if (part === '' && text !== '') throw new OptionError('empty parameter', where);
    const equals = part.indexOf('=');
    if (equals === 0) throw new OptionError(`parameter without a name '${part}'`, where);
    if (equals > 0) entries.push([part.slice(0, equals), part.slice(equals + 1)]);
    else if (i === 0 && implied !== undefined) entries.push([implied, part]);
    else if (/^no[a-z]/.test(part) && !isHelp(part)) entries.push([part.slice(2), 'off']);
    else entries.push([part, 'on']);
  });
  return new OptionList(where, entries);
}

/**
 * As parseOptions, or one JSON object, whose nested ones are keys with dots (QEMU's -device, -object and -blockdev take both).
 * @throws OptionError
 */
export function parseOptionsOrJson(option: string, text: string, implied?: string): OptionList {
  if (!text.startsWith('{')) return parseOptions(option, text, implied);
  const where = `${option} ${text}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new OptionError(`invalid JSON: ${errorMessage(error)}`, where);
  }
  return new OptionList(where, [...flatten(parsed)]);
}

/** Values as they are typed, by their path. */
export function* flatten(value: unknown, path = ''): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value)) yield* flatten(inner, path === '' ? key : `${path}.${key}`);
  else yield [path, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)];
}
