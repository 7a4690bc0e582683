import { expect, it } from 'vitest';
import { array, struct, u32, u64, u8, vmState } from '../hw/core/vmstate.js';
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { byName } from './by-name.js';

interface Registers {
  a: number;
  b: bigint;
  old: number;
  list: number[];
}
interface Holder {
  head: number;
  registers: Registers;
  tail: number;
}

const options = { version: 1, byName: true } as const;
const inA = vmState<Registers>('registers', options, [u32('a'), u8('old'), u64('b')]);
const inB = vmState<Registers>('registers', options, [u64('b'), array('list', u32), u32('a')]);
const tableOf = (registers: typeof inA) =>
  vmState<Holder>('device', { version: 1 }, [u8('head'), struct<'registers', Registers>('registers', registers), u32('tail')]);

const holder = (changes: Partial<Registers> = {}): Holder => ({
  head: 1,
  registers: { a: 2, b: 3n, old: 0, list: [7, 8], ...changes },
  tail: 4,
});

function saved(registers: typeof inA, of: Holder): Uint8Array {
  const out = new ByteWriter();
  tableOf(registers).save(of, out);
  return out.finish();
}

/** What B's build makes of what A's has saved. */
function loaded(from: Holder): Holder {
  const to = holder({ a: 0, b: 0n });
  const [a, b] = [tableOf(inA), tableOf(inB)];
  const payload = byName(a.schema(from), saved(inA, from), b.schema(to), () => saved(inB, to));
  b.check(to, new ByteReader(payload), 1);
  b.load(to, new ByteReader(payload), 1);
  return to;
}

it('finds fields by their names: those that the snapshot has not are 0', () => {
  expect(loaded(holder({ a: 5, b: 6n }))).toEqual(holder({ a: 5, b: 6n, list: [0, 0] }));
});

it('refuses what this build has not, unless it is 0', () => {
  expect(() => loaded(holder({ old: 1 }))).toThrow("registers: this build has no 'old', which is not 0");
});

it('leaves the payload as it is where both builds have the same', () => {
  const payload = saved(inB, holder());
  const schema = tableOf(inB).schema(holder());
  expect(byName(schema, payload, schema, () => payload)).toBe(payload);
});

it('refuses bytes that are not what their schema says', () => {
  const schema = (registers: typeof inA) => tableOf(registers).schema(holder());
  const short = saved(inA, holder()).subarray(0, 8);
  expect(() => byName(schema(inA), short, schema(inB), () => saved(inB, holder()))).toThrow('the stream ends');
});
