import { afterEach, expect, it } from 'vitest';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { OptionError } from '../util/errors.js';
import { ControlError } from './control.js';
import { Machine, type MachineOptions } from './facade.js';

let host: NodeHost;
afterEach(() => host.close());

/** Prints for ever, or powers off. */
const PRINT = [0x10000537, 0x05800593, 0x00b50023, 0xffdff06f]; // lui a0,0x10000; li a1,'X'; sb a1,0(a0); j .-4
const POWER_OFF = [0x00100537, 0x000055b7, 0x55558593, 0x00b52023, 0x0000006f]; // lui a0,0x100; lui a1,5; addi a1,a1,0x555; sw a1,0(a0); j .

async function make(code: readonly number[], more: MachineOptions = {}): Promise<Machine> {
  host = await createNodeHost({ backend: 'tci' });
  return Machine.create({ machine: 'virt', memory: '16M', bios: new Uint8Array(Uint32Array.from(code).buffer), ...more }, host);
}

it('stops at once between slices, and soon from inside of one', async () => {
  let inside: Promise<void> | undefined;
  let printed = 0;
  const machine: Machine = await make(PRINT, {
    serial: () => {
      if (++printed !== 10) return;
      inside = machine.control.stop();
      expect(machine.control.status.running).toBe(true); // the slice is not over
    },
  });
  const { control } = machine;
  const run = machine.run();
  while (!inside) await new Promise((resolve) => setTimeout(resolve, 1));
  await inside;
  expect(control.status.state).toBe('paused');
  const before = printed;
  control.cont();
  while (printed === before) await new Promise((resolve) => setTimeout(resolve, 1));
  void control.stop();
  expect(control.status.state).toBe('paused'); // a timer's turn: nobody is in a slice
  control.quit();
  expect((await run).reason).toBe('host-qmp-quit');
});

it('cannot go on after an end, but after a reset', async () => {
  const machine = await make(POWER_OFF);
  const { control } = machine;
  await machine.run();
  expect(() => control.cont()).toThrow(ControlError);
  expect(() => machine.resume()).toThrow('Resetting the Virtual Machine is required');
  control.reset();
  control.cont();
  expect(control.status).toMatchObject({ state: 'running', running: true });
  expect(control.powerdown()).toBe(false);
});

it('reads and writes registers and memory, and says where nothing is', async () => {
  const { control } = await make(POWER_OFF);
  const [cpu] = control.cpus;
  expect([control.writeRegister(cpu, 'a0', 7n), control.readRegister(cpu, 'a0'), control.readRegister(cpu, 'x10')]).toEqual([true, 7n, 7n]);
  expect([control.writeRegister(cpu, 'pc', 0x8000_0004n), control.readRegister(cpu, 'pc')]).toEqual([true, 0x8000_0004n]);
  expect([control.readRegister(cpu, 'r99'), control.writeRegister(cpu, 'r99', 0n)]).toEqual([undefined, false]);
  for (const space of ['physical', cpu] as const) {
    expect(control.writeMemory(space, 0x8000_1ffen, Uint8Array.of(1, 2, 3, 4))).toBeUndefined();
    const bytes = new Uint8Array(4);
    expect([control.readMemory(space, 0x8000_1ffen, bytes), [...bytes]]).toEqual([undefined, [1, 2, 3, 4]]);
  }
  expect(control.readMemory('physical', 0x2800_0000n, new Uint8Array(4))).toBe(0x2800_0000n);
  // 16 MiB of RAM end inside: virtual, the page that is left is told
  expect(control.readMemory(cpu, 0x80ff_ff00n, new Uint8Array(0x200))).toBe(0x8100_0000n);
  expect(control.readMemory('physical', 0xffff_ffff_ffff_fff0n, new Uint8Array(4))).toBe(0xffff_ffff_ffff_fff0n);
});

it('lists devices, and reads and sets their properties', async () => {
  const { control } = await make(POWER_OFF, { devices: ['virtio-rng-device,id=rng0'] });
  expect(control.devices().find(({ type }) => type === 'goldfish_rtc')).toEqual({
    path: expect.stringMatching(/^\/machine\/unattached\/device\[\d+\]$/),
    type: 'goldfish_rtc',
    id: undefined,
    bus: 'main-system-bus',
    mmio: [{ name: 'goldfish_rtc', address: 0x10_1000, size: 0x24 }],
  });
  expect(control.devices().find(({ id }) => id === 'rng0')).toMatchObject({
    type: 'virtio-rng-device',
    bus: 'virtio-mmio-bus.7',
    mmio: [],
  });
  const rng = control.object('rng0')!;
  expect(control.object('/machine/peripheral/rng0')).toBe(rng);
  expect(control.properties(rng)).toContainEqual({ name: 'period', kind: 'uint32', value: '65536' });
  expect(() => control.setProperty(rng, 'period', '5')).toThrow(OptionError); // not after realize
  expect(() => control.setProperty(rng, 'nothing', '5')).toThrow("property 'virtio-rng-device.nothing' not found");
  expect(control.object('/nowhere')).toBeUndefined();
});

it('types into serial ports', async () => {
  const { control, state } = await make(POWER_OFF);
  expect([control.type(0, Uint8Array.of(65)), control.type(3, Uint8Array.of(65))]).toEqual([true, false]);
  expect(state.addressSpace.read(0x1000_0000, 1)).toBe(65);
});
