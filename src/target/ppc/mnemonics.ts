/**
 * Simplified mnemonics: what programmers write for a form of an instruction that has a name of its own (PEM, appendix F), those that binutils prints. A
 * branch whose hint bit y is set has a sign: `+` if it is expected to be taken, which a backward one is without.
 */
import { BO_ALWAYS, BO_HINT, BO_NO_CTR, BO_TRUE, BO_ZERO, type Operands } from './operands.js';

export interface Simplified {
  readonly name: string;
  /** As an instruction's. */
  readonly syntax: string;
  /** Behind all other letters of the name. */
  readonly hint?: string;
}
type Rule = (a: Operands) => Simplified | undefined;

const LAST = 31;
const when =
  (name: string, syntax: string, is: (a: Operands) => boolean): Rule =>
  (a) =>
    is(a) ? { name, syntax } : undefined;
const word = (name: string, code: number): Rule => when(name, '', (a) => a.word >>> 0 === code);
const noBase = ({ ra }: Operands): boolean => ra === 0;
const sameSource = ({ rt, rb }: Operands): boolean => rt === rb;
const sameCrSource = ({ ra, rb }: Operands): boolean => ra === rb;
const allSame = ({ rt, ra, rb }: Operands): boolean => rt === ra && ra === rb;
const isWhole = ({ rc, me }: Operands): boolean => rc === 0 && me === LAST;

const compare =
  (name: string, syntax: string): Rule =>
  ({ word: code, crfd }) =>
    (code & (1 << 21)) !== 0 ? undefined : { name, syntax: crfd === 0 ? syntax : `crfd,${syntax}` };

/** Of TO. */
const TRAP_CONDITIONS: Readonly<Record<number, string>> = {
  ...{ 1: 'lgt', 2: 'llt', 4: 'eq', 5: 'lge', 6: 'lle', 8: 'gt', 12: 'ge', 16: 'lt', 20: 'le', 24: 'ne', 31: 'u' },
};
const trap =
  (end: string, syntax: string): Rule =>
  ({ rt }) =>
    rt in TRAP_CONDITIONS ? { name: `tw${TRAP_CONDITIONS[rt]}${end}`, syntax } : undefined;

const BRANCH_ALWAYS = BO_ALWAYS | BO_NO_CTR;
const IF_TRUE = ['lt', 'gt', 'eq', 'so'];
const IF_FALSE = ['ge', 'le', 'ne', 'ns'];
/** What of BO and BI is in a branch's name, and the operand that is left. */
function condition({ rt: bo, ra: bi }: Operands): readonly [name: string, operand: string] | undefined {
  const names = (bo & BO_TRUE) !== 0 ? IF_TRUE : IF_FALSE;
  const looks = (bo & BO_ALWAYS) === 0;
  if ((bo & BO_NO_CTR) !== 0) return looks ? [names[bi & 3], bi < 4 ? '' : 'crfs'] : undefined;
  const count = (bo & BO_ZERO) !== 0 ? 'dz' : 'dnz';
  if (looks) return [count + (names === IF_TRUE ? 't' : 'f'), 'bi'];
  return bi === 0 ? [count, ''] : undefined;
}
const hintOf = (a: Operands, isBackward: boolean): string => ((a.rt & BO_HINT) === 0 ? '' : isBackward ? '-' : '+');

const branch: Rule = (a) => {
  const found = condition(a);
  if (found === undefined) return undefined;
  const [name, operand] = found;
  return { name: `b${name}`, syntax: operand === '' ? 'target' : `${operand},target`, hint: hintOf(a, a.bd < 0) };
};
const branchTo =
  (register: 'lr' | 'ctr'): Rule =>
  (a) => {
    if (a.rt === BRANCH_ALWAYS && a.ra === 0) return { name: `b${register}`, syntax: '' };
    if (register === 'ctr' && (a.rt & BO_NO_CTR) === 0) return undefined;
    const found = condition(a);
    return found && { name: `b${found[0]}${register}`, syntax: found[1], hint: hintOf(a, false) };
  };

