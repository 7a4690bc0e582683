import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { RANDOM_TRAITS } from '../../../tests/support/ir-random.js';
import { GLOBALS, HELPERS, leave, PURE, SWAP, tb, X1, X2, X3, X4 } from '../../../tests/support/wasm-rig.js';
import type { TcgContext } from '../context.js';
import { Cond, Op, OP_WORDS } from '../opcodes.js';
import type { Fact, RegionFacts } from './facts.js';
import { runPasses } from './pipeline.js';
import type { Region, TbIr } from './region.js';
import type { TargetInfo } from './target-info.js';
import { REGION_RULES, RegionError, verifyRegion } from './verify-region.js';
import { WidthClass } from './value-widths.js';

const TARGET: TargetInfo = { globalOffset: GLOBALS.map(({ offset }) => offset), helpers: HELPERS, traits: RANDOM_TRAITS, icount: false };

/** x3 += double words from x2 on, x1 times; then x4 is stored beside x3, and the TB after that calls a helper. */
const loop = (sideExitOnMiss = true): Region => ({
  entries: [0],
  tbs: [
    tb(
      0x100,
      3,
      [1, 0],
      (tcg) => {
        const label = tcg.newLabel();
        const value = tcg.temp();
        tcg.insnStart(0);
        tcg.qemuLd(value, X2, L.MO_64, 0);
        tcg.add(X3, X3, value);
        tcg.addi(X2, X2, 8);
        tcg.insnStart(4);
        tcg.addi(X1, X1, -1);
        tcg.ext32s(X1, X1);
        tcg.insnStart(8);
        tcg.brcondi(Cond.NE, X1, 0, label);
        leave(tcg, 0, 0x10c);
        tcg.setLabel(label);
        leave(tcg, 1, 0x100);
      },
      [],
      0,
      HELPERS,
      sideExitOnMiss,
    ),
    tb(0x10c, 2, [-1, -1], (tcg) => {
      const address = tcg.temp();
      tcg.insnStart(0);
      tcg.qemuSt(X3, X2, L.MO_64, 0);
      tcg.insnStart(4);
      tcg.addi(address, X2, 8);
      tcg.qemuSt(X4, address, L.MO_64, 0);
      tcg.call(SWAP, -1);
      leave(tcg, 0, 0x200);
    }),
  ],
});

const change = (region: Region, at: number, by: Partial<TbIr>): Region => ({
  ...region,
  tbs: region.tbs.map((ir, tb) => (tb === at ? { ...ir, ...by } : ir)),
});

