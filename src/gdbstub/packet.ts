/**
 * Packets of gdb's remote protocol: `$data#checksum`, acknowledged by `+` or `-`, and a byte 3 outside of a packet for Ctrl-C. Source: GDB manual,
 * "Remote Serial Protocol: Overview".
 */
import { textOf } from '../util/text.js';

/** Bytes of a packet's data, as they come; a longer packet is skipped. */
export const MAX_PACKET = 0x2_0000;

const DOLLAR = 0x24;
const HASH = 0x23;
const STAR = 0x2a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ESCAPE = 0x7d;
const ESCAPED_XOR = 0x20;
const CTRL_C = 0x03;
/** A run length is this less than its character. */
const RUN_BIAS = 29;

/** What a byte has completed. `bad`: a packet whose checksum is not its data's. */
export type PacketEvent = { readonly kind: 'packet'; readonly data: Uint8Array } | { readonly kind: 'ack' | 'nak' | 'bad' | 'interrupt' };

const ACK: PacketEvent = { kind: 'ack' };
const NAK: PacketEvent = { kind: 'nak' };
const BAD: PacketEvent = { kind: 'bad' };
const INTERRUPT: PacketEvent = { kind: 'interrupt' };

enum State {
  Outside,
  Data,
  Escaped,
  RunLength,
  Checksum1,
  Checksum2,
}

/** Takes a stream apart. */
export class PacketReader {
  private state = State.Outside;
  private readonly buffer = new Uint8Array(MAX_PACKET);
  private length = 0;
  private sum = 0;
  private wanted = 0;

  /** The stream begins anew. */
  reset(): void {
    this.state = State.Outside;
  }

  /** The next byte. */
  take(byte: number): PacketEvent | undefined {
    switch (this.state) {
      case State.Outside:
        return this.outside(byte);
      case State.Checksum1:
        this.wanted = hexDigit(byte) << 4;
        this.state = State.Checksum2;
        return undefined;
      case State.Checksum2:
        this.wanted |= hexDigit(byte);
        this.state = State.Outside;
        return this.wanted === (this.sum & 0xff) ? { kind: 'packet', data: this.buffer.slice(0, this.length) } : BAD;
    }
    if (byte === DOLLAR) return this.begin(); // never part of data: the end of the last one was lost
    if (byte === HASH) {
      this.state = State.Checksum1;
      return undefined;
    }
    this.sum += byte;
    if (this.state === State.Escaped) this.add(byte ^ ESCAPED_XOR, 1);
    else if (this.state === State.RunLength) this.add(this.buffer[this.length - 1], byte - RUN_BIAS);
    else if (byte === ESCAPE) this.state = State.Escaped;
    else if (byte === STAR && this.length > 0) this.state = State.RunLength;
    else this.add(byte, 1);
    return undefined;
  }

  private outside(byte: number): PacketEvent | undefined {
    switch (byte) {
      case DOLLAR:
        return this.begin();
      case PLUS:
        return ACK;
      case MINUS:
        return NAK;
      case CTRL_C:
        return INTERRUPT;
    }
    return undefined;
  }

  private begin(): undefined {
    this.state = State.Data;
    this.length = this.sum = 0;
  }

  private add(byte: number, times: number): void {
    this.state = State.Data;
    if (times < 0 || this.length + times > MAX_PACKET) {
      this.state = State.Outside;
      return;
    }
    this.buffer.fill(byte, this.length, this.length + times);
    this.length += times;
  }
}

/** -1 for what is no hexadecimal digit: no checksum then. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A packet around data; what must not appear in one is escaped. */
export function encodePacket(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * data.length + 4);
  let at = 0;
  let sum = 0;
  const put = (byte: number): void => {
    out[at++] = byte;
    sum += byte;
  };
  out[at++] = DOLLAR;
  for (const byte of data) {
    if (byte === DOLLAR || byte === HASH || byte === STAR || byte === ESCAPE) {
      put(ESCAPE);
      put(byte ^ ESCAPED_XOR);
    } else put(byte);
  }
  out[at++] = HASH;
  const checksum = hex2(sum & 0xff);
  out[at++] = checksum.charCodeAt(0);
  out[at++] = checksum.charCodeAt(1);
  return out.subarray(0, at);
}

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A small number: two digits, or as many as it takes. */
export const hex2 = (value: number): string => value.toString(16).padStart(2, '0');

const DIGITS = bytesOf('0123456789abcdef');

/** Two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  const digits = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    digits[2 * i] = DIGITS[bytes[i] >> 4];
    digits[2 * i + 1] = DIGITS[bytes[i] & 15];
  }
  return textOf(digits);
}

/** Undefined: no such number of pairs of digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (hexDigit(text.charCodeAt(2 * i)) << 4) | hexDigit(text.charCodeAt(2 * i + 1));
  return bytes;
}
