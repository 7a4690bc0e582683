/**
 * The way into a loop's copy without checks (strip-plan.ts), at the start of the loop's first TB:
 *
 *     if (budget <= attempt) {
 *       leave if the budget is gone
 *       stop = the budget some trips later
 *       if (budget == attempt) {                  # so many trips have come straight after each other: it is a loop that goes on
 *         for each stream: its page's TLB entry, and how many trips it stays in that page
 *         stop = the budget after that many trips; go to the copy, unless they are few
 *       }
 *       attempt = stop
 *     }
 *
 * The copy goes round while budget > stop; then attempt = budget, so that the next pages are looked at without delay. It can neither fault nor
 * change what is mapped, and no request to leave can come meanwhile. If its pages are not in the TLB, the loop itself leaves, and fills it.
 */
import { TLB_KIND_READ, TLB_KIND_WRITE } from '../../../assembly/shared/layout.js';
import { EXTEND_S32, EXTEND_U32, I32, I64, Wasm, WRAP, type Expr, type WasmModule } from './binaryen.js';
import { isConstant, isZero } from './linear.js';
import { tlbTable } from '../tlb.js';
import { tlbAddend, tlbEntry, tlbTag, wantedTag } from './tlb-check.js';
import { MAX_STRIDE } from './strip-plan.js';
import type { Linear, Value, Stream, StripPlan } from './region.js';
import type { TargetTraits } from '../target-traits.js';

/** Rounds before the pages are looked at: most loops end sooner. What is known to go on long need not show it each time. */
const TRIPS_BEFORE = 8;
const TRIPS_BEFORE_IF_LONG = 2;
const LONG = 4 * TRIPS_BEFORE;
export const tripsBefore = (trips: number): number => (trips >= LONG ? TRIPS_BEFORE_IF_LONG : TRIPS_BEFORE);
/** Fewer trips in the same pages are not worth it. */
const MIN_TRIPS = 4;
/** Rounds at once at most; a loop whose addresses do not move stays in its pages for ever. */
const MAX_TRIPS = 4096;

/** What this code needs of the region around it. */
export interface StripHost {
  readonly m: WasmModule;
  readonly traits: TargetTraits;
  /** All bits of a global at the start of the TB. */
  global(global: number): Expr;
  /** A new local that nobody else uses. */
  local(type: number): number;
  label(): string;
}

/** Locals of one loop's copy. */
export interface StripLocals {
  /** The budget at which it ends. */
  readonly stop: number;
  /** By stream: host address less guest address. */
  readonly addends: readonly number[];
}

/**
 * Code that sets up the copy and ends with a jump to it (`enter`), or falls through if that does not pay now; locals.stop is then when to try again, if that is known.
 * `stop`: the budget after a number of trips, or what the copy must end at before. `budget`: its local.
 */
export function enterStrip(
  host: StripHost,
  plan: StripPlan,
  locals: StripLocals,
  budget: number,
  stop: (trips: Expr) => Expr,
  enter: () => Expr,
): Expr {
  const { m } = host;
  const no = `n${host.label()}`;
  const list: Expr[] = [];
  const unless = (condition: Expr) => list.push(m.br(no, condition));
  const trips = host.local(I32);
  list.push(m.set(trips, m.i32(MAX_TRIPS)));
  plan.streams.forEach((stream, k) => checkStream(host, stream, locals.addends[k], trips, list, unless));
  list.push(m.set(locals.stop, stop(m.get(trips, I32))));
  unless(m.binary(Wasm.ltS[0], m.get(trips, I32), m.i32(MIN_TRIPS)));
  unless(m.binary(Wasm.leS[0], m.get(budget, I32), m.get(locals.stop, I32)));
  list.push(enter());
  return m.labelled(no, list);
}

