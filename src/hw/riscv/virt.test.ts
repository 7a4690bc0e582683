import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TypeRegistry } from '../../qom/registry.js';
import { FdtTree, type FdtNode } from '../core/fdt.js';
import { riscvTarget } from './index.js';
import { RiscvImsic } from '../intc/riscv-imsic.js';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { MiB } from '../../util/size.js';
import { IRQ_M_SOFT, IRQ_M_TIMER, IRQ_S_EXT, IRQ_S_SOFT } from './hart.js';
import type { MachineConfig } from '../core/machine-config.js';
import { IdleHart, IdleSpike, IdleVirt, type IdleBoardOptions } from './testing.js';

const words = (m: IdleVirt | IdleSpike, address: number, count: number) =>
  Array.from({ length: count }, (_, i) => m.addressSpace.read(address + 4 * i, 4));
const hart = (m: IdleVirt) => m.cpus[0] as IdleHart;

/** Paths of all nodes, as they stand in the tree: QEMU 10.0's. */
const cpuNodes = (count: number): string[] => {
  const each = (paths: (n: number) => string[]) => Array.from({ length: count }, (_, n) => paths(n)).flat();
  return [
    '/cpus',
    ...each((n) => [`/cpus/cpu@${n}`, `/cpus/cpu@${n}/interrupt-controller`]),
    ...['/cpus/cpu-map', '/cpus/cpu-map/cluster0', ...each((n) => [`/cpus/cpu-map/cluster0/core${n}`])],
  ];
};
const CPU_NODES = 'CPU nodes';
/** Those of virt, up to its interrupt controllers. */
const VIRT_NODES = [
  ...['/poweroff', '/reboot', '/platform-bus@4000000', '/memory@80000000', CPU_NODES, '/pmu', '/fw-cfg@10100000', '/flash@20000000'],
  ...['/aliases', '/chosen', '/soc', '/soc/rtc@101000', '/soc/serial@10000000', '/soc/test@100000'],
  ...[8, 7, 6, 5, 4, 3, 2, 1].map((slot) => `/soc/virtio_mmio@1000${slot}000`),
];
const APLIC_NODES = ['/soc/interrupt-controller@d000000', '/soc/interrupt-controller@c000000'];
const IMSIC_NODES = ['/soc/interrupt-controller@28000000', '/soc/interrupt-controller@24000000'];
const PCI_NODE = '/soc/pci@30000000';
const virtWith = (properties: Record<string, string>): typeof IdleVirt =>
  class extends IdleVirt {
    constructor(config: MachineConfig = {}, options: IdleBoardOptions = {}) {
      super({ ...config, properties: { ...properties, ...config.properties } }, options);
    }
  };
const BOARDS: [string, typeof IdleVirt | typeof IdleSpike, string[]][] = [
  ['virt', IdleVirt, [...VIRT_NODES, ...['/soc/plic@c000000', '/soc/clint@2000000', PCI_NODE]]],
  [
    'virt,aclint=on',
    virtWith({ aclint: 'on' }),
    [...VIRT_NODES, ...['/soc/plic@c000000', '/soc/sswi@2f00000', '/soc/mtimer@2004000', '/soc/mswi@2000000', PCI_NODE]],
  ],
  ['virt,aia=aplic', virtWith({ aia: 'aplic' }), [...VIRT_NODES, ...APLIC_NODES, '/soc/clint@2000000', PCI_NODE]],
  [
    'virt,aia=aplic-imsic',
    virtWith({ aia: 'aplic-imsic' }),
    [...VIRT_NODES, ...APLIC_NODES, ...IMSIC_NODES, '/soc/clint@2000000', PCI_NODE],
  ],
  [
    'virt,aia=aplic-imsic,aia-guests=3',
    virtWith({ aia: 'aplic-imsic', 'aia-guests': '3' }),
    [...VIRT_NODES, ...APLIC_NODES, ...IMSIC_NODES, '/soc/clint@2000000', PCI_NODE],
  ],
  ['spike', IdleSpike, ['/chosen', '/memory@80000000', CPU_NODES, '/soc', '/soc/clint@2000000', '/htif']],
];

