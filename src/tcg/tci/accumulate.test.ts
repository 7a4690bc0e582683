import { describe, expect, it } from 'vitest';
import * as tci from '../../../assembly/shared/tci.js';
import { accumulate } from './accumulate.js';
import { OP_UNITS, opName, plainOp } from './op-units.js';

const [A, B, C, D] = [0x100, 0x108, 0x110, 0x118];

/** Names of the ops, of which each row is one; `insns`: rows that begin an instruction. */
function accumulated(rows: readonly (readonly number[])[], insns: readonly number[] = [0], labels: readonly number[] = []): string[] {
  const at: number[] = [];
  const units: number[] = [];
  for (const row of rows) {
    at.push(units.length);
    units.push(...row, ...new Array<number>(OP_UNITS[row[0]] - row.length).fill(0));
  }
  const code = {
    units: Uint16Array.from(units),
    size: units.length,
    insns: Uint16Array.from(insns.flatMap((row) => [at[row] >> 1, 0])),
    insnCount: insns.length,
  };
  accumulate(
    code,
    Int32Array.from(labels, (row) => at[row]),
    labels.length,
  );
  return at.map((p) => opName(code.units[p]));
}

describe('operands from the accumulator', () => {
  it('follow a result, also of an instruction before', () => {
    const rows = [
      [tci.TCI_ADDI64, A, B, 8],
      [tci.TCI_QLD64, C, A, 0],
      [tci.TCI_BRCONDI64_EQ, C, 0, 4],
    ];
    expect(accumulated(rows, [0, 1, 2])).toEqual(['addi64', 'acc_qld64', 'acc_brcondi64_eq']);
  });

  it('are the second one of a sum, too, which is exchanged, and not of a difference', () => {
    const result = [tci.TCI_MOV, A, B, 0];
    expect(accumulated([result, [tci.TCI_ADD64, C, D, A]])).toEqual(['mov', 'acc_add64']);
    expect(accumulated([result, [tci.TCI_SUB64, C, D, A]])).toEqual(['mov', 'sub64']);
  });

  it('are a value that is stored, or the address', () => {
    const result = [tci.TCI_MOV, A, B, 0];
    expect(accumulated([result, [tci.TCI_QST32, A, C, 0]])).toEqual(['mov', 'accv_qst32']);
    expect(accumulated([result, [tci.TCI_QST32, C, A, 0]])).toEqual(['mov', 'acc_qst32']);
  });

  it('outlive a store and a branch in their own instruction', () => {
    const rows = [
      [tci.TCI_ADDI64, A, B, 8],
      [tci.TCI_QST8, C, D, 0],
      [tci.TCI_ANDI64, C, A, 1],
    ];
    expect(accumulated(rows)).toEqual(['addi64', 'qst8', 'acc_andi64']);
  });

  it('do not come from an instruction before but in the first op: tci may go on there', () => {
    const rows = [
      [tci.TCI_ADDI64, A, B, 8],
      [tci.TCI_QST8, C, D, 0],
      [tci.TCI_ANDI64, C, A, 1],
    ];
    expect(accumulated(rows, [0, 1])).toEqual(['addi64', 'qst8', 'andi64']);
  });

  it('are none where ways meet, after a helper, and after another result', () => {
    const [result, use] = [
      [tci.TCI_ADDI64, A, B, 8],
      [tci.TCI_ANDI64, C, A, 1],
    ];
    expect(accumulated([result, use], [0], [1])).toEqual(['addi64', 'andi64']);
    expect(accumulated([result, [tci.TCI_CALL0V, 0xffff, 1, 0], use])).toEqual(['addi64', 'call0v', 'andi64']);
    expect(accumulated([result, [tci.TCI_MOVI, B, 1, 0], use])).toEqual(['addi64', 'movi', 'andi64']);
  });

  it('have forms of the same shape as the ops that they are made of', () => {
    for (let op = tci.TCI_ACC_FOR_A; op < tci.TCI_OPS; op++) {
      expect(plainOp(opName(op))).toBeGreaterThanOrEqual(tci.TCI_MOV);
      expect(OP_UNITS[op]).toBe(OP_UNITS[plainOp(opName(op))]);
    }
  });
});
