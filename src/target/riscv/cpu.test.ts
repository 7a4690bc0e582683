import { describe, expect, it } from 'vitest';
import { TcgAccel } from '../../accel/tcg/accel.js';
import { createEngineMemory } from '../../accel/tcg/memory.js';
import { ExitReason } from '../../hw/core/cpu.js';
import { MemoryRegion } from '../../memory/region.js';
import { TestMachine } from '../../hw/core/testing.js';
import { Assembler, type Label } from '../../../tests/differential/assembler.js';
import { engineModule } from '../../../tests/support/engine.js';
import { riscvIsa } from './index.js';
import { parseCpuConfig } from './config.js';
import { RiscvCpu } from './cpu.js';
import { CSR_NUMBERS } from './csr-names.js';

const RAM = 0x8000_0000;
const MiB = 0x10_0000;

/** A hart on a bus with nothing but RAM, which holds `code` at its reset vector. */
function rig(model: string, code: readonly number[]): { cpu: RiscvCpu; machine: TestMachine } {
  const memory = createEngineMemory(4 * MiB, 4 * MiB);
  const accelerator = new TcgAccel({ wasm: engineModule(), memory, isa: riscvIsa });
  const machine = new TestMachine({ ram: memory.ram });
  (machine as { accelerator: unknown }).accelerator = accelerator;
  accelerator.init(machine);
  const block = machine.ram.allocate('ram', MiB);
  machine.systemMemory.addSubregion(RAM, MemoryRegion.ram(machine.topology, 'ram', block, machine));
  new Uint32Array(block.bytes.buffer, block.bytes.byteOffset, code.length).set(code);
  const cpu = new RiscvCpu(machine, parseCpuConfig(model), 3, RAM);
  cpu.reset();
  return { cpu, machine };
}
const hart = (model: string, code: readonly number[]): RiscvCpu => rig(model, code).cpu;

const WFI = 0x1050_0073;

