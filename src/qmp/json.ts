/**
 * JSON as QMP has it: values follow each other in a byte stream, strings may be in single quotes, integers have 64 bits. Source: RFC 8259; QEMU
 * docs/interop/qmp-spec.rst ("JSON parser"); the messages are QEMU's.
 */

/** Integers that a number does not hold exactly are bigints. Objects that come from outside have no prototype. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was sent is no value. The stream goes on behind it. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const parseError = (what: string): JsonError => new JsonError(`JSON parse error, ${what}`);

/** Bytes of one value. */
const SIZE_LIMIT = 1 << 20;
const DEPTH_LIMIT = 1024;
/** Marks, strings and words of one value: reading it must not keep others waiting. */
const TOKEN_LIMIT = 1 << 15;
/** Of a word that is none. */
const WORD_SHOWN = 64;
/** Characters of an integer of 64 bits. */
const INTEGER_DIGITS = 20;

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]); // [ {
const CLOSING = new Set([0x5d, 0x7d]); // ] }
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const isWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x2b || byte === 0x2d || byte === 0x2e;

/** Cuts a stream of bytes into values. */
export class JsonStream {
  private bytes = new Uint8Array(4096);
  private used = 0;
  private depth = 0;
  private tokens = 0;
  /** The quote that ends the string that is being read. */
  private quote = 0;
  private escaped = false;
  /** A word (number, keyword) is being read. */
  private word = false;
  /** After what is no JSON at all: until something begins that could be some. */
  private recovering = false;

  /** Hears every value, or why there is none. */
  constructor(private readonly each: (value: Json | JsonError) => void) {}

  feed(bytes: Uint8Array): void {
    for (const byte of bytes) this.take(byte);
  }

  private take(byte: number): void {
    if (this.quote !== 0) return this.inString(byte);
    const isSpace = SPACE.has(byte);
    if (this.word && !isWord(byte)) {
      this.word = false;
      if (this.depth === 0) this.finish();
    }
    const isMark = OPENING.has(byte) || CLOSING.has(byte) || byte === QUOTE || byte === APOSTROPHE || byte === 0x2c || byte === 0x3a;
    if (this.recovering) {
      if (!isSpace && !isMark) return;
      this.recovering = false;
    }
    if (isSpace) return void (this.used > 0 && this.keep(byte));
    if (!isMark && !isWord(byte)) return this.fail(parseError(`stray '${printable(byte)}'`), true);
    if (!this.word && ++this.tokens > TOKEN_LIMIT) return this.fail(new JsonError('JSON token count limit exceeded'), true);
    if (!this.keep(byte)) return;
    if (byte === QUOTE || byte === APOSTROPHE) this.quote = byte;
    else if (OPENING.has(byte) && ++this.depth > DEPTH_LIMIT) this.fail(new JsonError('JSON nesting depth limit exceeded'));
    else if (CLOSING.has(byte) && --this.depth <= 0) this.finish();
    else if (isWord(byte)) this.word = true;
    else if (this.depth === 0) this.finish();
  }

  private inString(byte: number): void {
    // These are in no UTF-8: whoever sends one wants to begin anew.
    if (byte < 0x20 || byte > 0xf7) return this.fail(parseError(`stray '${printable(byte)}'`), true);
    if (!this.keep(byte)) return;
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === this.quote) {
      this.quote = 0;
      if (this.depth === 0) this.finish();
    }
  }

  /** False: it is too long, and gone. */
  private keep(byte: number): boolean {
    if (this.used === SIZE_LIMIT) {
      this.fail(new JsonError('JSON token size limit exceeded'), true);
      return false;
    }
    if (this.used === this.bytes.length) {
      const larger = new Uint8Array(2 * this.used);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.used++] = byte;
    return true;
  }

  private finish(): void {
    const bytes = this.bytes.subarray(0, this.used);
    this.restart();
    let value: Json | JsonError;
    try {
      value = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch (error) {
      if (error instanceof TypeError) value = parseError('invalid UTF-8 sequence in string');
      else if (error instanceof JsonError) value = error;
      else throw error;
    }
    this.each(value);
  }

  private fail(error: JsonError, recovering = false): void {
    this.restart();
    this.recovering = recovering;
    this.each(error);
  }

  private restart(): void {
    this.used = this.depth = this.tokens = this.quote = 0;
    this.escaped = this.word = this.recovering = false;
  }
}

const printable = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const MAX_UINT64 = (1n << 64n) - 1n;
const MIN_INT64 = -(1n << 63n);

