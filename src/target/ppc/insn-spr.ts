/** Special registers, and what only the supervisor may do (PEM, sections 4.2.5.2 and 4.4, and chapter 8). */
import { H } from './helpers.js';
import { CTR, LR, type DisasContext } from './context.js';
import type { Operands } from './operands.js';
import { insn, type Emit, type Insn } from './table.js';

const [SPR_XER, SPR_LR, SPR_CTR] = [1, 8, 9];

const mfspr: Emit = (c, o) => {
  const { tcg } = c;
  if (o.spr === SPR_LR) tcg.mov(c.r(o.rt), LR);
  else if (o.spr === SPR_CTR) tcg.mov(c.r(o.rt), CTR);
  else if (o.spr === SPR_XER) tcg.call(H.mfxer, c.r(o.rt));
  else c.illegal();
};

const mtspr: Emit = (c, o) => {
  const { tcg } = c;
  if (o.spr === SPR_LR) tcg.mov(LR, c.r(o.rt));
  else if (o.spr === SPR_CTR) tcg.mov(CTR, c.r(o.rt));
  else if (o.spr === SPR_XER) tcg.call(H.mtxer, -1, c.r(o.rt));
  else c.illegal();
};

const privileged =
  (emit: (c: DisasContext, o: Operands) => void): Emit =>
  (c, o) =>
    c.userMode ? c.privileged() : emit(c, o);

const mfmsr = privileged((c, o) => c.tcg.call(H.mfmsr, c.r(o.rt)));
const mtmsr = privileged((c, o) => {
  c.tcg.call(H.mtmsr, -1, c.r(o.rt));
  c.exitAfter();
});
const rfi = privileged((c) => {
  c.tcg.call(H.rfi, -1);
  c.exit();
});

// prettier-ignore
export const SUPERVISOR: readonly Insn[] = [
  insn('rfi',   '19:6 0:5 0:5 0:5 50:10 0:1',   '', rfi),
  insn('mfmsr', '31:6 rt:5 0:5 0:5 83:10 0:1',  'rt', mfmsr),
  insn('mtmsr', '31:6 rt:5 0:5 0:5 146:10 0:1', 'rt', mtmsr),
  insn('mfspr', '31:6 rt:5 spr:10 339:10 0:1',  'rt,spr', mfspr),
  insn('mtspr', '31:6 rt:5 spr:10 467:10 0:1',  'spr,rt', mtspr),
];
