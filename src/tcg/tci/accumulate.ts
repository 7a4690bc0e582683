/**
 * Operands from the accumulator: where an op's operand is the result of the op before it, tci has it in a register of the host still, and need not wait until what
 * was stored in env can be loaded again.
 */
import * as tci from '../../../assembly/shared/tci.js';
import type { CodeBuffer } from './code-buffer.js';
import { OP_UNITS, opName, plainOp } from './op-units.js';

const column = () => new Int16Array(tci.TCI_OPS).fill(-1);
/** The op with the accumulator for a, or for d. By op. */
const FOR_A = column();
const FOR_D = column();
/** 1: what it computes goes to d, and stays in the accumulator. */
const RESULT = new Uint8Array(tci.TCI_OPS);
/** 1: leaves the accumulator, and the frame, as they are. */
const KEEPS = new Uint8Array(tci.TCI_OPS);
const COMMUTATIVE = new Uint8Array(tci.TCI_OPS);

for (let op = tci.TCI_ACC_FOR_A; op < tci.TCI_OPS; op++) (op < tci.TCI_ACC_FOR_D ? FOR_A : FOR_D)[plainOp(opName(op))] = op;
const mark = (to: Uint8Array, first: number, last: number) => to.fill(1, first, last + 1);
mark(RESULT, tci.TCI_MOV, tci.TCI_DEPOSIT32);
mark(RESULT, tci.TCI_SETCOND64_EQ, tci.TCI_SETCONDI32_GTU);
mark(RESULT, tci.TCI_MOVCOND_EQ, tci.TCI_LD32S);
mark(RESULT, tci.TCI_QLD8U, tci.TCI_QLD64);
mark(RESULT, tci.TCI_QLD32U_ALIGNED, tci.TCI_QLD64_ALIGNED);
mark(KEEPS, tci.TCI_BRCOND64_EQ, tci.TCI_BRCONDI32_GTU);
mark(KEEPS, tci.TCI_QST8, tci.TCI_QST64);
mark(KEEPS, tci.TCI_QST32_ALIGNED, tci.TCI_QST64_ALIGNED);
for (const op of [tci.TCI_ADD64, tci.TCI_ADD32, tci.TCI_AND64, tci.TCI_AND32, tci.TCI_OR64, tci.TCI_OR32, tci.TCI_XOR64, tci.TCI_XOR32])
  COMMUTATIVE[op] = 1;

type AccumulatedCode = Pick<CodeBuffer, 'units' | 'size' | 'insns' | 'insnCount'>;

/**
 * `labels`: where ways meet, in units; -1 is none. Of the code, `insns`: pairs, the first of each the word where an instruction begins. Since tci can go on at any instruction
 * (tciResume), with the accumulator that its first op wants, only that one may read what another instruction has left there.
 */
export function accumulate({ units, size, insns, insnCount }: AccumulatedCode, labels: Int32Array, labelCount: number): void {
  let slot = -1;
  let insn = 0;
  for (let p = 0; p < size;) {
    for (let label = 0; label < labelCount; label++) if (labels[label] === p) slot = -1;
    let begins = false;
    while (insn < insnCount && 2 * insns[2 * insn] <= p) {
      begins = true;
      insn++;
    }
    const op = units[p];
    if (slot >= 0) {
      if (COMMUTATIVE[op] === 1 && units[p + 3] === slot && units[p + 2] !== slot) {
        units[p + 3] = units[p + 2];
        units[p + 2] = slot;
      }
      if (units[p + 2] === slot && FOR_A[op] >= 0) units[p] = FOR_A[op];
      else if (units[p + 1] === slot && FOR_D[op] >= 0) units[p] = FOR_D[op];
    }
    if (RESULT[op] === 1) slot = units[p + 1];
    else if (begins || KEEPS[op] === 0) slot = -1;
    p += OP_UNITS[op];
  }
}
