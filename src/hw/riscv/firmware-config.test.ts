/** What firmware and guest find in virt's fw_cfg, of a user's `-fw_cfg` and `-boot`: names, order and contents as QEMU 10.0 has them (seen by its qtest). */
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from '../core/machine-config.js';
import { MiB } from '../../util/size.js';
import { IdleSpike, IdleVirt } from './testing.js';

const [DATA, SELECTOR] = [0x1010_0000, 0x1010_0008];
const [UUID, BOOT_MENU, FILE_DIR] = [0x02, 0x0e, 0x19];
const TABLES = ['etc/smbios/smbios-anchor', 'etc/smbios/smbios-tables'];
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

function firmwareOf(config: MachineConfig) {
  const m = new IdleVirt({ ramSize: 16 * MiB, ...config });
  m.create();
  const read = (key: number, count: number): number[] => {
    m.addressSpace.write(SELECTOR, 2, ((key & 0xff) << 8) | (key >> 8));
    return Array.from({ length: count }, () => m.addressSpace.read(DATA, 1));
  };
  const [, , , count] = read(FILE_DIR, 4);
  const entries = read(FILE_DIR, 4 + 64 * count);
  const files = Array.from({ length: count }, (_, n) => {
    const entry = Uint8Array.from(entries.slice(4 + 64 * n, 68 + 64 * n));
    const view = new DataView(entry.buffer);
    const name = new TextDecoder().decode(entry.subarray(8)).replace(/\0.*/s, '');
    return [name, read(view.getUint16(4), view.getUint32(0))] as const;
  });
  return { files: Object.fromEntries(files), names: files.map(([name]) => name), menu: read(BOOT_MENU, 2), uuid: read(UUID, 16) };
}

describe('fw_cfg', () => {
  it('has the files of a user among its own, by name', () => {
    const { files, names } = firmwareOf({
      fwCfg: [
        { name: 'opt/x', data: text('hello') },
        { name: 'aaa', data: text('1') },
        { name: 'opt/empty', data: text('') },
      ],
    });
    expect(names).toEqual(['aaa', 'bios-geometry', 'bootorder', 'etc/boot-fail-wait', ...TABLES, 'opt/empty', 'opt/x']);
    expect([files['opt/x'], files.aaa, files['opt/empty']]).toEqual([[...text('hello')], [...text('1')], []]);
  });

  it('says how to boot', () => {
    expect(firmwareOf({})).toMatchObject({ files: { 'etc/boot-fail-wait': [255, 255, 255, 255] }, menu: [0, 0] });
    const boot = { menu: true, splashTime: 300, rebootTimeout: 7, splash: { name: 'bootsplash.jpg', data: Uint8Array.of(0xff, 0xd8) } };
    const { files, names, menu } = firmwareOf({ boot });
    expect(names).toEqual(['bios-geometry', 'bootorder', 'bootsplash.jpg', 'etc/boot-fail-wait', 'etc/boot-menu-wait', ...TABLES]);
    expect(files).toMatchObject({ 'bootsplash.jpg': [0xff, 0xd8], 'etc/boot-fail-wait': [7, 0, 0, 0], 'etc/boot-menu-wait': [0x2c, 1] });
    expect(menu).toEqual([1, 0]);
  });

  it('has SMBIOS tables, with what a user gives for them', () => {
    const uuid = '00112233-4455-6677-8899-aabbccddeeff';
    const machine = firmwareOf({ uuid, smp: 4, topology: { sockets: 2, cores: 2, threads: 1 }, smbios: ['type=1,serial=S4'] });
    const tables = machine.files['etc/smbios/smbios-tables'];
    expect(String.fromCharCode(...tables)).toContain('QEMU\0QEMU Virtual Machine\0virt\0S4\0\0');
    expect(String.fromCharCode(...tables)).toContain('CPU 1\0QEMU\0virt\0\0');
    expect(tables.slice(8, 16)).toEqual([0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
    expect(machine.files['etc/smbios/smbios-anchor'][12]).toBe(tables.length & 0xff);
    expect(machine.uuid.slice(0, 4)).toEqual([0x00, 0x11, 0x22, 0x33]);
    expect(() => firmwareOf({ smbios: ['type=5'] })).toThrow("-smbios type=5: Don't know how to build fields for SMBIOS type 5");
    const spike = new IdleSpike({ ramSize: 16 * MiB, smbios: ['type=1'] });
    expect(() => spike.create()).toThrow("-smbios type=1: machine 'spike' has no SMBIOS tables");
  });

  it('refuses names that are there, more than there is room for, and boards that have no such device', () => {
    const file = (name: string) => ({ name, data: text('x') });
    expect(() => firmwareOf({ fwCfg: [file('opt/x'), file('opt/x')] })).toThrow('-fw_cfg name=opt/x: duplicate fw_cfg file name: opt/x');
    expect(() => firmwareOf({ fwCfg: [file('bootorder')] })).toThrow('duplicate fw_cfg file name: bootorder');
    const many = Array.from({ length: 40 }, (_, n) => file(`opt/${n}`));
    expect(() => firmwareOf({ fwCfg: many })).toThrow('-fw_cfg name=opt/29: fw_cfg has room for 32 files');
    const spike = new IdleSpike({ ramSize: 16 * MiB, fwCfg: [file('opt/x')] });
    expect(() => spike.create()).toThrow('-fw_cfg name=opt/x: fw_cfg device not available');
  });
});
