/**
 * A device's registers as a table of rows. A row gives reads, writes, the value after a reset, complaints about what the hardware does not define
 * (`-d guest_errors`) and trace points (`-d trace:NAME_read`, `NAME_write`); its hooks say what is special about it.
 *
 *     static readonly registers = registerMap<Foo>('foo', [
 *       ro(0x00, 'ID', { read: () => 0x1234_5678 }),
 *       rw(0x04, 'CONTROL', { field: 'control', fields: { ENABLE: 0x1, MODE: 0x6 }, written: (s) => s.update() }),
 *       wo(0x08, 'START', { write: (s, value) => s.start(value) }),
 *     ]);
 *
 * Who makes a map gives it a device with `DeviceState.registerRegion`. Rows may share an offset: the first that is there (`when`) and can be read, or
 * written, answers.
 */
import type { AccessSize, MemoryRegionOps } from '../../memory/region.js';
import { BusError } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import { traceEventName } from '../../util/trace.js';

const U32 = 0xffff_ffffn;
/** Registers of arrays that are found at once when they are accessed again. */
const MOST_KNOWN = 1 << 14;

/** Public fields of D that hold a Value. */
type FieldOf<D, Value> = { [Name in keyof D & string]: D[Name] extends Value ? Name : never }[keyof D & string];

/** Like registers in a row, outermost first: how many, and the bytes from one to the next. */
export type Dimensions = readonly (readonly [count: number, stride: number])[];

interface Options<D, Value> {
  /** It is not there otherwise. */
  readonly when?: (device: D) => boolean;
  /** Asked once, when the device is realized. */
  readonly array?: (device: D) => Dimensions;
  /** In place of a field's value. `index`: of a register in an array; `size`: bytes of the access. */
  readonly read?: (device: D, index: number, size: number) => Value;
  /** `read` does something: a debugger sees the field instead, if there is one. */
  readonly readEffects?: boolean;
  readonly write?: (device: D, value: Value, index: number, size: number) => void;
}

/** A register of up to 32 bits. */
export interface NarrowOptions<D> extends Options<D, number> {
  /** Where its value is kept; without a field it needs hooks. */
  readonly field?: FieldOf<D, number | boolean>;
  /** The field's value after a reset; default 0. */
  readonly reset?: number;
  /** Masks of its parts. If there are some, other bits cannot be written into `field`. */
  readonly fields?: Readonly<Record<string, number>>;
  /** After a write into `field`. */
  readonly written?: (device: D, old: number) => void;
}

/** A register of 64 bits, whose halves can be accessed alone. */
export interface WideOptions<D> extends Options<D, bigint> {
  /** It has no halves: it is as wide as each access, and its hooks know how wide that is. */
  readonly anyWidth?: boolean;
  /** Default: all of it is written, with the other half as it reads. */
  readonly writeHalf?: (device: D, value: bigint, high: boolean, index: number) => void;
}

type Direction = 'read' | 'write';

interface Row<D> {
  /** Offset in the region, bytes; from the device's properties if it moves. */
  readonly at: number | ((device: D) => number);
  readonly name: string;
  readonly access: 'rw' | 'ro' | 'wo';
}
interface NarrowRow<D> extends Row<D>, NarrowOptions<D> {
  readonly wide: false;
  /** Bits that can be written into `field`. */
  readonly writable: number;
}
interface WideRow<D> extends Row<D>, WideOptions<D> {
  readonly wide: true;
}
export type RegisterRow<D> = NarrowRow<D> | WideRow<D>;

type At<D> = Row<D>['at'];
type Narrow = <D>(at: At<D>, name: string, options: NarrowOptions<D>) => RegisterRow<D>;
type Wide = <D>(at: At<D>, name: string, options: WideOptions<D>) => RegisterRow<D>;

const allOf = (fields: NarrowOptions<unknown>['fields']): number =>
  fields ? Object.values(fields).reduce((all, mask) => all | mask, 0) : ~0;
const narrow =
  (access: Row<never>['access']): Narrow =>
  (at, name, options) => ({ at, name, access, wide: false, writable: allOf(options.fields), ...options });
const wide =
  (access: Row<never>['access']): Wide =>
  (at, name, options) => ({ at, name, access, wide: true, ...options });

