/** The disassembler: rows and words to objdump's text. */
import type { ListedInsn } from '../../hw/core/cpu.js';
import { CSR_NAMES } from './csr-names.js';
import type { Decoder } from './decoder.js';
import { fliBits } from './insn-zfa.js';
import { listedRegisters, Operands, stackAdjustment } from './operands.js';
import { PSEUDO } from './pseudo.js';
import type { Insn } from './table.js';

// prettier-ignore
export const X_NAMES: readonly string[] = [
  'zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5',
  'a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6',
];
// prettier-ignore
export const F_NAMES: readonly string[] = [
  'ft0', 'ft1', 'ft2', 'ft3', 'ft4', 'ft5', 'ft6', 'ft7', 'fs0', 'fs1', 'fa0', 'fa1', 'fa2', 'fa3', 'fa4', 'fa5',
  'fa6', 'fa7', 'fs2', 'fs3', 'fs4', 'fs5', 'fs6', 'fs7', 'fs8', 'fs9', 'fs10', 'fs11', 'ft8', 'ft9', 'ft10', 'ft11',
];
const RM_NAMES = ['rne', 'rtz', 'rdn', 'rup', 'rmm', 'unknown', 'unknown', 'dyn'];
const RM_RNE = 0;
const RM_DYNAMIC = 7;

export interface DisasOptions {
  /** False: `addi a0,zero,1` instead of `li a0,1`. */
  readonly pseudo?: boolean;
}

/** Name, a tab, operands; for a word that is no instruction, what objdump writes in its place. */
export function formatInsn(decoder: Decoder, word: number, pc: bigint, options: DisasOptions = {}): string {
  const row = decoder.decode(word);
  return row === undefined ? formatUnknown(word) : formatRow(row, word, pc, decoder.xlen, options);
}

/** The instruction that is at `pc`: address, code, text. `bytes`: what is known of it. Undefined: too little. */
export function listInsn(decoder: Decoder, bytes: Uint8Array, pc: bigint): ListedInsn | undefined {
  if (bytes.length < 2) return undefined;
  const low = bytes[0] | (bytes[1] << 8);
  const size = (low & 3) === 3 && bytes.length >= 4 ? 4 : 2;
  const word = size === 4 ? low | (bytes[2] << 16) | (bytes[3] << 24) : low;
  const code = (word >>> 0).toString(16).padStart(2 * size, '0');
  const at = BigInt.asUintN(decoder.xlen, pc)
    .toString(16)
    .padStart(decoder.xlen / 4, '0');
  const text = formatInsn(decoder, word, pc);
  return { text: `0x${at}:  ${code.padEnd(17)} ${text}`, size, flow: flowOf(text) };
}

const CALLS = ['jal', 'jalr', 'cm.jalt'];
const RETURNS = ['ret', 'mret', 'sret', 'mnret', 'cm.popret', 'cm.popretz'];

/** What an instruction does by its text, with pseudo-instructions. `jr t0` returns from the routines that save registers. */
export function flowOf(text: string): ListedInsn['flow'] {
  const [name] = text.split('\t', 1);
  if (CALLS.includes(name)) return 'call';
  return RETURNS.includes(name) || text === 'jr\tt0' ? 'return' : undefined;
}

const formatUnknown = (word: number): string =>
  (word & 3) === 3 ? `.4byte\t0x${(word >>> 0).toString(16)}` : `.2byte\t0x${(word & 0xffff).toString(16)}`;

export function formatRow(row: Insn, word: number, pc: bigint, xlen: 32 | 64, { pseudo = true }: DisasOptions = {}): string {
  const a = new Operands();
  row.format.extract(word, a);
  const name = row.shownAs;
  const alias = pseudo ? PSEUDO.find((each) => each.of === name && each.when(a)) : undefined;
  const shown = (alias?.name ?? name) + orderSuffix(row, word);
  const operands = renderOperands(alias?.syntax ?? row.format.syntax, a, pc, xlen);
  return operands === '' ? shown : `${shown}\t${operands}`;
}

/** .aq, .rl, .aqrl of atomics. */
function orderSuffix(row: Insn, word: number): string {
  if (!row.fields.some((field) => field.name === 'aq')) return '';
  return ['', '.rl', '.aq', '.aqrl'][(word >>> 25) & 3];
}

function renderOperands(syntax: string, a: Operands, pc: bigint, xlen: 32 | 64): string {
  return syntax.replace(/\w+/g, (token) => renderToken(token, a, pc, xlen)).replace(/,(?=,|$)/g, '');
}

function renderToken(token: string, a: Operands, pc: bigint, xlen: 32 | 64): string {
  switch (token) {
    case 'rd':
      return X_NAMES[a.rd];
    case 'rs1':
      return X_NAMES[a.rs1];
    case 'rs2':
      return X_NAMES[a.rs2];
    case 'fd':
      return F_NAMES[a.rd];
    case 'fs1':
      return F_NAMES[a.rs1];
    case 'fs2':
      return F_NAMES[a.rs2];
    case 'fs3':
      return F_NAMES[a.rs3];
    case 'imm':
      return String(a.imm);
    case 'shamt':
      return `0x${a.imm.toString(16)}`;
    case 'upper':
      return `0x${(a.imm >>> 12).toString(16)}`;
    case 'target':
      return `0x${BigInt.asUintN(xlen, pc + BigInt(a.imm)).toString(16)}`;
    case 'csr':
      return CSR_NAMES.get(a.csr) ?? `0x${a.csr.toString(16)}`;
    case 'rm':
      return a.rm === RM_DYNAMIC ? '' : RM_NAMES[a.rm];
    case 'exactrm':
      return a.rm === RM_RNE ? '' : RM_NAMES[a.rm];
    case 'alwaysrm':
      return RM_NAMES[a.rm];
    case 'fence':
      return `${fenceSet(a.imm >>> 4)},${fenceSet(a.imm)}`;
    case 'bs':
      return `0x${a.imm}`;
    case 'index':
      return String(a.imm);
    case 'rlist':
      return listText(a.rs2);
    case 'push':
      return String(-stackAdjustment(a.rs2, a.imm, xlen));
    case 'pop':
      return String(stackAdjustment(a.rs2, a.imm, xlen));
    case 'fli':
      return fliText(a.rs1);
    default:
      throw new Error(`no operand '${token}'`);
  }
}

/** {ra,s0-s3} */
function listText(rlist: number): string {
  const [ra, ...saved] = listedRegisters(rlist).map((r) => X_NAMES[r]);
  const range = saved.length > 1 ? [`${saved[0]}-${saved.at(-1)}`] : saved;
  return `{${[ra, ...range].join()}}`;
}

/** Devices' input and output, memory reads and writes. */
function fenceSet(bits: number): string {
  const letters = [...'iorw'].filter((_, i) => ((bits >>> (3 - i)) & 1) !== 0).join('');
  return letters === '' ? '0' : letters;
}

const FLI_MINIMUM = 1;

function fliText(index: number): string {
  if (index === FLI_MINIMUM) return 'min';
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, fliBits('d', index));
  const value = view.getFloat64(0);
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? value.toExponential(6).replace(/e([+-])(\d)$/, 'e$10$2') : 'inf';
}
