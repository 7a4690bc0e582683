/** AES, SHA-2 and SM4 in instructions of the scalar cryptography extensions: what node:crypto makes of the same keys and messages. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

type Xlen = 32 | 64;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const bytesOf = (buffer: Buffer): string => `.byte ${[...buffer].join()}`;
const reversed = (list: readonly number[]): number[] => [...list].reverse();

/** `code` leaves its result at `out`, which is compared with `expected`; exit status 0: they are the same. */
const program = (code: string, data: string, expected: Buffer): string => `
  .option norelax
  .globl _start
_start:
${code}
  la    a0, out
  la    a1, expected
  li    a2, ${expected.length}
1: lbu  a3, 0(a0)
  lbu   a4, 0(a1)
  bne   a3, a4, fail
  addi  a0, a0, 1
  addi  a1, a1, 1
  addi  a2, a2, -1
  bnez  a2, 1b
  li    a0, 0x5555
  j     end
fail:
  li    a0, 0x13333
end:
  li    t0, 0x100000
  sw    a0, 0(t0)
  j     .
  .balign 16
out: .zero 64
expected: ${bytesOf(expected)}
  .balign 16
room: .zero 1024
${data}
`;

// ---- AES-128 (FIPS 197). Round keys at s0, 16 bytes each ------------------------------------------------------------------------------

const RCON = [1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36];

const expandKey64 = `
  la    s0, room
  la    a0, key
  ld    s2, 0(a0)
  ld    s3, 8(a0)
  sd    s2, 0(s0)
  sd    s3, 8(s0)
${range(10)
  .map(
    (r) => `
  aes64ks1i t0, s3, ${r}
  aes64ks2  s2, t0, s2
  aes64ks2  s3, s2, s3
  sd    s2, ${16 * (r + 1)}(s0)
  sd    s3, ${16 * (r + 1) + 8}(s0)`,
  )
  .join('')}`;

/** t0 and t1 are the state; \`change\` is done to each half of a round key. */
const addKey64 = (r: number, change = ''): string => `
  ld    t2, ${16 * r}(s0)
  ld    t3, ${16 * r + 8}(s0)
${change}
  xor   t0, t0, t2
  xor   t1, t1, t3`;
const round64 = (op: string): string => `
  ${op} t4, t0, t1
  ${op} t1, t1, t0
  mv    t0, t4`;
const loadState64 = `
  la    a0, in
  ld    t0, 0(a0)
  ld    t1, 8(a0)`;
const storeState64 = `
  la    a0, out
  sd    t0, 0(a0)
  sd    t1, 8(a0)`;

const encrypt64 = [
  expandKey64,
  loadState64,
  addKey64(0),
  ...range(9).map((r) => round64('aes64esm') + addKey64(r + 1)),
  round64('aes64es') + addKey64(10),
  storeState64,
].join('\n');
/** The equivalent inverse cipher (section 5.3.5): InvMixColumns of the inner round keys. */
const unmixKey = `
  aes64im t2, t2
  aes64im t3, t3`;
const decrypt64 = [
  expandKey64,
  loadState64,
  addKey64(10),
  ...reversed(range(9)).map((r) => round64('aes64dsm') + addKey64(r + 1, unmixKey)),
  round64('aes64ds') + addKey64(0),
  storeState64,
].join('\n');

const WORDS = ['s2', 's3', 's4', 's5'];
/** Words of the state are t0, t1, t2, a6. */
const STATE = ['t0', 't1', 't2', 'a6'];
const NEXT = ['t3', 't4', 't5', 't6'];
const expandKey32 = `
  la    s0, room
  la    a0, key
${WORDS.map((w, i) => `  lw ${w}, ${4 * i}(a0)\n  sw ${w}, ${4 * i}(s0)`).join('\n')}
${range(10)
  .map(
    (r) => `
  li    a1, ${RCON[r]}
  xor   s2, s2, a1
  rori  a1, s5, 8
${range(4)
  .map((i) => `  aes32esi s2, s2, a1, ${i}`)
  .join('\n')}
  xor   s3, s3, s2
  xor   s4, s4, s3
  xor   s5, s5, s4
${WORDS.map((w, i) => `  sw ${w}, ${16 * (r + 1) + 4 * i}(s0)`).join('\n')}`,
  )
  .join('')}`;
/** ShiftRows is in the choice of the words: row i of a column comes from \`step\` * i columns further. */
const round32 = (op: string, r: number, step: number): string =>
  NEXT.map(
    (to, column) => `  lw ${to}, ${16 * r + 4 * column}(s0)
${range(4)
  .map((i) => `  ${op} ${to}, ${to}, ${STATE[(column + step * i + 16) % 4]}, ${i}`)
  .join('\n')}`,
  ).join('\n') + STATE.map((s, i) => `\n  mv ${s}, ${NEXT[i]}`).join('');
