/** The textual form of a region: `formatRegion` writes what `parseRegion` reads. docs/regions.md describes it. */
import { TcgContext, type GlobalDef } from '../context.js';
import { IrError } from '../error.js';
import { Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import { formatOp, parseIr, tempNames } from '../text.js';
import type { Cfg } from './cfg.js';
import { copyIr, type IndirectLink, type Region, type TbIr } from './region.js';

/** What IR calls its globals and helpers. */
export interface IrNames {
  readonly globals: readonly GlobalDef[];
  readonly helpers: readonly HelperDef[];
}

/** What is to be said of a region beside what it is: comments, which the parser skips. */
export interface RegionNotes {
  region?(): string[];
  tb?(tb: number): string[];
  /** Of the basic blocks of a Cfg. */
  block?(b: number): string[];
  op?(tb: number, k: number): string[];
}

// ---- Writing ---------------------------------------------------------------------------------------------------------

export function formatRegion(region: Region, names: IrNames, notes: RegionNotes = {}, cfg?: Cfg): string {
  const lines = [`region entries=${region.entries.map((tb) => `tb${tb}`).join(',')}`];
  const comment = (indent: string, texts: readonly string[] = []): void => void lines.push(...texts.map((text) => `${indent}# ${text}`));
  comment('', notes.region?.());
  region.tbs.forEach((ir, tb) => {
    lines.push(`tb${tb}: ${formatAttributes(ir)}`);
    comment('  ', notes.tb?.(tb));
    lines.push(...formatEdges(ir));
    const ctx = contextOf(ir, names);
    const temps = tempNames(ctx);
    const blocks = notes.block && cfg ? [...cfg.blocks.entries()].filter(([, block]) => block.tb === tb) : [];
    for (let k = 0; k < ir.opCount; k++) {
      for (const [b, { first }] of blocks) if (first === k) comment('  ', notes.block?.(b));
      const text = `  ${formatOp(ctx, k, temps)}`;
      const note = notes.op?.(tb, k) ?? [];
      lines.push(note.length > 0 ? `${text.padEnd(40)} # ${note.join('; ')}` : text);
    }
  });
  return lines.join('\n');
}

function formatAttributes({ pc, icount, flags, csBase, tripCount, sideExitOnMiss, copyOf }: TbIr): string {
  const list = [`pc=0x${BigInt.asUintN(64, pc).toString(16)}`, `insns=${icount}`];
  if (flags !== 0) list.push(`flags=0x${(flags >>> 0).toString(16)}`);
  if (csBase !== 0) list.push(`csbase=0x${(csBase >>> 0).toString(16)}`);
  if (tripCount !== 0) list.push(`trips=${tripCount}`);
  list.push(`miss=${sideExitOnMiss ? 'leave' : 'call'}`);
  if (copyOf !== undefined) list.push(`copy=tb${copyOf}`);
  return list.join(' ');
}

function formatEdges({ links, indirect }: TbIr): string[] {
  const direct = links.flatMap((to, slot) => (to < 0 ? [] : `  edge goto_tb ${slot} -> tb${to}`));
  return [...direct, ...indirect.map(({ to, guarded }) => `  edge goto_ptr -> tb${to}${guarded ? ' guarded' : ''}`)];
}

/** The IR of a TB as a context, for what reads contexts. The arrays are the TB's own. */
export function contextOf(ir: TbIr, { globals, helpers }: IrNames): TcgContext {
  const { ops, opCount, tempCount, tempKind, tempType, constLo, constHi, labelCount } = ir;
  return Object.assign(new TcgContext(globals, helpers), { ops, opCount, tempCount, tempKind, tempType, constLo, constHi, labelCount });
}

// ---- Reading ---------------------------------------------------------------------------------------------------------

/** Throws IrError with the line. It reads each TB and edge by itself: whether they are a region is verifyRegion's to say. */
export function parseRegion(text: string, names: IrNames): Region {
  const parser = new Parser(names);
  for (const [i, line] of text.split('\n').entries()) parser.read(line.replace(/#.*/, '').trim(), i);
  return parser.finish();
}

interface TbText {
  readonly attributes: ReadonlyMap<string, string>;
  readonly line: number;
  readonly links: [number, number];
  readonly indirect: IndirectLink[];
  /** Its ops, at their lines: those before are empty. */
  ops: string;
}

const TB_ATTRIBUTES = ['pc', 'insns', 'flags', 'csbase', 'trips', 'miss', 'copy'];

class Parser {
  private entries?: readonly number[];
  private readonly tbs: TbText[] = [];
  private line = 0;

  constructor(private readonly names: IrNames) {}

  read(text: string, line: number): void {
    this.line = line;
    const head = /^tb(\d+):(.*)$/.exec(text);
    if (text.startsWith('region')) this.entries = this.region(text);
    else if (head) this.tb(Number(head[1]), head[2]);
    else if (text !== '') this.inTb(text);
  }

  private region(text: string): readonly number[] {
    const list = /^region\s+entries=(\S+)$/.exec(text)?.[1];
    if (list === undefined || this.entries) throw this.error(`'${text}': a region begins with one line 'region entries=tb0,...'`);
    return list.split(',').map((tb) => this.tbNumber(tb));
  }

  private tb(number: number, rest: string): void {
    if (!this.entries) throw this.error('the line with the entries comes first');
    if (number !== this.tbs.length) throw this.error(`tb${number}: TBs are numbered in order, this is tb${this.tbs.length}`);
    const attributes = new Map<string, string>();
    for (const word of rest.split(/\s+/).filter(Boolean)) {
      const [name, value, ...more] = word.split('=');
      if (!TB_ATTRIBUTES.includes(name) || value === undefined || more.length > 0 || attributes.has(name)) {
        throw this.error(`'${word}' is none of ${TB_ATTRIBUTES.map((attribute) => `${attribute}=`).join(' ')}, each once`);
      }
      attributes.set(name, value);
    }
    this.tbs.push({ attributes, line: this.line, links: [-1, -1], indirect: [], ops: '' });
  }

  private inTb(text: string): void {
    const tb = this.tbs.at(-1);
    if (!tb) throw this.error(`'${text}' belongs to no TB`);
    if (!text.startsWith('edge ')) {
      tb.ops += '\n'.repeat(this.line - (tb.ops.match(/\n/g)?.length ?? 0)) + text;
      return;
    }
    const edge = /^edge\s+goto_(?:tb\s+([01])|ptr)\s+->\s+(tb\d+)(\s+guarded)?$/.exec(text);
    if (!edge || (edge[1] !== undefined && edge[3] !== undefined)) {
      throw this.error(`'${text}' is neither 'edge goto_tb 0|1 -> tbN' nor 'edge goto_ptr -> tbN [guarded]'`);
    }
    const to = this.tbNumber(edge[2]);
    if (edge[1] === undefined) tb.indirect.push({ to, guarded: edge[3] !== undefined });
    else tb.links[Number(edge[1])] = to;
  }

  finish(): Region {
    if (!this.entries) throw this.error('no region');
    return { entries: this.entries, tbs: this.tbs.map((tb) => this.make(tb)) };
  }

  private make({ attributes, line, links, indirect, ops }: TbText): TbIr {
    this.line = line;
    const number = (name: string, otherwise?: number): number => {
      const text = attributes.get(name);
      if (text === undefined && otherwise !== undefined) return otherwise;
      if (!/^(0x[0-9a-f]+|\d+)$/.test(text ?? '')) throw this.error(`${name}=${text ?? ''} is no number`);
      return Number(text);
    };
    const miss = attributes.get('miss') ?? 'leave';
    if (miss !== 'leave' && miss !== 'call') throw this.error(`miss=${miss} is neither 'leave' nor 'call'`);
    const copy = attributes.get('copy');
    const copyOf = copy === undefined ? {} : { copyOf: this.tbNumber(copy) };
    number('pc');
    const pc = BigInt(attributes.get('pc')!);
    const ctx = parseIr(ops, this.names.globals, this.names.helpers);
    let insns = 0;
    for (let k = 0; k < ctx.opCount; k++) if (ctx.ops[k * OP_WORDS] === Op.insn_start) insns++;
    const sideExitOnMiss = miss === 'leave';
    const how = { links, indirect, flags: number('flags', 0), csBase: number('csbase', 0), sideExitOnMiss, tripCount: number('trips', 0) };
    return { ...copyIr(ctx, pc, number('insns', insns), how), ...copyOf };
  }

  private tbNumber(text: string): number {
    const digits = /^tb(\d{1,4})$/.exec(text)?.[1];
    if (digits === undefined) throw this.error(`'${text}' is no TB (tb0, tb1, ...)`);
    return Number(digits);
  }

  private error(message: string): IrError {
    return new IrError(message, { line: this.line + 1 });
  }
}
