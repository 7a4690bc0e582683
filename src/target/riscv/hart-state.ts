/**
 * The hart's part of the env as fields of snapshots: one for each name in shared/riscv.ts below RV_END, as long as the room up to the next. So what a new
 * register needs to be in snapshots is its name there. What it would be in a snapshot of a build that did not have it nobody knows, so such are refused.
 */
import { ENV_TARGET_BASE } from '../../../assembly/shared/layout.js';
import * as X from '../../../assembly/target/riscv/shared/riscv.js';
import type { Vcpu } from '../../accel/tcg/vcpu.js';
import type { FieldSchema, VmField, VmState } from '../../hw/core/vmstate.js';
import { vmState } from '../../hw/core/vmstate.js';
import { crc32 } from '../../util/crc32.js';
import { VmStateError } from '../../util/errors.js';

/** How the hart was made: it must be the same in the machine that a snapshot is loaded into. */
const CONFIGURATION = new Set([
  'RV_XLEN', 'RV_EXT', 'RV_MAX_SATP_MODE', 'RV_MHARTID', 'RV_MVENDORID', 'RV_MARCHID', 'RV_MIMPID', 'RV_PRIV_VERSION', 'RV_PMP_COUNT', 'RV_RESET_VEC',
  'RV_SEMIHOSTING',
]); // prettier-ignore
/** Made from others when a snapshot has been loaded. */
const DERIVED = new Set(['RV_STATUS_WRITABLE', 'RV_PMP_FIRST', 'RV_PMP_LAST']);

/** Of registers by which the engine chooses among its own tables. */
const LEGAL: Readonly<Record<string, (value: bigint) => boolean>> = {
  RV_PRIV: (value) => value === 0n || value === 1n || value === 3n,
  RV_FRM: (value) => value < 8n,
};

export interface HartField {
  /** `mstatus`, `x`, ... */
  readonly name: string;
  /** Offset in the env, and length, bytes. */
  readonly at: number;
  readonly size: number;
  readonly isConfiguration: boolean;
}

/** In the order of the env. */
export const HART_FIELDS: readonly HartField[] = layOut();

function layOut(): HartField[] {
  const places = Object.entries(X)
    .filter(([name, at]) => name.startsWith('RV_') && at >= ENV_TARGET_BASE && at < X.RV_END)
    .sort(([, a], [, b]) => a - b);
  return places.flatMap(([constant, at], i) => {
    if (DERIVED.has(constant)) return [];
    const name = constant.slice('RV_'.length).toLowerCase();
    return { name, at, size: (places[i + 1]?.[1] ?? X.RV_END) - at, isConfiguration: CONFIGURATION.has(constant) };
  });
}

/** Words of the largest size that divides the field: 8 bytes, 4, or 1. */
const wordOf = ({ at, size }: HartField): 1 | 4 | 8 => (size % 8 === 0 && at % 8 === 0 ? 8 : size % 4 === 0 ? 4 : 1);

function hartField(row: HartField): VmField<string, never> {
  const { name, at, size, isConfiguration } = row;
  const word = wordOf(row);
  const count = size / word;
  const legal = LEGAL[`RV_${name.toUpperCase()}`];
  const view = ({ state }: Vcpu): DataView => state;
  const get = (from: DataView, n: number): bigint =>
    word === 8 ? from.getBigUint64(at + 8 * n, true) : BigInt(word === 4 ? from.getUint32(at + 4 * n, true) : from.getUint8(at + n));
  const check = (vcpu: Vcpu, bytes: Uint8Array): void => {
    const own = view(vcpu);
    const theirs = new DataView(bytes.buffer, bytes.byteOffset, size);
    for (let n = 0; n < count; n++) {
      const value = word === 8 ? theirs.getBigUint64(8 * n) : BigInt(word === 4 ? theirs.getUint32(4 * n) : theirs.getUint8(n));
      if (isConfiguration && value !== get(own, n))
        throw new VmStateError(`the CPU is another one: its '${name}' is 0x${value.toString(16)}, here 0x${get(own, n).toString(16)}`);
      if (legal && !legal(value)) throw new VmStateError(`field '${name}': 0x${value.toString(16)}`);
    }
  };
  const element: FieldSchema = { name: count === 1 ? name : '', type: word === 8 ? 'u64' : word === 4 ? 'u32' : 'u8' };
  return {
    name,
    save(holder, out) {
      if (count > 1) out.u32(count);
      const from = view(holder as unknown as Vcpu);
      for (let n = 0; n < count; n++) {
        if (word === 8) out.u64(from.getBigUint64(at + 8 * n, true));
        else if (word === 4) out.u32(from.getUint32(at + 4 * n, true));
        else out.u8(from.getUint8(at + n));
      }
    },
    load(holder, input) {
      if (count > 1) input.u32();
      const into = view(holder as unknown as Vcpu);
      for (let n = 0; n < count; n++) {
        if (word === 8) into.setBigUint64(at + 8 * n, input.u64(), true);
        else if (word === 4) into.setUint32(at + 4 * n, input.u32(), true);
        else into.setUint8(at + n, input.u8());
      }
    },
    check(holder, input) {
      const found = count > 1 ? input.u32() : 1;
      if (found !== count) throw new VmStateError(`field '${name}': ${found} elements do not fit ${count}`);
      check(holder as unknown as Vcpu, input.bytes(size));
      return undefined;
    },
    schema: () => (count === 1 ? element : { name, type: 'array', of: element }),
  };
}

const LAYOUT = crc32(new TextEncoder().encode(JSON.stringify(HART_FIELDS.map(({ name, size }) => [name, size]))));

/** Of which registers the others are. */
const layoutField: VmField<string, never> = {
  name: 'layout',
  save: (_, out) => out.u32(LAYOUT),
  load: (_, input) => void input.u32(),
  check(_, input) {
    if (input.u32() !== LAYOUT) throw new VmStateError('it has the registers of another build of wemu');
    return undefined;
  },
  schema: () => ({ name: 'layout', type: 'u32' }),
};

export const HART_STATE: VmState<Vcpu> = vmState<Vcpu>('hart', { version: 1 }, [layoutField, ...HART_FIELDS.map(hartField)] as never);