/** The value that `text` is. @throws JsonError */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value();
  if (!reader.atEnd) throw parseError('expecting end of input');
  return value;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {
    this.skipSpace();
  }

  get atEnd(): boolean {
    return this.at === this.text.length;
  }

  value(): Json {
    const first = this.text[this.at];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"' || first === "'") return this.string(first);
    const word = /[\w+.-]+/y;
    word.lastIndex = this.at;
    const found = word.exec(this.text)?.[0];
    if (found === undefined) throw parseError('expecting value');
    this.at += found.length;
    this.skipSpace();
    return wordValue(found);
  }

  private object(): JsonObject {
    const object = Object.create(null) as Record<string, Json>;
    this.items('}', 'expected separator in dict', () => {
      const key = this.value();
      if (typeof key !== 'string') throw parseError('key is not a string in object');
      if (!this.skip(':')) throw parseError('missing : in object pair');
      if (key in object) throw parseError('duplicate key');
      object[key] = this.value();
    });
    return object;
  }

  private array(): Json[] {
    const array: Json[] = [];
    this.items(']', 'expected separator in list', () => void array.push(this.value()));
    return array;
  }

  private items(end: string, noSeparator: string, item: () => void): void {
    this.at++;
    this.skipSpace();
    if (this.skip(end)) return;
    for (;;) {
      item();
      if (this.skip(end)) return;
      if (!this.skip(',')) throw parseError(noSeparator);
    }
  }

  private string(quote: string): string {
    let out = '';
    const plain = quote === '"' ? /[^"\\]*/y : /[^'\\]*/y;
    for (this.at++; ; this.at++) {
      out += this.match(plain);
      const character = this.text[this.at];
      if (character === undefined) throw parseError('string has no end');
      if (character === quote) break;
      out += this.escape();
    }
    this.at++;
    this.skipSpace();
    return out;
  }

  private escape(): string {
    const letter = this.text[++this.at];
    if (letter !== 'u') {
      const known = ESCAPES[letter];
      if (known === undefined) throw parseError('invalid escape sequence in string');
      return known;
    }
    const digits = this.text.slice(this.at + 1, this.at + 5);
    if (!/^[\da-fA-F]{4}$/.test(digits)) {
      const [shown] = /^[^"']{0,4}["']?/.exec(this.text.slice(this.at + 1, this.at + 6))!;
      throw parseError(`\\u${shown} is not a valid Unicode character`);
    }
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** What a pattern that may be empty finds here. */
  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text)!;
    this.at += found.length;
    return found;
  }

  private skip(mark: string): boolean {
    if (this.text[this.at] !== mark) return false;
    this.at++;
    this.skipSpace();
    return true;
  }

  private skipSpace(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? '_')) this.at++;
  }
}

function wordValue(word: string): Json {
  if (word === 'true') return true;
  if (word === 'false') return false;
  if (word === 'null') return null;
  if (/^-?(0|[1-9]\d*)$/.test(word)) {
    const number = Number(word);
    if (Number.isSafeInteger(number)) return number;
    // BigInt takes a time that grows faster than the digits.
    const integer = word.length <= INTEGER_DIGITS ? BigInt(word) : undefined;
    if (integer !== undefined && integer >= MIN_INT64 && integer <= MAX_UINT64) return integer;
  }
  const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? Number(word) : NaN;
  if (Number.isFinite(number)) return number;
  throw parseError(/^[-+.\d]/.test(word) ? `stray '${word.slice(0, WORD_SHOWN)}'` : `invalid keyword '${word.slice(0, WORD_SHOWN)}'`);
}

/** In QEMU's layout: on one line, or four columns deeper a level. */
export function formatJson(value: Json, pretty = false): string {
  return pretty ? format(value, '\n') : format(value);
}

/** `newline`: before an item of the value that is around this one; undefined: all is on one line. */
function format(value: Json, newline?: string): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = newline === undefined ? undefined : `${newline}    `;
  const join = (open: string, items: readonly string[], close: string): string =>
    items.length === 0 || inner === undefined
      ? `${open}${items.join(', ')}${close}`
      : `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
  if (Array.isArray(value)) {
    return join(
      '[',
      value.map((item: Json) => format(item, inner)),
      ']',
    );
  }
  const members = Object.entries(value as JsonObject).flatMap(([key, item]) =>
    item === undefined ? [] : [`${quoted(key)}: ${format(item, inner)}`],
  );
  return join('{', members, '}');
}

/** Nothing but ASCII goes over the line. */
const quoted = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  JSON.stringify(text).replace(/[^\x00-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
