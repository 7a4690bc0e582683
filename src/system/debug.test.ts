/** Break- and watchpoints and single steps, the same in every tier. */
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../node/host.js';
import type { DebugPoint, Resume } from './control.js';
import { Machine, type MachineOptions } from './facade.js';

let host: NodeHost;
let machine: Machine;
afterEach(async () => {
  await machine.close();
  host.close();
});

const TIERS: Record<string, NodeHostOptions> = {
  tci: { backend: 'tci' },
  'tci, not chained': { backend: 'tci', tuning: { chain: false } },
  'regions at once': { backend: 'wasm', sync: true, hotThreshold: 1 },
  'regions of what is hot': { backend: 'wasm', sync: true, hotThreshold: 64 },
  checked: { backend: 'wasm', sync: true, hotThreshold: 1, tuning: { check: true } },
  'regions, not chained': { backend: 'wasm', sync: true, hotThreshold: 1, tuning: { chain: false } },
};
const MODES: Record<string, MachineOptions> = { 'real time': {}, icount: { icount: 'shift=3' } };

// tdata1 (Debug Specification 1.0, 5.7.12 and 5.7.13)
const [MCONTROL, MCONTROL6] = [2n << 60n, 6n << 60n];
const [LOAD, STORE, EXECUTE, U, M] = [1n, 2n, 4n, 1n << 3n, 1n << 6n];

const CODE = 0x8000_0000n;
const DATA = CODE + 0x1000n;
const ROUNDS = 1000n;

// prettier-ignore
const PROGRAM = [
  0x00001517, // 00 auipc a0, 1            DATA, the start of a page
  0x3e800293, // 04 li t0, ROUNDS
  0x00553023, // 08 sd t0, 0(a0)           fills memory
  0x00850513, // 0c addi a0, a0, 8
  0xfff28293, // 10 addi t0, t0, -1
  0xfe029ae3, // 14 bnez t0, 08
  0x00001517, // 18 auipc a0, 1
  0xfe850513, // 1c addi a0, a0, -24       DATA again
  0x00452583, // 20 lw a1, 4(a0)
  0x00651683, // 24 lh a3, 6(a0)
  0x00c5302f, // 28 amoadd.d zero, a2, (a0)
  0x00b500a3, // 2c sb a1, 1(a0)
  0xffc53603, // 30 ld a2, -4(a0)          over two pages
  0x0045200f, // 34 cbo.zero (a0)
  0x100536af, // 38 lr.d a3, (a0)
  0x18d5372f, // 3c sc.d a4, a3, (a0)
  0x00100793, // 40 li a5, 1
  0x0000006f, // 44 j .
];
const END = 0x40n;

async function make(tier: NodeHostOptions, mode: MachineOptions, more: MachineOptions = {}): Promise<void> {
  host = await createNodeHost(tier);
  machine = Machine.create(
    { machine: 'virt', memory: '16M', startPaused: true, bios: new Uint8Array(Uint32Array.from(PROGRAM).buffer), ...mode, ...more },
    host,
  );
  machine.writeRegister('pc', CODE);
}

/** Goes on to the next stop: the state, and pc. */
async function go(how?: () => Resume): Promise<[state: string, pc: bigint]> {
  const { loop, control } = machine;
  const stopped = new Promise<string>((resolve) => {
    const remove = loop.onStop((state) => {
      remove();
      resolve(state);
    });
  });
  control.cont(how);
  if (!loop.isActive) void machine.run();
  return [await stopped, machine.readRegister('pc') - CODE];
}

const insert = (kind: DebugPoint['kind'], address: bigint, length = 1n): boolean =>
  machine.control.points.insert({ kind, address, length });
const remove = (kind: DebugPoint['kind'], address: bigint, length = 1n): boolean =>
  machine.control.points.remove({ kind, address, length });
const step = (): Resume => 'step';

/** Where a watchpoint stops the program, from its start to END. Each time it is taken out for a step, as gdb does. */
async function stops(kind: DebugPoint['kind'], address: bigint, length = 1n): Promise<bigint[]> {
  const found: bigint[] = [];
  insert('breakpoint', CODE + END);
  for (;;) {
    insert(kind, address, length);
    const [state, pc] = await go();
    expect(state).toBe('debug');
    remove(kind, address, length);
    if (pc === END) return found;
    expect(machine.control.cpus[0].debug!.takeWatchpointHit()).toEqual({ address, kind });
    found.push(pc);
    expect(await go(step)).toEqual(['debug', pc === 0x14n ? 8n : pc + 4n]);
  }
}

