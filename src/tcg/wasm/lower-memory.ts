/**
 * Guest loads and stores: the TLB check (tlb-check.ts), then wasm's own access. Everything else (miss, MMIO, page crossing, watchpoint) leaves the
 * region, and tci does the instruction (TB_EXIT_INSIDE): a call in the middle of a loop would cost most of its registers, even if it is never
 * made. In TBs where that happens often (TbIr.sideExitOnMiss is false) it is a call all the same, after which ENV_FAULT tells whether to leave.
 */
import { MEMOPIDX_SHIFT, MO_BSWAP, MO_SIGN, MO_SIZE, TLB_KIND_READ, TLB_KIND_WRITE } from '../../../assembly/shared/layout.js';
import { alignmentOf } from '../memop.js';
import { Op } from '../opcodes.js';
import type { TargetTraits } from '../target-traits.js';
import { tlbTable } from '../tlb.js';
import { EXTEND_S32, EXTEND_U32, F64, Float, I32, I64, NONE, Wasm, WRAP, type Expr, type ValueType, type WasmModule } from './binaryen.js';
import type { AccessGroup, GroupedAccess } from './access-groups.js';
import type { BlockLowering } from './block-lowering.js';
import { isMostlyNotZero } from './branch-hints.js';
import { byteSwap } from './lower-ops.js';
import { tlbAddend, tlbEntry, tlbTag, wantedTag } from './tlb-check.js';

/** What a memory op needs of its surroundings. */
export interface MemoryHost {
  readonly traits: TargetTraits;
  /** The op's number in its TB, and what it shares its check with. */
  readonly op: number;
  readonly grouped: GroupedAccess | undefined;
  /** Locals with the host address of a group's lowest byte, from its first access to its last; 0 if that address must not be used. */
  readonly groupHosts: Map<AccessGroup, number>;
  /** Declares a runtime function before it is called: its name, and the types of what follows env. */
  importRuntime(name: string, params: readonly number[], result: number): void;
  /** Appends what must be in env before the runtime is entered. */
  beforeRuntime(list: Expr[]): void;
  /** Appends the test of ENV_FAULT with the fault exit. `synced`: env is up to date already. */
  faultTest(list: Expr[], synced?: boolean): void;
  /** Local with what is to be added to this op's guest address. Present: the access needs no check. */
  readonly addend: number | undefined;
  /**
   * Local with the addend that is most likely, of accesses with this mmu index: the TLB's is compared with it, so that the access does not wait for the TLB's to be
   * loaded, at the end of a chain of four operations (a pointer chase takes a third less time). Undefined where pages are likely to differ, or nothing waits.
   */
  guessedAddend(mmuIdx: number): number | undefined;
  /** Whether the running block goes on with what this op loads. A store's value is awaited by nobody. */
  readonly isAwaited: boolean;
  /** The runtime hears of each store, before it is done. */
  readonly tellsStores: boolean;
  /** Leaves before this op's instruction, for tci to do it. Absent: the slow path is called. */
  readonly leave: (() => Expr) | undefined;
}

interface Access {
  readonly size: number;
  readonly bytes: number;
  readonly signed: boolean;
  readonly swap: boolean;
  readonly oi: number;
}

function accessOf(oi: number): Access {
  const memop = oi >> MEMOPIDX_SHIFT;
  const size = memop & MO_SIZE;
  return { size, bytes: 1 << size, signed: (memop & MO_SIGN) !== 0, swap: (memop & MO_BSWAP) !== 0 && size > 0, oi };
}

/** How an access reaches guest memory. */
interface Path {
  /** Two values that are equal if the fast path may be taken, or a truth value, or undefined if it may be taken for certain. */
  readonly hit: readonly [Expr, Expr] | Expr | undefined;
  /** What comes first on it. */
  readonly prepare: Expr[];
  /** Host address on it, to which `offset` is to be added. */
  readonly host: Expr;
  readonly offset: number;
}

function pathOf(b: BlockLowering, memory: MemoryHost, address: number, access: Access, kind: number): Path {
  const { grouped } = memory;
  if (grouped === undefined) return alone(b, memory, address, access, kind);
  const { group, offset } = grouped;
  if (group.first === memory.op) return leader(b, memory, address, access, grouped);
  const { m } = b;
  return {
    // Without slow paths in between the first one's check still holds.
    hit: memory.leave ? undefined : isMostlyNotZero(m, hostOf(memory, group)),
    prepare: [],
    host: m.get(hostOf(memory, group), I32),
    offset: offset - group.low,
  };
}

