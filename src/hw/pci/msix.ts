/** MSI-X: a message for each vector, in a table behind a BAR. Source: PCI Local Bus Specification 3.0, section 6.8.2. */
import type { MemoryRegionOps } from '../../memory/region.js';
import { viewOf } from '../../util/bytes.js';
import { bool, buffer, vmState } from '../core/vmstate.js';
import { touches } from './config-space.js';
import type { MessageSender } from './msi.js';
import { CAPABILITY } from './regs.js';

const SIZE = 12;
const CONTROL = 2;
const ENABLE = 0x8000;
const MASK_ALL = 0x4000;
const TABLE = 4;
const PENDING = 8;

export const MSIX_ENTRY = 16;
const [DATA, VECTOR_CONTROL] = [8, 12];
const MASKED = 1;
export const MOST_VECTORS = 2048;
const TWO_32 = 0x1_0000_0000;

export interface MsixLayout {
  readonly vectors: number;
  /** Which BAR the table and the pending bits are behind, and where. */
  readonly table: { readonly bar: number; readonly offset: number };
  readonly pending: { readonly bar: number; readonly offset: number };
  readonly at?: number;
}

/** Bytes of the pending bits: whole 64-bit words. */
export const pendingSize = (vectors: number): number => Math.ceil(vectors / 64) * 8;

export class Msix {
  static readonly vmState = vmState<Msix>('msix', { version: 1, postLoad: (msix) => msix.noteEnabled() }, [
    buffer('table'),
    buffer('pending'),
    bool('wasMasked'),
  ]);

  readonly vectors: number;
  readonly table: Uint8Array;
  readonly pending: Uint8Array;
  /** All vectors were masked, or messages off, when software last wrote the control register. */
  wasMasked = true;
  private readonly entries: DataView;
  private readonly at: number;

  constructor(
    private readonly sender: MessageSender,
    { vectors, table, pending, at }: MsixLayout,
  ) {
    this.vectors = vectors;
    this.table = new Uint8Array(vectors * MSIX_ENTRY);
    this.pending = new Uint8Array(pendingSize(vectors));
    this.entries = viewOf(this.table);
    const { config } = sender;
    this.at = config.addCapability(CAPABILITY.MSIX, SIZE, at);
    config.define(this.at + CONTROL, 2, vectors - 1, ENABLE | MASK_ALL);
    config.define(this.at + TABLE, 4, table.offset | table.bar);
    config.define(this.at + PENDING, 4, pending.offset | pending.bar);
    this.reset();
  }

  private get control(): number {
    return this.sender.config.get(this.at + CONTROL, 2);
  }
  get enabled(): boolean {
    return (this.control & ENABLE) !== 0;
  }
  private get allMasked(): boolean {
    return (this.control & (ENABLE | MASK_ALL)) !== ENABLE;
  }
  private masked(vector: number): boolean {
    return this.allMasked || (this.entries.getUint32(vector * MSIX_ENTRY + VECTOR_CONTROL, true) & MASKED) !== 0;
  }

  /** Sends the vector's message; a masked one is pending until it is no more. */
  notify(vector: number): void {
    if (vector >= this.vectors || !this.enabled) return;
    if (this.masked(vector)) return this.setPending(vector, true);
    const entry = vector * MSIX_ENTRY;
    const address = this.entries.getUint32(entry, true) + this.entries.getUint32(entry + 4, true) * TWO_32;
    this.sender.sendMessage(address, this.entries.getUint32(entry + DATA, true));
  }
  /** What has led to a message is over before it could be sent. */
  forget(vector: number): void {
    if (vector < this.vectors) this.setPending(vector, false);
  }

  private isPending(vector: number): boolean {
    return ((this.pending[vector >> 3] >> (vector & 7)) & 1) !== 0;
  }
  private setPending(vector: number, on: boolean): void {
    const bit = 1 << (vector & 7);
    if (on) this.pending[vector >> 3] |= bit;
    else this.pending[vector >> 3] &= ~bit;
  }
  private deliver(vector: number): void {
    if (!this.isPending(vector) || this.masked(vector)) return;
    this.setPending(vector, false);
    this.notify(vector);
  }

  /** Software has written to the configuration space. */
  written(at: number, size: number): void {
    if (!touches(at, size, this.at, SIZE)) return;
    const was = this.wasMasked;
    this.noteEnabled();
    if (was && !this.wasMasked) for (let vector = 0; vector < this.vectors; vector++) this.deliver(vector);
  }
  noteEnabled(): void {
    this.wasMasked = this.allMasked;
  }

  reset(): void {
    this.sender.config.clear(this.at + CONTROL, 2);
    this.wasMasked = true;
    this.table.fill(0);
    this.pending.fill(0);
    for (let vector = 0; vector < this.vectors; vector++) this.table[vector * MSIX_ENTRY + VECTOR_CONTROL] = MASKED;
  }

  /** The table: entries are accessed by words, or two at a time. */
  readonly tableOps: MemoryRegionOps = {
    accessSizes: [4, 8],
    implSizes: [4],
    read: (offset) => this.entries.getUint32(offset, true),
    write: (offset, value) => {
      this.entries.setUint32(offset, value, true);
      this.deliver(Math.floor(offset / MSIX_ENTRY));
    },
  };
  readonly pendingOps: MemoryRegionOps = {
    accessSizes: [4, 8],
    implSizes: [4],
    read: (offset) => viewOf(this.pending).getUint32(offset, true),
    write: () => {},
  };
}
