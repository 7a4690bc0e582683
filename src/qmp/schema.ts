/**
 * Types of QMP's arguments, answers and events. A row says once what something is: from it come the compiler's type, the check of what a client sends, and
 * what query-qmp-schema tells. Source: QEMU docs/devel/qapi-code-gen.rst (QAPI); the messages are QEMU's.
 */
import { isObject, type Json, type JsonObject } from './json.js';

/** QMP's classes of errors; most are generic. */
export type ErrorClass = 'GenericError' | 'CommandNotFound' | 'DeviceNotActive' | 'DeviceNotFound' | 'KVMMissingCap';

/** A command that is not carried out, and why: the client is told. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
  constructor(
    message: string,
    readonly errorClass: ErrorClass = 'GenericError',
  ) {
    super(message);
  }
}

/** Of query-qmp-schema: a SchemaInfo. */
export type SchemaEntity = JsonObject & { readonly name: string; readonly 'meta-type': string };

export interface QmpType<T> {
  /** In the schema; an array's is made from its elements'. */
  readonly name: string;
  /** Its entity in the schema. */
  readonly entity: SchemaEntity;
  /** What the entity names. */
  readonly parts: readonly QmpType<unknown>[];
  /** @throws QmpError; `where`: of the value in the arguments, as in `filter.name` */
  read(value: Json, where: string): T;
  /** Never there: for the compiler. */
  readonly holds?: T;
}

/** A member that may be left out. */
export interface Optional<T> {
  readonly optional: QmpType<T>;
}
export type Members = Readonly<Record<string, QmpType<never> | QmpType<unknown> | Optional<unknown>>>;

type OptionalKeys<M> = { [K in keyof M]: M[K] extends Optional<unknown> ? K : never }[keyof M];
type Plain<M, K extends keyof M> = M[K] extends QmpType<infer T> ? T : M[K] extends Optional<infer T> ? T : never;
/** What an object with these members is. */
export type Values<M> = { readonly [K in Exclude<keyof M, OptionalKeys<M>>]: Plain<M, K> } & {
  readonly [K in OptionalKeys<M>]?: Plain<M, K>;
};

const wrongType = (where: string, expected: string): QmpError =>
  new QmpError(`Invalid parameter type for '${where}', expected: ${expected}`);

function builtin<T>(name: string, jsonType: string, read: (value: Json, where: string) => T): QmpType<T> {
  return { name, entity: { name, 'meta-type': 'builtin', 'json-type': jsonType }, parts: [], read };
}

export const str = builtin('str', 'string', (value, where) => {
  if (typeof value !== 'string') throw wrongType(where, 'string');
  return value;
});
export const bool = builtin('bool', 'boolean', (value, where) => {
  if (typeof value !== 'boolean') throw wrongType(where, 'boolean');
  return value;
});
export const any = builtin<Json>('any', 'value', (value) => value);
const isInteger = (value: Json): value is number | bigint => typeof value === 'bigint' || Number.isInteger(value);

/** All integers are `int` to clients. */
export const int = builtin('int', 'int', (value, where) => {
  if (!isInteger(value)) throw wrongType(where, 'integer');
  if (!Number.isSafeInteger(Number(value))) throw new QmpError(`Parameter '${where}' expects an integer of 53 bits`);
  return Number(value);
});
/** A negative number is taken as what it is in 64 bits. */
export const uint64 = builtin('int', 'int', (value, where) => {
  if (!isInteger(value)) throw new QmpError(`Parameter '${where}' expects uint64`);
  return BigInt.asUintN(64, BigInt(value));
});

export const optional = <T>(type: QmpType<T>): Optional<T> => ({ optional: type });

export function enumeration<const V extends string>(name: string, values: readonly V[]): QmpType<V> {
  return {
    name,
    entity: { name, 'meta-type': 'enum', members: values.map((value) => ({ name: value })), values },
    parts: [],
    read(value, where) {
      if (typeof value !== 'string') throw wrongType(where, 'string');
      if (!(values as readonly string[]).includes(value))
        throw new QmpError(`Parameter '${where.slice(where.lastIndexOf('.') + 1)}' does not accept value '${value}'`);
      return value as V;
    },
  };
}

