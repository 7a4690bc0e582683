/** Zcmp and Zcmt: pushes, pops and returns at random places of the stack, and jumps through a table that the block fills. */
import { INSNS } from '../../src/target/riscv/insns.js';
import { listedRegisters, stackAdjustment } from '../../src/target/riscv/operands.js';
import type { Insn } from '../../src/target/riscv/table.js';
import { randomWord, type Rng } from '../support/riscv-random.js';
import { encode } from './assembler.js';
import { codes, layOut, randomUnit, type Code, type Rules, type Unit } from './block.js';
import { BLOCK_LENGTH, chooser, isFloat, isMemory, isPlain, kind, type Kind } from './kind.js';
import { MEMORY } from './slot.js';

// Registers that no list has: where the stack is, the address of a target, the table.
const [SP, STACK, TARGET, TABLE] = [2, 5, 6, 7];
const CSR_JVT = 0x017;
const TABLE_AT = MEMORY.windowMiddle + 0x1000;
/** An entry for each index that is used. */
const ENTRIES = 256;

const named = (pattern: RegExp): Insn[] => INSNS.filter(({ name }) => pattern.test(name));
const STACK_ROWS = named(/^cm\.(push|pop)/);
const TABLE_ROWS = named(/^cm\.j/);
const store = (rs2: number, rs1: number, offset: number, xlen: number): number =>
  (((offset & 0xfe0) << 20) | (rs2 << 20) | (rs1 << 15) | ((xlen === 64 ? 3 : 2) << 12) | ((offset & 31) << 7) | 0x23) >>> 0;

/** Some words that a pattern's fields make are reserved. */
function wordOf(rng: Rng, row: Insn): number {
  for (;;) {
    const word = randomWord(rng, row);
    if (word !== undefined) return word;
  }
}

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];

/** sp goes to where the frame of a pop is within the window, or about; a return address is put into it. */
function stackUnit(rng: Rng, xlen: 32 | 64): Unit {
  const row = pick(rng, STACK_ROWS);
  const word = wordOf(rng, row);
  const a = { rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, csr: 0, rm: 0 };
  row.format.extract(word, a);
  const adjustment = stackAdjustment(a.rs2, a.imm, xlen);
  const isPush = row.name === 'cm.push';
  const offset = ((rng() % 24) - 12) * (rng() % 4 === 0 ? 1 : 4);
  const setSp = encode.addi(SP, STACK, offset + (isPush ? adjustment : 0) / 2);
  const insn: Code = { word, size: 2, joined: true };
  if (!row.name.startsWith('cm.popret')) return { code: [...codes(setSp), insn] };
  const ra = offset + adjustment - (xlen / 8) * listedRegisters(a.rs2).length;
  // QEMU 10.0 leaves bit 0 of such an address where it is, and goes on between two instructions
  const jump = (distance: number): Code[] => [
    ...codes(encode.auipc(TARGET), encode.addi(TARGET, TARGET, distance), store(TARGET, STACK, ra, xlen), setSp),
    insn,
  ];
  return { code: jump(0), jump };
}

function tableUnit(rng: Rng, xlen: 32 | 64): Unit {
  const row = pick(rng, TABLE_ROWS);
  const word = wordOf(rng, row);
  const at = ((word >> 2) & (ENTRIES - 1)) * (xlen / 8);
  const odd = rng() & 1;
  const jump = (distance: number): Code[] => [
    ...codes(encode.auipc(TARGET), encode.addi(TARGET, TARGET, distance + odd), store(TARGET, TABLE, at, xlen)),
    { word, size: 2, joined: true },
  ];
  return { code: jump(0), jump };
}

const RULES: Rules = { bases: [], reserved: [SP, STACK, TARGET, TABLE] };
const others = chooser(
  (row) => isPlain(row) && !isMemory(row) && !isFloat(row) && (row.size === 2 || /^(add|xor|beq|bltu)$/.test(row.name)),
);

export const codeSize = (xlen: 32 | 64): Kind =>
  kind('code size', xlen, {
    extensions: ['zce', 'zbb', 'zba'],
    without: ['d'],
    window: true,
    csrs: [CSR_JVT],
    code: (context) => {
      const { rng } = context;
      const units: Unit[] = [];
      for (let length = 0; length < BLOCK_LENGTH;) {
        const unit =
          rng() % 3 === 0
            ? stackUnit(rng, xlen)
            : rng() % 4 === 0
              ? tableUnit(rng, xlen)
              : randomUnit(rng, pick(rng, others(context)), RULES);
        if (unit === undefined) continue;
        units.push(unit);
        length += unit.code.length;
      }
      return layOut(units, rng);
    },
    fill: ({ x, csr, rng }) => {
      x(SP, BigInt(MEMORY.windowMiddle));
      x(STACK, BigInt(MEMORY.windowMiddle + ((rng() % 16) - 8)));
      x(TABLE, BigInt(TABLE_AT));
      // now and then a reserved mode
      csr(0, BigInt(TABLE_AT + (rng() % 16 === 0 ? rng() & 63 : 0)));
    },
  });
