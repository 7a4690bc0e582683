/** What a snapshot says of its fields, and how their bytes become values, for whoever has no device of the kind: `wemu snapshot info` and `diff`. */
import type { FieldSchema, StateSchema } from '../hw/core/vmstate.js';
import { ByteReader } from '../util/bytes.js';
import { VmStateError } from '../util/errors.js';

/** Deeper than any table of ours nests: what says more is no schema. */
const MOST_LEVELS = 16;

/** Whether something is the schema of a state, as a snapshot's head has it. */
export function isSchema(value: unknown, levels = MOST_LEVELS): value is StateSchema {
  if (typeof value !== 'object' || value === null || levels === 0) return false;
  const { name, version, fields, subsections } = value as Partial<StateSchema>;
  const all = (list: unknown, is: (each: unknown) => boolean): boolean => Array.isArray(list) && list.every(is);
  return (
    typeof name === 'string' &&
    typeof version === 'number' &&
    all(fields, (field) => isField(field, levels - 1)) &&
    (subsections === undefined || all(subsections, (sub) => isSchema(sub, levels - 1)))
  );
}

function isField(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || levels === 0) return false;
  const { name, type, of, states } = value as Partial<FieldSchema>;
  if (typeof name !== 'string' || typeof type !== 'string') return false;
  if (type === 'array') return isField(of, levels - 1);
  if (type !== 'struct' && type !== 'structs') return true;
  return Array.isArray(states) && (type === 'structs' || states.length === 1) && states.every((state) => isSchema(state, levels - 1));
}

/** A field's value by its path: `serial.ier`, `queues[0].desc`. */
export type FieldValues = Map<string, string>;

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const hexBytes = (bytes: Uint8Array): string => {
  const text = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > 32 ? `${text}... (${bytes.length} bytes)` : `${text || '-'}`;
};

/** All fields of a section. @throws VmStateError if the bytes are not what the schema says */
export function fieldValues(schema: StateSchema, bytes: Uint8Array): FieldValues {
  const values: FieldValues = new Map();
  const input = new ByteReader(bytes);
  readState(schema, input, '', values);
  if (input.remaining > 0) throw new VmStateError(`${schema.name}: ${input.remaining} bytes too many`);
  return values;
}

function lengthOf(input: ByteReader): number {
  const length = input.u32();
  if (length > input.remaining) throw new VmStateError(`${length} elements in ${input.remaining} bytes`);
  return length;
}

function readState(schema: StateSchema, input: ByteReader, prefix: string, values: FieldValues): void {
  for (const field of schema.fields) readField(field, `${prefix}${field.name}`, input, values);
  readSubsections(schema, input, prefix, values);
}

/** What comes behind the fields. @throws VmStateError */
export function readSubsections(schema: StateSchema, input: ByteReader, prefix: string, values: FieldValues): void {
  if (!schema.subsections) return;
  for (const sub of schema.subsections) {
    input.u8();
    input.text();
    input.u32();
    readState(sub, input, `${prefix}${sub.name}.`, values);
  }
  input.u8();
}

/** @throws VmStateError */
export function readField(field: FieldSchema, path: string, input: ByteReader, values: FieldValues): void {
  switch (field.type) {
    case 'u8':
      return void values.set(path, hex(input.u8()));
    case 'u16':
      return void values.set(path, hex(input.u16()));
    case 'u32':
      return void values.set(path, hex(input.u32()));
    case 'i32':
      return void values.set(path, String(input.u32() | 0));
    case 'u64':
      return void values.set(path, hex(input.u64()));
    case 'f64':
      return void values.set(path, String(input.f64()));
    case 'bool':
      return void values.set(path, String(input.u8() !== 0));
    case 'timer': {
      const expire = BigInt.asIntN(64, input.u64());
      return void values.set(path, expire < 0n ? 'off' : `${expire} ns`);
    }
    case 'buffer':
    case 'fifo':
      return void values.set(path, hexBytes(input.bytes(input.u32())));
    case 'array': {
      const length = lengthOf(input);
      for (let i = 0; i < length; i++) readField(field.of!, `${path}[${i}]`, input, values);
      return;
    }
    case 'struct':
      input.u32();
      return readState(field.states![0], input, `${path}.`, values);
    case 'structs': {
      const length = lengthOf(input);
      input.u32();
      for (let i = 0; i < length; i++) readState(field.states![i] ?? field.states![0], input, `${path}[${i}].`, values);
      return;
    }
    default:
      throw new VmStateError(`a field of the unknown type '${String(field.type)}'`);
  }
}