/** What the verifier says of a region, or of facts that are not so. */
function fault(region: Region, broken: (facts: RegionFacts) => Partial<RegionFacts> = () => ({}), given?: Fact, target = TARGET): string {
  const facts = runPasses(region, target);
  const error = thrown(() => verifyRegion({ ...facts, ...broken(facts) }, target, 'a pass', given));
  expect(error).toBeInstanceOf(RegionError);
  return (error as RegionError).message;
}
function thrown(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
/** The same of a region as it comes in. */
const faultOf = (region: Region): string =>
  String((thrown(() => verifyRegion({ region }, TARGET, 'a pass')) as Error | undefined)?.message);

describe('the verifier of regions', () => {
  it('has nothing to say of what passes make', () => {
    for (const icount of [false, true])
      for (const region of [loop(), loop(false)]) runPasses(region, { ...TARGET, icount, verify: verifyRegion });
  });

  it('knows its rules by name', () => expect(new Set(REGION_RULES.map(({ name }) => name)).size).toBe(REGION_RULES.length));

  it('edges', () => {
    expect(faultOf(change(loop(), 0, { links: [1, 2] }))).toBe('after a pass: edges: tb0 leads to tb2, which is not in the region');
    expect(faultOf(change(loop(), 1, { indirect: [{ to: -1, guarded: false }] }))).toContain('tb1 leads to tb-1');
    expect(faultOf({ ...loop(), entries: [0, 1, 0] })).toContain('entries tb0, tb1, tb0: one is named twice');
    expect(faultOf({ ...loop(), entries: [] })).toContain('no entry');
  });

  it('ir', () => {
    const ops = loop().tbs[0].ops.slice();
    ops[0] = Op.nop; // the first insn_start
    expect(faultOf(change(loop(), 0, { ops }))).toMatch(/^after a pass: ir: tb0: op 1: may fault before the first insn_start/);
  });

  it('keys', () => {
    const without = { ...TARGET, traits: { ...TARGET.traits, csBase: false } };
    const based = change(loop(), 1, { csBase: 0x10 });
    expect(thrown(() => verifyRegion({ region: based }, TARGET, 'a pass'))).toBeUndefined();
    expect(() => verifyRegion({ region: based }, without, 'a pass')).toThrow('keys: tb1 was made for the second word 0x10');
  });

  it('copies', () => {
    expect(faultOf(change(loop(), 1, { copyOf: 0 }))).toContain('copies: tb1 is not like tb0');
    expect(faultOf(change(loop(), 1, { copyOf: 7 }))).toContain('tb1 is a copy of tb7');
  });

  describe('strips', () => {
    const { region } = runPasses(loop(), TARGET);
    const head = region.tbs.findIndex(({ strip }) => strip);
    const { strip } = region.tbs[head];
    const [{ first: copy }, unrolled] = strip!.copies;
    const plan = (by: object): Region => {
      const other = { ...strip!, ...by };
      const tbs = region.tbs.map((ir) => (ir.unchecked ? { ...ir, unchecked: { ...ir.unchecked, plan: other } } : ir));
      return change({ ...region, tbs }, head, { strip: other });
    };
    const [stream] = strip!.streams;

    it('are there', () => expect([faultOf(region), region.tbs.length]).toEqual(['undefined', 5]));
    it('are entered by the test of their loop alone', () => {
      expect(faultOf({ ...region, entries: [...region.entries, copy] })).toContain(`strips: entry tb${copy} is in a copy`);
      expect(faultOf(change(region, 1, { links: [copy, -1] }))).toContain(`tb1 leads into the copy at tb${copy} from outside`);
      expect(faultOf(change(region, head, { strip: undefined }))).toContain(`has no test at tb${head}`);
    });
    it('are charged for each trip', () => {
      expect(faultOf(plan({ icount: 4 }))).toContain(`1 trips of the copy at tb${copy} have 3 instructions, its plan says 4 each`);
      const charge = (by: object) => faultOf(change(region, copy + 2, { unchecked: { ...region.tbs[copy + 2].unchecked!, ...by } }));
      expect(charge({ uncharged: 3 })).toContain(
        `the copy at tb${copy + 1} has done 6 instructions at the end of tb${copy + 2}, which charges 3`,
      );
      expect(charge({ copy: strip!.copies[0] })).toContain(`tb${copy + 2} of the copy at tb${copy + 1} says that it is in another one`);
      expect(faultOf(plan({ copies: [strip!.copies[0], { ...unrolled, trips: 3 }] }))).toContain(
        `tb${copy + 1} of the copy at tb${copy + 1} says`,
      );
    });
    it('stay inside their streams', () => {
      expect(faultOf(plan({ streams: [{ ...stream, span: 4 }] }))).toContain('byte 0 of stream 0 on trip 0');
      expect(faultOf(plan({ streams: [{ ...stream, stride: { terms: new Map(), constant: 16 } }] }))).toContain(
        'byte -8 of stream 0 on trip 1',
      );
      expect(faultOf(plan({ streams: [{ ...stream, store: true }] }))).toContain('another kind of access');
      expect(faultOf(plan({ streams: [] }))).toContain('an access that has no stream');
    });
    it('have what must be at multiples of 4 looked at', () => {
      const ops = region.tbs[copy].ops.slice();
      for (let p = 0; p < ops.length; p += OP_WORDS) if (ops[p] === Op.qemu_ld_i64) ops[p + 3] |= L.MO_ALIGN_4 << L.MEMOPIDX_SHIFT;
      expect(
        faultOf({ ...region, tbs: region.tbs.map((ir) => (ir.copyOf === head ? { ...ir, ops } : ir.strip ? { ...ir, ops } : ir)) }),
      ).toContain('strips: tb2 op 1: alignment is not checked');
    });
    it('cannot change the TLB', () => {
      const how = 'calls slow paths, and is in a copy without checks';
      expect(faultOf(change(region, copy, { sideExitOnMiss: false }))).toContain(how);
    });
  });

  it('blocks', () => {
    const cut =
      (b: number, by: object) =>
      ({ cfg }: RegionFacts) => ({
        cfg: { ...cfg, blocks: cfg.blocks.map((block, i) => (i === b ? { ...block, ...by } : block)) },
      });
    expect(fault(loop(false), cut(1, { first: 2 }), 'cfg')).toContain('blocks: b1 begins at op 2 of tb0');
    expect(fault(loop(false), cut(0, { succ: [99] }), 'cfg')).toContain('b0 leads to b99');
    expect(fault(loop(false), cut(3, { succ: [1] }), 'cfg')).toContain('b3 of tb1 leads into the middle of tb0');
    expect(fault(loop(false), ({ cfg }) => ({ cfg: { ...cfg, order: cfg.order.slice(1) } }), 'cfg')).toContain('not in the order');
  });

  it('budget', () => {
    const none = ({ budgetTests }: RegionFacts) => ({ budgetTests: new Uint8Array(budgetTests.length) });
    expect(fault(loop(false), none, 'budgetTests')).toContain('budget: a loop through tb0, tb0 does not test the budget');
    expect(fault(change(loop(false), 0, { links: [1, -1] }), none, 'budgetTests', { ...TARGET, icount: true })).toContain('in icount mode');
  });

  it('side-exits', () => {
    const all = () => ({ inlineExits: { has: (tb: number, k: number) => tb === 1 && k === 1, envTests: [] } });
    expect(fault(loop(), all, 'inlineExits')).toContain('side-exits: tb1 op 1: nothing that may leave');
  });

  it('globals', () => {
    const without = (field: 'liveIn' | 'dirtyIn', tb: number, g: number) => (facts: RegionFacts) => {
      facts.flow[field].delete(facts.cfg.startOf[tb], g);
      return {};
    };
    expect(fault(loop(false), without('liveIn', 0, X2), 'flow')).toContain(`global ${X2} is not in its local`);
    expect(fault(loop(false), without('dirtyIn', 1, X3), 'flow')).toContain(`global ${X3} would not be written back`);
    const lazily = ({ writeBacks }: RegionFacts) => ({ writeBacks: new Uint8Array(writeBacks.length) });
    expect(fault(change(loop(false), 0, { links: [1, -1] }), lazily, 'flow')).toContain(
      `from b0 to b2: global ${X3} would not be written back`,
    );
  });

  it('temps', () => {
    const across = loop(false);
    const body = (tcg: TcgContext): void => {
      const [label, local] = [tcg.newLabel(), tcg.local()];
      tcg.call(PURE, local, X1, X2);
      tcg.brcondi(Cond.NE, X1, 0, label);
      tcg.setLabel(label);
      tcg.mov(X3, local);
      leave(tcg, 0, 0x200);
    };
    const region = { ...across, tbs: [across.tbs[0], tb(0x10c, 1, [-1, -1], body)] };
    const none = ({ region: { tbs } }: RegionFacts) => ({ sharedTemps: tbs.map(() => new Map()) });
    expect(fault(region, none, 'sharedTemps')).toMatch(/temps: tb1 op 3: temp \d+ comes from another block/);
  });

  it('widths', () => {
    const narrow = (tb: number, g: number, widthClass: number) => (facts: RegionFacts) => {
      facts.widths.atStart(facts.cfg.startOf[tb])[g] = widthClass;
      return {};
    };
    const { NARROW, SIGNED, ZERO } = WidthClass;
    expect(fault(loop(false), narrow(1, X3, NARROW | SIGNED), 'widths')).toContain(`global ${X3} is not as narrow`);
    expect(fault(loop(false), narrow(1, X1, NARROW | ZERO), 'widths')).toContain(`global ${X1} is not as narrow`);
    expect(fault(loop(false), narrow(1, X1, NARROW), 'widths')).toContain(`global ${X1} cannot be narrow`);
  });

  it('groups', () => {
    const grouped =
      (by: (group: object) => object, offset = 0) =>
      (facts: RegionFacts) => {
        const changed = new Map<object, object>();
        const groups = facts.groups.map(
          (accesses) =>
            new Map(
              [...accesses].map(([k, access]) => {
                if (!changed.has(access.group)) changed.set(access.group, { ...access.group, ...by(access.group) });
                const isLast = access.group.last === k;
                return [k, { group: changed.get(access.group), offset: access.offset + (isLast ? offset : 0) }];
              }),
            ),
        );
        return { groups: groups as unknown as RegionFacts['groups'] };
      };
    const same = () => ({});
    expect(fault(loop(), grouped(same, -4), 'groups')).toContain('not off the base of its group');
    expect(
      fault(
        loop(),
        grouped(() => ({ high: 12 })),
        'groups',
      ),
    ).toContain('outside of what its group checks');
    expect(
      fault(
        loop(),
        grouped(() => ({ writes: false })),
        'groups',
      ),
    ).toContain('stores in a group that is checked for loads');
    expect(
      fault(
        loop(),
        grouped(() => ({ last: 5 })),
        'groups',
      ),
    ).toContain('may change the TLB while a group is open');
  });
});
