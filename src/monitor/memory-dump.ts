/** `x` and `xp`: memory as numbers, text or instructions, in QEMU's layout. */
import type { MemorySpace } from '../system/control.js';
import { type Format } from './arguments.js';
import { MonitorError } from './errors.js';
import type { MonitorContext } from './command.js';
import { needCpu } from './cpu-commands.js';

/** Bytes of one dump: a monitor is for looking, and its text is sent at once. */
const LIMIT = 1 << 18;
/** Lines that are made before others have a turn. */
const LINES_AT_ONCE = 500;
/** Of a string. */
const STRING_LIMIT = 4096;
/** Widest number of a size, in decimal. */
const DECIMAL_WIDTH: Readonly<Record<number, number>> = { 1: 3, 2: 5, 4: 10, 8: 20 };
/** What a disassembler looks at. */
const LONGEST_INSTRUCTION = 8;

/** `/COUNTFORMATSIZE ADDRESS`; format and size are kept for the next time. */
export function memoryDump(context: MonitorContext, given: Format, start: bigint, space: MemorySpace): string | Promise<string> {
  const { count, format = context.format } = given;
  context.format = format;
  if (format === 'i') return printed(context, instructions(context, count, start, space));
  if (format === 's') return printed(context, strings(context, count, start, space));
  const size = (context.size = given.size ?? context.size);
  if (size * count > LIMIT) throw new MonitorError(`more than ${LIMIT} bytes at once`);
  return printed(context, numbers(context, start, size * count, { format, size, space }));
}

/** What some lines have; of more, all when it is there. */
function printed({ control }: MonitorContext, lines: Iterator<string, string>): string | Promise<string> {
  let isOver = false;
  const some = (): string => {
    const made: string[] = [];
    while (!isOver && made.length < LINES_AT_ONCE) {
      const next = lines.next();
      isOver = next.done === true;
      made.push(next.value);
    }
    return made.join('');
  };
  const rest = async (first: string): Promise<string> => {
    const pause = control.pauses();
    const pieces = [first];
    while (!isOver) {
      await pause();
      pieces.push(some());
    }
    return pieces.join('');
  };
  const first = some();
  return isOver ? first : rest(first);
}

interface Layout {
  readonly format: string;
  readonly size: number;
  readonly space: MemorySpace;
}

const wrap = (address: bigint): bigint => BigInt.asUintN(64, address);
const addressText = (address: bigint): string => address.toString(16).padStart(16, '0');

/** Lines; what is returned is the last one. */
function* numbers({ control }: MonitorContext, start: bigint, length: number, { format, size, space }: Layout): Generator<string, string> {
  const { endianness } = control.machine;
  const perLine = size > 1 ? 16 : 8;
  const unit = format === 'c' ? 1 : size;
  for (let at = 0; at < length; at += perLine) {
    const from = wrap(start + BigInt(at));
    const bytes = new Uint8Array(Math.min(perLine, length - at));
    let text = `${addressText(from)}:`;
    if (control.readMemory(space, from, bytes) !== undefined) return `${text} Cannot access memory\n`;
    for (let n = 0; n < bytes.length; n += unit) text += ` ${value(numberOf(bytes.subarray(n, n + unit), endianness), format, unit)}`;
    yield `${text}\n`;
  }
  return '';
}

/** As the target has it in memory. */
function numberOf(bytes: Uint8Array, endianness: 'little' | 'big'): bigint {
  const fromTop = endianness === 'big' ? bytes : bytes.slice().reverse();
  return fromTop.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function value(number: bigint, format: string, size: number): string {
  switch (format) {
    case 'd':
      return String(BigInt.asIntN(8 * size, number)).padStart(DECIMAL_WIDTH[size]);
    case 'u':
      return String(number).padStart(DECIMAL_WIDTH[size]);
    case 'o':
      return (number === 0n ? '0' : `0${number.toString(8)}`).padStart(Math.ceil((8 * size) / 3));
    case 'c':
      return characterText(Number(number & 0xffn));
    default:
      return `0x${number.toString(16).padStart(2 * size, '0')}`;
  }
}

/** As C has it in quotes; what is no character, by its code. */
export function characterText(code: number): string {
  const escapes: Readonly<Record<number, string>> = { 10: '\\n', 13: '\\r', 9: '\\t', 39: "\\'", 92: '\\\\' };
  const printable = code >= 32 && code < 127;
  return `'${escapes[code] ?? (printable ? String.fromCharCode(code) : `\\x${(code >>> 0).toString(16).padStart(2, '0')}`)}'`;
}

/** The bytes at an address, as many of `most` as can be read. */
function readable({ control }: MonitorContext, space: MemorySpace, address: bigint, most: number): Uint8Array {
  for (let length = most; length > 0; length >>= 1) {
    const bytes = new Uint8Array(length);
    if (control.readMemory(space, address, bytes) === undefined) return bytes;
  }
  return new Uint8Array(0);
}

function* instructions(context: MonitorContext, count: number, start: bigint, space: MemorySpace): Generator<string, string> {
  const cpu = needCpu(context);
  for (let at = start, n = 0; n < Math.min(count, LIMIT / 4); n++) {
    const insn = cpu.disassemble(readable(context, space, at, LONGEST_INSTRUCTION), at);
    if (insn === undefined) return `0x${at.toString(16).padStart(8, '0')}:  Cannot access memory\n`;
    yield `${insn.text}\n`;
    at = wrap(at + BigInt(insn.size));
  }
  return '';
}

/** Bytes of a string that are worth a line. */
const STRING_PIECE = 64;

/** Each up to its zero, in quotes. */
function* strings(context: MonitorContext, count: number, start: bigint, space: MemorySpace): Generator<string, string> {
  let size = 0;
  for (let at = start, n = 0; n < count && size < LIMIT; n++) {
    let shown = '';
    let length = 0;
    for (;;) {
      const [byte] = readable(context, space, wrap(at + BigInt(length)), 1);
      if (byte === undefined) return `${addressText(at)}: ${length > 0 ? `"${shown}" ` : ''}Cannot access memory\n`;
      length++;
      if (byte === 0 || length > STRING_LIMIT) break;
      if (length % STRING_PIECE === 0) yield '';
      shown += byte === 0x22 ? '\\"' : byte === 0x27 ? "'" : characterText(byte).slice(1, -1);
    }
    const line = `${addressText(at)}: "${shown}"${length > STRING_LIMIT ? '...' : ''}\n`;
    yield line;
    size += line.length;
    at = wrap(at + BigInt(length));
  }
  return '';
}
