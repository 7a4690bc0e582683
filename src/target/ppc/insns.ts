/** All instructions, in the order of the manual's chapters. */
import { BRANCH } from './insn-branch.js';
import { FLOAT } from './insn-float.js';
import { INTEGER } from './insn-integer.js';
import { MEMORY } from './insn-memory.js';
import { OEA } from './insn-oea.js';
import { checkOverlaps, type Insn } from './table.js';

export const INSNS: readonly Insn[] = [...INTEGER, ...FLOAT, ...MEMORY, ...BRANCH, ...OEA];

checkOverlaps(INSNS);