/** Points `entry` at the TLB entry of a 32-bit address (tlbEntry). Returns the tag. */
const tagOf = ({ m }: BlockLowering, traits: TargetTraits, low: Expr, entry: number, table: number): Expr =>
  tlbTag(m, m.tee(entry, tlbEntry(m, traits, low), I32), table);

/** The addend of an entry, with what makes it. */
function addendOf(
  b: BlockLowering,
  memory: MemoryHost,
  access: Access,
  entry: number,
  table: number,
): { readonly prepare: Expr[]; readonly addend: Expr } {
  const { m } = b;
  const loaded = tlbAddend(m, m.get(entry, I32), table);
  const guess = memory.guessedAddend(mmuIdxOf(access));
  if (guess === undefined) return { prepare: [], addend: loaded };
  const found = b.scratch(I32);
  const differs = m.binary(Wasm.ne[0], m.tee(found, loaded, I32), m.get(guess, I32));
  return { prepare: [m.if(differs, m.set(guess, m.get(found, I32)))], addend: m.get(guess, I32) };
}

const mmuIdxOf = ({ oi }: Access): number => oi & ((1 << MEMOPIDX_SHIFT) - 1);
const tableOf = (access: Access, kind: number): number => tlbTable(mmuIdxOf(access), kind);

function alone(b: BlockLowering, memory: MemoryHost, address: number, access: Access, kind: number): Path {
  const { m } = b;
  const { traits } = memory;
  const memop = access.oi >> MEMOPIDX_SHIFT;
  const table = tableOf(access, kind);
  const entry = b.scratch(I32);
  const tag = tagOf(b, traits, m.unary(WRAP, m.get(address, I64)), entry, table);
  const hit = [tag, wantedTag(m, traits, m.get(address, I64), access.bytes, alignmentOf(memop))] as const;
  const { prepare, addend } = addendOf(b, memory, access, entry, table);
  return { hit, prepare, host: m.binary(Wasm.add[0], m.unary(WRAP, m.get(address, I64)), addend), offset: 0 };
}

/**
 * The first of a group: checks the entry of the lowest byte against the page of the highest. If these are two pages, the entry is not the one
 * that the other page could be in.
 */
function leader(b: BlockLowering, memory: MemoryHost, address: number, access: Access, { group, offset }: GroupedAccess): Path {
  const { m } = b;
  const table = tableOf(access, group.writes ? TLB_KIND_WRITE : TLB_KIND_READ);
  const entry = b.scratch(I32);
  const low = b.scratch(I32);
  const lowest = m.unary(WRAP, m.get(address, I64));
  const from = group.low === offset ? lowest : m.binary(Wasm.add[0], lowest, m.i32(group.low - offset));
  const tag = tagOf(b, memory.traits, m.tee(low, from, I32), entry, table);
  const alignment = group.word === undefined ? 1 : 4;
  const hit = [tag, wantedTag(m, memory.traits, m.get(address, I64), group.high - offset, alignment, (group.word ?? 0) - offset)] as const;
  const host = b.hold(I32);
  memory.groupHosts.set(group, host);
  const { prepare, addend } = addendOf(b, memory, access, entry, table);
  prepare.push(m.set(host, m.binary(Wasm.add[0], m.get(low, I32), addend)));
  return { hit, prepare, host: m.get(host, I32), offset: offset - group.low };
}

/** The local of a group whose first access has been made. */
function hostOf({ groupHosts }: MemoryHost, group: AccessGroup): number {
  const host = groupHosts.get(group);
  if (host === undefined) throw new RangeError(`the access at op ${group.first}, which checks for others, comes later`);
  return host;
}

/** In a loop whose pages have been checked before it. */
const unchecked = (b: BlockLowering, addr: number, addend: number): Path => ({ hit: undefined, prepare: [], ...b.hostOf(addr, addend) });

/** What the slow path begins with: from here on, no group's check counts any more. */
function slowPath(b: BlockLowering, host: MemoryHost): Expr[] {
  const { m } = b;
  const slow: Expr[] = [];
  for (const [group, local] of host.groupHosts) if (group.last !== host.op) slow.push(m.set(local, m.i32(0)));
  host.beforeRuntime(slow);
  return slow;
}

