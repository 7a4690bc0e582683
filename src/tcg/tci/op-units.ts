/** Shapes of the bytecode's ops. */
import * as tci from '../../../assembly/shared/tci.js';

/** The op's name without the prefix, by bytecode. */
export const NAMES: string[] = [];
for (const [name, value] of Object.entries(tci))
  if (/^TCI_(?!OPS$|INSN_SIZE$|ZERO_SLOT$|ACC_FOR_)/.test(name)) NAMES[value as number] = name.slice(4).toLowerCase();

export type Format = 'plain' | 'imm64' | 'distance' | 'movi' | 'branch' | 'binary' | 'imm' | 'memory' | 'call';

/** The op that an ACC form is made of. */
export function plainOp(name: string): number {
  return NAMES.indexOf(name.slice(name.indexOf('_') + 1));
}

/** Size in units of 16 bits, and how the operands read. */
export function shape(op: number): { size: number; format: Format } {
  const name = NAMES[op];
  if (name.startsWith('acc')) return shape(plainOp(name));
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
