/**
 * The hart's part of the env as fields of snapshots: one for each field of its table (env.ts) that is not derived. So what a new register needs to be in
 * snapshots is its row there. In a snapshot of a build that did not have it, it is 0.
 */
import type { EnvField } from '../../accel/tcg/env-field.js';
import type { Vcpu } from '../../accel/tcg/vcpu.js';
import type { VmField, VmState } from '../../hw/core/vmstate.js';
import { vmState } from '../../hw/core/vmstate.js';
import type { ByteReader, ByteWriter } from '../../util/bytes.js';
import { VmStateError } from '../../util/errors.js';
import { HART } from './env.js';

/** Of registers by which the engine chooses among its own tables. */
const LEGAL = new Map<EnvField, (value: bigint) => boolean>([
  [HART.priv, (value) => value === 0n || value === 1n || value === 3n],
  [HART.frm, (value) => value < 8n],
]);

/** In the order of the env. */
export const HART_FIELDS: readonly EnvField[] = Object.values(HART).filter(({ role }) => role !== 'derived');

/** As unsigned numbers, big-endian. */
const WIRE = {
  1: { type: 'u8', read: (input: ByteReader) => BigInt(input.u8()), write: (out: ByteWriter, value: bigint) => out.u8(Number(value)) },
  4: { type: 'u32', read: (input: ByteReader) => BigInt(input.u32()), write: (out: ByteWriter, value: bigint) => out.u32(Number(value)) },
  8: { type: 'u64', read: (input: ByteReader) => input.u64(), write: (out: ByteWriter, value: bigint) => out.u64(value) },
} as const;

function hartField(field: EnvField): VmField<string, never> {
  const { name, size, count, role } = field;
  const legal = LEGAL.get(field);
  const check = (vcpu: Vcpu, theirs: bigint, index: number): void => {
    const own = BigInt.asUintN(8 * size, BigInt(vcpu.get(field, index)));
    if (role === 'configuration' && theirs !== own)
      throw new VmStateError(`the CPU is another one: its '${name}' is 0x${theirs.toString(16)}, here 0x${own.toString(16)}`);
    if (legal && !legal(theirs)) throw new VmStateError(`field '${name}': 0x${theirs.toString(16)}`);
  };
  const { type, read, write } = WIRE[size];
  return {
    name,
    save(holder, out) {
      const vcpu = holder as unknown as Vcpu;
      if (count > 1) out.u32(count);
      for (let n = 0; n < count; n++) write(out, BigInt.asUintN(8 * size, BigInt(vcpu.get(field, n))));
    },
    load(holder, input) {
      const vcpu = holder as unknown as Vcpu;
      if (count > 1) input.u32();
      for (let n = 0; n < count; n++) {
        // (a machine that is reset thousands of times a second has no time for bigints)
        const at = field.at + size * n;
        if (size === 8) {
          vcpu.write32(at + 4, input.u32());
          vcpu.write32(at, input.u32());
        } else if (size === 4) vcpu.write32(at, input.u32());
        else vcpu.set(field, input.u8(), n);
      }
    },
    check(holder, input) {
      const found = count > 1 ? input.u32() : 1;
      if (found !== count) throw new VmStateError(`field '${name}': ${found} elements do not fit ${count}`);
      for (let n = 0; n < count; n++) check(holder as unknown as Vcpu, read(input), n);
      return undefined;
    },
    schema: () => (count === 1 ? { name, type } : { name, type: 'array', of: { name: '', type } }),
  };
}

export const HART_STATE: VmState<Vcpu> = vmState<Vcpu>('hart', { version: 2, byName: true }, HART_FIELDS.map(hartField) as never);