export const rw = narrow('rw');
export const ro = narrow('ro');
export const wo = narrow('wo');
export const rw64 = wide('rw');

export interface RegisterMap<D> {
  /** Of its trace points: `goldfish_rtc`. */
  readonly name: string;
  readonly rows: readonly RegisterRow<D>[];
  readonly events: Readonly<Record<Direction, string>>;
}

const traceEvent = (name: string, direction: Direction): string => traceEventName(`${name}_${direction}`);

/** @throws Error if nothing says how a register that can be read is read, or one that can be written is written */
export function registerMap<D>(name: string, rows: readonly RegisterRow<D>[]): RegisterMap<D> {
  for (const row of rows) {
    const kept = !row.wide && row.field !== undefined;
    if (row.access !== 'wo' && !kept && !row.read) throw new Error(`${name}: ${row.name} has neither a field nor 'read'`);
    if (row.access !== 'ro' && !kept && !row.write) throw new Error(`${name}: ${row.name} has neither a field nor 'write'`);
  }
  return { name, rows, events: { read: traceEvent(name, 'read'), write: traceEvent(name, 'write') } };
}

/** How a guest reaches the registers. */
export interface RegisterAccess {
  /** Sizes that it may use; default: 4, and 8 where there are registers of 64 bits. */
  readonly accessSizes?: readonly AccessSize[];
  readonly implSizes?: readonly AccessSize[];
  readonly endianness?: 'little' | 'big';
  /** What the rows do not define is a bus error; default: a complaint, and zero. */
  readonly strict?: boolean;
}

/** A register, as a debugger shows it. */
export interface RegisterView {
  readonly name: string;
  /** In its region, bytes. */
  readonly offset: number;
  readonly bits: 32 | 64;
  readonly access: 'rw' | 'ro' | 'wo';
  /** Undefined: nobody can read it, or not without doing something. */
  readonly value?: bigint;
  /** Its parts. */
  readonly fields: readonly { readonly name: string; readonly value: number }[];
}

/** Registers of an array that are shown. */
const MOST_SHOWN = 64;

/** Which register, and which half of it, is at an offset. */
interface Found<D> {
  readonly row: RegisterRow<D>;
  /** In its array; 0 of one that stands alone. */
  readonly index: number;
  readonly high: boolean;
}

/** A row of registers at its place. */
interface ArrayOf<D> {
  readonly row: RegisterRow<D>;
  readonly at: number;
  readonly dimensions: Dimensions;
}

/** A map of one device. */
export class Registers<D> {
  /** By offset: what stands alone, and of arrays what was accessed once. */
  private readonly known = new Map<number, Found<D>[]>();
  private readonly arrays: ArrayOf<D>[] = [];
  private strict = false;

  get name(): string {
    return this.map.name;
  }

  constructor(
    private readonly map: RegisterMap<D>,
    private readonly device: D,
    private readonly log: Log,
    /** Hears what the guest did wrong. */
    private readonly guestError: (text: string) => void,
  ) {
    for (const row of map.rows) {
      const at = typeof row.at === 'number' ? row.at : row.at(device);
      if (row.array) {
        this.arrays.push({ row, at, dimensions: row.array(device) });
        continue;
      }
      this.place(at, { row, index: 0, high: false });
      if (row.wide && !row.anyWidth) this.place(at + 4, { row, index: 0, high: true });
    }
    for (const [offset, [{ row }]] of this.known) this.refuseTwin(offset, row, this.arraysAt(offset));
  }

  private place(offset: number, found: Found<D>): void {
    const { row } = found;
    const there = this.known.get(offset) ?? [];
    this.refuseTwin(offset, row, there);
    this.known.set(offset, [...there, found]);
  }
  private refuseTwin(offset: number, row: RegisterRow<D>, there: readonly Found<D>[]): void {
    const twin = there.find((other) => !other.row.when && !row.when && (other.row.access === row.access || row.access === 'rw'));
    if (twin) throw new Error(`${this.map.name}: ${row.name} is where ${twin.row.name} is, at 0x${offset.toString(16)}`);
  }

