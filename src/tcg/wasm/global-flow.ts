/**
 * Where guest registers are while a region runs. A global is held in a wasm local; the env field may be older ("dirty").
 *
 * Forward: which globals may be dirty at a point: those, and only those, are written back at an exit or a fault there.
 * Backward: which locals are read later (a write-back reads): those, and only those, are loaded at an entry, or again after a helper that
 * may have changed them. A local that may be dirty on one path only is thus valid on the others too.
 *
 * The pc's value at the start of a TB is known: it is set there (if anyone looks) and dirty, never loaded. Faults and budget exits store a constant
 * pc of their own.
 */
import { PC } from '../ir-buffer.js';
import {
  clobbersGlobals,
  INPUT_WORDS,
  isMemoryOp,
  Op,
  OP_WORDS,
  OpFlag,
  OPS,
  OUTPUT_WORDS,
  syncsGlobals,
  type HelperDef,
} from '../opcodes.js';
import { Bitsets } from './bitset.js';
import type { Region } from './region.js';
import type { Block, Cfg } from './cfg.js';

/** May leave, or have an effect: never dead. */
const HAS_EFFECT = OPS.map((op) => (op.flags & OpFlag.SIDE_EFFECTS) !== 0);

export class GlobalFlow {
  readonly dirtyIn: Bitsets;
  readonly liveIn: Bitsets;
  private readonly liveOut: Bitsets;
  private readonly scratch: Bitsets;
  /** By block: see dirtyAt. */
  private readonly rows: Bitsets[];

  constructor(
    private readonly region: Region,
    private readonly cfg: Cfg,
    private readonly helpers: readonly HelperDef[],
    readonly globalCount: number,
    /** By block: whether the budget is tested there (an exit that writes back). */
    private readonly budgetTests: Uint8Array,
    /** By block: whether all that is dirty, but for the pc, is written back before its last op. */
    private readonly writeBacks: Uint8Array,
    /** Whether op k of a TB may leave, though it has no mayFault. */
    private readonly leaves: (tb: number, k: number) => boolean,
  ) {
    const n = cfg.blocks.length;
    this.dirtyIn = new Bitsets(n, globalCount);
    this.liveIn = new Bitsets(n, globalCount);
    this.liveOut = new Bitsets(n, globalCount);
    this.scratch = new Bitsets(1, globalCount);
    this.solveDirty();
    this.rows = cfg.blocks.map((_, b) => this.dirtyRows(b));
    this.solveLive();
  }

  private solveDirty(): void {
    const { blocks, order } = this.cfg;
    const current = this.scratch;
    for (let changed = true; changed;) {
      changed = false;
      for (const b of order) {
        current.copy(0, this.dirtyIn, b);
        this.enter(blocks[b], current);
        for (let k = blocks[b].first; k < blocks[b].end; k++) this.stepDirty(b, k, current);
        for (const to of blocks[b].succ) if (this.dirtyIn.union(to, current, 0)) changed = true;
      }
    }
  }

  enter(block: Block, dirty: Bitsets): void {
    if (block.isTbStart) dirty.add(0, PC);
  }

  /** The dirty set after op k, from that before it. */
  private stepDirty(b: number, k: number, dirty: Bitsets): void {
    const { tb, end } = this.cfg.blocks[b];
    const { ops } = this.region.tbs[tb];
    if (k === end - 1 && this.writeBacks[b] !== 0) clearButPc(dirty);
    const p = k * OP_WORDS;
    const op = ops[p];
    if (op === Op.call && syncsGlobals(this.helpers[ops[p + 2]])) dirty.fill(0, 0);
    for (const at of OUTPUT_WORDS[op]) if (ops[p + at] >= 0 && ops[p + at] < this.globalCount) dirty.add(0, ops[p + at]);
  }

  /** For each op of a block that writes back: the dirty set there. One row an op, from the block's first, and one for its end. */
  dirtyAt(b: number): Bitsets {
    return this.rows[b];
  }

  private dirtyRows(b: number): Bitsets {
    const block = this.cfg.blocks[b];
    const rows = new Bitsets(block.end - block.first + 1, this.globalCount);
    const current = new Bitsets(1, this.globalCount);
    current.copy(0, this.dirtyIn, b);
    this.enter(block, current);
    for (let k = block.first; k < block.end; k++) {
      rows.copy(k - block.first, current, 0);
      this.stepDirty(b, k, current);
    }
    rows.copy(block.end - block.first, current, 0);
    return rows;
  }

