/**
 * Loops whose TLB checks can be made before the loop, for as many trips as all its accesses stay in their pages (strip mining). Such a loop is a ring of TBs that
 * leave on a miss, so nothing in it can change the TLB, and each address moves by the same distance every trip. It gets a copy without checks, without
 * faults and without a test of the budget: lower-strip.ts has the code that leads there.
 */
import { MEMOPIDX_SHIFT, MO_ALIGN, MO_ALIGN_4, MO_SIZE } from '../../../assembly/shared/layout.js';
import { Op, OP_WORDS, type HelperDef, isMemoryOp, OUTPUT_WORDS } from '../opcodes.js';
import { addLinear, extend, isConstant, isZero, LinearFlow } from './linear.js';
import {
  derivedTb,
  type Linear,
  type Narrow,
  type Region,
  type Stream,
  type StripCopy,
  type StripPlan,
  type TbIr,
  type Value,
} from './region.js';
import { findRing } from './ring.js';
import { PC } from '../ir-buffer.js';

/** Ops of a ring at most. */
const MAX_OPS = 600;
/** Each has a host address in a local of its own. */
const MAX_STREAMS = 6;
/** Bytes that an address moves in a trip at most: else there are too few trips to a page. */
export const MAX_STRIDE = 1024;
const MAX_SPAN = 1024;
/** Trips of the copy that does several in a row; what a loop has at most that gets one: ops, and bytes that an address moves in a trip. */
const UNROLLED_TRIPS = 2;
const MAX_UNROLLED_OPS = 40;
const MAX_UNROLLED_STRIDE = 128;
/** Loops that mostly end sooner are left as they are: the way into the copy costs more. */
const MIN_TRIPS = 12;

/** The region with a copy of each ring that qualifies. */
export function stripLoops(region: Region, helpers: readonly HelperDef[], globalCount: number, addressBits: 32 | 64 = 64): Region {
  const tbs: TbIr[] = region.tbs.slice();
  const taken = new Set<number>();
  const heads = [...region.entries, ...region.tbs.keys()];
  const next = (tb: number) => region.tbs[tb].links.filter((to) => to >= 0);
  for (const head of heads) {
    const ring = taken.has(head) ? undefined : findRing(head, next);
    if (!ring || ring.some((tb) => taken.has(tb))) continue;
    if (isShort(region.tbs[head])) continue;
    const found = analyze(
      ring.map((tb) => region.tbs[tb]),
      ring,
      helpers,
      globalCount,
      addressBits,
    );
    if (!found) continue;
    for (const tb of ring) taken.add(tb);
    const { icount, opCount } = sizeOf(ring.map((tb) => region.tbs[tb]));
    const copies = [{ first: tbs.length, trips: 1 }];
    const unrolls = opCount <= MAX_UNROLLED_OPS && found.streams.every(staysLong);
    if (unrolls) copies.push({ first: tbs.length + ring.length, trips: UNROLLED_TRIPS });
    const plan: StripPlan = { head, icount, streams: found.streams, copies };
    for (const copy of copies) addCopy(tbs, ring, found.accesses, plan, copy);
    tbs[head] = derivedTb(tbs[head], { strip: plan });
  }
  return tbs.length === region.tbs.length ? region : { tbs, entries: region.entries };
}

const sizeOf = (tbs: readonly TbIr[]): { icount: number; opCount: number } => ({
  icount: tbs.reduce((sum, ir) => sum + ir.icount, 0),
  opCount: tbs.reduce((sum, ir) => sum + ir.opCount, 0),
});

/** Whether a page may last for many trips. */
export const staysLong = ({ stride, movesNarrow, address }: Stream): boolean =>
  !isConstant(stride) || Math.abs(bytesOf({ stride, movesNarrow, address })) <= MAX_UNROLLED_STRIDE;

/** Appends a copy, of whose trips the last one leads back to the first. */
function addCopy(
  tbs: TbIr[],
  ring: readonly number[],
  accesses: readonly ReadonlyMap<number, number>[],
  plan: StripPlan,
  copy: StripCopy,
): void {
  const { first, trips } = copy;
  const count = ring.length * trips;
  let uncharged = 0;
  for (let k = 0; k < count; k++) {
    const i = k % ring.length;
    const ir = tbs[ring[i]];
    const next = ring[(i + 1) % ring.length];
    const nextCopy = first + ((k + 1) % count);
    const links = ir.links.map((to) => (to === next ? nextCopy : to)) as [number, number];
    uncharged += ir.icount;
    tbs.push(derivedTb(ir, { copyOf: ir.copyOf ?? ring[i], links, unchecked: { plan, copy, streams: accesses[i], uncharged } }));
  }
}

