import { describe, expect, it } from 'vitest';
import { scriptedMachine } from '../../tests/support/scripted-machine.js';

describe('several CPUs', () => {
  it('have equal shares, in slices that a guest does not feel', async () => {
    const { machine, cpus } = scriptedMachine({ smp: 3 });
    cpus[0].script = () => cpus[0].instructionCount === 1_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    for (const cpu of cpus) {
      expect(cpu.instructionCount).toBeGreaterThan(900_000);
      expect(Math.max(...cpu.slices.slice(5)) * 10).toBeLessThan(250e3);
    }
  });

  it('of different speed have equal time', async () => {
    const { machine, cpus, clock } = scriptedMachine({ smp: 2 });
    cpus[1].script = () => void (clock.ns += 90); // a tenth as fast
    cpus[0].script = () => cpus[0].instructionCount === 2_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    expect(cpus[1].instructionCount).toBeGreaterThan(150_000);
    expect(cpus[1].instructionCount).toBeLessThan(250_000);
  });

  it('that wait cost the others nothing', async () => {
    const { machine, cpus } = scriptedMachine({ smp: 2 });
    cpus[1].halted = true;
    cpus[0].script = () => cpus[0].instructionCount === 1_000_000 && machine.state.requestShutdown('guest-shutdown');
    await machine.run();
    expect([cpus[1].instructionCount, cpus[1].slices]).toEqual([0, []]);
  });

  it('hear of an interrupt from another one soon, whoever else is running', async () => {
    const { machine, cpus, clock } = scriptedMachine({ smp: 4 });
    const late: number[] = [];
    let sent = 0;
    cpus[3].script = (cpu) => {
      if (sent > 0) late.push(clock.ns - sent);
      sent = 0;
      cpu.halted = true;
    };
    cpus[1].script = (cpu) => {
      if (cpu.instructionCount % 30_001 !== 0) return;
      sent = clock.ns;
      cpus[3].interrupt();
      if (late.length === 50) machine.state.requestShutdown('guest-shutdown');
    };
    await machine.run();
    expect(Math.max(...late)).toBeLessThan(1000);
  });

  it('that spin for each other give way', async () => {
    const { machine, cpus, clock } = scriptedMachine({ smp: 3 });
    let turn = 0;
    let rounds = 0;
    for (const cpu of cpus) {
      cpu.script = () => {
        if (turn !== cpu.cpuIndex) return void (cpu.yields = true);
        turn = (turn + 1) % 3;
        if (++rounds === 3000) machine.state.requestShutdown('guest-shutdown');
      };
    }
    await machine.run();
    expect(clock.ns / rounds).toBeLessThan(1000); // not a quantum a round
  });

  it('lose their reservations when another runs, and only then', async () => {
    const { machine, cpus } = scriptedMachine({ smp: 2 });
    cpus[1].halted = true;
    cpus[0].script = (cpu) => {
      if (cpu.instructionCount === 500_000) expect(cpu.reservations).toBe(0);
      if (cpu.instructionCount === 500_001) cpus[1].interrupt();
      if (cpu.instructionCount === 500_002) expect(cpu.reservations).toBe(1);
      if (cpu.instructionCount === 600_000) machine.state.requestShutdown('guest-shutdown');
    };
    cpus[1].script = (cpu) => (cpu.halted = true);
    await machine.run();
    expect(cpus.map((cpu) => cpu.reservations)).toEqual([1, 1]);
  });

  it.each([0, 3, 10])('in icount mode have turns that the host cannot change, shift=%i', async (shift) => {
    const run = async (noise: number) => {
      const { machine, cpus, clock } = scriptedMachine({ smp: 3, icount: { shift } });
      const trace: string[] = [];
      const { clocks } = machine.state;
      let seed = noise;
      const timer = clocks.timer(1, () => cpus[2].interrupt());
      for (const cpu of cpus) {
        let last = 0;
        cpu.script = ({ instructionCount }) => {
          seed = (seed * 1103515245 + 12345) & 0x7fffffff;
          clock.ns += noise * (seed % 700);
          if (noise > 0 && seed % 997 === 0) cpu.requestExit(); // as the clock's checks do
          if (instructionCount !== last + 1 || instructionCount % 1000 === 0)
            trace.push(`${cpu.cpuIndex} ${instructionCount} ${clocks.virtualNow}`);
          last = instructionCount;
          if (cpu.cpuIndex === 0 && instructionCount % 4321 === 0) cpus[1].interrupt();
          if (cpu.cpuIndex === 1 && instructionCount % 777 === 0) cpu.yields = true;
          if (cpu.cpuIndex === 1 && instructionCount % 5000 === 0) cpu.halted = true;
          if (cpu.cpuIndex === 2 && instructionCount % 3000 === 0) {
            cpu.halted = true;
            timer.modNs(clocks.virtualNow + 54_321n);
          }
          if (cpu.cpuIndex === 0 && instructionCount === 200_000) machine.state.requestShutdown('guest-shutdown');
        };
      }
      await machine.run();
      return trace;
    };
    const [calm, noisy, other] = [await run(0), await run(1), await run(2)];
    expect(calm.length).toBeGreaterThan(200);
    for (const n of ['0', '1', '2']) expect(calm.some((line) => line.startsWith(n))).toBe(true);
    expect(noisy).toEqual(calm);
    expect(other).toEqual(calm);
  });
});
