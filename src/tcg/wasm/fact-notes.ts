/** What a pass found out about a region, as notes in the region's text. */
import { isMemoryOp, OP_WORDS } from '../opcodes.js';
import { tempNames } from '../text.js';
import type { AccessGroup } from './access-groups.js';
import type { Bitsets } from './bitset.js';
import type { Fact, RegionFacts } from './facts.js';
import { contextOf, formatRegion, type IrNames, type RegionNotes } from './region-text.js';
import type { Linear, Stream, Value } from './region.js';
import { WidthClass } from './value-widths.js';

/** The region with what is known of it as `fact`. */
export function formatFact(fact: Fact, facts: Partial<RegionFacts>, names: IrNames): string {
  const region = NOTES.region(facts as RegionFacts, names);
  const notes = fact === 'region' ? region : { ...region, ...NOTES[fact](facts as RegionFacts, names) };
  return formatRegion(facts.region!, names, notes, facts.cfg);
}

const NOTES: Readonly<Record<Fact, (facts: RegionFacts, names: IrNames) => RegionNotes>> = {
  region: ({ region }, names) => ({
    tb: (tb) => {
      const { strip, unchecked } = region.tbs[tb];
      if (strip)
        return [
          `strip: its copy begins at tb${strip.copies[0].first}, ${strip.icount} insns a trip`,
          ...strip.copies.slice(1).map(({ first, trips }) => `strip: ${trips} trips in a row begin at tb${first}`),
          ...strip.streams.map((s, k) => `stream ${k}: ${streamText(s, names)}`),
        ];
      return unchecked ? [`unchecked: of the loop at tb${unchecked.plan.head}`] : [];
    },
    op: (tb, k) => {
      const { ops, unchecked } = region.tbs[tb];
      return unchecked && isMemoryOp(ops[k * OP_WORDS]) ? [`stream ${unchecked.streams.get(k)}`] : [];
    },
  }),
  cfg: ({ cfg }) => {
    const reached = new Set(cfg.order);
    return {
      block: (b) => {
        const { succ, isLoopHead } = cfg.blocks[b];
        const to = succ.length > 0 ? `-> ${succ.map((next) => `b${next}`).join(', ')}` : 'leaves';
        return [`b${b} ${to}${isLoopHead ? ', loop head' : ''}${reached.has(b) ? '' : ', not reached'}`];
      },
    };
  },
  budgetTests: ({ budgetTests }) => ({ block: (b) => (budgetTests[b] !== 0 ? [`b${b} tests the budget`] : []) }),
  floats: ({ floats }, { globals }) => ({ region: () => [`f64: ${list([...floats].map((g) => globals[g].name))}`] }),
  inlineExits: ({ inlineExits }) => ({
    region: () =>
      inlineExits.envTests.map(
        ({ offset, mask, value }) => `env test: 0x${mask.toString(16)} of the word at ${offset} is 0x${value.toString(16)}`,
      ),
    op: (tb, k) => (inlineExits.has(tb, k) ? ['side exit'] : []),
  }),
  flagChanges: ({ flagChanges }) => ({ tb: (tb) => (flagChanges[tb] ? ['may change the TB flags'] : []) }),
  writeBacks: ({ writeBacks }) => ({ block: (b) => (writeBacks[b] !== 0 ? [`b${b} writes back at its end`] : []) }),
  flow: ({ flow, cfg }, { globals }) => {
    const of = (sets: Bitsets, b: number): string => list(sets.members(b).map((g) => globals[g].name));
    const dead = cfg.blocks.map((_, b) => flow.liveness(b).dead);
    const blockOf = (tb: number, k: number) => cfg.blocks.findIndex((block) => block.tb === tb && block.first <= k && k < block.end);
    return {
      block: (b) => [`b${b} live: ${of(flow.liveIn, b)}; dirty: ${of(flow.dirtyIn, b)}`],
      op: (tb, k) => {
        const b = blockOf(tb, k);
        return dead[b][k - cfg.blocks[b].first] !== 0 ? ['dead'] : [];
      },
    };
  },
  sharedTemps: ({ region, sharedTemps }, names) => ({
    tb: (tb) => {
      const temps = tempNames(contextOf(region.tbs[tb], names));
      return [...sharedTemps[tb]].map(([temp, { isI64, slot }]) => `${temps[temp]} keeps ${isI64 ? 'i64' : 'i32'} local ${slot}`);
    },
  }),
  widths: ({ widths }, { globals }) => ({
    block: (b) => {
      const classes = widths.atStart(b);
      const narrow = globals.flatMap(({ name }, g) => (classes[g] !== 0 ? `${name} ${classText(classes[g])}` : []));
      return [`b${b} narrow: ${list(narrow)}`];
    },
    op: (tb, k) => (widths.classOf(tb, k) !== 0 ? [classText(widths.classOf(tb, k))] : []),
  }),
  groups: ({ groups, cfg }) => {
    const numbers = new Map<AccessGroup, number>();
    const byOp = new Map<string, string[]>();
    groups.forEach((accesses, b) => {
      for (const [k, { group, offset }] of accesses) {
        if (!numbers.has(group)) numbers.set(group, numbers.size);
        const range = group.first === k ? `, checks [${group.low}, ${group.high}) for ${group.writes ? 'stores' : 'loads'}` : '';
        byOp.set(`${cfg.blocks[b].tb} ${k}`, [`group ${numbers.get(group)} at ${offset}${range}`]);
      }
    });
    return { op: (tb, k) => byOp.get(`${tb} ${k}`) ?? [] };
  },
};

const list = (texts: readonly string[]): string => (texts.length > 0 ? texts.join(' ') : 'none');

/** i32, and which extension gives all bits. */
function classText(widthClass: number): string {
  return `i32${widthClass & WidthClass.SIGNED ? ':s' : ''}${widthClass & WidthClass.ZERO ? ':z' : ''}${widthClass & WidthClass.COUNT ? ':count' : ''}`;
}

function streamText({ address, span, stride, movesNarrow, signed, store, mmuIdx }: Stream, { globals }: IrNames): string {
  const linear = ({ terms, constant }: Linear): string => {
    const sum = [...terms].map(([g, coef]) => (coef === 1 ? globals[g].name : `${coef}*${globals[g].name}`));
    return [...sum, ...(constant !== 0 || sum.length === 0 ? [String(constant)] : [])].join(' + ');
  };
  const value = ({ wide, narrow }: Value): string => {
    if (!narrow) return linear(wide);
    const part = `${narrow.coef}*${narrow.signed ? 's' : 'z'}ext32(${linear(narrow.inner)})`;
    return wide.terms.size === 0 && wide.constant === 0 ? part : `${linear(wide)} + ${part}`;
  };
  const what = `${store ? 'stores' : 'loads'}, mmu ${mmuIdx}, ${span} bytes from ${value(address)}`;
  const moves = `moves by ${linear(stride)}${movesNarrow ? ' inside' : ''}`;
  return `${what}, ${moves}${signed.length > 0 ? `, if sign-extended: ${signed.map((g) => globals[g].name).join(' ')}` : ''}`;
}