/** Whether tci went round only a few times each time it came here, as far as it counted. */
function isShort({ tripCount }: TbIr): boolean {
  return tripCount !== 0 && tripCount < MIN_TRIPS;
}

interface Access {
  readonly tb: number;
  readonly op: number;
  readonly oi: number;
  readonly store: boolean;
  readonly address: Value;
}

function analyze(
  tbs: readonly TbIr[],
  ring: readonly number[],
  helpers: readonly HelperDef[],
  globalCount: number,
  addressBits: 32 | 64,
): { streams: Stream[]; accesses: Map<number, number>[] } | undefined {
  if (tbs.some((ir) => !ir.sideExitOnMiss || ir.unchecked) || tbs.reduce((sum, ir) => sum + ir.opCount, 0) > MAX_OPS) return undefined;
  const flow = new LinearFlow(globalCount);
  const accesses: Access[] = [];
  for (const [tb, ir] of tbs.entries()) {
    flow.startTb();
    let isOver = false;
    for (let k = 0; k < ir.opCount; k++) {
      const p = k * OP_WORDS;
      const op = ir.ops[p] as Op;
      if (op === Op.brcond_i32 || op === Op.brcond_i64) {
        if (isOver) return undefined;
        isOver = true;
      }
      if (op === Op.br || (op === Op.set_label && !isOver)) return undefined;
      if (op === Op.call) {
        const helper = helpers[ir.ops[p + 2]];
        if (!helper.pure && !(helper.inline && !helper.mayFault && helper.noWriteGlobals && helper.noReadGlobals)) return undefined;
      }
      if (isOver && (isMemoryOp(op) || OUTPUT_WORDS[op].some((at) => ir.ops[p + at] < globalCount && ir.ops[p + at] !== PC)))
        return undefined;
      if (isMemoryOp(op)) {
        const store = op === Op.qemu_st_i64;
        if (!store && op !== Op.qemu_ld_i64) return undefined;
        const oi = ir.ops[p + 3];
        const value = flow.valueOf(ir, ir.ops[p + 2]);
        // what has 32 bits is its own low half
        const address = addressBits === 32 ? extend(value, false) : value;
        if (!address || ((oi >> MEMOPIDX_SHIFT) & MO_ALIGN) !== 0) return undefined;
        accesses.push({ tb, op: k, oi, store, address });
      }
      flow.step(ir, k);
    }
  }
  return accesses.length > 0 ? makeStreams(accesses, flow, ring.length) : undefined;
}

interface Range {
  readonly index: number;
  low: number;
  high: number;
  /** Constant of what must be at a multiple of 4. */
  word: number | undefined;
  readonly address: Value;
  readonly access: Access;
}

function makeStreams(
  accesses: readonly Access[],
  flow: LinearFlow,
  tbCount: number,
): { streams: Stream[]; accesses: Map<number, number>[] } | undefined {
  const ranges = new Map<string, Range>();
  const streamOf = Array.from({ length: tbCount }, () => new Map<number, number>());
  for (const access of accesses) {
    const { wide, narrow } = access.address;
    const moving = partOf(access.address);
    const sorted = (value: Linear) => [...value.terms].sort((a, b) => a[0] - b[0]);
    const mmuIdx = access.oi & ((1 << MEMOPIDX_SHIFT) - 1);
    const key = JSON.stringify([
      access.store,
      mmuIdx,
      sorted(wide),
      narrow ? [narrow.coef, narrow.signed, moving === wide ? narrow.inner.constant : null, sorted(narrow.inner)] : 0,
    ]);
    const size = 1 << ((access.oi >> MEMOPIDX_SHIFT) & MO_SIZE);
    const word = ((access.oi >> MEMOPIDX_SHIFT) & MO_ALIGN_4) === 0 ? undefined : moving.constant;
    let range = ranges.get(key);
    if (!range) {
      range = { index: ranges.size, low: moving.constant, high: moving.constant + size, word, address: access.address, access };
      ranges.set(key, range);
    }
    range.low = Math.min(range.low, moving.constant);
    range.high = Math.max(range.high, moving.constant + size);
    if (word !== undefined && ((word - (range.word ?? word)) & 3) !== 0) return undefined;
    range.word ??= word;
    streamOf[access.tb].set(access.op, range.index);
  }
  if (ranges.size > MAX_STREAMS) return undefined;
  const streams: Stream[] = [];
  for (const { low, high, word, address, access } of ranges.values()) {
    const motion = motionOf(address, flow);
    if (!motion || high - low > MAX_SPAN) return undefined;
    // what moves by a part of a word is not at a multiple of 4 for long
    if (word !== undefined && isConstant(motion.stride) && (bytesOf(motion) & 3) !== 0) return undefined;
    streams.push({
      address: atConstant(motion.address, low),
      span: high - low,
      word: word === undefined ? undefined : (word - low) & 3,
      stride: motion.stride,
      movesNarrow: motion.movesNarrow,
      signed: motion.signed,
      store: access.store,
      mmuIdx: access.oi & ((1 << MEMOPIDX_SHIFT) - 1),
    });
  }
  return { streams, accesses: streamOf };
}