/** The fast path behind its check. `slow` makes the other arm, if that is a call. */
function guard(b: BlockLowering, host: MemoryHost, { hit }: Path, fast: Expr[], slow: () => Expr[]): void {
  const { m } = b;
  const { leave } = host;
  if (hit === undefined) b.list.push(...fast);
  else if (leave) {
    const misses = typeof hit === 'number' ? m.unary(Wasm.eqz[0], hit) : m.binary(Wasm.ne[1], hit[0], hit[1]);
    b.list.push(m.if(misses, leave()), ...fast);
  } else {
    const hits = typeof hit === 'number' ? hit : m.binary(Wasm.eq[1], hit[0], hit[1]);
    b.list.push(m.if(hits, m.sequence(fast), m.sequence(slow())));
  }
}

function load(b: BlockLowering, host: MemoryHost, d: number, addr: number, access: Access): void {
  const { m } = b;
  const address = host.addend === undefined ? b.useLocal(addr) : -1;
  const path = host.addend === undefined ? pathOf(b, host, address, access, TLB_KIND_READ) : unchecked(b, addr, host.addend);
  // a double goes where it belongs without a detour
  const isFloat = b.isFloat(d) && access.bytes === 8;
  const type = isFloat ? F64 : b.isNarrow ? I32 : I64;
  const value = b.scratch(type);

  const fast = path.prepare;
  // bytes are exchanged in 32 bits where they are so few
  const memoryType = access.swap && access.bytes < 8 ? I32 : type;
  const loaded = reversesAsVector(host, access)
    ? m.loadReversed(path.host, path.offset)
    : m.load(access.bytes, access.signed && !access.swap, memoryType, path.host, path.offset);
  if (reversesAsVector(host, access)) fast.push(m.set(value, extended(b, loaded, access)));
  else if (access.swap) {
    const outside = b.list.splice(0); // byteSwap's temporaries belong inside the fast arm
    const swapped = isFloat ? m.reversedDouble(loaded) : byteSwap(b, loaded, access.bytes, access.bytes === 8 ? 1 : 0);
    fast.push(...b.list.splice(0));
    b.list.push(...outside);
    fast.push(m.set(value, access.bytes === 8 ? swapped : extended(b, swapped, access)));
  } else fast.push(m.set(value, loaded));

  guard(b, host, path, fast, () => {
    host.importRuntime('ldSlow', [I64, I32], I64);
    const slow = slowPath(b, host);
    const called = m.call('ldSlow', [m.env(), m.get(address, I64), m.i32(access.oi)], I64);
    slow.push(m.set(value, isFloat ? m.unary(Float.fromBits[1], called) : b.isNarrow ? m.unary(WRAP, called) : called));
    host.faultTest(slow);
    return slow;
  });
  if (isFloat) b.defineFloat(d, m.get(value, F64));
  else b.define(d, m.get(value, type), false);
}

/** Whether the vector unit exchanges a word's bytes: half the instructions, but some cycles later. So only where nobody waits for them. */
const reversesAsVector = (host: MemoryHost, { swap, bytes }: Access): boolean =>
  swap && bytes === 4 && (host.addend !== undefined || !host.isAwaited);

/** The bytes of a short access, in the right order in an i32, as the value that the op gives. */
function extended(b: BlockLowering, value: Expr, access: Access): Expr {
  const { m } = b;
  const low = access.signed && access.bytes === 2 ? m.unary(Wasm.extend16[0], value) : value;
  if (b.isNarrow) return low;
  return m.unary(access.signed ? EXTEND_S32 : EXTEND_U32, low);
}

