/**
 * The snapshot file, as docs/snapshot-format.md has it: a head of plain data (JSON), then sections, each with a checksum, and an end that counts them.
 * Nothing here knows what is in them.
 */
import { ByteReader, ByteWriter, viewOf } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { inflate } from '../util/deflate.js';
import { VmStateError } from '../util/errors.js';

const MAGIC = 'wemusnap';
/** A reader refuses a higher one. 2: it builds on another snapshot. What does not is of format 1. */
export const FORMAT_VERSION = 2;
const PREAMBLE = 24;
export const SECTION_HEAD = 28;
/** A head may have. */
const MAX_HEAD = 16 << 20;
/** Bytes of a section, at most, as it is in the file and as it is used. */
const MAX_SECTION = 4 << 20;

/** `Delta`: memory, as far as it is not what it is in the snapshot's parent. `Disk`: what was written to one with `snapshot=on`. */
export const SectionKind = { Device: 1, Ram: 2, End: 3, Delta: 4, Disk: 5 } as const;
export type SectionKind = (typeof SectionKind)[keyof typeof SectionKind];

/** What makes sections smaller: `deflate` of RFC 1951. */
export interface Codec {
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** @throws anything if it is none, or gives more than `size` bytes */
  inflate(bytes: Uint8Array, size: number): Uint8Array;
}

export type Checksum = (bytes: Uint8Array) => number;

/** What a host may bring. */
export interface SnapshotTools {
  readonly checksum?: Checksum;
  /** Without it nothing is compressed, and reading it takes longer. */
  readonly codec?: Codec;
  /** What a snapshot is known by to those that build on it: SHA-256 of its description and of the heads of its sections, which have their checksums. In hex. */
  digest?(bytes: Uint8Array): Promise<string>;
}

/** Where a snapshot goes, in the order of the file. */
export interface SnapshotSink {
  /** The bytes are the writer's again as soon as this returns, or what it returned is resolved. */
  write(bytes: Uint8Array): void | Promise<void>;
}

/** Where one comes from. */
export interface SnapshotSource {
  readonly size: number;
  /** Fills `into` from there on. The whole of it is there. */
  read(at: number, into: Uint8Array): void | Promise<void>;
  /** The same at once, where the host can: without it the whole file is brought into memory. */
  readNow?(at: number, into: Uint8Array): void;
}

/** One that does not keep its reader waiting. */
export interface DirectSource extends SnapshotSource {
  readNow(at: number, into: Uint8Array): void;
}

export const bytesSource = (bytes: Uint8Array): DirectSource => {
  const readNow = (at: number, into: Uint8Array): void => into.set(bytes.subarray(at, at + into.length));
  return { size: bytes.length, read: readNow, readNow };
};

/** @throws VmStateError if there is no room for it in memory */
export async function directSource(source: SnapshotSource): Promise<DirectSource> {
  if (source.readNow) return source as DirectSource;
  const bytes = roomFor(source.size, 'the snapshot');
  for (let at = 0; at < bytes.length; at += MAX_SECTION) await source.read(at, bytes.subarray(at, at + MAX_SECTION));
  return bytesSource(bytes);
}

/** @throws VmStateError if the host gives none */
export function roomFor(size: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new VmStateError(`this host has no ${size} bytes of memory for ${what}`);
  }
}

/** A section before its payload is looked at: all of this has been found to be whole. */
export interface Section {
  readonly kind: SectionKind;
  /** Which device, block of RAM, or disk. */
  readonly index: number;
  /** The first byte of the block, or disk, that it is about. */
  readonly offset: number;
  /** Bytes of the payload as it is used, and as it is in the file, from byte `at` of it on. */
  readonly length: number;
  readonly stored: number;
  readonly at: number;
  readonly isPacked: boolean;
  /** CRC-32 of the payload as it is in the file. */
  readonly sum: number;
}

const damaged = (what: string): never => {
  throw new VmStateError(`the snapshot is damaged: ${what}`);
};

/**
 *     0  'wemusnap'   8  u32 version   12  u32 bytes of the head   16  u32 CRC-32 of the head   20  u32 CRC-32 of 0..19   24  the head
 */
export class SnapshotWriter {
  private sections = 0;
  /** CRC-32 of all heads of sections: none is lost, or in another's place. */
  private chain = 0;
  /** They are packed side by side, and written in order. */
  private last = Promise.resolve();
  bytes = 0;

  constructor(
    private readonly sink: SnapshotSink,
    private readonly checksum: Checksum = crc32,
    private readonly codec?: Codec,
    /** As the reader's. */
    private readonly telling?: (bytes: Uint8Array) => void,
  ) {}

