/** Random accesses to registers, of devices and CSRs, on both sides: what each load gives, and whether it traps, must agree. */
import { expect } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { Random } from '../support/float-operands.js';
import { runOracle, type Oracle } from './oracle.js';
import { DONE, MEMORY } from './slot.js';
import { runWemu } from './wemu.js';

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
function code({ address, csr, size, value, mask, status }: Access): string {
  const target = csr === undefined ? `li a0, ${address};` : '';
  const within = (insn: string): string =>
    status === undefined
      ? insn
      : `li a2, 0x1800; csrc mstatus, a2; li a2, ${status}; csrs mstatus, a2; ${insn}; li a2, ${status}; csrc mstatus, a2`;
  const loads = csr === undefined ? within(`${LOADS[size]} a1, 0(a0)`) : `csrr a1, ${csr}`;
  const stores = csr === undefined ? within(`${STORES[size]} a1, 0(a0)`) : `csrw ${csr}, a1`;
  const masked = mask === undefined ? '' : `li a0, ${mask}; and a1, a1, a0;`;
  return value === undefined
    ? `${target} li a1, 0; li s2, 0; ${loads}; ${masked} sd a1, 0(s0); sd s2, 8(s0); addi s0, s0, 16`
    : `${target} li a1, ${value}; li s2, 0; ${stores}; sd x0, 0(s0); sd s2, 8(s0); addi s0, s0, 16`;
}

const program = (accesses: readonly Access[]): string => `
    .option norvc
    .globl _start
_start:
    la    t0, trap
    csrw  mtvec, t0
    li    s0, ${MEMORY.slots}
    ${accesses.map(code).join('\n    ')}
    li    a0, ${MEMORY.done}
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
}

/** Fails with what went before the first that differs. */
export async function compareAccesses(oracle: Oracle, { machine, on = [], setup, generators, count, seed }: Comparison): Promise<void> {
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
  const run = { machine, xlen: 64, on, off: [], elf: assemble(program(accesses), 'rv64g'), size: 16 * accesses.length } as const;
  const [theirs, { slots: ours }] = [await runOracle(oracle, run), await runWemu('tci', run)];
  const results = (bytes: Uint8Array): string[] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return accesses.map((access, i) => {
      const trap = Number(view.getBigUint64(16 * i + 8, true));
      const result = trap ? `trap ${trap - 1}` : `0x${view.getBigUint64(16 * i, true).toString(16)}`;
      return `${i} ${kinds[i]}: ${describe(access)}: ${result}`;
    });
  };
  const [expected, seen] = [results(theirs), results(ours)];
  const first = seen.findIndex((line, i) => line !== expected[i]);
  const from = Math.max(0, first - 20);
  expect(seen.slice(from, first + 1), `WEMU_SEED=${seed}`).toEqual(expected.slice(from, first + 1));
}
