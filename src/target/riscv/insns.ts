/** All instructions. No two overlap: the table is a constant, and a test of it (decode.test.ts) does not cost every thread 5 ms when it starts. */
import { RVA } from './insn-a.js';
import { RVC } from './insn-c.js';
import { RVZICSR } from './insn-csr.js';
import { RVFD } from './insn-fd.js';
import { RVI } from './insn-i.js';
import { RVM } from './insn-m.js';
import { RVPRIV } from './insn-priv.js';
import { RVB } from './insn-zb.js';
import { RVZFA } from './insn-zfa.js';
import { RVZFH } from './insn-zfh.js';
import { RVZICBO } from './insn-zicbo.js';
import { RVZICOND } from './insn-zicond.js';
import { RVZCM } from './insn-zcm.js';
import { RVZIMOP } from './insn-zimop.js';
import { RVZK } from './insn-zk.js';
import type { Insn } from './table.js';

export const INSNS: readonly Insn[] = [
  ...RVI,
  ...RVM,
  ...RVA,
  ...RVFD,
  ...RVZFH,
  ...RVZFA,
  ...RVB,
  ...RVZK,
  ...RVZICOND,
  ...RVZICBO,
  ...RVZICSR,
  ...RVPRIV,
  ...RVZIMOP,
  ...RVC,
  ...RVZCM,
];
