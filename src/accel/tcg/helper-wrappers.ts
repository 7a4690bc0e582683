/**
 * A wasm module of wrappers for a machine that is profiled: each tells (ENV_ACTIVITY) that a helper runs, calls it, and tells that guest code goes on.
 * Written by hand, since the machine's thread need not load binaryen. Source of the encoding: WebAssembly Core Specification, "Binary Format".
 */
import type { HelperDef } from '../../tcg/opcodes.js';
import { Activity } from './profile.js';

const I32 = 0x7f;
const I64 = 0x7e;
const FUNC = 0x60;
const SHARED_MEMORY = [0x02, 0x03, 0x00, 0x80, 0x80, 0x04]; // memory, shared, from 0 to 65536 pages
const LOCAL_GET = 0x20;
const CALL = 0x10;
const I32_CONST = 0x41;
const I32_OR = 0x72;
const I32_STORE = [0x36, 0x02, 0x00];
const END = 0x0b;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const isLast = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(vector(items))];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);

/** The module's bytes. Imports `m.m` and `r.helper_<name>`, exports the same names; `cell` is the address of the word. */
export function helperWrappers(helpers: readonly HelperDef[], cell: number): Uint8Array<ArrayBuffer> {
  const tell = (activity: Activity): number[] => [
    I32_CONST,
    ...signed(cell),
    LOCAL_GET,
    0,
    I32_CONST,
    ...signed(activity),
    I32_OR,
    ...I32_STORE,
  ];
  const type = ({ args, result }: HelperDef): number[] => [
    FUNC,
    ...vector([[I32], ...Array.from({ length: args }, () => [I64])]),
    ...vector(result ? [[I64]] : []),
  ];
  const body = ({ args }: HelperDef, k: number): number[] => {
    const params = Array.from({ length: args + 1 }, (_, n) => [LOCAL_GET, ...unsigned(n)]).flat();
    return sized([0, ...tell(Activity.Helper), ...params, CALL, ...unsigned(k), ...tell(Activity.Guest), END]);
  };
  const name = (helper: HelperDef): number[] => text(`helper_${helper.name}`);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, helpers.map(type)),
    ...section(2, [
      [...text('m'), ...text('m'), ...SHARED_MEMORY],
      ...helpers.map((helper, k) => [...text('r'), ...name(helper), 0x00, ...unsigned(k)]),
    ]),
    ...section(
      3,
      helpers.map((_, k) => unsigned(k)),
    ),
    ...section(
      7,
      helpers.map((helper, k) => [...name(helper), 0x00, ...unsigned(helpers.length + k)]),
    ),
    ...section(10, helpers.map(body)),
  ]);
}