  async begin(head: unknown, version: number): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(head));
    this.telling?.(json);
    const out = new ByteWriter();
    out.bytes(new TextEncoder().encode(MAGIC));
    out.u32(version);
    out.u32(json.length);
    out.u32(this.checksum(json));
    out.u32(crc32(out.finish()));
    out.bytes(json);
    await this.write(out.finish());
  }

  /**
   * The payload must stay as it is until this resolves; others may come before.
   *
   *     0  u8 kind   1  u8 1: deflated   2  u16 0   4  u32 index   8  u32 offset/4096   12  u32 bytes   16  u32 bytes in the file
   *     20  u32 CRC-32 of the payload as it is in the file   24  u32 CRC-32 of 0..23   28  the payload
   */
  section(kind: SectionKind, index: number, offset: number, payload: Uint8Array): Promise<void> {
    const packing = this.codec && kind !== SectionKind.End ? this.codec.deflate(payload) : payload;
    if (packing instanceof Promise) packing.catch(() => {}); // told below, when it is its turn
    return (this.last = this.last.then(async () => this.put(kind, index, offset, payload, await packing)));
  }

  private async put(kind: SectionKind, index: number, offset: number, payload: Uint8Array, packed: Uint8Array): Promise<void> {
    const isPacked = packed.length < payload.length;
    const stored = isPacked ? packed : payload;
    const file = new Uint8Array(SECTION_HEAD + stored.length);
    const view = viewOf(file);
    view.setUint8(0, kind);
    view.setUint8(1, isPacked ? 1 : 0);
    view.setUint32(4, index);
    view.setUint32(8, offset / 4096);
    view.setUint32(12, payload.length);
    view.setUint32(16, stored.length);
    view.setUint32(20, this.checksum(stored));
    view.setUint32(24, crc32(file.subarray(0, 24)));
    file.set(stored, SECTION_HEAD);
    this.telling?.(file.subarray(0, SECTION_HEAD));
    this.chain = crc32(file.subarray(0, SECTION_HEAD), this.chain);
    this.sections++;
    await this.write(file);
  }

  async end(): Promise<void> {
    const out = new ByteWriter();
    out.u32(this.sections);
    out.u32(this.chain);
    await this.section(SectionKind.End, 0, 0, out.finish());
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    await this.sink.write(bytes);
  }
}

/**
 * Reads the head, the heads of the sections one behind the other, and payloads when they are asked for. Whatever is wrong with the file is a VmStateError: of
 * a payload when it is read; nothing of it is given to anybody before its checksum was right.
 */
export class SnapshotReader {
  private at = 0;
  private count = 0;
  private chain = 0;
  private scratch = new Uint8Array(1 << 16);

  constructor(
    private readonly source: DirectSource,
    private readonly checksum: Checksum = crc32,
    private readonly codec?: Codec,
    /** Hears of the bytes that say what the file is: its description, and the heads of its sections. They are good for the moment. */
    private readonly telling?: (bytes: Uint8Array) => void,
  ) {}

  head(): unknown {
    this.at = this.count = this.chain = 0;
    if (this.source.size < PREAMBLE) throw new VmStateError('this is no snapshot of wemu: it is too short');
    const start = this.take(PREAMBLE).slice();
    const view = viewOf(start);
    if (new TextDecoder().decode(start.subarray(0, 8)) !== MAGIC) throw new VmStateError('this is no snapshot of wemu');
    if (view.getUint32(20) !== crc32(start.subarray(0, 20))) damaged('its first bytes');
    const version = view.getUint32(8);
    if (version > FORMAT_VERSION || version === 0) {
      throw new VmStateError(`a snapshot of format ${version} cannot be read (this build reads 1 to ${FORMAT_VERSION})`);
    }
    const length = view.getUint32(12);
    if (length > MAX_HEAD) damaged('its head is too long');
    const json = this.take(length);
    if (view.getUint32(16) !== this.checksum(json)) damaged('its head');
    this.telling?.(json);
    try {
      return JSON.parse(new TextDecoder().decode(json));
    } catch {
      return damaged('its head is no JSON');
    }
  }

  /** The next section; undefined: that was the last. */
  next(): Section | undefined {
    const start = this.at;
    const head = this.take(SECTION_HEAD).slice();
    const view = viewOf(head);
    if (view.getUint32(24) !== crc32(head.subarray(0, 24))) damaged(`the section at byte ${start}`);
    const section: Section = {
      kind: view.getUint8(0) as SectionKind,
      index: view.getUint32(4),
      offset: view.getUint32(8) * 4096,
      length: view.getUint32(12),
      stored: view.getUint32(16),
      at: this.at,
      isPacked: view.getUint8(1) === 1,
      sum: view.getUint32(20),
    };
    const { length, stored, isPacked } = section;
    if (length > MAX_SECTION || stored > length || (!isPacked && stored !== length)) damaged(`the length of the section at byte ${start}`);
    this.telling?.(head);
    this.skip(stored);
    if (section.kind === SectionKind.End) {
      const input = new ByteReader(this.payload(section));
      if (length !== 8 || input.u32() !== this.count || input.u32() !== this.chain) damaged('sections are missing');
      if (this.at !== this.source.size) damaged('there is more behind its end');
      return undefined;
    }
    this.count++;
    this.chain = crc32(head, this.chain);
    return section;
  }

  /** All of them. */
  *sections(): Generator<Section, void> {
    for (let next = this.next(); next; next = this.next()) yield next;
  }

  /** Good until the next call of anything here. */
  payload({ at, stored, length, isPacked, sum }: Section): Uint8Array {
    const bytes = this.read(at, stored);
    if (sum !== this.checksum(bytes)) damaged(`bytes ${at - SECTION_HEAD} to ${at + stored - 1}`);
    return isPacked ? this.inflate(bytes, length) : bytes;
  }

  private inflate(bytes: Uint8Array, size: number): Uint8Array {
    let out: Uint8Array | undefined;
    try {
      out = this.codec ? this.codec.inflate(bytes, size) : inflate(bytes, size);
    } catch {
      // told below
    }
    return out?.length === size ? out : damaged('what is compressed in it');
  }

  private take(count: number): Uint8Array {
    const at = this.at;
    this.skip(count);
    return this.read(at, count);
  }
  private skip(count: number): void {
    if (count > this.source.size - this.at)
      throw new VmStateError(`the snapshot ends at byte ${this.source.size}, ${count} more wanted at ${this.at}`);
    this.at += count;
  }
  private read(at: number, count: number): Uint8Array {
    if (count > this.scratch.length) this.scratch = new Uint8Array(count);
    const into = this.scratch.subarray(0, count);
    this.source.readNow(at, into);
    return into;
  }
}