describe('virt', () => {
  it('has the reset vector that QEMU 10.0 has', () => {
    const m = new IdleVirt({ ramSize: 512 * MiB });
    m.create();
    expect(words(m, 0x1000, 20)).toEqual([
      0x00000297, 0x02828613, 0xf1402573, 0x0202b583, 0x0182b283, 0x00028067, 0x80000000, 0, 0x9fe00000, 0, 0x4942534f, 0, 2, 0, 0, 0, 1, 0,
      0, 0,
    ]);
    expect(m.addressSpace.read(0x9fe00000, 4)).toBe(0xedfe0dd0);
  });

  it('puts firmware, kernel and initrd where QEMU puts them', () => {
    const firmware = new Uint8Array(0x4_1000).fill(1);
    const m = new IdleVirt(
      {
        ramSize: 512 * MiB,
        bios: 'default',
        kernel: new Uint8Array(100).fill(2),
        initrd: new Uint8Array(50).fill(3),
        append: 'console=ttyS0',
      },
      { env: { firmware: (name) => (name === 'opensbi-riscv64-generic-fw_dynamic.bin' ? firmware : undefined) } },
    );
    m.create();
    expect([m.addressSpace.read(0x80000000, 1), m.addressSpace.read(0x80200000, 1), m.addressSpace.read(0x90200000, 1)]).toEqual([1, 2, 3]);
    expect(words(m, 0x1038, 1)).toEqual([0x80200000]);
    const chosen = m.fdt.find('/chosen')!;
    expect(chosen.getString('bootargs')).toBe('console=ttyS0');
    expect([chosen.getU64('linux,initrd-start'), chosen.getU64('linux,initrd-end')]).toEqual([0x90200000n, 0x90200032n]);
  });

  it('puts the images back at reset', () => {
    const m = new IdleVirt({ ramSize: 64 * MiB, kernel: Uint8Array.of(7) });
    m.create();
    m.addressSpace.write(0x80000000, 1, 9);
    m.reset();
    expect(m.addressSpace.read(0x80000000, 1)).toBe(7);
  });

  it('refuses what is not built in one line', () => {
    expect(() => new IdleVirt({ smp: 513 }).create()).toThrow(/-smp/);
    expect(() => new IdleVirt({ smp: 1, maxCpus: 513 }).create()).toThrow(
      "Invalid SMP CPUs 513. The max CPUs supported by machine 'virt' is 512",
    );
    expect(() => new IdleSpike({ smp: 9 }).create()).toThrow("Invalid SMP CPUs 9. The max CPUs supported by machine 'spike' is 8");
    expect(() => new IdleVirt({ bios: 'default' }).create()).toThrow(/unable to find firmware/);
    expect(() => new IdleVirt({ kernel: new Uint8Array(65 * MiB), ramSize: 64 * MiB }).create()).toThrow(/do not fit/);
  });

  it('wires uart -> plic -> hart and clint -> hart', () => {
    const serial = new RingBufferChardev('serial0');
    const m = new IdleVirt({ ramSize: 64 * MiB, serials: [serial] });
    m.create();
    m.vmStart();
    m.addressSpace.write(0x1000_0000, 1, 0x41);
    expect(serial.readText()).toBe('A');
    m.addressSpace.write(0x1000_0001, 1, 1); // IER: receive
    m.addressSpace.write(0x0c00_0000 + 4 * 10, 4, 1);
    m.addressSpace.write(0x0c00_2080, 4, 1 << 10); // context 1: S mode
    serial.input(Uint8Array.of(0x42));
    expect(hart(m).lines[IRQ_S_EXT]).toBe(1);
    expect(m.addressSpace.read(0x0c20_1004, 4)).toBe(10);
    expect(m.addressSpace.read(0x1000_0000, 1)).toBe(0x42);
    m.addressSpace.write(0x0c20_1004, 4, 10);
    expect(hart(m).lines[IRQ_S_EXT]).toBe(0);

    m.addressSpace.write64(0x0200_4000, 1000n); // 100 us
    expect(hart(m).lines[IRQ_M_TIMER]).toBe(0);
    m.hostClock.ns += 99_000;
    m.clocks.runTimers();
    expect(hart(m).lines[IRQ_M_TIMER]).toBe(0);
    m.hostClock.ns += 1_000;
    m.clocks.runTimers();
    expect(hart(m).lines[IRQ_M_TIMER]).toBe(1);
  });

  it('has ACLINT devices: machine and supervisor software interrupts, the timer', () => {
    const m = new IdleVirt({ properties: { aclint: 'on' } });
    m.create();
    m.vmStart();
    m.addressSpace.write(0x0200_0000, 4, 1);
    m.addressSpace.write(0x02f0_0000, 4, 1);
    m.addressSpace.write64(0x0200_4000, 0n);
    expect([IRQ_M_SOFT, IRQ_S_SOFT, IRQ_M_TIMER].map((irq) => hart(m).lines[irq])).toEqual([1, 1, 1]);
    expect([m.addressSpace.read(0x0200_0000, 4), m.addressSpace.read(0x02f0_0000, 4)]).toEqual([1, 0]);
    const plain = new IdleVirt();
    plain.create();
    expect(plain.addressSpace.writeTx(0x02f0_0000, 4, 1)).not.toBe(0);
  });

  // what starts, and what firmware is told to start next, with something in bank 0: as QEMU 10.0
  it.each([
    ['none', [], 0x8000_0000, 0x8000_0000],
    ['none', ['0'], 0x2000_0000, 0x8000_0000],
    ['none', ['1'], 0x8000_0000, 0x8000_0000],
    ['default', [], 0x8000_0000, 0x8020_0000],
    ['default', ['0'], 0x8000_0000, 0x2000_0000],
    ['default', ['1'], 0x8000_0000, 0x8020_0000],
  ] as const)('-bios %s, flash in banks %j: starts at 0x%x, then 0x%x', (bios, banks, start, next) => {
    const env = { firmware: () => new Uint8Array(64).fill(1) };
    const m = new IdleVirt({ bios, kernel: Uint8Array.of(9, 9, 9), append: 'x' }, { env });
    for (const unit of banks) m.backends.add('pflash', unit, { bytes: new Uint8Array(32 * MiB).fill(5), readOnly: false, write: () => {} });
    m.create();
    expect([words(m, 0x1018, 1)[0], words(m, 0x1038, 1)[0]]).toEqual([start, next]);
    for (const unit of banks) expect(m.addressSpace.read(0x2000_0000 + Number(unit) * 0x200_0000, 1)).toBe(5);
    const offered = bios === 'default' && next === 0x2000_0000;
    expect(m.addressSpace.read(0x8020_0000, 1) + m.addressSpace.read(0x8000_0000, 1)).toBe(offered ? 1 : bios === 'none' ? 9 : 10);
    m.addressSpace.write(0x1010_0008, 2, 0x0800); // KERNEL_SIZE, big-endian
    expect(m.addressSpace.read(0x1010_0000, 1)).toBe(offered ? 3 : 0);
  });

  it('refuses flash of another size, and a third bank', () => {
    const virt = (unit: string, size: number) => {
      const m = new IdleVirt();
      m.backends.add('pflash', unit, { bytes: new Uint8Array(size), readOnly: false, write: () => {} });
      return () => m.create();
    };
    expect(virt('1', MiB)).toThrow("cfi.pflash01 device 'virt.flash1' requires 33554432 bytes, its block backend provides 1048576 bytes");
    expect(virt('2', 32 * MiB)).toThrow('-pflash: machine type does not support if=pflash,bus=0,unit=2');
  });

  it('writes its tree for dumpdtb and asks to quit', () => {
    const files: Record<string, Uint8Array> = {};
    const m = new IdleVirt({ properties: { dumpdtb: 'x.dtb' } }, { env: { writeFile: (name, bytes) => (files[name] = bytes) } });
    m.create();
    expect(FdtTree.parse(files['x.dtb']).find('/soc/plic')!.getU32('riscv,ndev')).toBe(95);
    expect(m.runState.shutdownRequest).toBeDefined();
  });

  it.each(BOARDS.flatMap((row) => [1, 4].map((harts) => [...row, harts] as const)))(
    'describes itself as QEMU does: %s',
    (name, Board, rows, harts) => {
      const m = new Board({ ramSize: 512 * MiB, smp: harts });
      m.create();
      const nodes = rows.flatMap((path) => (path === CPU_NODES ? cpuNodes(harts) : path));
      expect(order(m.fdt.root)).toEqual(nodes);
      const qemu = qemuTree(name, harts);
      // The table above is what is left to compare with. (QEMU 7.2 has AIA by other names.)
      if (!qemu || (name.includes('aia') && qemu.version < 10)) return;
      const [ours, theirs] = [flat(m.fdt.root), flat(qemu.tree.root)];
      // Phandles are compared by the node that they name.
      const differing = [...new Set([...ours.keys(), ...theirs.keys()])]
        .filter((key) => ours.get(key) !== theirs.get(key))
        .filter((key) => !KNOWN.some((k) => k.test(key)));
      expect(differing).toEqual([]);
      if (qemu.version === 10) expect(order(qemu.tree.root).filter((path) => !KNOWN.some((k) => k.test(path)))).toEqual(nodes);
    },
  );
});

