/** `x` and `xp`: memory as numbers, in QEMU's layout. */
import type { MonitorContext } from './commands.js';
import { currentCpu } from './cpu-commands.js';
import { evaluate, MonitorError } from './expression.js';

/** Bytes of one dump: a monitor is for looking, and its text is made at once. */
const LIMIT = 1 << 20;
const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const FORMATS = 'xduoc';
/** Widest number of a size, in decimal. */
const DECIMAL_WIDTH: Readonly<Record<number, number>> = { 1: 3, 2: 5, 4: 10, 8: 20 };

/** `/COUNTFORMATSIZE ADDRESS`: `/8xw 0x80000000`. Counts from 1, format of x, d, u, o, c, size of b, h, w, g. */
export function memoryDump(context: MonitorContext, args: string, virtual: boolean): string {
  const match = /^(?:\/(\d*)([a-z]*)\s+)?(\S.*)$/.exec(args);
  if (!match) throw new MonitorError(`expected '/fmt addr', as in /8xw 0x80000000`);
  const [, count = '', letters = ''] = match;
  let format = 'x';
  let size: number | undefined;
  for (const letter of letters) {
    if (FORMATS.includes(letter)) format = letter;
    else if (letter in SIZES) size = SIZES[letter];
    else
      throw new MonitorError(
        letter === 'i' || letter === 's' ? `format '${letter}' is not built yet` : `invalid char in format: '${letter}'`,
      );
  }
  size ??= 4;
  const bytes = size * Number(count || 1);
  if (bytes > LIMIT) throw new MonitorError(`more than ${LIMIT} bytes at once`);
  return lines(context, evaluate(match[3], currentCpu(context)), bytes, { format, size, virtual });
}

interface Layout {
  readonly format: string;
  readonly size: number;
  readonly virtual: boolean;
}

function lines(context: MonitorContext, start: bigint, length: number, { format, size, virtual }: Layout): string {
  const perLine = size > 1 ? 16 : 8;
  const unit = format === 'c' ? 1 : size;
  const space = virtual ? currentCpu(context) : 'physical';
  let text = '';
  for (let at = 0; at < length; at += perLine) {
    const from = BigInt.asUintN(64, start + BigInt(at));
    const bytes = new Uint8Array(Math.min(perLine, length - at));
    text += `${from.toString(16).padStart(16, '0')}:`;
    if (space === undefined || context.control.readMemory(space, from, bytes) !== undefined) return `${text} Cannot access memory\n`;
    const view = new DataView(bytes.buffer);
    for (let n = 0; n < bytes.length; n += unit) text += ` ${value(view, n, format, unit)}`;
    text += '\n';
  }
  return text;
}

function value(view: DataView, at: number, format: string, size: number): string {
  let number = 0n;
  for (let n = size - 1; n >= 0; n--) number = (number << 8n) | BigInt(view.getUint8(at + n));
  switch (format) {
    case 'd':
      return String(BigInt.asIntN(8 * size, number)).padStart(DECIMAL_WIDTH[size]);
    case 'u':
      return String(number).padStart(DECIMAL_WIDTH[size]);
    case 'o':
      return `0${number.toString(8).padStart(Math.ceil((8 * size) / 3), '0')}`;
    case 'c':
      return character(Number(number & 0xffn));
    default:
      return `0x${number.toString(16).padStart(2 * size, '0')}`;
  }
}

function character(code: number): string {
  const escapes: Readonly<Record<number, string>> = { 10: '\\n', 13: '\\r', 9: '\\t', 39: "\\'", 92: '\\\\' };
  const text = escapes[code] ?? (code >= 32 && code < 127 ? String.fromCharCode(code) : `\\x${code.toString(16).padStart(2, '0')}`);
  return `'${text}'`;
}
