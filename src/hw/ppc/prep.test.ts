import { afterEach, describe, expect, it } from 'vitest';
import { monitorContext } from '../../monitor/command.js';
import { runLine } from '../../monitor/commands.js';
import { createPpcHost } from '../../../tests/ppc/machine.js';
import type { TcgHost } from '../../host.js';
import { Machine } from '../../system/facade.js';
import { SeededRandom } from '../../util/random.js';
import { simmsFor } from './rs6000-mc.js';
import { MiB } from '../../util/size.js';

const PORTS = 0x8000_0000;
const SIZES = [1, 2, 4] as const;

let host: TcgHost | undefined;
afterEach(() => host?.close());

const make = (): Machine => {
  host = createPpcHost('tci');
  return Machine.create({ machine: '40p', memory: '64M', bios: new Uint8Array(4), icount: { shift: 0 } }, host);
};

describe('40p', () => {
  it('has registers of memory, equipment and planar as QEMU has', () => {
    const { state } = make();
    const ports = {
      0x803: 0x03,
      0x804: 0xfc,
      0x80c: 0xc0,
      0x818: 0,
      0x841: 1,
      0x850: 1,
      0x852: 0xfc,
      0x398: 0x88,
      0x399: 0x0f,
      0x64: 0x18,
    };
    for (const [port, value] of Object.entries(ports))
      expect([port, state.addressSpace.read(PORTS + Number(port), 1)]).toEqual([port, value]);
  });

  it('tells what its interrupt controllers do, as QEMU does', () => {
    const { control, state } = make();
    const run = (line: string): string | Promise<string> => runLine(monitorContext(control, ''), line);
    expect(run('info pic')).toBe(
      'pic0: irr=00 imr=00 isr=00 hprio=0 irq_base=00 rr_sel=0 elcr=00 fnm=0\npic1: irr=00 imr=00 isr=00 hprio=0 irq_base=00 rr_sel=0 elcr=00 fnm=0\n',
    );
    expect(run('info irq')).toBe('IRQ statistics for isa-i8259:\n');
    state.addressSpace.write(PORTS + 0x64, 1, 0xd2); // a byte as if of the keyboard
    state.addressSpace.write(PORTS + 0x60, 1, 0x55);
    expect(run('info irq')).toBe('IRQ statistics for isa-i8259:\n 1: 1\n');
  });

  it('hears keys, which are held for a while of its time', async () => {
    const rom = new Uint8Array(MiB);
    for (let at = 0; at < MiB; at += 4) rom[at] = 0x48; // it goes round and round
    host = createPpcHost('tci');
    const machine = Machine.create({ machine: '40p', memory: '64M', bios: rom, icount: { shift: 0 } }, host);
    const { control, state } = machine;
    const port = (offset: number): number => state.addressSpace.read(PORTS + offset, 1);
    const heard = (): number[] => {
      const bytes: number[] = [];
      while (port(0x64) & 1) bytes.push(port(0x60));
      return bytes;
    };
    const run = (ms: number): void => {
      machine.cpu().run(ms * 1e6);
      state.clocks.runTimers();
    };
    const say = async (line: string): Promise<string> => runLine(monitorContext(control, ''), line);
    expect(await say('sendkey a')).toBe(''); // nobody hears it: the machine does not run
    state.vmStart();
    await say('sendkey ctrl-c 2');
    control.sendKeys(['up'], 1);
    expect(heard()).toEqual([0x14, 0x21]);
    run(2.1);
    expect(heard()).toEqual([0xf0, 0x21, 0xf0, 0x14]);
    run(2);
    expect(heard()).toEqual([0xe0, 0x75]);
    run(1.1);
    expect(heard()).toEqual([0xe0, 0xf0, 0x75]);
    run(1.1);
    await say('sendkey <-0x1e 1');
    expect(heard()).toEqual([0x61, 0x1c]);
    run(1.1);
    expect(heard()).toEqual([0xf0, 0x1c, 0xf0, 0x61]);
    expect(await say('sendkey a-b-nosuch')).toMatch(/^invalid parameter: nosuch\n$/);
    expect(await say('sendkey')).toMatch(/^sendkey: string expected/);
  });

  it('takes memory in pairs of SIMMs', () => {
    const [small, large] = [8 * MiB, 32 * MiB];
    expect(simmsFor(16 * MiB)).toEqual([small, small]);
    expect(simmsFor(96 * MiB)).toEqual([large, large, small, small, small, small]);
    expect(simmsFor(192 * MiB)).toHaveLength(6);
    for (const size of [4, 8, 100, 112, 200, 256]) expect(simmsFor(size * MiB)).toBeUndefined();
  });

  it('says where firmware may come from', () => {
    host = createPpcHost('tci');
    expect(() => Machine.create({ machine: '40p' }, host!)).toThrow("unable to find firmware 'openbios-ppc'");
  });

  it('survives garbage in every port and every configuration register', () => {
    const { state } = make();
    const random = new SeededRandom(7);
    const space = state.addressSpace;
    const began = performance.now();
    for (let i = 0; i < 100_000; i++) {
      const port = [random.next() % 0x100, random.next() % 0xd00, 0xcf8 + (random.next() % 8)][random.next() % 3];
      const size = SIZES[random.next() % 3];
      const address = random.next() % 8 === 0 ? 0x8080_0000 + (random.next() % 0x40_0000) : PORTS + port;
      if (random.next() % 2) space.read(address, size);
      else space.write(address, size, random.next());
      if (i % 1000 !== 0) continue;
      space.write(PORTS + 0xcf8, 4, 0x8000_0000 | ([0, 1, 3, 11][random.next() % 4] << 11) | (random.next() & 0xff));
      space.read(0xbfff_fff0, 1);
      state.clocks.runTimers();
    }
    state.reset();
    space.write(PORTS + 0xcf8, 4, 0x8000_0000);
    expect(space.read(PORTS + 0xcfc)).toBe(0x4801_1057);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