describe('RiscvCpu', () => {
  it('starts at the reset vector in M-mode', () => {
    const cpu = hart('rv64', [WFI]);
    expect(cpu.pc).toBe(BigInt(RAM));
    expect(cpu.readRegister('priv')).toBe(3n);
    expect(cpu.readRegister('mhartid')).toBe(3n);
    expect(cpu.readRegister('misa')).toBe((2n << 62n) | 0x14112dn);
  });

  it.each(['rv64', 'rv32'])('%s runs code and stops at wfi', (model) => {
    // li a0,-5; li a1,3; mul a2,a0,a1; wfi
    const cpu = hart(model, [0xffb00513, 0x00300593, 0x02b50633, WFI]);
    expect(cpu.run(1000)).toBe(ExitReason.Halted);
    expect(cpu.halted).toBe(true);
    expect(cpu.readRegister('a2')).toBe(BigInt.asUintN(cpu.config.xlen, -15n));
    expect(cpu.pc).toBe(BigInt(RAM + 16));
  });

  it('takes an illegal instruction to mtvec with its bits', () => {
    // auipc t0,0; addi t0,t0,16; csrw mtvec,t0; (illegal); wfi
    const cpu = hart('rv64', [0x00000297, 0x01028293, 0x30529073, 0xffffffff, WFI]);
    expect(cpu.run(1000)).toBe(ExitReason.Halted);
    expect([cpu.readRegister('mcause'), cpu.readRegister('mtval'), cpu.readRegister('mepc')]).toEqual([2n, 0xffffffffn, BigInt(RAM + 12)]);
  });

  it('shows its interrupt lines in mip', () => {
    const cpu = hart('rv64', [WFI]);
    cpu.gpioIn(7).raise();
    expect(cpu.readRegister('mip')).toBe(0x80n);
    expect(cpu.hasWork()).toBe(false);
    cpu.writeRegister('mie', 0x80n);
    expect(cpu.hasWork()).toBe(true);
    cpu.gpioIn(7).lower();
    expect(cpu.readRegister('mip')).toBe(0n);
  });

  it('lists and writes registers', () => {
    const cpu = hart('rv32', [WFI]);
    expect(cpu.writeRegister('a0', 0x8000_0000n)).toBe(true);
    expect(cpu.readRegister('x10')).toBe(0x8000_0000n);
    expect(cpu.writeRegister('nope', 0n)).toBe(false);
    expect(cpu.registers().map(([name]) => name)).toEqual(expect.arrayContaining(['pc', 'x31', 'f31', 'satp', 'mstatush']));
    expect(cpu.dumpState().split('\n').slice(0, 2)).toEqual([' pc       80000000', ' mhartid  00000003']);
    expect(cpu.dumpState()).toContain(' x8/s0    00000000 x9/s1    00000000 x10/a0   80000000 x11/a1   00000000');
  });

  it.each(['rv64', 'rv32'])('%s: a counter that overflows interrupts when it does', (model) => {
    const [A0, A1, A2, A3, A4] = [10, 11, 12, 13, 14];
    const csr = (name: string): number => CSR_NUMBERS.get(name)!;
    const asm = new Assembler(RAM, model === 'rv64' ? 64 : 32);
    const handler: Label = {};
    asm.la(A0, handler);
    asm.csrw(csr('mtvec'), A0);
    asm.li(A0, 2); // instructions
    asm.csrw(csr('mhpmevent3'), A0);
    asm.li(A0, -1000);
    if (model === 'rv32') {
      asm.li(A4, -1);
      asm.csrw(csr('mhpmcounter3h'), A4);
    }
    asm.csrw(csr('mhpmcounter3'), A0);
    asm.li(A0, 1 << 13);
    asm.csrw(csr('mie'), A0);
    asm.li(A0, 8);
    asm.csrrs(0, csr('mstatus'), A0);
    const again = asm.place({});
    asm.addi(A1, A1, 1);
    asm.j(again);
    asm.align(4);
    asm.place(handler);
    asm.csrr(A2, csr('mcause'));
    asm.csrr(A3, csr('mhpmcounter3'));
    asm.csrr(A4, csr('scountovf'));
    asm.csrw(csr('mie'), 0);
    asm.wfi();
    const cpu = hart(`${model},sscofpmf=on`, [...new Uint32Array(asm.finish().slice().buffer)]);
    let reason = ExitReason.Budget;
    for (let slices = 0; slices < 20 && reason !== ExitReason.Halted; slices++) reason = cpu.run(1_000_000);
    expect(reason).toBe(ExitReason.Halted);
    const interrupt = 1n << BigInt(cpu.config.xlen - 1);
    expect([cpu.readRegister('a2'), cpu.readRegister('a4')]).toEqual([interrupt | 13n, 8n]);
    expect(Number(cpu.readRegister('a3'))).toBeLessThan(10); // the interrupt comes at the end of a block
    expect(Number(cpu.readRegister('a1'))).toBeGreaterThan(480);
  });

  it('takes STIP back when mtime is set to before stimecmp', () => {
    const cpu = hart('rv64', [WFI]);
    let now = 100n;
    let timeSet = (): void => {};
    cpu.setTimeSource({ time: () => now, deadline: (target) => target * 100n, onTimeSet: (listener) => (timeSet = listener) });
    cpu.writeRegister('menvcfg', 1n << 63n); // STCE
    cpu.writeRegister('stimecmp', 50n);
    expect(cpu.readRegister('mip')! & 0x20n).toBe(0x20n);
    now = 10n;
    timeSet();
    expect(cpu.readRegister('mip')! & 0x20n).toBe(0n);
  });

  it('does not lose a stimecmp that time passes while it is being set', () => {
    const cpu = hart('rv64', [WFI]);
    let now = 99n; // a tick a look
    cpu.setTimeSource({ time: () => now++, deadline: (target) => target * 100n, onTimeSet: () => {} });
    cpu.writeRegister('menvcfg', 1n << 63n); // STCE
    cpu.writeRegister('stimecmp', now + 1n);
    expect(cpu.readRegister('mip')! & 0x20n).toBe(0x20n);
  });

  it('has a time and a stimecmp beyond 2^53, exact', () => {
    const cpu = hart('rv64', [WFI]);
    const now = (1n << 53n) + 1n; // as a number: 2^53
    cpu.setTimeSource({ time: () => now, deadline: (target) => target * 100n, onTimeSet: () => {} });
    cpu.writeRegister('menvcfg', 1n << 63n); // STCE
    expect(cpu.readRegister('time')).toBe(now);
    cpu.writeRegister('stimecmp', now);
    expect(cpu.readRegister('mip')! & 0x20n).toBe(0x20n);
    cpu.writeRegister('stimecmp', now + 1n);
    expect(cpu.readRegister('mip')! & 0x20n).toBe(0n);
  });

  it.each([
    ['nobody', 0n, () => {}],
    ['another hart', 1n, ({ cpu }: ReturnType<typeof rig>) => cpu.endReservation()],
    // what was there before: the value alone would not tell
    ['a device', 1n, ({ machine }: ReturnType<typeof rig>) => void machine.addressSpace.writeBytes(RAM + 0x100, new Uint8Array(8))],
  ])('sc after %s may have written since lr: %i', (_, failed, meanwhile) => {
    // auipc t0,0; addi t0,t0,0x100; lr.d a0,(t0); pause; sc.d a1,t0,(t0); wfi
    const made = rig('rv64', [0x00000297, 0x10028293, 0x1002b52f, 0x0100000f, 0x1852b5af, WFI]);
    expect(made.cpu.run(1000, true)).toBe(ExitReason.Yield);
    meanwhile(made);
    expect(made.cpu.run(1000)).toBe(ExitReason.Halted);
    expect(made.cpu.readRegister('a1')).toBe(failed);
  });

  it.each([
    ['pause', 0x0100000f],
    ['wrs.nto', 0x00d00073],
    ['wrs.sto', 0x01d00073],
  ])('%s gives way to another hart that wants to run, and else does nothing', (_, word) => {
    // (word); addi a0,a0,1; wfi
    const code = [word, 0x00150513, WFI];
    const alone = hart('rv64', code);
    expect(alone.run(1000, false)).toBe(ExitReason.Halted);
    const cpu = hart('rv64', code);
    expect(cpu.run(1000, true)).toBe(ExitReason.Yield);
    expect([cpu.pc, cpu.budgetUsed, cpu.readRegister('a0')]).toEqual([BigInt(RAM + 4), 1, 0n]);
    expect(cpu.run(1000, true)).toBe(ExitReason.Halted);
    expect(cpu.readRegister('a0')).toBe(1n);
  });

  it('a store across RAM and flash is done whole, though the flash changes the memory map', () => {
    const { cpu, machine } = rig('rv64', [0x00b53023, WFI]); // sd a1,0(a0)
    const written: number[] = [];
    const ops = { read: () => 0, write: (_offset: number, value: number) => (written.push(value), flash.setRomd(false)) };
    const flash = MemoryRegion.romDevice(machine.topology, 'flash', machine.ram.allocate('flash', 0x1000), ops, machine);
    machine.systemMemory.addSubregion(RAM + MiB, flash);
    cpu.writeRegister('mtvec', BigInt(RAM + 4));
    cpu.writeRegister('a0', BigInt(RAM + MiB - 4));
    cpu.writeRegister('a1', 0x1122_3344_5566_7788n);
    expect(cpu.run(1000)).toBe(ExitReason.Halted);
    expect([cpu.readRegister('mcause'), written, machine.addressSpace.read(RAM + MiB - 4)]).toEqual([0n, [0x1122_3344], 0x5566_7788]);
  });

  it('fetches no second half of an instruction that PMP denies', () => {
    // At 0x102, by mret: li a0,7, of which U-mode may fetch the first two bytes.
    const { cpu, machine } = rig('rv64', [0x30200073, WFI]);
    const { addressSpace } = machine;
    addressSpace.write(RAM + 0x102, 2, 0x0513);
    addressSpace.write(RAM + 0x104, 2, 0x0070);
    for (const [csr, value] of [
      ['pmpaddr0', (RAM + 0x104) / 4],
      ['pmpcfg0', 0x0f],
      ['mtvec', RAM + 4],
      ['mepc', RAM + 0x102],
      ['mstatus', 0],
    ] as const)
      expect(cpu.writeRegister(csr, BigInt(value))).toBe(true);
    expect(cpu.run(1000)).toBe(ExitReason.Halted);
    expect(['mcause', 'mepc', 'mtval', 'a0'].map((name) => Number(cpu.readRegister(name)))).toEqual([1, RAM + 0x102, RAM + 0x104, 0]);
  });
});
