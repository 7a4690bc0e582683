import { expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import { engineModule } from '../../../tests/support/engine.js';
import { createHart } from '../../../tests/support/hart.js';
import { AddressSpace } from '../../memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../memory/region.js';
import { riscvIsa } from '../../target/riscv/index.js';
import { tlbTable } from '../../tcg/tlb.js';
import { TcgAccel } from './accel.js';
import { ENV } from './env.js';
import { createEngineMemory } from './memory.js';

const MiB = 0x10_0000;
const RAM = 0x8000_0000;
const PAGE = 0x1000;
const CODE = [
  0x00000097, // auipc ra, 0
  0x00100137, // lui sp, 0x100
  0x002080b3, // add ra, ra, sp
  0x00400137, // lui sp, 0x400
  0x00208133, // add sp, ra, sp
];
const LOAD_NEAR = 0x0000b183; // ld gp, 0(ra)
const STORE_FAR = 0x00313023; // sd gp, 0(sp)
const LOAD_FAR = 0x00013183; // ld gp, 0(sp)
const WFI = 0x10500073;
const NEAR = BigInt(RAM + MiB);
/** Its entries are where those of NEAR are. */
const FAR = NEAR + BigInt(layout.TLB_ENTRIES * PAGE);

/** Pages of the entries for reads and writes after the code has run; undefined: there is none. */
function pagesAfter(...accesses: number[]): (bigint | undefined)[] {
  const memory = createEngineMemory(8 * MiB, 8 * MiB);
  const topology = new MemoryTopology();
  const root = MemoryRegion.container(topology, 'system');
  const ram = memory.ram.allocate('ram', 6 * MiB);
  root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', ram));
  const accel = new TcgAccel({ wasm: engineModule(), memory, isa: riscvIsa });
  accel.init({ addressSpace: new AddressSpace(root, 'memory') });
  const cpu = createHart(accel, 'rv64', RAM);
  const code = [...CODE, ...accesses, WFI];
  new Uint32Array(ram.bytes.buffer, ram.bytes.byteOffset, code.length).set(code);
  expect(cpu.exec(1000)).toBe(layout.EXEC_HALTED);
  const view = new DataView(memory.memory.buffer);
  const slot = Number(NEAR / BigInt(PAGE)) % layout.TLB_ENTRIES;
  return [layout.TLB_KIND_READ, layout.TLB_KIND_WRITE].map((kind) => {
    const entry = cpu.env + tlbTable(cpu.get(ENV.mmuIdx), kind) + slot * layout.TLB_ENTRY_SIZE;
    const tag = view.getBigUint64(entry + layout.TLB_ENTRY_TAG, true);
    return (tag & BigInt(layout.TLB_INVALID)) === 0n ? tag & -BigInt(PAGE) : undefined;
  });
}

it('a fill for data is for loads and stores where nobody has the place', () => {
  expect(layout.TLB_ENTRIES * PAGE).toBe(4 * MiB);
  expect(pagesAfter()).toEqual([undefined, undefined]);
  expect(pagesAfter(LOAD_NEAR)).toEqual([NEAR, NEAR]);
});

it('a fill for stores leaves the place of loads to the page that has it, and the other way round', () => {
  expect(pagesAfter(LOAD_NEAR, STORE_FAR)).toEqual([NEAR, FAR]);
  expect(pagesAfter(STORE_FAR, LOAD_NEAR)).toEqual([NEAR, FAR]);
  expect(pagesAfter(LOAD_NEAR, STORE_FAR, LOAD_FAR)).toEqual([FAR, FAR]);
});
