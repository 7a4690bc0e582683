/** What a vCPU is in the middle of, told by the blocks that it executes: calls push a function, returns pop it, traps are calls of their handlers. */

export interface Frame {
  readonly name: string;
  readonly children: Map<string, Frame>;
  /** Instructions in it, without those that it calls. */
  self: number;
}

/** What a block is, as far as that counts here. */
export interface BlockFacts {
  readonly start: bigint;
  /** Behind its last instruction. */
  readonly next: bigint;
  readonly name: string;
  readonly insns: number;
  /** What its last instruction does. */
  readonly end: 'call' | 'return' | 'other';
}

interface Entry {
  frame: Frame;
  /** Where it returns to. */
  readonly to: bigint;
  /** Of a trap: the block before it, if that one was executed to its end. */
  readonly trap?: { readonly last: BlockFacts | undefined };
}

/** Deeper is taken for a mistake of ours: a stack that was left without returns. */
const DEEPEST = 512;
/** An instruction's bytes at most: a handler returns to the trapping one, or behind it. */
const LONGEST_INSN = 4n;

const newFrame = (name: string): Frame => ({ name, children: new Map(), self: 0 });

export class CallStack {
  private readonly entries: Entry[] = [];
  private last: BlockFacts | undefined;
  private trappedAt: { readonly from: bigint; readonly last: BlockFacts | undefined } | undefined;

  constructor(readonly root: Frame = newFrame('all')) {}

  /** `isWhole`: the block before it had come to its end. */
  trap(from: bigint, isWhole: boolean): void {
    this.trappedAt = { from, last: isWhole ? this.last : undefined };
    this.last = undefined;
  }

  enter(block: BlockFacts): void {
    if (this.trappedAt) this.push(block.name, this.trappedAt.from, { last: this.trappedAt.last });
    else this.follow(block);
    this.trappedAt = undefined;
    let top = this.entries.at(-1);
    if (top === undefined) top = this.push(block.name, -1n);
    // It was jumped to, not called: it stands in the place of what jumped.
    else if (top.frame.name !== block.name) top.frame = childOf(this.parent(), block.name);
    top.frame.self += block.insns;
    this.last = block;
  }

  private follow(block: BlockFacts): void {
    const { last } = this;
    if (last?.end === 'call') this.push(block.name, last.next);
    else if (last?.end === 'return') {
      const isReturnOf = ({ to, trap }: Entry): boolean =>
        trap ? block.start >= to && block.start <= to + LONGEST_INSN : to === block.start;
      let at = this.entries.length - 1;
      while (at >= 0 && !isReturnOf(this.entries[at])) at--;
      if (at < 0) return;
      const [{ trap }] = this.entries.splice(at);
      if (!trap?.last) return;
      this.last = trap.last;
      this.follow(block);
    }
  }

  private push(name: string, to: bigint, trap?: Entry['trap']): Entry {
    if (this.entries.length >= DEEPEST) this.entries.length = 0;
    const entry = { frame: childOf(this.entries.at(-1)?.frame ?? this.root, name), to, trap };
    this.entries.push(entry);
    return entry;
  }
  private parent(): Frame {
    return this.entries.at(-2)?.frame ?? this.root;
  }
}

function childOf(parent: Frame, name: string): Frame {
  let child = parent.children.get(name);
  if (!child) parent.children.set(name, (child = newFrame(name)));
  return child;
}

/** Instructions in a frame and all that it called. */
export const totalOf = ({ self, children }: Frame): number => [...children.values()].reduce((sum, child) => sum + totalOf(child), self);

/** A line a stack, as flame graph tools take them: names from the outermost in, and how many instructions. */
export function collapsed(root: Frame, path: readonly string[] = []): string {
  let text = '';
  for (const child of root.children.values()) {
    const names = [...path, child.name.replaceAll(';', ':')];
    if (child.self > 0) text += `${names.join(';')} ${child.self}\n`;
    text += collapsed(child, names);
  }
  return text;
}
