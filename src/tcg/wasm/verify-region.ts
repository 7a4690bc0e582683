/**
 * The verifier of regions: what lowering takes for granted, rule by rule. It looks at what passes found, not at how: a rule follows the code forward
 * where the pass went backward, or puts numbers in. Run after each pass where TargetInfo has it; too slow for every day.
 */
import { MEMOPIDX_SHIFT, MO_ALIGN, MO_ALIGN_4, MO_SIZE } from '../../../assembly/shared/layout.js';
import { PC, TempKind } from '../ir-buffer.js';
import { clobbersGlobals, INPUT_WORDS, isMemoryOp, Op, OP_FLAGS, OP_WORDS, OpFlag, OUTPUT_WORDS, syncsGlobals } from '../opcodes.js';
import { verify } from '../verify.js';
import type { AccessGroup } from './access-groups.js';
import type { Block } from './cfg.js';
import type { Fact, RegionFacts } from './facts.js';
import { contextOf } from './region-text.js';
import { type Region, type StripCopy, type StripPlan, type TbIr } from './region.js';
import { Sample } from './sample.js';
import { globalCountOf, wordsOf, type TargetInfo } from './target-info.js';
import { WidthClass, WORD } from './value-widths.js';

/** A pass has made a region that breaks a rule, or found out what is not so. */
export class RegionError extends Error {
  override readonly name = 'RegionError';

  constructor(
    readonly rule: string,
    /** After which pass. */
    readonly pass: string,
    message: string,
  ) {
    super(`after ${pass}: ${rule}: ${message}`);
  }
}

/** Fails the rule. */
type Fail = (message: string) => never;

interface Rule {
  readonly name: string;
  readonly proves: string;
  readonly needs: readonly Fact[];
  readonly check: (facts: RegionFacts, target: TargetInfo, fail: Fail) => void;
}

function rule<N extends Fact>(
  name: string,
  proves: string,
  needs: readonly N[],
  check: (facts: Pick<RegionFacts, N>, target: TargetInfo, fail: Fail) => void,
): Rule {
  return { name, proves, needs, check };
}

// prettier-ignore
export const REGION_RULES: readonly Rule[] = [
  rule('edges', 'Entries, goto_tb and goto_ptr lead to TBs of the region; no entry is named twice.', ['region'], checkEdges),
  rule('ir', "Each TB's IR obeys the rules of docs/ir.md.", ['region'], checkIr),
  rule('keys', 'The key of a TB has a second word only where the target says so.', ['region'], checkKeys),
  rule('copies', 'A copy has the code, the pc and the count of the TB that it is one of, which is none itself.', ['region'], checkCopies),
  rule('strips', 'A copy without checks is entered by the test of its loop alone, cannot change the TLB, and stays with each access inside a stream on every trip.', ['region'], checkStrips),
  rule('blocks', "A TB's blocks are its ops, each once; edges lead to blocks, from another TB only to a TB's start; the order has what entries reach, once.", ['region', 'cfg'], checkBlocks),
  rule('budget', 'Whatever goes round through TBs tests the budget, or goes round in a copy without checks, which has an end.', ['region', 'cfg', 'budgetTests'], checkBudget),
  rule('side-exits', 'An instruction that may be done again in tci has done nothing yet.', ['region', 'inlineExits'], checkSideExits),
  rule('globals', 'A global is in its local wherever it is read or written back, and written back at each exit if env is older. The pc is loaded nowhere.', ['region', 'cfg', 'budgetTests', 'writeBacks', 'inlineExits', 'flow'], checkGlobals),
  rule('temps', 'A temp that is read has been written in the same block, or keeps a local of its own.', ['region', 'cfg', 'sharedTemps'], checkTemps),
  rule('widths', 'A global that is narrow at the start of a block is so, with the same extension, at the end of all that lead there; at an entry those of 32 bits are, and no others.', ['region', 'cfg', 'sharedTemps', 'floats', 'widths'], checkWidths),
  rule('groups', "Accesses of a group are where the group says, off one base; nothing between them changes the TLB; what stores is under a store's check.", ['region', 'cfg', 'groups'], checkGroups),
];

/** Throws RegionError at the first rule that is broken, of those about `given` whose facts are all known. */
export function verifyRegion(facts: Partial<RegionFacts>, target: TargetInfo, pass: string, given: Fact = 'region'): void {
  for (const { name, needs, check } of REGION_RULES) {
    if (!needs.includes(given) || needs.some((fact) => facts[fact] === undefined)) continue;
    check(facts as RegionFacts, target, (message) => {
      throw new RegionError(name, pass, message);
    });
  }
}

