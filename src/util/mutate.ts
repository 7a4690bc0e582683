/** Broken inputs, made of good ones: the small and the large changes that readers of binary formats fall over. */
import { concat } from './bytes.js';
import type { SeededRandom } from './random.js';

/** Numbers at which arithmetic and comparisons turn. */
const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 53n,
  1n << 63n,
  -1n,
];
const WIDTHS = [1, 2, 4, 8];

type Change = (random: SeededRandom, input: Uint8Array, corpus: readonly Uint8Array[]) => Uint8Array;

const below = (random: SeededRandom, limit: number): number => (limit > 0 ? random.next() % limit : 0);
const pick = <T>(random: SeededRandom, all: readonly T[]): T => all[below(random, all.length)];
const join = (...parts: readonly Uint8Array[]): Uint8Array => concat(parts);

function store(input: Uint8Array, at: number, width: number, value: bigint, little: boolean): Uint8Array {
  for (let i = 0; i < width && at + i < input.length; i++)
    input[at + i] = Number((value >> BigInt(8 * (little ? i : width - 1 - i))) & 0xffn);
  return input;
}

/** Bytes behind the end are 0. */
export function load(input: Uint8Array, at: number, width: number, little: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < width; i++) value |= BigInt(input[at + i] ?? 0) << BigInt(8 * (little ? i : width - 1 - i));
  return value;
}

const CHANGES: readonly Change[] = [
  function flipBit(random, input) {
    if (input.length > 0) input[below(random, input.length)] ^= 1 << below(random, 8);
    return input;
  },
  function setByte(random, input) {
    if (input.length > 0) input[below(random, input.length)] = random.next();
    return input;
  },
  function setEdge(random, input) {
    const width = pick(random, WIDTHS);
    return store(input, aligned(random, input, width), width, pick(random, EDGES), below(random, 2) === 0);
  },
  function addLittle(random, input) {
    const width = pick(random, WIDTHS);
    const little = below(random, 2) === 0;
    const at = aligned(random, input, width);
    return store(input, at, width, load(input, at, width, little) + BigInt(below(random, 65) - 32), little);
  },
  function pointInside(random, input) {
    const width = pick(random, WIDTHS);
    return store(input, aligned(random, input, width), width, BigInt(below(random, input.length + 16)), below(random, 2) === 0);
  },
  function truncate(random, input) {
    return input.slice(0, below(random, input.length + 1));
  },
  function cutOut(random, input) {
    const at = below(random, input.length);
    return join(input.subarray(0, at), input.subarray(at + below(random, 64)));
  },
  function repeat(random, input) {
    const at = below(random, input.length);
    const end = at + below(random, 64);
    return join(input.subarray(0, end), input.subarray(at));
  },
  function insertNoise(random, input) {
    const at = below(random, input.length + 1);
    return join(input.subarray(0, at), random.bytes(below(random, 32)), input.subarray(at));
  },
  function overwrite(random, input) {
    const noise = random.bytes(below(random, 32));
    if (noise.length <= input.length) input.set(noise, below(random, input.length - noise.length + 1));
    return input;
  },
  function cross(random, input, corpus) {
    const other = pick(random, corpus);
    return join(input.subarray(0, below(random, input.length + 1)), other.subarray(below(random, other.length + 1)));
  },
];

/** Formats align their fields; most changes should hit one, near the start, where headers are. */
function aligned(random: SeededRandom, input: Uint8Array, width: number): number {
  const at = below(random, below(random, 2) ? Math.min(input.length, 256) : input.length);
  return below(random, 4) ? at - (at % width) : at;
}

/** A new input of at most `most` bytes. */
export function mutate(random: SeededRandom, corpus: readonly Uint8Array[], most: number): Uint8Array {
  if (below(random, 64) === 0) return random.bytes(below(random, 512));
  let input: Uint8Array = new Uint8Array(pick(random, corpus)); // (the slice of a Buffer would be the corpus's own)
  // mostly few: what comes of many is soon turned away
  for (let changes = 1 + below(random, 1 + below(random, 8)); changes > 0; changes--) input = pick(random, CHANGES)(random, input, corpus);
  return input.slice(0, most);
}