  /** @throws Error if a register that is always there begins beyond `size` bytes: nobody would reach it */
  mustFit(size: number): void {
    for (const row of this.map.rows) {
      const at = typeof row.at === 'number' ? row.at : row.at(this.device);
      const last = (row.array?.(this.device) ?? []).reduce((offset, [count, stride]) => offset + (count - 1) * stride, at);
      if (!row.when && last >= size)
        throw new Error(`${this.map.name}: ${row.name}, at 0x${last.toString(16)}, is beyond its region of 0x${size.toString(16)} bytes`);
    }
  }

  /** All of them, without doing anything to the device. */
  view(): RegisterView[] {
    const { map, device } = this;
    const shown = map.rows.filter((row) => !row.when || row.when(device));
    return shown.flatMap((row) => {
      const at = typeof row.at === 'number' ? row.at : row.at(device);
      if (!row.array) return [this.viewOf(row, 0, at, row.name)];
      const places = placesOf(row.array(device), MOST_SHOWN);
      return places.map((place, index) => this.viewOf(row, index, at + place, `${row.name}[${index}]`));
    });
  }

  private viewOf(row: RegisterRow<D>, index: number, offset: number, name: string): RegisterView {
    const common = { name, offset, bits: row.wide ? 64 : 32, access: row.access } as const;
    const isKept = !row.wide && row.field !== undefined;
    if (row.access === 'wo' || (row.readEffects && !isKept)) return { ...common, fields: [] };
    if (row.wide) return { ...common, value: this.getWide(row, index), fields: [] };
    const value = (row.readEffects ? Number(this.device[row.field!]) : this.get(row, index, 4)) >>> 0;
    const fields = Object.entries(row.fields ?? {}).map(([field, mask]) => ({ name: field, value: fieldOf(value, mask) }));
    return { ...common, value: BigInt(value), fields };
  }

  /** Handlers for a memory region. */
  ops({ strict = false, ...access }: RegisterAccess = {}): MemoryRegionOps {
    this.strict = strict;
    const wide = this.map.rows.some((row) => row.wide);
    const usual = wide ? ([4, 8] as const) : ([4] as const);
    return {
      accessSizes: usual,
      implSizes: usual,
      ...access,
      read: (offset, size) => this.read(offset, size),
      write: (offset, value, size) => this.write(offset, value, size),
      ...(wide && { read64: (offset) => this.read64(offset), write64: (offset, value) => this.write64(offset, value) }),
    };
  }

  /** Puts the fields of all rows to their values after a reset. */
  reset(): void {
    for (const row of this.map.rows) if (!row.wide && row.field !== undefined) this.put(row, row.reset ?? 0);
  }

  read(offset: number, size: number): number {
    const found = this.find(offset, size, 'read');
    if (!found) return 0;
    const { row, index, high } = found;
    const value = row.wide ? this.getPart(row, index, high, size) : this.get(row, index, size);
    if (this.log.traces) this.trace('read', row, offset, BigInt(value >>> 0), size);
    return value;
  }

  write(offset: number, value: number, size: number): void {
    const found = this.find(offset, size, 'write', value);
    if (!found) return;
    const { row, index, high } = found;
    if (this.log.traces) this.trace('write', row, offset, BigInt(value >>> 0), size);
    if (row.wide && row.anyWidth) row.write?.(this.device, BigInt(value >>> 0), index, size);
    else if (row.wide) this.writeHalf(row, BigInt(value >>> 0), high, index);
    else if (row.write) row.write(this.device, value, index, size);
    else this.store(row, value);
  }

  /** Of a map with registers of 64 bits. */
  private read64(offset: number): bigint {
    const found = this.find(offset, 8, 'read');
    if (!found) return 0n;
    const { row, index } = found;
    if (!row.wide) return BigInt(this.read(offset, 4)) | (BigInt(this.read(offset + 4, 4)) << 32n);
    const value = this.getWide(row, index, 8);
    if (this.log.traces) this.trace('read', row, offset, value, 8);
    return value;
  }

  private write64(offset: number, value: bigint): void {
    const found = this.find(offset, 8, 'write', value);
    if (!found) return;
    const { row, index } = found;
    if (row.wide) {
      if (this.log.traces) this.trace('write', row, offset, value, 8);
      row.write?.(this.device, value, index, 8);
    } else {
      this.write(offset, Number(value & U32), 4);
      this.write(offset + 4, Number(value >> 32n), 4);
    }
  }