const targetsOf = ({ links, indirect }: TbIr): number[] => [...links.filter((to) => to !== -1), ...indirect.map(({ to }) => to)];

function checkEdges({ region: { tbs, entries } }: Pick<RegionFacts, 'region'>, _: TargetInfo, fail: Fail): void {
  const isTb = (to: number): boolean => Number.isInteger(to) && to >= 0 && to < tbs.length;
  if (entries.length === 0) fail('no entry');
  for (const entry of entries) if (!isTb(entry)) fail(`entry tb${entry} is not in the region`);
  if (new Set(entries).size < entries.length) fail(`entries ${entries.map((tb) => `tb${tb}`).join(', ')}: one is named twice`);
  tbs.forEach((ir, tb) => {
    for (const to of targetsOf(ir)) if (!isTb(to)) fail(`tb${tb} leads to tb${to}, which is not in the region`);
  });
}

function checkIr({ region }: Pick<RegionFacts, 'region'>, { globalOffset, helpers }: TargetInfo, fail: Fail): void {
  const globals = Array.from(globalOffset, (offset, g) => ({ name: g === PC ? 'pc' : `g${g}`, offset }));
  region.tbs.forEach((ir, tb) => {
    try {
      verify(contextOf(ir, { globals, helpers }));
    } catch (error) {
      fail(`tb${tb}: ${(error as Error).message}`);
    }
  });
}

function checkKeys({ region: { tbs } }: Pick<RegionFacts, 'region'>, { traits }: TargetInfo, fail: Fail): void {
  tbs.forEach(({ csBase }, tb) => {
    if (csBase !== 0 && !traits.csBase)
      fail(`tb${tb} was made for the second word 0x${csBase.toString(16)}, which the target does not have`);
  });
}

function checkCopies({ region: { tbs } }: Pick<RegionFacts, 'region'>, _: TargetInfo, fail: Fail): void {
  tbs.forEach(({ copyOf, ops, pc, icount, flags, csBase }, tb) => {
    if (copyOf === undefined) return;
    const original = tbs[copyOf] as TbIr | undefined;
    if (!original || original.copyOf !== undefined) fail(`tb${tb} is a copy of tb${copyOf}, which is no TB of the region as it came in`);
    const isSame =
      original.ops === ops && original.pc === pc && original.icount === icount && original.flags === flags && original.csBase === csBase;
    if (!isSame) fail(`tb${tb} is not like tb${copyOf}, of which it is a copy`);
  });
}

// ---- Copies without checks -------------------------------------------------------------------------------------------

function checkStrips({ region }: Pick<RegionFacts, 'region'>, target: TargetInfo, fail: Fail): void {
  const { tbs, entries } = region;
  tbs.forEach(({ strip }, tb) => {
    if (strip && (strip.head !== tb || strip.copies.some(({ first }) => tbs[first]?.unchecked?.plan !== strip)))
      fail(`tb${tb} has the plan of another loop`);
  });
  for (const entry of entries) if (tbs[entry].unchecked) fail(`entry tb${entry} is in a copy without checks`);
  tbs.forEach((ir, tb) => {
    for (const to of targetsOf(ir)) {
      if (tbs[to].unchecked && tbs[to].unchecked.plan !== ir.unchecked?.plan) fail(`tb${tb} leads into the copy at tb${to} from outside`);
    }
  });
  for (const plan of new Set(tbs.flatMap(({ unchecked }) => unchecked?.plan ?? []))) checkStrip(region, plan, target, fail);
}

/** The TBs of a copy, in the order that they run in. */
function ringOf({ tbs }: Region, plan: StripPlan, copy: StripCopy, fail: Fail): number[] {
  const { first, trips } = copy;
  const ring: number[] = [];
  let icount = 0;
  for (let tb = first; !ring.includes(tb);) {
    ring.push(tb);
    const { unchecked } = tbs[tb];
    if (unchecked!.copy !== copy) fail(`tb${tb} of the copy at tb${first} says that it is in another one`);
    icount += tbs[tb].icount;
    if (unchecked!.uncharged !== icount)
      fail(`the copy at tb${first} has done ${icount} instructions at the end of tb${tb}, which charges ${unchecked!.uncharged}`);
    const next = targetsOf(tbs[tb]).filter((to) => tbs[to].unchecked?.plan === plan);
    if (next.length !== 1) fail(`tb${tb} of a copy leads to ${next.length} TBs of it`);
    tb = next[0];
    if (ring.includes(tb) && tb !== first) fail(`tb${tb} of a copy is led to from inside, and does not begin it`);
  }
  if (icount !== trips * plan.icount)
    fail(`${trips} trips of the copy at tb${first} have ${icount} instructions, its plan says ${plan.icount} each`);
  return ring;
}

