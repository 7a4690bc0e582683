/** Fields of env, the engine's and a target's, as TypeScript sees them: a table of each is made by scripts/layout.js, and Vcpu.get and set go by it. */
type NarrowType = 'u8' | 'u32' | 'i32';
type WideType = 'u64' | 'i64';
export type EnvType = NarrowType | WideType;

/** What a CPU is, what it does, and what can be made from both: in snapshots the first must agree, the last is not there. */
export type EnvRole = 'configuration' | 'state' | 'derived';

export interface EnvField<T extends EnvType = EnvType> {
  readonly name: string;
  readonly type: T;
  /** Offset in env, and bytes of one element. */
  readonly at: number;
  readonly size: 1 | 4 | 8;
  readonly count: number;
  readonly role: EnvRole;
}

/** What a field of that type holds. */
export type EnvValue<T> = T extends WideType ? bigint : number;

/** Without a role: of the engine's own, which is no snapshot's as it is. */
type Row = readonly [type: EnvType, at: number, count: number, role?: EnvRole];

const SIZES = { u8: 1, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

export function envFields<const R extends Readonly<Record<string, Row>>>(rows: R): { readonly [Name in keyof R]: EnvField<R[Name][0]> } {
  const fields = Object.entries(rows).map(([name, [type, at, count, role = 'derived']]) => [
    name,
    { name, type, at, size: SIZES[type], count, role },
  ]);
  return Object.fromEntries(fields) as { readonly [Name in keyof R]: EnvField<R[Name][0]> };
}

const READERS: { readonly [T in EnvType]: (view: DataView, offset: number) => EnvValue<T> } = {
  u8: (view, offset) => view.getUint8(offset),
  u32: (view, offset) => view.getUint32(offset, true),
  i32: (view, offset) => view.getInt32(offset, true),
  u64: (view, offset) => view.getBigUint64(offset, true),
  i64: (view, offset) => view.getBigInt64(offset, true),
};
const WRITERS: { readonly [T in EnvType]: (view: DataView, offset: number, value: EnvValue<T>) => void } = {
  u8: (view, offset, value) => view.setUint8(offset, value),
  u32: (view, offset, value) => view.setUint32(offset, value, true),
  i32: (view, offset, value) => view.setInt32(offset, value, true),
  u64: (view, offset, value) => view.setBigUint64(offset, value, true),
  i64: (view, offset, value) => view.setBigInt64(offset, value, true),
};

/** A field of the vCPU whose env is there; `view`: the whole linear memory. */
export const readEnv = <T extends EnvType>(view: DataView, env: number, { type, at, size }: EnvField<T>, index = 0): EnvValue<T> =>
  READERS[type](view, env + at + size * index) as EnvValue<T>;

export function writeEnv<T extends EnvType>(
  view: DataView,
  env: number,
  { type, at, size }: EnvField<T>,
  value: EnvValue<T>,
  index = 0,
): void {
  WRITERS[type](view, env + at + size * index, value as never);
}