/** Special registers that have mnemonics: `sprg#0` is written `mfsprg rt,0`. Others are known by their numbers. */
const READABLE: Readonly<Record<number, string>> = {
  ...{ 1: 'xer', 8: 'lr', 9: 'ctr', 18: 'dsisr', 19: 'dar', 22: 'dec', 25: 'sdr1', 26: 'srr0', 27: 'srr1', 282: 'ear', 287: 'pvr' },
  ...{ 272: 'sprg#0', 273: 'sprg#1', 274: 'sprg#2', 275: 'sprg#3' },
  ...Object.fromEntries(
    Array.from({ length: 16 }, (_, k) => [528 + k, `${k < 8 ? 'i' : 'd'}bat${k % 2 === 0 ? 'u' : 'l'}#${(k >> 1) & 3}`]),
  ),
};
const PVR = 287;
const WRITABLE: Readonly<Record<number, string>> = { ...READABLE, 284: 'tbl', 285: 'tbu' };
const TIME_BASE = new Map([
  [268, 'mftb'],
  [269, 'mftbu'],
]);

const readSpr: Rule = ({ spr }) => {
  if (!(spr in READABLE)) return undefined;
  const [name, n] = READABLE[spr].split('#');
  return { name: `mf${name}`, syntax: n === undefined ? 'rt' : `rt,${n}` };
};
const writeSpr: Rule = ({ spr }) => {
  if (!(spr in WRITABLE) || spr === PVR) return undefined;
  const [name, n] = WRITABLE[spr].split('#');
  return { name: `mt${name}`, syntax: n === undefined ? 'rt' : `${n},rt` };
};
const readTimeBase: Rule = ({ spr }) => {
  const name = TIME_BASE.get(spr);
  return name === undefined ? undefined : { name, syntax: 'rt' };
};

/** By the instruction's name; the first that fits counts. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  addi: [when('li', 'rt,simm', noBase)],
  addis: [when('lis', 'rt,simm', noBase)],
  ori: [word('nop', 0x6000_0000)],
  xori: [word('xnop', 0x6800_0000)],
  or: [when('mr', 'ra,rt', sameSource)],
  nor: [when('not', 'ra,rt', sameSource)],
  rlwinm: [
    when('rotlwi', 'ra,rt,sh', isWhole),
    when('clrlwi', 'ra,rt,mb', ({ rb, me }) => rb === 0 && me === LAST),
    when('slwi', 'ra,rt,sh', ({ rb, rc, me }) => rb !== 0 && rc === 0 && me === LAST - rb),
    when('srwi', 'ra,rt,mb', ({ rb, rc, me }) => me === LAST && rc === 32 - rb),
    when('clrrwi', 'ra,rt,right', ({ rb, rc }) => rb === 0 && rc === 0),
  ],
  rlwnm: [when('rotlw', 'ra,rt,rb', isWhole)],
  cmpi: [compare('cmpwi', 'ra,simm')],
  cmpli: [compare('cmplwi', 'ra,uimm')],
  cmp: [compare('cmpw', 'ra,rb')],
  cmpl: [compare('cmplw', 'ra,rb')],
  creqv: [when('crset', 'crbd', allSame)],
  crxor: [when('crclr', 'crbd', allSame)],
  cror: [when('crmove', 'crbd,crba', sameCrSource)],
  crnor: [when('crnot', 'crbd,crba', sameCrSource)],
  tw: [word('trap', 0x7fe0_0008), trap('', 'ra,rb')],
  twi: [trap('i', 'ra,simm')],
  mtcrf: [when('mtcr', 'rt', ({ crm }) => crm === 0xff)],
  mfspr: [readSpr],
  mtspr: [writeSpr],
  mftb: [readTimeBase],
  bc: [branch],
  bclr: [branchTo('lr')],
  bcctr: [branchTo('ctr')],
};

/** Undefined: it is written as it is. */
export function simplify(name: string, a: Operands): Simplified | undefined {
  for (const rule of RULES[name] ?? []) {
    const found = rule(a);
    if (found !== undefined) return found;
  }
  return undefined;
}