function checkStrip(region: Region, plan: StripPlan, target: TargetInfo, fail: Fail): void {
  if (region.tbs[plan.head]?.strip !== plan) fail(`the copy at tb${plan.copies[0].first} has no test at tb${plan.head}`);
  for (const copy of plan.copies) checkCopy(region, plan, ringOf(region, plan, copy, fail), copy, target, fail);
}

/** That the accesses of a copy are in their streams, for three rounds. */
function checkCopy({ tbs }: Region, plan: StripPlan, ring: readonly number[], { trips }: StripCopy, target: TargetInfo, fail: Fail): void {
  const sample = new Sample(globalCountOf(target));
  const first = plan.streams.map(({ address }) => sample.value(tbs[ring[0]], address));
  const strides = plan.streams.map(({ address, stride, movesNarrow }) => {
    return sample.linear(tbs[ring[0]], stride) * BigInt(movesNarrow ? address.narrow!.coef : 1);
  });
  const lap = ring.length / trips;
  for (let round = 0; round < 3; round++) {
    for (const [at, tb] of ring.entries()) {
      const trip = BigInt(round * trips + Math.floor(at / lap));
      const ir = tbs[tb];
      sample.startTb();
      if (!ir.sideExitOnMiss) fail(`tb${tb} calls slow paths, and is in a copy without checks`);
      for (let k = 0; k < ir.opCount; k++) {
        const p = k * OP_WORDS;
        const op = ir.ops[p];
        const where = `tb${tb} op ${k}`;
        if (op === Op.call) {
          const helper = target.helpers[ir.ops[p + 2]];
          if (helper.mayFault || syncsGlobals(helper)) fail(`${where}: helper ${helper.name} is called in a copy without checks`);
        }
        if (isMemoryOp(op)) {
          const oi = ir.ops[p + 3];
          const index = ir.unchecked!.streams.get(k);
          const stream = index === undefined ? undefined : plan.streams[index];
          if (!stream || (op !== Op.qemu_ld_i64 && op !== Op.qemu_st_i64) || ((oi >> MEMOPIDX_SHIFT) & MO_ALIGN) !== 0) {
            fail(`${where}: an access that has no stream`);
          }
          if (stream.store !== (op === Op.qemu_st_i64) || stream.mmuIdx !== (oi & ((1 << MEMOPIDX_SHIFT) - 1))) {
            fail(`${where}: its stream is checked for another kind of access`);
          }
          const size = 1n << BigInt((oi >> MEMOPIDX_SHIFT) & MO_SIZE);
          const offset = BigInt.asIntN(64, sample.get(ir, ir.ops[p + 2]) - first[index!] - trip * strides[index!]);
          if (offset < 0n || offset + size > BigInt(stream.span)) fail(`${where}: byte ${offset} of stream ${index} on trip ${trip}`);
          if (((oi >> MEMOPIDX_SHIFT) & MO_ALIGN_4) !== 0 && (Number(offset) & 3) !== stream.word)
            fail(`${where}: alignment is not checked`);
        }
        sample.step(ir, k);
      }
    }
  }
}

// ---- Control flow ----------------------------------------------------------------------------------------------------

