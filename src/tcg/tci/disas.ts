/** Bytecode as text, for `-d out_asm` and for tests. */
import * as tci from '../../../assembly/shared/tci.js';
import { NAMES, shape } from './op-units.js';

export { opName } from './op-units.js';

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
  return /brcondi/.test(NAMES[op]) ? String(signed(unit)) : operand(unit);
}
