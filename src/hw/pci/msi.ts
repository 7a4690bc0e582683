/** Message-signaled interrupts of the first kind: one address, and data whose low bits are the vector. Source: PCI Local Bus Specification 3.0, section 6.8.1. */
import { touches, type ConfigSpace } from './config-space.js';
import { CAPABILITY } from './regs.js';

const CONTROL = 2;
const ENABLE = 0x1;
const WIDE = 0x80;
const MASKABLE = 0x100;
/** Multiple Message Enable, and how many are capable, as powers of two. */
const ENABLED_SHIFT = 4;
const CAPABLE_SHIFT = 1;
const ADDRESS = 4;
const TWO_32 = 0x1_0000_0000;

/** What it needs of its function. */
export interface MessageSender {
  readonly config: ConfigSpace;
  sendMessage(address: number, data: number): void;
}

export interface MsiOptions {
  readonly at?: number;
  /** A power of two, 32 at most. */
  readonly vectors: number;
  readonly wide?: boolean;
  readonly maskable?: boolean;
}

export class Msi {
  private readonly at: number;
  private readonly data: number;
  private readonly size: number;
  private readonly vectors: number;
  private readonly maskable: boolean;

  constructor(
    private readonly sender: MessageSender,
    { at, vectors, wide = false, maskable = false }: MsiOptions,
  ) {
    const { config } = sender;
    this.vectors = vectors;
    this.maskable = maskable;
    this.size = (wide ? 0x0e : 0x0a) + (maskable ? 0x0a : 0);
    this.at = config.addCapability(CAPABILITY.MSI, this.size, at);
    this.data = this.at + (wide ? 0x0c : 0x08);
    const capable = Math.log2(vectors) << CAPABLE_SHIFT;
    const choose = capable === 0 ? 0 : 7 << ENABLED_SHIFT;
    config.define(this.at + CONTROL, 2, capable | (wide ? WIDE : 0) | (maskable ? MASKABLE : 0), ENABLE | choose);
    config.define(this.at + ADDRESS, 4, 0, ~3);
    if (wide) config.define(this.at + ADDRESS + 4, 4, 0, ~0);
    config.define(this.data, 2, 0, 0xffff);
    if (maskable) config.define(this.maskAt, 4, 0, vectors === 32 ? ~0 : 2 ** vectors - 1);
  }

  private get maskAt(): number {
    return this.data + 4;
  }
  private get pendingAt(): number {
    return this.data + 8;
  }
  private get control(): number {
    return this.sender.config.get(this.at + CONTROL, 2);
  }
  get enabled(): boolean {
    return (this.control & ENABLE) !== 0;
  }
  /** Vectors that software lets it use: no more than it is capable of, whatever was written. */
  private get allowed(): number {
    return Math.min(2 ** ((this.control >> ENABLED_SHIFT) & 7), this.vectors);
  }
  private masked(vector: number): boolean {
    return this.maskable && ((this.sender.config.get(this.maskAt, 4) >>> vector) & 1) !== 0;
  }

  /** Sends the vector's message; a masked one is pending until it is no more. */
  notify(vector: number): void {
    const { config } = this.sender;
    if (!this.enabled) return;
    if (this.masked(vector)) return config.setBits(this.pendingAt, 4, 1 << vector, true);
    const { allowed } = this;
    const high = this.control & WIDE ? config.get(this.at + ADDRESS + 4, 4) : 0;
    // Where fewer are allowed, several share a message (6.8.1.6).
    const data = (config.get(this.data, 2) & ~(allowed - 1)) | (vector & (allowed - 1));
    this.sender.sendMessage(high * TWO_32 + config.get(this.at + ADDRESS, 4), data);
  }

  /** Software has written there: what is pending and masked no more leaves. */
  written(at: number, size: number): void {
    if (!this.maskable || !this.enabled || !touches(at, size, this.at, this.size)) return;
    const { config } = this.sender;
    for (let vector = 0; vector < this.vectors; vector++) {
      if (!((config.get(this.pendingAt, 4) >>> vector) & 1) || this.masked(vector)) continue;
      config.setBits(this.pendingAt, 4, 1 << vector, false);
      this.notify(vector);
    }
  }

  reset(): void {
    const { at } = this;
    const { config } = this.sender;
    config.clear(at + CONTROL, 2);
    config.clear(at + ADDRESS, 4);
    if (this.control & WIDE) config.clear(at + ADDRESS + 4, 4);
    config.clear(this.data, 2);
    if (!this.maskable) return;
    config.clear(this.maskAt, 4);
    config.set(this.pendingAt, 4, 0);
  }
}