  /** Who answers at `offset`; undefined, and the guest's error, if nobody does. */
  private find(offset: number, size: number, direction: Direction, value?: number | bigint): Found<D> | undefined {
    let deaf: Found<D> | undefined;
    const candidates = this.known.get(offset) ?? this.inArrays(offset);
    for (let i = 0; i < candidates.length; i++) {
      const found = candidates[i];
      const { row, high } = found;
      if ((high && size === 8) || (row.when && !row.when(this.device))) continue;
      if (row.access !== (direction === 'read' ? 'wo' : 'ro')) return found;
      deaf = found;
    }
    const why = deaf ? `${deaf.row.name} is ${direction === 'read' ? 'write-only' : 'read-only'}` : 'no register';
    const what = `${direction}${value === undefined ? '' : ` of 0x${value.toString(16)}`} at 0x${offset.toString(16)}: ${why}`;
    if (this.strict) throw new BusError(what);
    this.guestError(what);
    return undefined;
  }

  private inArrays(offset: number): Found<D>[] {
    const all = this.arraysAt(offset);
    if (all.length > 0 && this.known.size < MOST_KNOWN) this.known.set(offset, all);
    return all;
  }
  private arraysAt(offset: number): Found<D>[] {
    const all: Found<D>[] = [];
    for (const { row, at, dimensions } of this.arrays) {
      let rest = offset - at;
      let index = 0;
      for (const [count, stride] of dimensions) {
        const n = Math.floor(rest / stride);
        index = n >= 0 && n < count ? index * count + n : NaN;
        rest -= n * stride;
      }
      const high = row.wide && !row.anyWidth && rest === 4;
      if (!Number.isNaN(index) && (rest === 0 || high)) all.push({ row, index, high });
    }
    return all;
  }

  private get(row: NarrowRow<D>, index: number, size: number): number {
    if (row.read) return row.read(this.device, index, size);
    return row.field === undefined ? 0 : Number(this.device[row.field]);
  }
  private getWide(row: WideRow<D>, index: number, size = 8): bigint {
    return row.read?.(this.device, index, size) ?? 0n;
  }
  private getPart(row: WideRow<D>, index: number, high: boolean, size: number): number {
    return row.anyWidth ? Number(this.getWide(row, index, size)) : half(this.getWide(row, index), high);
  }

  private store(row: NarrowRow<D>, value: number): void {
    if (row.field === undefined) return;
    const old = Number(this.device[row.field]);
    this.put(row, value & row.writable);
    row.written?.(this.device, old);
  }
  private put(row: NarrowRow<D>, value: number): void {
    const slots = this.device as Record<string, number | boolean>;
    slots[row.field!] = typeof slots[row.field!] === 'boolean' ? value !== 0 : value >>> 0;
  }

  private writeHalf(row: WideRow<D>, value: bigint, high: boolean, index: number): void {
    if (row.writeHalf) return row.writeHalf(this.device, value, high, index);
    const old = this.getWide(row, index);
    row.write?.(this.device, high ? (value << 32n) | (old & U32) : (old & ~U32) | value, index, 8);
  }

  private trace(direction: Direction, row: RegisterRow<D>, offset: number, value: bigint, size: number): void {
    const event = this.map.events[direction];
    if (!this.log.isTraced(event)) return;
    const parts = Object.entries(row.wide ? {} : (row.fields ?? {})).map(([name, mask]) => ` ${name}=${fieldOf(Number(value), mask)}`);
    this.log.write(`${event} 0x${offset.toString(16)} ${row.name} = 0x${value.toString(16)}, size ${size}${parts.join('')}\n`);
  }
}

/** Offsets of the registers of an array, in their order. */
const placesOf = (dimensions: Dimensions, most: number): number[] =>
  dimensions
    .reduce<number[]>(
      (places, [count, stride]) => places.flatMap((place) => Array.from({ length: Math.min(count, most) }, (_, n) => place + n * stride)),
      [0],
    )
    .slice(0, most);

const half = (value: bigint, high: boolean): number => Number(high ? (value >> 32n) & U32 : value & U32);

/** The part of `value` under `mask`, as a number of its own. */
const fieldOf = (value: number, mask: number): number => (value & mask) >>> (31 - Math.clz32(mask & -mask));