  private solveLive(): void {
    const { blocks, order } = this.cfg;
    for (let changed = true; changed;) {
      changed = false;
      for (let i = order.length - 1; i >= 0; i--) {
        const b = order[i];
        for (const to of blocks[b].succ) this.liveOut.union(b, this.liveIn, to);
        this.scratch.copy(0, this.liveOut, b);
        this.walkLive(b, this.scratch);
        if (this.liveIn.union(b, this.scratch, 0)) changed = true;
      }
    }
  }

  /** Walks a block backwards from `live` (its live-out set on entry, live-in at the end). */
  private walkLive(b: number, live: Bitsets, visit?: (k: number, live: Bitsets) => void, atStart?: (live: Bitsets) => void): void {
    const block = this.cfg.blocks[b];
    const dirty = this.rows[b];
    const { ops, links, unchecked } = this.region.tbs[block.tb];
    for (let k = block.end - 1; k >= block.first; k--) {
      visit?.(k, live);
      const p = k * OP_WORDS;
      const op = ops[p];
      for (const at of OUTPUT_WORDS[op]) if (ops[p + at] >= 0 && ops[p + at] < this.globalCount) live.delete(0, ops[p + at]);
      if (op === Op.call) {
        const helper = this.helpers[ops[p + 2]];
        if (clobbersGlobals(helper)) live.fill(0, 0);
        if (syncsGlobals(helper)) live.union(0, dirty, k - block.first);
        else if (helper.mayFault || this.leaves(block.tb, k)) unionButPc(live, dirty, k - block.first);
      } else if (isMemoryOp(op)) {
        if (!unchecked) unionButPc(live, dirty, k - block.first);
      } else if (op === Op.goto_ptr || op === Op.exit_tb || (op === Op.goto_tb && links[ops[p + 1]] < 0)) {
        live.union(0, dirty, k - block.first);
        // compared with the pc of each TB that it may lead to
        if (block.succ.length > 0) live.add(0, PC);
      }
      for (const at of INPUT_WORDS[op]) if (ops[p + at] >= 0 && ops[p + at] < this.globalCount) live.add(0, ops[p + at]);
      if (k === block.end - 1 && this.writeBacks[b] !== 0) unionButPc(live, dirty, k - block.first);
    }
    if (!block.isTbStart) return;
    atStart?.(live);
    live.delete(0, PC);
    if (this.budgetTests[b] !== 0) unionButPc(live, dirty, 0);
  }

  /**
   * What emission wants to know of a block: ops whose only outcome is a dead global; for each call that changes globals, those
   * that are wanted afterwards; and whether the pc is wanted at the start of a TB.
   */
  liveness(b: number): { dead: Uint8Array; reload: Map<number, number[]>; pcWanted: boolean } {
    const block = this.cfg.blocks[b];
    const { ops } = this.region.tbs[block.tb];
    const dead = new Uint8Array(block.end - block.first);
    const reload = new Map<number, number[]>();
    let pcWanted = false;
    const live = new Bitsets(1, this.globalCount);
    live.copy(0, this.liveOut, b);
    const visit = (k: number, after: Bitsets): void => {
      const p = k * OP_WORDS;
      const op = ops[p];
      if (op === Op.call && clobbersGlobals(this.helpers[ops[p + 2]])) {
        reload.set(
          k,
          after.members(0).filter((g) => g !== ops[p + 1]),
        );
      } else if (!HAS_EFFECT[op] && OUTPUT_WORDS[op].length > 0) {
        const isDead = (at: number) => ops[p + at] < this.globalCount && !after.has(0, ops[p + at]);
        if (OUTPUT_WORDS[op].every(isDead)) dead[k - block.first] = 1;
      }
    };
    this.walkLive(b, live, visit, (atStart) => (pcWanted = atStart.has(0, PC)));
    return { dead, reload, pcWanted };
  }
}

function clearButPc(dirty: Bitsets): void {
  const had = dirty.has(0, PC);
  dirty.fill(0, 0);
  if (had) dirty.add(0, PC);
}

function unionButPc(live: Bitsets, dirty: Bitsets, row: number): void {
  const had = live.has(0, PC);
  live.union(0, dirty, row);
  if (!had) live.delete(0, PC);
}
