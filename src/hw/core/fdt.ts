/** Flattened device trees: a tree to build on, its blob, and back. Source: Devicetree Specification 0.4, chapter 5. */
import { viewOf } from '../../util/bytes.js';
import { LoaderError } from '../../util/errors.js';

const MAGIC = 0xd00dfeed;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;
const HEADER_SIZE = 40;
const VERSION = 17;
const LAST_COMPATIBLE = 16;
/** Bytes of a property's name, with its end; the specification has 32 (2.2.4.1). */
const NAME_LIMIT = 256;

const text = new TextEncoder();
const readText = new TextDecoder();

/** Big-endian 32-bit cells. */
export function cells(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value));
  return bytes;
}

/** Two cells of a number up to 2^53 or a bigint: high, low. */
export function hiLo(value: number | bigint): [number, number] {
  const wide = BigInt.asUintN(64, BigInt(value));
  return [Number(wide >> 32n), Number(wide & 0xffff_ffffn)];
}

export class FdtNode {
  readonly properties = new Map<string, Uint8Array>();
  readonly children = new Map<string, FdtNode>();

  constructor(readonly name: string) {}

  /** The child `name`, made if it is not there. */
  node(name: string): FdtNode {
    let child = this.children.get(name);
    if (!child) this.children.set(name, (child = new FdtNode(name)));
    return child;
  }
  set(name: string, bytes: Uint8Array): this {
    this.properties.set(name, bytes);
    return this;
  }
  /** A property without a value. */
  flag(name: string): this {
    return this.set(name, new Uint8Array(0));
  }
  u32(name: string, value: number): this {
    return this.set(name, cells(value));
  }
  u64(name: string, value: number | bigint): this {
    return this.set(name, cells(...hiLo(value)));
  }
  cells(name: string, ...values: readonly number[]): this {
    return this.set(name, cells(...values));
  }
  /** A `reg`-like list of address and size pairs, two cells each. */
  reg64(name: string, ...values: readonly (number | bigint)[]): this {
    return this.set(name, cells(...values.flatMap(hiLo)));
  }
  /** One string, or a list of strings. */
  string(name: string, ...values: readonly string[]): this {
    return this.set(name, text.encode(values.map((v) => `${v}\0`).join('')));
  }
  getU32(name: string): number | undefined {
    const bytes = this.properties.get(name);
    return bytes && bytes.length >= 4 ? viewOf(bytes).getUint32(0) : undefined;
  }
  getU64(name: string): bigint | undefined {
    const bytes = this.properties.get(name);
    return bytes && bytes.length >= 8 ? viewOf(bytes).getBigUint64(0) : undefined;
  }
  getCells(name: string): number[] | undefined {
    const bytes = this.properties.get(name);
    return bytes && Array.from({ length: bytes.length >> 2 }, (_, i) => viewOf(bytes).getUint32(i * 4));
  }
  getStrings(name: string): string[] | undefined {
    const bytes = this.properties.get(name);
    return bytes && readText.decode(bytes).split('\0').slice(0, -1);
  }
  getString(name: string): string | undefined {
    return this.getStrings(name)?.[0];
  }
}

export class FdtTree {
  readonly root = new FdtNode('');
  readonly reservations: { address: bigint; size: bigint }[] = [];
  bootCpu = 0;
  private lastPhandle = 0;

  /** The node at an absolute path, made with its parents if it is not there. */
  node(path: string): FdtNode {
    return path
      .split('/')
      .filter(Boolean)
      .reduce((at, name) => at.node(name), this.root);
  }
  /** The node at an absolute path; a part without a unit address finds its only namesake with one. */
  find(path: string): FdtNode | undefined {
    let at: FdtNode | undefined = this.root;
    for (const name of path.split('/').filter(Boolean)) {
      const siblings: ReadonlyMap<string, FdtNode> = at.children;
      at = siblings.get(name) ?? [...siblings.values()].find((child) => child.name.startsWith(`${name}@`));
      if (!at) return undefined;
    }
    return at;
  }
  /** A phandle that no node has yet. */
  newPhandle(): number {
    return ++this.lastPhandle;
  }
  /** The phandle of a node; it gets one if it has none. */
  phandle(node: FdtNode): number {
    const known = node.getU32('phandle');
    if (known !== undefined) return known;
    const fresh = this.newPhandle();
    node.u32('phandle', fresh);
    return fresh;
  }
  reserve(address: number | bigint, size: number | bigint): void {
    this.reservations.push({ address: BigInt(address), size: BigInt(size) });
  }