function store(b: BlockLowering, host: MemoryHost, v: number, addr: number, access: Access): void {
  const { m } = b;
  const address = host.addend === undefined ? b.useLocal(addr) : -1;
  const narrow = access.bytes < 8 && !b.isConst(v) && b.classOf(v) !== 0;
  const value = narrow ? b.lowOperand(v) : b.operand(v);
  const path = host.addend === undefined ? pathOf(b, host, address, access, TLB_KIND_WRITE) : unchecked(b, addr, host.addend);
  const fast = path.prepare;
  if (reversesAsVector(host, access)) {
    const word = narrow ? value() : m.unary(WRAP, value());
    put(b, host, fast, path, access.bytes, (pointer, offset) => m.storeReversed(pointer, word, offset));
  } else if (access.swap) {
    const outside = b.list.splice(0);
    const isLong = access.bytes === 8;
    const isFloat = isLong && b.isFloat(v);
    let low = isFloat ? b.floatOperand(v)() : narrow || isLong ? value() : m.unary(WRAP, value());
    if (access.bytes === 2) low = m.binary(Wasm.and[0], low, m.i32(0xffff));
    const swapped = isFloat ? m.reversedDouble(low) : byteSwap(b, low, access.bytes, isLong ? 1 : 0);
    fast.push(...b.list.splice(0));
    put(b, host, fast, path, access.bytes, storing(m, access.bytes, isFloat ? F64 : isLong ? I64 : I32, swapped));
    b.list.push(...outside);
  } else if (b.isFloat(v) && access.bytes === 8) put(b, host, fast, path, 8, storing(m, 8, F64, b.floatOperand(v)()));
  else put(b, host, fast, path, access.bytes, storing(m, access.bytes, narrow ? I32 : I64, value()));

  guard(b, host, path, fast, () => {
    host.importRuntime('stSlow', [I64, I64, I32], NONE);
    const slow = slowPath(b, host);
    const stored = narrow ? m.unary(EXTEND_U32, value()) : value();
    slow.push(m.call('stSlow', [m.env(), m.get(address, I64), stored, m.i32(access.oi)], NONE));
    host.faultTest(slow);
    return slow;
  });
}

type Store = (pointer: Expr, offset: number) => Expr;
const storing =
  (m: WasmModule, bytes: number, type: ValueType, value: Expr): Store =>
  (pointer, offset) =>
    m.store(bytes, type, pointer, value, offset);

/** The store itself. */
function put(b: BlockLowering, host: MemoryHost, list: Expr[], path: Path, bytes: number, store: Store): void {
  const { m } = b;
  if (!host.tellsStores) {
    list.push(store(path.host, path.offset));
    return;
  }
  host.importRuntime('noteStore', [I32, I32], NONE);
  const at = b.scratch(I32);
  list.push(m.set(at, m.binary(Wasm.add[0], path.host, m.i32(path.offset))));
  list.push(m.call('noteStore', [m.env(), m.get(at, I32), m.i32(bytes)], NONE));
  list.push(store(m.get(at, I32), 0));
}

function atomic(b: BlockLowering, host: MemoryHost, ops: Int32Array, p: number): void {
  const { m } = b;
  const isCmpxchg = ops[p] === Op.atomic_cmpxchg_i64;
  host.beforeRuntime(b.list);
  const result = b.scratch(I64);
  let call: Expr;
  if (isCmpxchg) {
    host.importRuntime('atomicCmpxchg', [I64, I64, I64, I32], I64);
    const args = [b.use(ops[p + 2]), b.use(ops[p + 3]), b.use(ops[p + 4]), m.i32(ops[p + 5])];
    call = m.call('atomicCmpxchg', [m.env(), ...args], I64);
  } else {
    host.importRuntime('atomicRmw', [I32, I64, I64, I32], I64);
    const args = [m.i32(ops[p] - Op.atomic_xchg_i64), b.use(ops[p + 2]), b.use(ops[p + 3]), m.i32(ops[p + 4])];
    call = m.call('atomicRmw', [m.env(), ...args], I64);
  }
  b.list.push(m.set(result, call));
  host.faultTest(b.list);
  b.define(ops[p + 1], m.get(result, I64), false);
}

/** Lowers a guest memory op at word p. */
export function lowerMemory(b: BlockLowering, host: MemoryHost, ops: Int32Array, p: number): void {
  if (ops[p] === Op.qemu_ld_i64) load(b, host, ops[p + 1], ops[p + 2], accessOf(ops[p + 3]));
  else if (ops[p] === Op.qemu_st_i64) store(b, host, ops[p + 1], ops[p + 2], accessOf(ops[p + 3]));
  else atomic(b, host, ops, p);
  const group = host.grouped?.group;
  if (group?.last !== host.op) return;
  b.release(hostOf(host, group));
  host.groupHosts.delete(group);
}