/** Finds a stream's page, and takes the trips that it stays there as the most there can be. */
function checkStream(
  host: StripHost,
  stream: Stream,
  addend: number,
  trips: number,
  list: Expr[],
  unless: (condition: Expr) => void,
): void {
  const { m, traits } = host;
  const pageSize = 1 << traits.pageBits;
  const { address, span, store, mmuIdx } = stream;
  for (const g of stream.signed) unless(m.binary(Wasm.ne[1], m.unary(EXTEND_S32, m.unary(WRAP, host.global(g))), host.global(g)));
  const first = host.local(I64);
  list.push(m.set(first, valueOf(host, stream, address, list, unless)));
  const low = () => m.unary(WRAP, m.get(first, I64));
  if (stream.word !== undefined) unless(m.binary(Wasm.and[0], m.binary(Wasm.add[0], low(), m.i32(stream.word)), m.i32(3)));
  const table = tlbTable(mmuIdx, store ? TLB_KIND_WRITE : TLB_KIND_READ);
  const entry = host.local(I32);
  list.push(m.set(entry, tlbEntry(m, traits, low())));
  // Only its first byte: how far the page goes is looked at below.
  unless(m.binary(Wasm.ne[1], wantedTag(m, traits, m.get(first, I64), 1), tlbTag(m, m.get(entry, I32), table)));
  list.push(m.set(addend, tlbAddend(m, m.get(entry, I32), table)));

  const offset = () => m.binary(Wasm.and[0], low(), m.i32(pageSize - 1));
  const room = host.local(I32);
  list.push(m.set(room, m.binary(Wasm.sub[0], m.i32(pageSize - span), offset())));
  unless(m.binary(Wasm.ltS[0], m.get(room, I32), m.i32(0)));
  if (isZero(stream.stride)) return;
  const further = m.binary(Wasm.divU[0], isBackward(stream) ? offset() : m.get(room, I32), strideOf(host, stream, list, unless));
  const count = host.local(I32);
  list.push(m.set(count, m.binary(Wasm.add[0], further, m.i32(1))));
  const isLess = m.binary(Wasm.ltU[0], m.get(count, I32), m.get(trips, I32));
  list.push(m.set(trips, m.select(isLess, m.get(count, I32), m.get(trips, I32))));
}

const isBackward = ({ stride, address, movesNarrow }: Stream): boolean =>
  isConstant(stride) && stride.constant * (movesNarrow ? address.narrow!.coef : 1) < 0;

/** Bytes a trip, without the sign. What is not constant must be positive. */
function strideOf(host: StripHost, stream: Stream, list: Expr[], unless: (condition: Expr) => void): Expr {
  const { m } = host;
  const { stride, movesNarrow, address } = stream;
  const scale = movesNarrow ? address.narrow!.coef : 1;
  if (isConstant(stride)) return m.i32(Math.abs(stride.constant * scale));
  const bytes = host.local(I32);
  const whole = linear(host, stride);
  const tooFar = Math.floor(MAX_STRIDE / scale);
  if (movesNarrow) list.push(m.set(bytes, m.unary(WRAP, whole)));
  else {
    const local = host.local(I64);
    list.push(m.set(local, whole));
    unless(m.binary(Wasm.ne[1], m.unary(EXTEND_U32, m.unary(WRAP, m.get(local, I64))), m.get(local, I64)));
    list.push(m.set(bytes, m.unary(WRAP, m.get(local, I64))));
  }
  unless(m.binary(Wasm.geU[0], m.binary(Wasm.sub[0], m.get(bytes, I32), m.i32(1)), m.i32(tooFar)));
  if (stream.word !== undefined && scale % 4 !== 0) unless(m.binary(Wasm.and[0], m.get(bytes, I32), m.i32(scale % 2 === 0 ? 1 : 3)));
  return scale === 1 ? m.get(bytes, I32) : m.binary(Wasm.mul[0], m.get(bytes, I32), m.i32(scale));
}

/** An address; a narrow part that moves must not wrap around within a page's length. */
function valueOf(host: StripHost, stream: Stream, { wide, narrow }: Value, list: Expr[], unless: (condition: Expr) => void): Expr {
  const { m, traits } = host;
  if (!narrow) return linear(host, wide);
  const part = host.local(I32);
  list.push(m.set(part, m.unary(WRAP, linear(host, narrow.inner))));
  if (stream.movesNarrow) {
    const isDown = isConstant(stream.stride) && stream.stride.constant < 0;
    const least = narrow.signed ? -(2 ** 31) : 0;
    const most = narrow.signed ? 2 ** 31 - 1 : 2 ** 32 - 1;
    const pageSize = 1 << traits.pageBits;
    const bound = m.i32(isDown ? least + pageSize : (most - pageSize) | 0);
    const compare = narrow.signed ? (isDown ? Wasm.ltS : Wasm.gtS) : isDown ? Wasm.ltU : Wasm.gtU;
    unless(m.binary(compare[0], m.get(part, I32), bound));
  }
  const extended = m.unary(narrow.signed ? EXTEND_S32 : EXTEND_U32, m.get(part, I32));
  return m.binary(Wasm.add[1], linear(host, wide), times(m, extended, narrow.coef));
}

const times = (m: WasmModule, value: Expr, coef: number): Expr => (coef === 1 ? value : m.binary(Wasm.mul[1], value, m.i64(BigInt(coef))));

/** Modulo 2^64. */
function linear({ m, global }: StripHost, { terms, constant }: Linear): Expr {
  let sum: Expr | undefined = constant === 0 && terms.size > 0 ? undefined : m.i64(BigInt(constant));
  for (const [g, coef] of terms) {
    const term = times(m, global(g), coef);
    sum = sum === undefined ? term : m.binary(Wasm.add[1], term, sum);
  }
  return sum!;
}