  /** The blob (DTB version 17), `padTo` bytes at least (firmware edits it in place). */
  flatten(padTo = 0): Uint8Array {
    const strings = new StringTable();
    const words: Uint8Array[] = [];
    emit(this.root, words, strings);
    words.push(cells(END));
    const structSize = words.reduce((sum, w) => sum + w.length, 0);
    const reserveAt = HEADER_SIZE;
    const structAt = reserveAt + (this.reservations.length + 1) * 16;
    const stringsAt = structAt + structSize;
    const used = Math.ceil((stringsAt + strings.size) / 8) * 8;
    const blob = new Uint8Array(Math.max(used, padTo));
    blob.set(cells(MAGIC, blob.length, structAt, stringsAt, reserveAt, VERSION, LAST_COMPATIBLE, this.bootCpu, strings.size, structSize));
    this.reservations.forEach((r, i) => blob.set(cells(...hiLo(r.address), ...hiLo(r.size)), reserveAt + i * 16));
    let at = structAt;
    for (const word of words) {
      blob.set(word, at);
      at += word.length;
    }
    blob.set(strings.bytes(), stringsAt);
    return blob;
  }

  /** Reads a blob; a LoaderError says what is wrong with it. */
  static parse(blob: Uint8Array): FdtTree {
    const bad = (why: string) => new LoaderError(`device tree blob: ${why}`);
    if (blob.length < HEADER_SIZE) throw bad(`${blob.length} bytes are too few`);
    const data = viewOf(blob);
    const [magic, total, structAt, stringsAt, reserveAt, version, compatible, bootCpu, stringsSize, structSize] = Array.from(
      { length: 10 },
      (_, i) => data.getUint32(i * 4),
    );
    if (magic !== MAGIC) throw bad('no device tree magic at the start');
    if (total > blob.length) throw bad(`truncated: ${blob.length} of ${total} bytes`);
    if (compatible > VERSION || version < LAST_COMPATIBLE) throw bad(`version ${version} is not supported`);
    if (stringsAt + stringsSize > total || structAt + (version >= 17 ? structSize : 0) > total || structAt % 4)
      throw bad('a block lies outside of the blob');
    const tree = new FdtTree();
    tree.bootCpu = bootCpu;
    for (let at = reserveAt; ; at += 16) {
      if (at + 16 > total) throw bad('the memory reservation block does not end');
      const [address, size] = [data.getBigUint64(at), data.getBigUint64(at + 8)];
      if (address === 0n && size === 0n) break;
      tree.reservations.push({ address, size });
    }
    const end = version >= 17 ? structAt + structSize : stringsAt > structAt ? stringsAt : total;
    const cString = (from: number, limit: number): string => {
      const size = blob.subarray(from, limit).indexOf(0);
      if (size < 0) throw bad('a string does not end');
      return readText.decode(blob.slice(from, from + size));
    };
    const stack: FdtNode[] = [];
    let rootSeen = false;
    for (let at = structAt; ;) {
      if (at + 4 > end) throw bad('the structure block does not end');
      const token = data.getUint32(at);
      at += 4;
      if (token === BEGIN_NODE) {
        const name = cString(at, end);
        at += (text.encode(name).length + 4) & ~3;
        const parent = stack.at(-1);
        if (!parent && rootSeen) throw bad('more than one root');
        if (stack.length > 64) throw bad('nodes are nested too deep');
        rootSeen = true;
        stack.push(parent ? parent.node(name) : tree.root);
      } else if (token === END_NODE) {
        if (!stack.pop()) throw bad('a node ends that did not begin');
      } else if (token === PROP) {
        const node = stack.at(-1);
        if (!node || at + 8 > end) throw bad('a property outside of a node');
        const length = data.getUint32(at);
        const nameAt = data.getUint32(at + 4);
        at += 8;
        if (at + length > end || nameAt >= stringsSize) throw bad('a property lies outside of its block');
        const name = cString(stringsAt + nameAt, stringsAt + Math.min(nameAt + NAME_LIMIT, stringsSize));
        node.set(name, blob.slice(at, at + length));
        if (name === 'phandle') tree.lastPhandle = Math.max(tree.lastPhandle, node.getU32('phandle') ?? 0);
        at += (length + 3) & ~3;
      } else if (token === END) break;
      else if (token !== NOP) throw bad(`unknown token ${token}`);
    }
    if (stack.length > 0 || !rootSeen) throw bad('the tree is not complete');
    return tree;
  }
}

function emit(node: FdtNode, out: Uint8Array[], strings: StringTable): void {
  out.push(cells(BEGIN_NODE), padded(text.encode(`${node.name}\0`)));
  for (const [name, bytes] of node.properties) out.push(cells(PROP, bytes.length, strings.offset(name)), padded(bytes));
  for (const child of node.children.values()) emit(child, out, strings);
  out.push(cells(END_NODE));
}

class StringTable {
  private readonly offsets = new Map<string, number>();
  size = 0;

  offset(name: string): number {
    let at = this.offsets.get(name);
    if (at === undefined) {
      at = this.size;
      this.offsets.set(name, at);
      this.size += text.encode(name).length + 1;
    }
    return at;
  }
  bytes(): Uint8Array {
    return text.encode([...this.offsets.keys()].map((name) => `${name}\0`).join(''));
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const out = new Uint8Array((bytes.length + 3) & ~3);
  out.set(bytes);
  return out;
}
