/**
 * The snapshot file, as docs/snapshot-format.md has it: a head of plain data (JSON), then sections, each with a checksum, and an end that counts them.
 * Nothing here knows what is in them.
 */
import { ByteReader, ByteWriter, viewOf } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { inflate } from '../util/deflate.js';
import { VmStateError } from '../util/errors.js';

const MAGIC = 'wemusnap';
/** A reader refuses a higher one. */
export const FORMAT_VERSION = 1;
const PREAMBLE = 24;
export const SECTION_HEAD = 28;
/** A head may have. */
const MAX_HEAD = 16 << 20;
/** Bytes of a section, at most, as it is in the file and as it is used. */
export const MAX_SECTION = 4 << 20;

export const SectionKind = { Device: 1, Ram: 2, End: 3 } as const;
export type SectionKind = (typeof SectionKind)[keyof typeof SectionKind];

/** What makes sections smaller: `deflate` of RFC 1951. */
export interface Codec {
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** @throws anything if it is none, or gives more than `size` bytes */
  inflate(bytes: Uint8Array, size: number): Uint8Array;
}

export type Checksum = (bytes: Uint8Array) => number;

/** Where a snapshot goes, in the order of the file. */
export interface SnapshotSink {
  /** The bytes are the writer's again as soon as this returns, or what it returned is resolved. */
  write(bytes: Uint8Array): void | Promise<void>;
}

/** Where one comes from. It does not change while it is read. */
export interface SnapshotSource {
  readonly size: number;
  /** Fills `into` from there on. The whole of it is there. */
  read(at: number, into: Uint8Array): void | Promise<void>;
}

export interface Section {
  readonly kind: SectionKind;
  /** Which device, or which block of RAM. */
  readonly index: number;
  /** Of a section of RAM: the first byte of its block that it is about. */
  readonly offset: number;
  /** As it is used: not compressed. */
  readonly payload: Uint8Array;
  /** In the file. */
  readonly stored: number;
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
  ) {}

  async begin(head: unknown): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(head));
    const out = new ByteWriter();
    out.bytes(new TextEncoder().encode(MAGIC));
    out.u32(FORMAT_VERSION);
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

/** Reads the head, and the sections one behind the other. Whatever is wrong with the file is a VmStateError. */
export class SnapshotReader {
  private at = 0;
  private count = 0;
  private chain = 0;
  private scratch = new Uint8Array(1 << 20);

  constructor(
    private readonly source: SnapshotSource,
    private readonly checksum: Checksum = crc32,
    private readonly codec?: Codec,
  ) {}

  async head(): Promise<unknown> {
    this.at = this.count = this.chain = 0;
    if (this.source.size < PREAMBLE) throw new VmStateError('this is no snapshot of wemu: it is too short');
    const start = (await this.take(PREAMBLE)).slice();
    const view = viewOf(start);
    if (new TextDecoder().decode(start.subarray(0, 8)) !== MAGIC) throw new VmStateError('this is no snapshot of wemu');
    if (view.getUint32(20) !== crc32(start.subarray(0, 20))) damaged('its first bytes');
    const version = view.getUint32(8);
    if (version > FORMAT_VERSION || version === 0) {
      throw new VmStateError(`a snapshot of format ${version} cannot be read (this build reads ${FORMAT_VERSION})`);
    }
    const length = view.getUint32(12);
    if (length > MAX_HEAD) damaged('its head is too long');
    const json = await this.take(length);
    if (view.getUint32(16) !== this.checksum(json)) damaged('its head');
    try {
      return JSON.parse(new TextDecoder().decode(json));
    } catch {
      return damaged('its head is no JSON');
    }
  }

  /** The next section; undefined: that was the last. The payload is good until the next call. */
  async next(): Promise<Section | undefined> {
    const start = this.at;
    const head = (await this.take(SECTION_HEAD)).slice();
    const view = viewOf(head);
    if (view.getUint32(24) !== crc32(head.subarray(0, 24))) damaged(`the section at byte ${start}`);
    const kind = view.getUint8(0) as SectionKind;
    const [length, stored] = [view.getUint32(12), view.getUint32(16)];
    const isPacked = view.getUint8(1) === 1;
    if (length > MAX_SECTION || stored > length || (!isPacked && stored !== length)) damaged(`the length of the section at byte ${start}`);
    const bytes = await this.take(stored);
    if (view.getUint32(20) !== this.checksum(bytes)) damaged(`bytes ${start} to ${this.at - 1}`);
    if (kind === SectionKind.End) {
      const input = new ByteReader(bytes);
      if (length !== 8 || input.u32() !== this.count || input.u32() !== this.chain) damaged('sections are missing');
      if (this.at !== this.source.size) damaged('there is more behind its end');
      return undefined;
    }
    this.count++;
    this.chain = crc32(head, this.chain);
    return {
      kind,
      index: view.getUint32(4),
      offset: view.getUint32(8) * 4096,
      payload: isPacked ? this.inflate(bytes, length) : bytes,
      stored,
    };
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

  private async take(count: number): Promise<Uint8Array> {
    if (count > this.source.size - this.at)
      throw new VmStateError(`the snapshot ends at byte ${this.source.size}, ${count} more wanted at ${this.at}`);
    if (count > this.scratch.length) this.scratch = new Uint8Array(count);
    const into = this.scratch.subarray(0, count);
    const at = this.at;
    this.at += count;
    const wait = this.source.read(at, into);
    if (wait) await wait;
    return into;
  }
}