/** Where our trees are meant to differ from those of QEMU 7.2 and 10.0. */
const KNOWN = [
  /riscv,ndev$/, // 96 in 7.2, 95 since 8.0
  /^\/aliases /, // since 8.0
  /^\/cpus\/cpu@\d (riscv,isa|riscv,isa-.*|riscv,cbo.*|mmu-type)$/, // the CPU's own
  /^\/chosen rng-seed$/,
  /^\/chosen stdout-path$/, // not in spike's tree of 7.2
];

function order(node: FdtNode, path = ''): string[] {
  return [...node.children.values()].flatMap((child) => [`${path}/${child.name}`, ...order(child, `${path}/${child.name}`)]);
}

/** The tree of the QEMU that is installed, or that WEMU_ORACLE names (`chroot DIR qemu-system-riscv64` works too), if there is one. */
function qemuTree(board: string, harts: number): { version: number; tree: FdtTree } | undefined {
  const [program, ...args] = (process.env.WEMU_ORACLE ?? 'qemu-system-riscv64').split(' ');
  const version = /version (\d+)/.exec(spawnSync(program, [...args, '--version'], { encoding: 'utf8' }).stdout ?? '');
  if (!version) return undefined;
  const root = program === 'chroot' ? args[0] : '';
  const folder = mkdtempSync(join(root, tmpdir(), 'wemu-dtb-'));
  try {
    const file = join(folder, 'qemu.dtb');
    const machine = `${board},dumpdtb=${file.slice(root.length)}`;
    execFileSync(program, [...args, '-M', machine, '-smp', String(harts), '-m', '512M', '-display', 'none', '-bios', 'none'], {
      stdio: 'ignore',
    });
    return { version: Number(version[1]), tree: FdtTree.parse(readFileSync(file)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** QEMU 7.2 pads this list with zeros. */
const trimmed = (name: string, value: string) => (name === 'riscv,event-to-mhpmcounters' ? value.replace(/(0{8})+$/, '') : value);
const PHANDLES = new Set(['interrupt-parent', 'regmap', 'cpu', 'msi-parent', 'riscv,children']);
/** A phandle, and other cells. */
const WITH_PHANDLE = new Set(['riscv,delegate', 'riscv,delegation']);

/** `path property` -> value in hex, phandles replaced by paths. */
function flat(root: FdtNode): Map<string, string> {
  const names = new Map<number, string>();
  const visit = (node: FdtNode, path: string, see: (node: FdtNode, path: string) => void): void => {
    see(node, path);
    for (const child of node.children.values()) visit(child, `${path}/${child.name}`, see);
  };
  visit(root, '', (node, path) => {
    const phandle = node.getU32('phandle');
    if (phandle !== undefined) names.set(phandle, path);
  });
  const out = new Map<string, string>();
  visit(root, '', (node, path) => {
    for (const [name, bytes] of node.properties) {
      if (name === 'phandle') continue;
      const cells = node.getCells(name)!;
      const value = PHANDLES.has(name)
        ? names.get(cells[0])
        : WITH_PHANDLE.has(name)
          ? [names.get(cells[0]), ...cells.slice(1)].join()
          : name === 'interrupts-extended'
            ? cells.map((cell, i) => (i % 2 ? cell : names.get(cell))).join()
            : Buffer.from(bytes).toString('hex');
      out.set(`${path} ${name}`, trimmed(name, String(value)));
    }
  });
  return out;
}

describe('spike', () => {
  it.each(['kernel', 'firmware'])('names the broken %s', (name) => {
    const broken = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
    const m = new IdleSpike({ ramSize: 16 * MiB, ...(name === 'kernel' ? { kernel: broken } : { bios: broken }) });
    expect(() => m.create()).toThrow(`'${name}': truncated ELF header`);
  });

  it('takes console output and an exit code through HTIF', () => {
    const serial = new RingBufferChardev('serial0');
    const m = new IdleSpike({ ramSize: 16 * MiB, serials: [serial] });
    m.create();
    const [fromhost, tohost] = [0x0100_0000, 0x0100_0008];
    m.addressSpace.write64(tohost, 0x0101_0000_0000_0061n);
    expect(serial.readText()).toBe('a');
    expect(m.addressSpace.read64(fromhost)).toBe(0x0101_0000_0000_0161n);
    expect(m.addressSpace.read64(tohost)).toBe(0n);
    m.addressSpace.write(tohost, 4, (5 << 1) | 1);
    m.addressSpace.write(tohost + 4, 4, 0);
    expect(m.runState.shutdownRequest).toEqual({ cause: 'guest-shutdown', exitCode: 5 });
  });
});

describe('snapshots', () => {
  it('carry every device that has state', async () => {
    const { ByteReader, ByteWriter } = await import('../../util/bytes.js');
    const make = () => {
      const m = new IdleVirt({ ramSize: 16 * MiB });
      m.create();
      return m;
    };
    const [a, b] = [make(), make()];
    a.addressSpace.write(0x1000_0007, 1, 0x5a); // UART scratch
    a.addressSpace.write(0x0c00_0004, 4, 3); // PLIC priority
    a.addressSpace.write64(0x0200_4000, 0x1234_5678_9abc_def0n); // mtimecmp
    for (const [i, device] of a.realizedDevices.entries()) {
      if (!device.vmState) continue;
      const out = new ByteWriter();
      device.vmState.save(device, out);
      const twin = b.realizedDevices[i];
      twin.vmState!.load(twin, new ByteReader(out.finish()), twin.vmState!.options.version);
    }
    expect([b.addressSpace.read(0x1000_0007, 1), b.addressSpace.read(0x0c00_0004, 4)]).toEqual([0x5a, 3]);
    expect(b.addressSpace.read64(0x0200_4000)).toBe(0x1234_5678_9abc_def0n);
  });
});

describe('PCI', () => {
  const virt = (devices: readonly string[], properties: Record<string, string> = {}): IdleVirt => {
    const m = new IdleVirt({ ramSize: 16 * MiB, devices, properties }, { env: { types: new TypeRegistry(riscvTarget.devices) } });
    m.create();
    m.vmStart();
    return m;
  };
  const config = (slot: number, at: number, bus = 0) => 0x3000_0000 + bus * 0x10_0000 + slot * 0x8000 + at;
  const bars = (m: IdleVirt, slot: number, ...values: readonly number[]): void => {
    values.forEach((value, n) => m.addressSpace.write(config(slot, 0x10 + 4 * n), 4, value));
    m.addressSpace.write(config(slot, 4), 2, 7);
  };

  it('has a host bridge, and reads as all ones where nothing is', () => {
    const m = virt([]);
    const { addressSpace: s } = m;
    expect([s.read(config(0, 0), 4), s.read(config(0, 8), 4), s.read(config(0, 0x2c), 4)]).toEqual([0x0008_1b36, 0x0600_0000, 0x1100_1af4]);
    for (const address of [config(1, 0), 0x3fff_fffc, 0x4000_0000, 0x7fff_fffc, 0x0300_0000, 0x4_0000_0000, 0x7_ffff_fffc])
      expect([s.readTx(address, 4), s.lo]).toEqual([0, 0xffff_ffff]);
    expect(s.writeTx(0x4000_0000, 4, 1)).toBe(0);
  });

  it('puts what -device adds on the root bus, whatever bridges there are', () => {
    const m = virt(['pci-bridge,id=br,chassis_nr=1', 'edu', 'pci-testdev,bus=br', 'virtio-rng,addr=1f.0']);
    const { addressSpace: s } = m;
    expect([1, 2, 3, 31].map((slot) => s.read(config(slot, 0), 4))).toEqual([0x0001_1b36, 0x11e8_1234, 0xffff_ffff, 0x1005_1af4]);
    s.write(config(1, 0x18), 4, 0x0001_0100);
    expect(s.read(config(0, 0, 1), 4)).toBe(0x0005_1b36);
  });

  it.each([
    ['pci-testdev,bus=foo', "Bus 'foo' not found"],
    ['pci-testdev,bus=virtio-mmio-bus.0', "Device 'pci-testdev' can't go on virtio-mmio-bus bus"],
    ['virtio-rng-device,bus=pcie.0', "Device 'virtio-rng-device' can't go on PCIE bus"],
    ['pci-testdev,addr=40', "doesn't take value '40'"],
    ['pci-testdev,addr=0', 'PCI: slot 0 function 0 not available for pci-testdev, in use by gpex-root,id=(null)'],
    ['pci-testdev,romfile=x.rom', 'option ROMs are not built'],
    ['edu,romsize=0', 'ROM size 0 is not a power of two'],
    ['edu,romsize=3', 'ROM size 3 is not a power of two'],
    ['virtio-rng-device,max-bytes=0', "'max-bytes' parameter must be positive, and less than 2^63"],
    ['virtio-rng-device,max-bytes=18446744073709551615', "'max-bytes' parameter must be positive, and less than 2^63"],
    ['virtio-rng-device,period=0', "'period' parameter expects a positive integer"],
    ['gpex-root', "Parameter 'driver' expects a pluggable device type"],
    ['pci-bridge', 'Bridge chassis not specified'],
    ['virtio-blk-pci', 'drive property not set'],
  ])('refuses -device %s', (device, why) => expect(() => virt([device])).toThrow(why));

  it('leads the pins of slots to interrupts 32 to 35', () => {
    const m = virt(['edu,addr=1', 'edu,addr=3']);
    bars(m, 1, 0x4000_0000);
    bars(m, 3, 0x4010_0000);
    const { addressSpace: s } = m;
    for (const irq of [33, 35]) s.write(0x0c00_0000 + 4 * irq, 4, 1);
    s.write(0x0c00_2084, 4, 0xa);
    s.write(0x4010_0060, 4, 1);
    expect([hart(m).lines[IRQ_S_EXT], s.read(0x0c20_1004, 4)]).toEqual([1, 35]);
    s.write(0x4010_0064, 4, 1);
    s.write(0x0c20_1004, 4, 35);
    expect(hart(m).lines[IRQ_S_EXT]).toBe(0);
  });

  it('sends messages to interrupt files where there are some, else to memory', () => {
    const send = (m: IdleVirt, address: number): void => {
      bars(m, 1, 0x4000_0000);
      [address, 0, 9].forEach((value, i) => m.addressSpace.write(config(1, 0x44 + 4 * i), i === 2 ? 2 : 4, value));
      m.addressSpace.write(config(1, 0x42), 2, 1);
      m.addressSpace.write(0x4000_0060, 4, 1);
    };
    const aia = virt(['edu,addr=1'], { aia: 'aplic-imsic' });
    const file = aia.realizedDevices.find((device): device is RiscvImsic => device instanceof RiscvImsic && !device.mmode)!;
    send(aia, 0x2800_0000);
    expect(file.pending[0]).toBe(1 << 9);
    const plain = virt(['edu,addr=1']);
    send(plain, 0x8000_1000);
    expect(plain.addressSpace.read(0x8000_1000, 4)).toBe(9);
    send(plain, 0x4000_0060); // its own register: no memory, and no end of messages
    send(plain, 0x0c00_0000);
    expect(plain.addressSpace.read(0x4000_0000, 4)).toBe(0x0100_00ed);
  });
});
