import { describe, expect, it } from 'vitest';
import { MachineRegistry } from './registry.js';
import { ScriptedBoard, scriptedMachine } from '../../tests/support/scripted-machine.js';

describe('the facade', () => {
  it('reads and writes registers and memory, physical and virtual', () => {
    const { machine } = scriptedMachine();
    machine.writePhysical(0x10, Uint8Array.of(1, 2));
    expect([...machine.readMemory(0x1010, 2)]).toEqual([1, 2]);
    machine.writeMemory(0x1ffen, Uint8Array.of(3, 4, 5, 6));
    expect([...machine.readPhysical(0xffe, 4)]).toEqual([3, 4, 5, 6]);
    expect(() => machine.readMemory(0, 1)).toThrow(/0x0/);
    expect(() => machine.readPhysical(0x10_0000, 1)).toThrow(RangeError);
    expect(machine.readRegister('x1')).toBe(5n);
    expect(() => machine.readRegister('x99')).toThrow(/x99/);
  });

  it('says what it cannot build', () => {
    expect(() => scriptedMachine({ machine: 'bord' })).toThrow(/unsupported machine type 'bord'.*board/);
    expect(() => scriptedMachine({ machine: 'b,colour=red' })).toThrow(/colour/);
    expect(() => scriptedMachine({ smp: 5 })).toThrow(/Invalid SMP CPUs 5. The max CPUs .* is 4/);
    expect(() => scriptedMachine({ smp: '2,maxcpus=5' })).toThrow(/Invalid SMP CPUs 5. The max CPUs .* is 4/);
    expect(() => scriptedMachine({ devices: ['warp-core'] })).toThrow(/'warp-core' is not a valid device/);
    expect(() => scriptedMachine({ devices: ['scripted-cpu'] })).toThrow(/expects a pluggable device type/);
  });

  it('lists machines', () => {
    expect(new MachineRegistry([ScriptedBoard]).help()).toBe(
      `Supported machines are:\n${'b'.padEnd(20)} a board (alias of board)\n${'board'.padEnd(20)} a board (default)\n`,
    );
  });

  it('keeps two machines apart', async () => {
    const [a, b] = [scriptedMachine(), scriptedMachine()];
    a.cpu.script = () => a.machine.state.requestShutdown('guest-shutdown', 1);
    b.cpu.script = () => b.machine.state.requestShutdown('guest-shutdown', 2);
    const results = await Promise.all([a.machine.run(), b.machine.run()]);
    expect(results.map((r) => r.exitCode)).toEqual([1, 2]);
  });
});
