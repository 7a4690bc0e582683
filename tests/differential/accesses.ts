/** Random accesses to registers, of devices and CSRs, on both sides: what each load gives, and whether it traps, must agree. */
import { expect } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { Random } from '../support/float-operands.js';
import { runOracle, type Oracle } from './oracle.js';
import { DONE, MEMORY } from './slot.js';
import { runWemu, type Backend } from './wemu.js';

export const SIZES = [1, 2, 4, 8] as const;
type Size = (typeof SIZES)[number];
const LOADS: Record<Size, string> = { 1: 'lbu', 2: 'lhu', 4: 'lwu', 8: 'ld' };
const STORES: Record<Size, string> = { 1: 'sb', 2: 'sh', 4: 'sw', 8: 'sd' };

export interface Access {
  /** Of a device's register; else `csr`. */
  readonly address?: number;
  readonly size: Size;
  readonly csr?: number;
  /** Undefined: a load. */
  readonly value?: bigint;
  /** What of the loaded value is compared; default all. */
  readonly mask?: bigint;
  /** Bits of mstatus that are set meanwhile. */
  readonly status?: bigint;
  /** It is loaded until these bits are clear. */
  readonly until?: number;
}

export const load = (address: number, size: Size = 4): Access => ({ address, size });
export const store = (address: number, value: bigint | number, size: Size = 4): Access => ({
  address,
  size,
  value: BigInt.asUintN(8 * size, BigInt(value)),
});
export const readCsr = (csr: number, mask?: bigint): Access => ({ csr, size: 8, mask });
export const writeCsr = (csr: number, value: bigint | number): Access => ({ csr, size: 8, value: BigInt.asUintN(64, BigInt(value)) });

/** By name; each gives one access, or some that belong together. */
export type Generators = Readonly<Record<string, (random: Random) => Access[]>>;

/** Of each access: what was loaded; the cause of a trap, plus 1. */
function code({ address, csr, size, value, mask, status, until }: Access): string {
  const target = csr === undefined ? `li a0, ${address};` : '';
  const within = (insn: string): string =>
    status === undefined
      ? insn
      : `li a2, 0x1800; csrc mstatus, a2; li a2, ${status}; csrs mstatus, a2; ${insn}; li a2, ${status}; csrc mstatus, a2`;
  const again = until === undefined ? '' : `; li a2, ${until}; and a2, a2, a1; bnez a2, 1b`;
  const loads = csr === undefined ? `1: ${within(`${LOADS[size]} a1, 0(a0)`)}${again}` : `csrr a1, ${csr}`;
  const stores = csr === undefined ? within(`${STORES[size]} a1, 0(a0)`) : `csrw ${csr}, a1`;
  const masked = mask === undefined ? '' : `li a0, ${mask}; and a1, a1, a0;`;
  return value === undefined
    ? `${target} li a1, 0; li s2, 0; ${loads}; ${masked} sd a1, 0(s0); sd s2, 8(s0); addi s0, s0, 16`
    : `${target} li a1, ${value}; li s2, 0; ${stores}; sd x0, 0(s0); sd s2, 8(s0); addi s0, s0, 16`;
}

/** All of them `rounds` times: what they leave behind is where the next round begins. */
const program = (accesses: readonly Access[], rounds: number): string => `
    .option norvc
    .globl _start
_start:
    la    t0, trap
    csrw  mtvec, t0
    li    s0, ${MEMORY.slots}
    li    s3, ${rounds}
again:
    ${accesses.map(code).join('\n    ')}
    addi  s3, s3, -1
    beqz  s3, 2f
    j     again
2:  li    a0, ${MEMORY.done}
    li    a1, ${DONE}
    sw    a1, 0(a0)
1:  j     1b
    .balign 4
trap:
    csrr  t0, mcause
    addi  s2, t0, 1
    csrr  t0, mepc
    addi  t0, t0, 4
    csrw  mepc, t0
    mret
`;

function describe({ address, csr, size, value }: Access): string {
  const where = csr === undefined ? `${size} bytes at 0x${address!.toString(16)}` : `CSR 0x${csr.toString(16)}`;
  return `${value === undefined ? 'load' : `store of 0x${value.toString(16)}`}, ${where}`;
}

export interface Comparison {
  /** `-M` */
  readonly machine: string;
  /** Extensions that are on beside the usual ones. */
  readonly on?: readonly string[];
  readonly setup: readonly Access[];
  readonly generators: Generators;
  /** Of accesses. */
  readonly count: number;
  readonly seed: number;
  /** Of the board. */
  readonly devices?: readonly string[];
  /** In which engines; where code is generated before its second run, they are made twice. */
  readonly backends?: readonly Backend[];
}

/** Fails with what went before the first that differs. */
export async function compareAccesses(oracle: Oracle, comparison: Comparison): Promise<void> {
  const { machine, on = [], setup, generators, count, seed, devices, backends = ['tci'] } = comparison;
  const random = new Random(seed | 1);
  const names = Object.keys(generators);
  const kinds: string[] = setup.map(() => 'setup');
  const accesses = [...setup];
  while (accesses.length < count) {
    const name = random.pick(names);
    for (const access of generators[name](random)) {
      accesses.push(access);
      kinds.push(name);
    }
  }
  const rounds = backends.includes('wasm') ? 2 : 1;
  const total = rounds * accesses.length;
  const elf = assemble(program(accesses, rounds), 'rv64g');
  const run = { machine, devices, xlen: 64, on, off: [], elf, size: 16 * total } as const;
  const results = (bytes: Uint8Array): string[] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: total }, (_, i) => {
      const trap = Number(view.getBigUint64(16 * i + 8, true));
      const result = trap ? `trap ${trap - 1}` : `0x${view.getBigUint64(16 * i, true).toString(16)}`;
      return `${i} ${kinds[i % accesses.length]}: ${describe(accesses[i % accesses.length])}: ${result}`;
    });
  };
  const expected = results(await runOracle(oracle, run));
  for (const backend of backends) {
    const seen = results((await runWemu(backend, run)).slots);
    const first = seen.findIndex((line, i) => line !== expected[i]);
    const from = Math.max(0, first - 20);
    expect(seen.slice(from, first + 1), `WEMU_SEED=${seed}, ${backend}`).toEqual(expected.slice(from, first + 1));
  }
}
