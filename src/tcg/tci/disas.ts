/** Bytecode as text, for `-d out_asm` and for tests. */
import * as tci from '../../../assembly/shared/tci.js';

/** The op's name without the prefix, by bytecode. */
const NAMES: string[] = [];
for (const [name, value] of Object.entries(tci))
  if (/^TCI_(?!OPS$|INSN_SIZE$|ZERO_SLOT$)/.test(name)) NAMES[value as number] = name.slice(4).toLowerCase();

type Format = 'plain' | 'imm64' | 'distance' | 'movi' | 'branch' | 'binary' | 'imm' | 'memory' | 'call';

/** Size in units of 16 bits, and how the operands read. */
function shape(op: number): { size: number; format: Format } {
  const name = NAMES[op];
  if (name.startsWith('goto_pc')) return { size: 4, format: 'distance' };
  if (op === tci.TCI_MOVI64) return { size: 6, format: 'imm64' };
  if (op === tci.TCI_MOVI) return { size: 4, format: 'movi' };
  if (op === tci.TCI_BR || name.startsWith('brcond')) return { size: 4, format: 'branch' };
  if (op >= tci.TCI_QLD8U && op <= tci.TCI_QST_ANY) return { size: 8, format: 'memory' };
  if (op >= tci.TCI_CALL0V) return { size: [4, 6, 6, 8, 8, 10][(op - tci.TCI_CALL0V) % 6], format: 'call' };
  if (op === tci.TCI_FENCE) return { size: 2, format: 'plain' };
  if (name.startsWith('movcond') || name.startsWith('deposit') || name.startsWith('atomic') || /^mul[us]2/.test(name))
    return { size: 6, format: 'plain' };
  if (/^(add2|sub2)_/.test(name)) return { size: 8, format: 'plain' };
  if (op < tci.TCI_MOV) return { size: 4, format: 'plain' };
  return { size: 4, format: /[a-z]i(64|32)(_|$)/.test(name) ? 'imm' : 'binary' };
}

/** Size of each op in units of 16 bits. */
export const OP_UNITS = Uint8Array.from(NAMES, (_, op) => shape(op).size);

export const opName = (op: number): string => NAMES[op];

const signed = (unit: number) => (unit << 16) >> 16;

/** `operand` names an env offset (default: hexadecimal). Stops at the first unit that is no op. */
export function disassembleTci(units: Uint16Array, operand: (offset: number) => string = (offset) => `[0x${offset.toString(16)}]`): string {
  const lines: string[] = [];
  for (let p = 0; p < units.length;) {
    const op = units[p];
    if (NAMES[op] === undefined) {
      lines.push(`${p >> 1}: .unit 0x${op.toString(16)}`);
      break;
    }
    const { size, format } = shape(op);
    const u = (n: number) => units[p + n];
    const word = (n: number) => u(n) | (u(n + 1) << 16);
    const value64 = () => `0x${BigInt.asUintN(64, (BigInt(word(4)) << 32n) | BigInt(word(2) >>> 0)).toString(16)}`;
    const text = {
      plain: () => Array.from(units.subarray(p + 1, p + size), (unit) => `0x${unit.toString(16)}`).join(', '),
      imm64: () => `${operand(u(1))}, ${value64()}`,
      distance: () => `pc + ${word(2)}`,
      movi: () => `${operand(u(1))}, ${word(2)}`,
      branch: () =>
        op === tci.TCI_BR
          ? `-> ${(p >> 1) + word(2)}`
          : `${operand(u(1))}, ${branchOperand(op, u(2), operand)} -> ${(p >> 1) + signed(u(3))}`,
      binary: () => `${operand(u(1))}, ${operand(u(2))}, ${operand(u(3))}`,
      imm: () => `${operand(u(1))}, ${operand(u(2))}, ${signed(u(3))}`,
      memory: () => `${operand(u(1))}, ${operand(u(2))} + ${signed(u(3))}, oi 0x${u(4).toString(16)}`,
      call: () =>
        `${u(1) === 0xffff ? '-' : operand(u(1))}, f${u(2)}(${Array.from(units.subarray(p + 4, p + 4 + ((op - tci.TCI_CALL0V) % 6)), operand).join(', ')})`,
    }[format]();
    lines.push(`${p >> 1}: ${NAMES[op]} ${text}`.trimEnd());
    p += size;
  }
  return lines.join('\n');
}

function branchOperand(op: number, unit: number, operand: (offset: number) => string): string {
  return NAMES[op].startsWith('brcondi') ? String(signed(unit)) : operand(unit);
}