const firstKey32 = (r: number): string => STATE.map((s, i) => `  lw t3, ${16 * r + 4 * i}(s0)\n  xor ${s}, ${s}, t3`).join('\n');
const loadState32 = `  la a0, in\n${STATE.map((s, i) => `  lw ${s}, ${4 * i}(a0)`).join('\n')}`;
const storeState32 = `  la a0, out\n${STATE.map((s, i) => `  sw ${s}, ${4 * i}(a0)`).join('\n')}`;
const encrypt32 = [
  expandKey32,
  loadState32,
  firstKey32(0),
  ...range(9).map((r) => round32('aes32esmi', r + 1, 1)),
  round32('aes32esi', 10, 1),
  storeState32,
].join('\n');

// ---- SHA-2 (FIPS 180-4), one block -----------------------------------------------------------------------------------------------------

/** The first bits of the fractions of roots of the first primes. */
const PRIMES = range(410).filter((n) => n > 1 && range(n).every((d) => d < 2 || n % d !== 0));
function root(n: bigint, degree: bigint): bigint {
  let [low, high] = [0n, 1n << 80n];
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= n) low = middle;
    else high = middle - 1n;
  }
  return low;
}
const fraction = (prime: number, degree: bigint, bits: bigint): bigint =>
  BigInt.asUintN(Number(bits), root(BigInt(prime) << (bits * degree), degree));

const HASH = ['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'];
interface Sha {
  readonly name: 'sha256' | 'sha512';
  readonly bits: 32 | 64;
  readonly rounds: number;
  readonly load: string;
  readonly store: string;
  readonly add: string;
}
const SHA256: Sha = { name: 'sha256', bits: 32, rounds: 64, load: 'lw', store: 'sw', add: 'addw' };
const SHA512: Sha = { name: 'sha512', bits: 64, rounds: 80, load: 'ld', store: 'sd', add: 'add' };

function sha({ name, bits, rounds, load, store, add }: Sha, xlen: Xlen): string {
  const size = bits / 8;
  const plus = xlen === 32 ? 'add' : add;
  const schedule = range(rounds - 16).map((i) => {
    const at = (n: number): number => size * (i + n);
    return `  ${load} t0, ${at(0)}(a0)
  ${load} t1, ${at(1)}(a0)
  ${name}sig0 t1, t1
  ${plus} t0, t0, t1
  ${load} t1, ${at(9)}(a0)
  ${plus} t0, t0, t1
  ${load} t1, ${at(14)}(a0)
  ${name}sig1 t1, t1
  ${plus} t0, t0, t1
  ${store} t0, ${at(16)}(a0)`;
  });
  const steps = range(rounds).map((i) => {
    const [a, b, c, d, e, f, g, h] = range(8).map((n) => HASH[(n - (i % 8) + 8) % 8]);
    return `  ${load} t0, ${size * i}(a0)
  ${load} t1, ${size * i}(a1)
  ${plus} t0, t0, t1
  ${plus} t0, t0, ${h}
  ${name}sum1 t1, ${e}
  ${plus} t0, t0, t1
  and t1, ${e}, ${f}
  not t2, ${e}
  and t2, t2, ${g}
  xor t1, t1, t2
  ${plus} t0, t0, t1
  ${plus} ${d}, ${d}, t0
  ${name}sum0 t1, ${a}
  ${plus} t0, t0, t1
  and t1, ${a}, ${b}
  and t2, ${a}, ${c}
  xor t1, t1, t2
  and t2, ${b}, ${c}
  xor t1, t1, t2
  ${plus} ${h}, t0, t1`;
  });
  const words = (table: string, registers: readonly string[]): string =>
    registers.map((r, i) => `  ${load} ${r}, ${size * i}(${table})`).join('\n');
  const end = HASH.map((r, i) => `  ${load} t0, ${size * i}(a2)\n  ${plus} t0, t0, ${r}\n  ${store} t0, ${size * i}(a3)`).join('\n');
  return `  la a0, in\n  la a1, constants\n  la a2, initial\n  la a3, out\n${schedule.join('\n')}\n${words('a2', HASH)}\n${steps.join('\n')}\n${end}`;
}

/** A message with its padding, as words; the digest as words, too. */
function shaData({ name, bits, rounds }: Sha, message: Buffer): { data: string; digest: Buffer } {
  const size = bits / 8;
  const block = Buffer.alloc(16 * size);
  message.copy(block);
  block[message.length] = 0x80;
  block.writeUInt32BE(8 * message.length, block.length - 4);
  const directive = bits === 32 ? '.word' : '.dword';
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const swap = (buffer: Buffer): Buffer => Buffer.from(range(buffer.length).map((i) => buffer[i - (i % size) + size - 1 - (i % size)]));
  return {
    data: `in: ${bytesOf(swap(block))}
  .zero ${size * (rounds - 16)}
  .balign 16
constants: ${directive} ${PRIMES.slice(0, rounds)
      .map((p) => hex(fraction(p, 3n, BigInt(bits))))
      .join()}
initial: ${directive} ${PRIMES.slice(0, 8)
      .map((p) => hex(fraction(p, 2n, BigInt(bits))))
      .join()}`,
    digest: swap(createHash(name).update(message).digest()),
  };
}