export function list<T>(element: QmpType<T>): QmpType<readonly T[]> {
  const name = `[${element.name}]`;
  return {
    name,
    entity: { name, 'meta-type': 'array', 'element-type': element.name },
    parts: [element],
    read(value, where) {
      if (!Array.isArray(value)) throw wrongType(where, 'array');
      return value.map((item: Json, i) => element.read(item, `${where}[${i}]`));
    },
  };
}

/** The type of a member, and whether it may be left out. */
const memberType = (member: Members[string]): { type: QmpType<unknown>; isOptional: boolean } =>
  'optional' in member ? { type: member.optional, isOptional: true } : { type: member as QmpType<unknown>, isOptional: false };

/** `open`: what else is in it is passed on, as it is (device_add). */
export function struct<const M extends Members>(name: string, members: M, { open = false } = {}): QmpType<Values<M>> {
  const rows = Object.entries(members).map(([key, member]) => ({ key, ...memberType(member) }));
  return {
    name,
    entity: {
      name,
      'meta-type': 'object',
      members: rows.map(({ key, type, isOptional }) => ({ name: key, type: type.name, ...(isOptional ? { default: null } : {}) })),
    },
    parts: rows.map(({ type }) => type),
    read(value, where) {
      if (!isObject(value)) throw wrongType(where, 'object');
      const path = (key: string): string => (where === '' ? key : `${where}.${key}`);
      const read: Record<string, unknown> = {};
      for (const { key, type, isOptional } of rows) {
        const given = value[key];
        if (given !== undefined) read[key] = type.read(given, path(key));
        else if (!isOptional) throw new QmpError(`Parameter '${path(key)}' is missing`);
      }
      for (const [key, given] of Object.entries(value)) {
        if (Object.hasOwn(members, key)) continue;
        if (!open) throw new QmpError(`Parameter '${path(key)}' is unexpected`);
        read[key] = given;
      }
      return read as Values<M>;
    },
  };
}

/** What an object is whose member `Tag` says which others it has. */
type Variants<B, Tag extends string, V> = {
  [K in keyof V & string]: Omit<Values<B>, Tag> & { readonly [T in Tag]: K } & Held<V[K]>;
}[keyof V & string];
type Held<T> = T extends QmpType<infer V> ? V : never;

/** An object that has `base`, and what else depends on its member `tag`. */
export function union<
  const B extends Members,
  const Tag extends string,
  const V extends Readonly<Record<string, QmpType<never> | QmpType<unknown>>>,
>(name: string, base: B, tag: Tag, variants: V): QmpType<Variants<B, Tag, V>> {
  const common = struct(name, base);
  const cases = Object.entries(variants as Readonly<Record<string, QmpType<unknown>>>);
  return {
    name,
    entity: { ...common.entity, tag, variants: cases.map(([each, type]) => ({ case: each, type: type.name })) },
    parts: [...common.parts, ...cases.map(([, type]) => type)],
    read(value, where) {
      if (!isObject(value)) throw wrongType(where, 'object');
      const [own, rest] = [true, false].map((isOwn) =>
        Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(base, key) === isOwn)),
      );
      const read = common.read(own, where) as Readonly<Record<string, unknown>>;
      return { ...read, ...(variants[read[tag] as string].read(rest, where) as object) } as Variants<B, Tag, V>;
    },
  };
}

/** A type that has itself in it, by its name. */
export const recursive = <T>(name: string, type: () => QmpType<T>): QmpType<T> => ({
  name,
  get entity() {
    return type().entity;
  },
  get parts() {
    return type().parts;
  },
  read: (value, where) => type().read(value, where),
});

/** Nothing: the answer of most commands. */
export const EMPTY = struct('q_empty', {});

/** The entities of `types`, and of all that they are made of, each once. */
export function entitiesOf(types: readonly QmpType<unknown>[]): SchemaEntity[] {
  const found = new Map<string, SchemaEntity>();
  const visit = (type: QmpType<unknown>): void => {
    if (found.has(type.name)) return;
    found.set(type.name, type.entity);
    type.parts.forEach(visit);
  };
  types.forEach(visit);
  return [...found.values()];
}
