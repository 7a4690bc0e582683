import { describe, expect, it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import * as rvEnv from '../../../assembly/target/riscv/shared/env.js';
import { engineModule } from '../../../tests/support/engine.js';
import { createHart } from '../../../tests/support/hart.js';
import { AddressSpace } from '../../memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../memory/region.js';
import { riscvIsa } from '../../target/riscv/index.js';
import { TcgAccel } from './accel.js';
import { createEngineMemory } from './memory.js';

const RAM = 0x8000_0000;
const WFI = 0x1050_0073;
/** addi x1, x1, 1; and a jump to a page's last two bytes, from where an instruction goes on into the next page. */
const ADDI_1 = 0x0010_8093;
const JUMP_TO_END = 0x7fb0_006f; // jal x0, 0xffa: from 4 to 0xffe
const END = 0xffe;

const BLOCKS = 3;

/** Three blocks, the second of which lies in two pages. */
class Guest {
  readonly accel: TcgAccel;
  private readonly bytes: Uint8Array;
  private readonly cpu: ReturnType<typeof createHart>;

  constructor({ second = ADDI_1, third = WFI, arenaSize = 0x80_0000 } = {}) {
    const memory = createEngineMemory(0x40_0000, arenaSize);
    const topology = new MemoryTopology();
    const root = MemoryRegion.container(topology, 'system');
    const ram = memory.ram.allocate('ram', 0x20_0000);
    root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', ram));
    const addressSpace = new AddressSpace(root, 'memory');
    this.accel = new TcgAccel({ wasm: engineModule(), memory, isa: riscvIsa });
    this.accel.init({ addressSpace });
    this.cpu = createHart(this.accel, 'rv64', RAM);
    this.bytes = ram.bytes;
    this.put(0, ADDI_1);
    this.put(4, JUMP_TO_END);
    this.put(END, second);
    this.put(END + 4, third);
  }

  private put(at: number, word: number): void {
    for (let n = 0; n < 4; n++) this.bytes[at + n] = word >>> (8 * n);
  }

  get made(): number {
    return this.accel.info().tci.tbs;
  }
  restore(image?: Uint8Array): { restored: number; saved: Uint8Array[] } {
    const saved: Uint8Array[] = [];
    this.accel.persistentTbs!.restore(image, (bytes) => saved.push(bytes));
    return { restored: this.accel.info().tci.restored, saved };
  }
  run(): this {
    expect(this.cpu.exec(1000)).toBe(layout.EXEC_HALTED);
    expect(this.cpu.read64(rvEnv.RV_X + 8)).toBe(2n);
    return this;
  }
}

/** What a first run keeps. */
function image(): Uint8Array {
  const guest = new Guest();
  const { saved } = guest.restore();
  guest.run();
  expect(guest.made).toBe(BLOCKS);
  guest.accel.keepCode();
  expect(saved).toHaveLength(1);
  return saved[0];
}

describe('persistent TBs', () => {
  it('are there in another engine, and nothing is translated', () => {
    const guest = new Guest();
    const { restored, saved } = guest.restore(image());
    expect(restored).toBe(BLOCKS);
    guest.run();
    expect(guest.made).toBe(0);
    guest.accel.keepCode();
    expect(saved).toEqual([]); // nothing new
  });

  it('are made anew where the guest has other code, be it in their second page', () => {
    const other = { second: 0x0020_8093 }; // addi x1, x1, 2: its upper half is in the next page, its lower half the same
    const guest = new Guest(other);
    expect(guest.restore(image()).restored).toBe(BLOCKS - 1);
    const last = new Guest({ third: 0x0000_0013 });
    expect(last.restore(image()).restored).toBe(BLOCKS - 1);
  });

  it('go when their code is written', () => {
    const guest = new Guest();
    guest.restore(image());
    guest.accel.runtime.exports.tbInvalidatePhysRange(RAM + 0x1000, 1);
    guest.run();
    expect(guest.made).toBe(1);
  });

  it('of a file that was made up never reach beyond it', () => {
    const good = image();
    const view = new DataView(good.buffer, good.byteOffset);
    for (const at of [16, 20, 24, 28, 32, 36]) {
      for (const value of [0, 1, 0x7fff_ffff, 0xffff_ffff, view.getUint32(at, true) + 8]) {
        const bad = good.slice();
        new DataView(bad.buffer).setUint32(at, value, true);
        expect(new Guest().restore(bad).restored).toBeLessThanOrEqual(BLOCKS);
      }
    }
    for (let size = 0; size < good.length; size += 12) {
      const guest = new Guest();
      expect(guest.restore(good.slice(0, size)).restored).toBeLessThan(BLOCKS);
      guest.run();
    }
  });

  it('are as many as there is room for', () => {
    const one = image();
    const many = new Uint8Array(one.length * 2000);
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    const guest = new Guest({ arenaSize: 0x26_0000 });
    const { restored } = guest.restore(many);
    expect(restored).toBeGreaterThan(BLOCKS);
    expect(restored).toBeLessThan(BLOCKS * 2000);
    guest.run();
  });
});
