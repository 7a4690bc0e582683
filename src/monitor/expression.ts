/** Expressions of the monitor's lines, 64 bits. Source: QEMU monitor/hmp.c: sums bind least, then &, | and ^, then products. */
import { ArgumentError } from './errors.js';
import type { LineReader } from './line-reader.js';

/** Reads as far as it goes. @throws ArgumentError, ExpressionError */
export function readExpression(line: LineReader): bigint {
  return BigInt.asUintN(64, sum(line));
}

type Operation = (a: bigint, b: bigint) => bigint;
const SUMS: Readonly<Record<string, Operation>> = { '+': (a, b) => a + b, '-': (a, b) => a - b };
const LOGIC: Readonly<Record<string, Operation>> = { '&': (a, b) => a & b, '|': (a, b) => a | b, '^': (a, b) => a ^ b };
const PRODUCTS: Readonly<Record<string, Operation>> = {
  '*': (a, b) => a * b,
  '/': (a, b) => a / divisor(b),
  '%': (a, b) => a % divisor(b),
};

/** No number begins like that: it is the file that is the next argument. (QEMU wants it in quotes.) */
const PATH = /^\/[A-Za-z_.~]/;

const divisor = (value: bigint): bigint => {
  if (value === 0n) throw new ArgumentError('division by zero');
  return value;
};

const level =
  (operations: Readonly<Record<string, Operation>>, operand: (line: LineReader) => bigint) =>
  (line: LineReader): bigint => {
    let value = operand(line);
    for (;;) {
      line.skipSpace();
      const operation = operations[line.next];
      if (operation === undefined || PATH.test(line.text.slice(line.at))) return value;
      line.at++;
      value = BigInt.asIntN(64, operation(value, operand(line)));
    }
  };

const product = level(PRODUCTS, unary);
const logic = level(LOGIC, product);
const sum = level(SUMS, logic);

function unary(line: LineReader): bigint {
  line.skipSpace();
  const { next } = line;
  if (next === '') throw new ArgumentError('unexpected end of expression');
  const operator = { '+': (v: bigint) => v, '-': (v: bigint) => -v, '~': (v: bigint) => ~v }[next];
  if (operator) {
    line.at++;
    return BigInt.asIntN(64, operator(unary(line)));
  }
  if (next === '(') return parenthesis(line);
  if (next === "'") return character(line);
  if (next === '$') return register(line);
  return number(line);
}

function parenthesis(line: LineReader): bigint {
  line.at++;
  const value = sum(line);
  line.skipSpace();
  if (line.next !== ')') throw new ArgumentError("')' expected");
  line.at++;
  return value;
}

function character(line: LineReader): bigint {
  const { text, at } = line;
  if (text[at + 1] === undefined) throw new ArgumentError('character constant expected');
  if (text[at + 2] !== "'") throw new ArgumentError("missing terminating ' character");
  line.at += 3;
  return BigInt(text.charCodeAt(at + 1));
}

function register(line: LineReader): bigint {
  line.at++;
  const name = line.match(/[\w.:]+/y) ?? '';
  const value = line.cpu && (name === 'pc' ? line.cpu.pc : line.cpu.readRegister(name));
  if (value === undefined) throw new ArgumentError('unknown register');
  return value;
}

/** As C writes them: hexadecimal after 0x, octal after 0. */
function number(line: LineReader): bigint {
  const digits = line.match(/0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*/y);
  if (digits === undefined) throw new ArgumentError(`invalid char '${line.next}' in expression`);
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o'));
  if (value >> 64n !== 0n) throw new ArgumentError('number too large');
  return BigInt.asIntN(64, value);
}