function checkBlocks({ region, cfg: { blocks, startOf, order } }: Pick<RegionFacts, 'region' | 'cfg'>, _: TargetInfo, fail: Fail): void {
  let at = 0;
  region.tbs.forEach(({ opCount }, tb) => {
    if (startOf[tb] !== at || !blocks[at]?.isTbStart) fail(`tb${tb} does not begin with block b${startOf[tb]}`);
    let end = 0;
    for (; at < blocks.length && blocks[at].tb === tb; at++) {
      if (blocks[at].first !== end || blocks[at].end < end) fail(`b${at} begins at op ${blocks[at].first} of tb${tb}, not at ${end}`);
      end = blocks[at].end;
    }
    if (end !== opCount) fail(`the blocks of tb${tb} end at op ${end} of ${opCount}`);
  });
  blocks.forEach(({ tb, succ }, b) => {
    for (const to of succ) {
      if (!(to >= 0 && to < blocks.length)) fail(`b${b} leads to b${to}, which there is not`);
      if (blocks[to].tb !== tb && !blocks[to].isTbStart) fail(`b${b} of tb${tb} leads into the middle of tb${blocks[to].tb}`);
    }
  });
  const reached = new Set(region.entries.map((entry) => startOf[entry]));
  for (const b of reached) for (const to of blocks[b].succ) reached.add(to);
  for (const b of order) if (!reached.delete(b)) fail(`b${b} is in the order, and not reached, or twice`);
  for (const b of reached) fail(`b${b} is reached, and not in the order`);
}

function checkBudget(
  { region, cfg: { blocks, startOf }, budgetTests }: Pick<RegionFacts, 'region' | 'cfg' | 'budgetTests'>,
  { icount }: TargetInfo,
  fail: Fail,
): void {
  const isTested = (tb: number): boolean => budgetTests[startOf[tb]] !== 0;
  const next: Set<number>[] = region.tbs.map(() => new Set());
  for (const { tb, succ } of blocks) {
    for (const b of succ) {
      const to = blocks[b].tb;
      const endsByItself = region.tbs[tb].unchecked?.copy.first === to;
      if (blocks[b].isTbStart && !isTested(to) && !endsByItself) next[tb].add(to);
    }
  }
  if (icount)
    region.tbs.forEach(({ unchecked }, tb) => !unchecked && !isTested(tb) && fail(`tb${tb} does not test the budget in icount mode`));
  const done = new Set<number>();
  const path = new Set<number>();
  const walk = (tb: number): void => {
    if (path.has(tb)) fail(`a loop through tb${[...path, tb].join(', tb')} does not test the budget`);
    if (done.has(tb)) return;
    path.add(tb);
    next[tb].forEach(walk);
    path.delete(tb);
    done.add(tb);
  };
  region.tbs.forEach((_, tb) => walk(tb));
}

function checkSideExits({ region, inlineExits }: Pick<RegionFacts, 'region' | 'inlineExits'>, target: TargetInfo, fail: Fail): void {
  region.tbs.forEach(({ ops, opCount, sideExitOnMiss }, tb) => {
    let isTouched = true;
    for (let k = 0; k < opCount; k++) {
      const p = k * OP_WORDS;
      if (inlineExits.has(tb, k)) {
        const helper = ops[p] === Op.call ? target.helpers[ops[p + 2]] : undefined;
        if (!helper?.inline || !sideExitOnMiss) fail(`tb${tb} op ${k}: nothing that may leave`);
        if (isTouched) fail(`tb${tb} op ${k}: its instruction has had an effect before`);
      }
      // a load that has gone on was of RAM, and may be done again
      const isHarmless = ops[p] === Op.qemu_ld_i64 || (ops[p] === Op.call && target.helpers[ops[p + 2]].pure);
      if (ops[p] === Op.insn_start) isTouched = false;
      else if ((OP_FLAGS[ops[p]] & OpFlag.SIDE_EFFECTS) !== 0 && !isHarmless) isTouched = true;
      if (globalsOf(ops, p, OUTPUT_WORDS, globalCountOf(target)).some((g) => !target.notes?.has(g))) isTouched = true;
    }
  });
}

// ---- Values ----------------------------------------------------------------------------------------------------------

/** Globals among the outputs or inputs of the op at word p. */
function globalsOf(ops: Int32Array, p: number, words: typeof OUTPUT_WORDS, globalCount: number): number[] {
  return words[ops[p]].map((at) => ops[p + at]).filter((temp) => temp >= 0 && temp < globalCount);
}

type FlowFacts = Pick<RegionFacts, 'region' | 'cfg' | 'budgetTests' | 'writeBacks' | 'inlineExits' | 'flow'>;

function checkGlobals(facts: FlowFacts, target: TargetInfo, fail: Fail): void {
  for (const entry of facts.region.entries) {
    if (facts.flow.liveIn.has(facts.cfg.startOf[entry], PC)) fail(`entry tb${entry} loads the pc`);
  }
  for (const b of facts.cfg.order) checkGlobalsOf(facts, b, target, fail);
}