/** The part of an address whose constant tells one byte of a stream from another: an address of 32 bits is nothing but its low half, and no stream wraps around there. */
const partOf = ({ wide, narrow }: Value): Linear => (narrow && !narrow.signed && narrow.coef === 1 && isZero(wide) ? narrow.inner : wide);

function atConstant(address: Value, constant: number): Value {
  const { wide, narrow } = address;
  const part = { ...partOf(address), constant };
  return partOf(address) === wide ? { wide: part, narrow } : { wide, narrow: { ...narrow!, inner: part } };
}

interface Motion {
  readonly address: Value;
  readonly stride: Linear;
  readonly movesNarrow: boolean;
  readonly signed: readonly number[];
}

/** How far an address with a constant stride moves. */
const bytesOf = ({ address, stride, movesNarrow }: Pick<Motion, 'address' | 'stride' | 'movesNarrow'>): number =>
  stride.constant * (movesNarrow ? address.narrow!.coef : 1);

const NOTHING: Linear = { terms: new Map(), constant: 0 };

/** How an address moves from trip to trip; undefined if not by the same distance each time, or too far. */
function motionOf(address: Value, flow: LinearFlow): Motion | undefined {
  let { wide } = address;
  let narrow: Narrow | undefined = address.narrow;
  const signed: number[] = [];
  let stride: Linear = NOTHING;
  for (const [global, coef] of address.wide.terms) {
    const step = stepOf(global, flow);
    if (!step) return undefined;
    if (step.narrow === 'unsigned') return undefined;
    if (step.narrow === 'signed') {
      // A register with a 32-bit value: it is its own low half, sign-extended.
      if (narrow) return undefined;
      const terms = new Map(wide.terms);
      terms.delete(global);
      wide = { terms, constant: wide.constant };
      narrow = { coef, inner: { terms: new Map([[global, 1]]), constant: 0 }, signed: true };
      signed.push(global);
      continue;
    }
    const sum = addLinear(stride, step.by, coef);
    if (!sum) return undefined;
    stride = sum;
  }
  let inner: Linear = NOTHING;
  for (const [global, coef] of narrow?.inner.terms ?? []) {
    const step = stepOf(global, flow);
    const sum = step && addLinear(inner, step.by, coef);
    if (!sum) return undefined;
    inner = sum;
  }
  const movesNarrow = !isZero(inner);
  if (movesNarrow && !isZero(stride)) return undefined;
  const moved = movesNarrow ? inner : stride;
  const scale = movesNarrow ? narrow!.coef : 1;
  if (isConstant(moved) ? Math.abs(moved.constant * scale) > MAX_STRIDE : scale < 1) return undefined;
  return { address: { wide, narrow }, stride: moved, movesNarrow, signed };
}

/** What a trip adds to a global; `narrow`: to its low half, of which the global is the extension afterwards. */
interface Step {
  readonly by: Linear;
  readonly narrow?: 'signed' | 'unsigned';
}

function stepOf(global: number, flow: LinearFlow): Step | undefined {
  if (!flow.isWritten(global)) return { by: NOTHING };
  const value = flow.ofGlobal(global);
  if (!value) return undefined;
  const { wide, narrow } = value;
  if (narrow && (narrow.coef !== 1 || !isZero(wide))) return undefined;
  const after = narrow ? narrow.inner : wide;
  if (after.terms.get(global) !== 1) return undefined;
  const terms = new Map(after.terms);
  terms.delete(global);
  for (const other of terms.keys()) if (flow.isWritten(other)) return undefined;
  return { by: { terms, constant: after.constant }, narrow: narrow && (narrow.signed ? 'signed' : 'unsigned') };
}
