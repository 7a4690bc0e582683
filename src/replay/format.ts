/**
 * The log of a recorded run, as docs/replay.md has it: a head of plain data (JSON), then records, each with a checksum that goes on from the one before, so
 * that none can be lost, changed or put elsewhere. Written and read as a stream. Nothing here knows what records mean.
 */
import { viewOf } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { ReplayError } from '../util/errors.js';

const MAGIC = 'wemuplay';
/** Others are refused. */
export const FORMAT_VERSION = 1;
const PREAMBLE = 24;
export const RECORD_HEAD = 16;
const MAX_HEAD = 1 << 20;
/** Bytes of a record's payload. */
const MAX_RECORD = 1 << 20;
/** What is read, or waits to be written, at a time. */
const BUFFER = 1 << 16;

export interface LogSink {
  /** @throws HostError if it cannot be written */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** It may grow no more while it is read. */
export interface LogSource {
  readonly size: number;
  /** Fills `into` from there on; all of it is there. */
  read(at: number, into: Uint8Array): void;
  close(): void;
}

export interface LogRecord {
  readonly kind: number;
  readonly payload: Uint8Array;
}

const text = new TextEncoder();

/** CRC-32 of `bytes`, as a record's head has it, after the CRC of the head before. */
const chained = (bytes: Uint8Array, before: number): number => crc32(bytes, before);

export class LogWriter {
  private buffer = new Uint8Array(BUFFER);
  private used = 0;
  private chain = 0;

  constructor(
    private readonly sink: LogSink,
    head: unknown,
  ) {
    const json = text.encode(JSON.stringify(head));
    const bytes = new Uint8Array(PREAMBLE + json.length);
    const view = viewOf(bytes);
    bytes.set(text.encode(MAGIC));
    view.setUint32(8, FORMAT_VERSION);
    view.setUint32(12, json.length);
    view.setUint32(16, crc32(json));
    view.setUint32(20, crc32(bytes.subarray(0, 20)));
    bytes.set(json, PREAMBLE);
    this.chain = view.getUint32(20);
    this.put(bytes);
  }

  /** 0 u8 kind   1 u24 0   4 u32 bytes of the payload   8 u32 CRC-32 of it   12 u32 CRC-32 of 0..11, after that of the record before   16 the payload */
  record(kind: number, payload: Uint8Array): void {
    const head = new Uint8Array(RECORD_HEAD);
    const view = viewOf(head);
    view.setUint8(0, kind);
    view.setUint32(4, payload.length);
    view.setUint32(8, crc32(payload));
    this.chain = chained(head.subarray(0, 12), this.chain);
    view.setUint32(12, this.chain);
    this.put(head);
    this.put(payload);
  }

  /** Hands over what was kept back. */
  flush(): void {
    if (this.used === 0) return;
    const bytes = this.buffer.subarray(0, this.used);
    this.used = 0;
    this.sink.write(bytes);
  }
  close(): void {
    try {
      this.flush();
    } finally {
      this.sink.close();
    }
  }

  private put(bytes: Uint8Array): void {
    if (this.used + bytes.length > BUFFER) this.flush();
    if (bytes.length > BUFFER) return this.sink.write(bytes);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }
}

/** A place in the log, to which its reader can go back. */
export interface LogPosition {
  readonly at: number;
  readonly chain: number;
}

const damaged = (what: string): never => {
  throw new ReplayError(`the log is damaged: ${what}`);
};

export class LogReader {
  readonly head: unknown;
  /** The recording was cut short in the middle of a record: that one is left out. */
  isCut = false;
  private at: number;
  private chain: number;
  private buffer = new Uint8Array(0);
  private bufferAt = 0;

  /** @throws ReplayError if it is none */
  constructor(private readonly source: LogSource) {
    if (source.size < PREAMBLE) throw new ReplayError('this is no log of wemu: it is too short');
    const start = this.bytes(0, PREAMBLE).slice();
    const view = viewOf(start);
    if (new TextDecoder().decode(start.subarray(0, 8)) !== MAGIC) throw new ReplayError('this is no log of wemu');
    if (view.getUint32(20) !== crc32(start.subarray(0, 20))) damaged('its first bytes');
    const version = view.getUint32(8);
    if (version !== FORMAT_VERSION) throw new ReplayError(`a log of format ${version} cannot be read (this build reads ${FORMAT_VERSION})`);
    const length = view.getUint32(12);
    if (length > MAX_HEAD) damaged('its head is too long');
    if (PREAMBLE + length > source.size) throw new ReplayError('the log ends in its head: nothing was recorded');
    const json = this.bytes(PREAMBLE, length);
    if (view.getUint32(16) !== crc32(json)) damaged('its head');
    try {
      this.head = JSON.parse(new TextDecoder().decode(json));
    } catch {
      damaged('its head is no JSON');
    }
    this.at = PREAMBLE + length;
    this.chain = view.getUint32(20);
  }

  /** Undefined: there is no more. The payload is good until the next call. @throws ReplayError if it is damaged */
  next(): LogRecord | undefined {
    const { at } = this;
    const left = this.source.size - at;
    if (left < RECORD_HEAD) {
      this.isCut = left > 0;
      return undefined;
    }
    const head = this.bytes(at, RECORD_HEAD);
    const view = viewOf(head);
    const chain = chained(head.subarray(0, 12), this.chain);
    const [length, sum] = [view.getUint32(4), view.getUint32(8)];
    const kind = view.getUint8(0);
    if (view.getUint32(12) !== chain || length > MAX_RECORD) damaged(`the record at byte ${at}`);
    if (RECORD_HEAD + length > left) {
      this.isCut = true;
      return undefined;
    }
    const payload = this.bytes(at + RECORD_HEAD, length);
    if (sum !== crc32(payload)) damaged(`bytes ${at + RECORD_HEAD} to ${at + RECORD_HEAD + length - 1}`);
    this.at = at + RECORD_HEAD + length;
    this.chain = chain;
    return { kind, payload };
  }

  get position(): LogPosition {
    return { at: this.at, chain: this.chain };
  }
  set position({ at, chain }: LogPosition) {
    this.at = at;
    this.chain = chain;
  }

  close(): void {
    this.source.close();
  }

  private bytes(at: number, count: number): Uint8Array {
    const from = at - this.bufferAt;
    if (from >= 0 && from + count <= this.buffer.length) return this.buffer.subarray(from, from + count);
    const size = Math.min(Math.max(count, BUFFER), this.source.size - at);
    this.buffer = new Uint8Array(size);
    this.bufferAt = at;
    this.source.read(at, this.buffer);
    return this.buffer.subarray(0, count);
  }
}