function checkGlobalsOf(
  { region, cfg, budgetTests, writeBacks, inlineExits, flow }: FlowFacts,
  b: number,
  target: TargetInfo,
  fail: Fail,
): void {
  const { blocks } = cfg;
  const block = blocks[b];
  const { ops, links, unchecked } = region.tbs[block.tb];
  const globalCount = globalCountOf(target);
  const rows = flow.dirtyAt(b);
  const { dead, reload, pcWanted } = flow.liveness(b);
  /** Globals whose locals have their value, and those that env has not. */
  let held = new Set(flow.liveIn.members(b));
  let dirty = new Set(flow.dirtyIn.members(b));
  const hold = (global: number, where: string): void => void (held.has(global) || fail(`${where}: global ${global} is not in its local`));
  const leave = (where: string, storesPc: boolean): void => dirty.forEach((g) => (storesPc && g === PC) || hold(g, where));
  if (budgetTests[b] !== 0) leave(`b${b}, where the budget is tested`, true);
  if (block.isTbStart) {
    dirty.add(PC);
    if (pcWanted) held.add(PC);
  }
  for (let k = block.first; k < block.end; k++) {
    const p = k * OP_WORDS;
    const op = ops[p];
    const where = `tb${block.tb} op ${k}`;
    for (const g of dirty) if (!rows.has(k - block.first, g)) fail(`${where}: global ${g} would not be written back`);
    const isDead = dead[k - block.first] !== 0;
    const outputs = globalsOf(ops, p, OUTPUT_WORDS, globalCount);
    if (isDead) {
      for (const g of outputs) held.delete(g);
      continue;
    }
    for (const g of globalsOf(ops, p, INPUT_WORDS, globalCount)) hold(g, where);
    if (k === block.end - 1 && writeBacks[b] !== 0) {
      leave(where, true);
      dirty = new Set([PC].filter((g) => dirty.has(g)));
    }
    if (op === Op.call) {
      const helper = target.helpers[ops[p + 2]];
      if (syncsGlobals(helper)) {
        leave(where, false);
        dirty = new Set();
      } else if (helper.mayFault || inlineExits.has(block.tb, k)) leave(where, true);
      if (clobbersGlobals(helper)) held = new Set(reload.get(k));
    } else if (isMemoryOp(op)) {
      if (!unchecked) leave(where, true);
    } else if (op === Op.goto_ptr || op === Op.exit_tb || (op === Op.goto_tb && links[ops[p + 1]] < 0)) leave(where, false);
    for (const g of outputs) {
      held.add(g);
      dirty.add(g);
    }
  }
  for (const to of block.succ) {
    for (const g of flow.liveIn.members(to)) hold(g, `from b${b} to b${to}`);
    for (const g of dirty) if (!flow.dirtyIn.has(to, g)) fail(`from b${b} to b${to}: global ${g} would not be written back`);
  }
}

function checkTemps(
  { region, cfg, sharedTemps }: Pick<RegionFacts, 'region' | 'cfg' | 'sharedTemps'>,
  target: TargetInfo,
  fail: Fail,
): void {
  const globalCount = globalCountOf(target);
  for (const b of cfg.order) {
    const { tb, first, end } = cfg.blocks[b];
    const ir = region.tbs[tb];
    const written = new Set<number>();
    const isOwn = (temp: number): boolean => temp >= globalCount && ir.tempKind[temp] !== TempKind.Const && !sharedTemps[tb].has(temp);
    for (let k = first; k < end; k++) {
      const p = k * OP_WORDS;
      for (const at of INPUT_WORDS[ir.ops[p]]) {
        const temp = ir.ops[p + at];
        if (temp >= 0 && isOwn(temp) && !written.has(temp)) fail(`tb${tb} op ${k}: temp ${temp} comes from another block, without a local`);
      }
      for (const at of OUTPUT_WORDS[ir.ops[p]]) written.add(ir.ops[p + at]);
    }
  }
}

type WidthFacts = Pick<RegionFacts, 'region' | 'cfg' | 'sharedTemps' | 'floats' | 'widths'>;