for (const [tier, options] of Object.entries(TIERS)) {
  for (const [mode, more] of Object.entries(MODES)) {
    describe(`${tier}, ${mode}`, () => {
      it('stops at a breakpoint before its instruction, each time, until it is taken out', async () => {
        await make(options, more);
        expect(insert('breakpoint', CODE + 0x10n)).toBe(true);
        expect(await go()).toEqual(['debug', 0x10n]);
        expect(machine.readRegister('t0')).toBe(ROUNDS);
        expect(await go()).toEqual(['debug', 0x10n]); // nothing has been executed
        expect(machine.readRegister('t0')).toBe(ROUNDS);
        expect(await go(step)).toEqual(['debug', 0x14n]);
        expect(await go()).toEqual(['debug', 0x10n]);
        expect(machine.readRegister('t0')).toBe(ROUNDS - 1n);
        expect(remove('breakpoint', CODE + 0x10n)).toBe(true);
        expect(remove('breakpoint', CODE + 0x10n)).toBe(false);
        insert('breakpoint', CODE + END);
        expect(await go()).toEqual(['debug', END]);
        expect([machine.readRegister('t0'), machine.readRegister('a5')]).toEqual([0n, 0n]);
        machine.control.points.removeAll();
        machine.writeRegister('pc', CODE + 0x3cn);
        expect(await go(step)).toEqual(['debug', END]);
      });

      it('stops at one that is set in code that runs', async () => {
        await make(options, more);
        machine.writeRegister('pc', CODE + 0x44n);
        machine.resume();
        const run = machine.run();
        while (machine.cpu().instructionCount < 5000) await new Promise((resolve) => setTimeout(resolve, 1));
        await machine.pause();
        insert('breakpoint', CODE + 0x44n);
        expect(await go()).toEqual(['debug', 0x44n]);
        insert('breakpoint', CODE + 0x10n); // now the loop, when it is hot
        machine.writeRegister('pc', CODE);
        remove('breakpoint', CODE + 0x10n);
        insert('write', DATA + 8n * 900n);
        expect(await go()).toEqual(['debug', 0x8n]);
        insert('breakpoint', CODE + 0x10n);
        remove('write', DATA + 8n * 900n);
        expect(await go()).toEqual(['debug', 0x10n]);
        expect(machine.readRegister('t0')).toBe(100n);
        machine.quit();
        await run;
      });

      it('steps one instruction at a time', async () => {
        await make(options, more);
        const seen: bigint[] = [];
        for (let n = 0; n < 8; n++) seen.push((await go(step))[1]);
        expect(seen).toEqual([0x4n, 0x8n, 0xcn, 0x10n, 0x14n, 0x8n, 0xcn, 0x10n]);
        expect(machine.cpu().instructionCount).toBe(8);
      });

      it('stops at a watched store in the middle of a hot loop, before memory has changed', async () => {
        await make(options, more);
        const address = DATA + 8n * 700n + 3n;
        insert('write', address, 2n);
        for (let again = 0; again < 2; again++) {
          expect(await go()).toEqual(['debug', 8n]);
          expect([machine.readRegister('t0'), machine.readRegister('a0')]).toEqual([300n, DATA + 8n * 700n]);
          expect(machine.readMemory(DATA + 8n * 699n, 16)[8]).toBe(0);
        }
        remove('write', address, 2n);
        insert('breakpoint', CODE + 0x18n);
        expect(await go()).toEqual(['debug', 0x18n]);
        expect(machine.readMemory(DATA + 8n * 700n, 2)).toEqual(Uint8Array.of(300 & 255, 300 >> 8));
      });

      it("raises the guest's own breakpoints, in the modes that they are for", async () => {
        await make(options, more);
        const trigger = (tdata1: bigint, tdata2: bigint): void => {
          machine.writeRegister('tdata1', tdata1);
          machine.writeRegister('tdata2', tdata2);
        };
        const trap = async (): Promise<bigint[]> => {
          machine.writeRegister('pc', CODE);
          expect(await go()).toEqual(['debug', 0x44n]);
          return [machine.readRegister('mcause'), machine.readRegister('mepc') - CODE, machine.readRegister('mtval')];
        };
        machine.writeRegister('mtvec', CODE + 0x44n);
        insert('breakpoint', CODE + 0x44n);
        trigger(MCONTROL | M | EXECUTE, CODE + 0x10n);
        expect(await trap()).toEqual([3n, 0x10n, CODE + 0x10n]);
        expect(machine.readRegister('t0')).toBe(ROUNDS);
        insert('breakpoint', CODE + 0x10n);
        machine.writeRegister('pc', CODE);
        expect(await go()).toEqual(['debug', 0x10n]); // a debugger's comes first
        remove('breakpoint', CODE + 0x10n);
        trigger(MCONTROL6 | M | STORE | (3n << 16n), DATA + 8n * 700n + 4n);
        expect(await trap()).toEqual([3n, 8n, DATA + 8n * 700n + 4n]);
        expect([machine.readRegister('t0'), machine.readMemory(DATA + 8n * 700n, 1)[0]]).toEqual([300n, 0]);
        trigger(MCONTROL | M | LOAD, DATA + 6n);
        expect(await trap()).toEqual([3n, 0x20n, DATA + 6n]);
        trigger(MCONTROL | U | LOAD | STORE | EXECUTE, CODE + 0x10n);
        expect((await trap())[1]).toBe(0x20n); // as before: nothing has trapped
        expect(machine.readRegister('a5')).toBe(1n);
      });

      it('stops at just the accesses that a watchpoint is for', async () => {
        for (const [kind, address, length, expected] of [
          ['write', DATA + 6n, 1n, [0x8n, 0x28n, 0x34n, 0x3cn]],
          ['read', DATA + 6n, 1n, [0x20n, 0x24n, 0x28n, 0x38n, 0x3cn]],
          ['access', DATA + 6n, 1n, [0x8n, 0x20n, 0x24n, 0x28n, 0x34n, 0x38n, 0x3cn]],
          ['write', DATA + 1n, 1n, [0x8n, 0x28n, 0x2cn, 0x34n, 0x3cn]],
          ['read', DATA - 2n, 1n, [0x30n]],
          ['read', DATA + 3n, 1n, [0x28n, 0x30n, 0x38n, 0x3cn]],
          ['read', DATA - 64n, 64n, [0x30n]],
          ['write', DATA - 64n, 64n, []],
          ['access', DATA + 0x2000n, 64n, []],
        ] as const) {
          await make(options, more);
          expect([kind, address - DATA, length, await stops(kind, address, length)]).toEqual([kind, address - DATA, length, expected]);
          await machine.close();
          host.close();
        }
        await make(options, more);
      });
    });
  }
}