// ---- SM4 (GB/T 32907-2016) ---------------------------------------------------------------------------------------------------------------

/** Words are loaded as they stand in memory, so the standard's constants are turned around. */
const turned = (word: number): string => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(word >>> 0);
  return `0x${buffer.readUInt32LE().toString(16)}`;
};
const FK = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc];
const ck = (i: number): number => range(4).reduce((word, j) => (word << 8) | (((4 * i + j) * 7) & 0xff), 0);
const sm4Round = (op: string, words: readonly string[], i: number): string => {
  const [x0, x1, x2, x3] = range(4).map((n) => words[(i + n) % 4]);
  return `  xor t0, t0, ${x1}
  xor t0, t0, ${x2}
  xor t0, t0, ${x3}
${range(4)
  .map((n) => `  ${op} ${x0}, ${x0}, t0, ${n}`)
  .join('\n')}`;
};
const KEYS = ['s4', 's5', 's6', 's7'];
const TEXT = ['s8', 's9', 's10', 's11'];
const sm4 = `
  la    a0, key
  la    a1, in
  la    a2, out
${KEYS.map((k, i) => `  lw ${k}, ${4 * i}(a0)\n  li t0, ${turned(FK[i])}\n  xor ${k}, ${k}, t0`).join('\n')}
${TEXT.map((t, i) => `  lw ${t}, ${4 * i}(a1)`).join('\n')}
${range(32)
  .map((i) => `  li t0, ${turned(ck(i))}\n${sm4Round('sm4ks', KEYS, i)}\n  mv t0, ${KEYS[i % 4]}\n${sm4Round('sm4ed', TEXT, i)}`)
  .join('\n')}
${reversed(range(4))
  .map((n, i) => `  sw ${TEXT[n]}, ${4 * i}(a2)`)
  .join('\n')}`;

// ---- Tests ---------------------------------------------------------------------------------------------------------------------------------

interface Case {
  readonly xlen: Xlen;
  readonly source: string;
}
const encipher = (cipher: string, key: Buffer, text: Buffer): Buffer =>
  createCipheriv(cipher, key, null).setAutoPadding(false).update(text);
const cipherData = (key: Buffer, text: Buffer): string => `key: ${bytesOf(key)}\nin: ${bytesOf(text)}`;

function cases(): Record<string, Case> {
  const [key, text] = [randomBytes(16), randomBytes(16)];
  const aes = encipher('aes-128-ecb', key, text);
  const message = randomBytes(50);
  const short = shaData(SHA256, message);
  const long = shaData(SHA512, message);
  const shang = encipher('sm4-ecb', key, text);
  return {
    'AES-128 enciphers, RV64': { xlen: 64, source: program(encrypt64, cipherData(key, text), aes) },
    'AES-128 deciphers, RV64': { xlen: 64, source: program(decrypt64, cipherData(key, aes), text) },
    'AES-128 enciphers, RV32': { xlen: 32, source: program(encrypt32, cipherData(key, text), aes) },
    'SHA-256, RV64': { xlen: 64, source: program(sha(SHA256, 64), short.data, short.digest) },
    'SHA-256, RV32': { xlen: 32, source: program(sha(SHA256, 32), short.data, short.digest) },
    'SHA-512, RV64': { xlen: 64, source: program(sha(SHA512, 64), long.data, long.digest) },
    'SM4, RV64': { xlen: 64, source: program(sm4, cipherData(key, text), shang) },
    'SM4, RV32': { xlen: 32, source: program(sm4, cipherData(key, text), shang) },
  };
}

const BACKENDS = ['tci', 'tcg,thread=sync,threshold=1'];

describeWith('riscv64-linux-gnu-gcc', 'scalar cryptography as node:crypto has it', () => {
  it.each(Object.entries(cases()))('%s', (_, { xlen, source }) => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-crypto-'));
    try {
      const elf = join(folder, 'program.elf');
      writeFileSync(elf, assemble(source, `rv${xlen}gc_zkn_zks`));
      for (const accel of BACKENDS) {
        const { status } = wemu(['-M', 'virt', '-bios', 'none', '-cpu', `rv${xlen},zkn=on,zks=on`, '-accel', accel, '-kernel', elf], {
          timeout: 60_000,
        });
        expect(status, accel).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