function checkWidths({ region, cfg, floats, widths }: WidthFacts, target: TargetInfo, fail: Fail): void {
  const globalCount = globalCountOf(target);
  const words = wordsOf(target);
  const isWord = (g: number): boolean => words.has(g) && !floats.has(g);
  for (const entry of region.entries) {
    widths.atStart(cfg.startOf[entry]).forEach((widthClass, g) => {
      if (widthClass !== (isWord(g) ? WORD : 0)) fail(`entry tb${entry} has narrow globals`);
    });
  }
  for (const b of cfg.order) {
    const block = cfg.blocks[b];
    const { ops } = region.tbs[block.tb];
    const classes = widths.atStart(b).slice();
    classes.forEach((widthClass, g) => {
      if (widthClass !== 0 && (g === PC || floats.has(g) || (widthClass & (WidthClass.SIGNED | WidthClass.ZERO)) === 0))
        fail(`b${b}: global ${g} cannot be narrow`);
    });
    for (let k = block.first; k < block.end; k++) {
      const p = k * OP_WORDS;
      if (ops[p] === Op.call && clobbersGlobals(target.helpers[ops[p + 2]])) classes.forEach((_, g) => (classes[g] = isWord(g) ? WORD : 0));
      for (const g of globalsOf(ops, p, OUTPUT_WORDS, globalCount)) {
        const widthClass = widths.canNarrow(block.tb, g) ? widths.classOf(block.tb, k) : 0;
        classes[g] = widthClass === 0 && isWord(g) ? WORD : widthClass;
      }
    }
    for (const to of block.succ) {
      widths.atStart(to).forEach((widthClass, g) => {
        if ((widthClass & ~classes[g]) !== 0) fail(`from b${b} to b${to}: global ${g} is not as narrow as b${to} has it`);
      });
    }
  }
}

function checkGroups({ region, cfg, groups }: Pick<RegionFacts, 'region' | 'cfg' | 'groups'>, target: TargetInfo, fail: Fail): void {
  for (const b of cfg.order) if (groups[b].size > 0) checkGroupsOf(region.tbs[cfg.blocks[b].tb], cfg.blocks[b], groups[b], target, fail);
}

function checkGroupsOf(ir: TbIr, block: Block, groups: RegionFacts['groups'][number], target: TargetInfo, fail: Fail): void {
  const sample = new Sample(globalCountOf(target));
  /** By group that is open: its base's value, and its mmu index. */
  const bases = new Map<AccessGroup, { readonly base: bigint; readonly mmuIdx: number }>();
  for (let k = block.first; k < block.end; k++) {
    const p = k * OP_WORDS;
    const op = ir.ops[p] as Op;
    const where = `tb${block.tb} op ${k}`;
    const grouped = groups.get(k);
    if (grouped) {
      const { group, offset } = grouped;
      const isStore = op === Op.qemu_st_i64;
      if (!isStore && op !== Op.qemu_ld_i64) fail(`${where}: no load or store`);
      if (ir.unchecked) fail(`${where}: an access without checks is in a group`);
      const memop = ir.ops[p + 3] >> MEMOPIDX_SHIFT;
      const mmuIdx = ir.ops[p + 3] & ((1 << MEMOPIDX_SHIFT) - 1);
      if (offset < group.low || offset + (1 << (memop & MO_SIZE)) > group.high) fail(`${where}: outside of what its group checks`);
      if ((memop & MO_ALIGN) !== 0 || ((memop & MO_ALIGN_4) !== 0 && (offset & 3) !== group.word))
        fail(`${where}: alignment is not checked in its group`);
      if (isStore && !group.writes) fail(`${where}: stores in a group that is checked for loads`);
      const base = BigInt.asUintN(64, sample.get(ir, ir.ops[p + 2]) - BigInt(offset));
      const open = bases.get(group);
      if (group.first === k) bases.set(group, { base, mmuIdx });
      else if (!open) fail(`${where}: its group is not open`);
      else if (open.base !== base || open.mmuIdx !== mmuIdx) fail(`${where}: not off the base of its group`);
      if (group.last === k) bases.delete(group);
    }
    const changesTlb =
      (isMemoryOp(op) && op !== Op.qemu_ld_i64 && op !== Op.qemu_st_i64) ||
      (op === Op.call && clobbersGlobals(target.helpers[ir.ops[p + 2]]));
    if (changesTlb && bases.size > 0) fail(`${where}: may change the TLB while a group is open`);
    if (op === Op.call && clobbersGlobals(target.helpers[ir.ops[p + 2]])) sample.forgetGlobals();
    sample.step(ir, k);
  }
  if (bases.size > 0) fail(`tb${block.tb}: a group is open at the end of its block`);
}
