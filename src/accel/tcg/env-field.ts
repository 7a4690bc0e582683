/** Fields of a target's part of env, as TypeScript sees them: a table of them is made by scripts/layout.js, and Vcpu.get and set go by it. */
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

type Row = readonly [type: EnvType, at: number, count: number, role: EnvRole];

const SIZES = { u8: 1, u32: 4, i32: 4, u64: 8, i64: 8 } as const;

export function envFields<const R extends Readonly<Record<string, Row>>>(rows: R): { readonly [Name in keyof R]: EnvField<R[Name][0]> } {
  const fields = Object.entries(rows).map(([name, [type, at, count, role]]) => [name, { name, type, at, size: SIZES[type], count, role }]);
  return Object.fromEntries(fields) as { readonly [Name in keyof R]: EnvField<R[Name][0]> };
}
