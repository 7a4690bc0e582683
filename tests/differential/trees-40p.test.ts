/** `info qom-tree`, `info qtree` and `info mtree` of 40p, node by node: against what QEMU 10.0 has (40p-facts.ts), and that against QEMU itself. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { monitorContext } from '../../src/monitor/command.js';
import { runLine } from '../../src/monitor/commands.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { QOM_FACTS, QTREE_FACTS } from './40p-facts.js';
import { FLAT_FACTS, MTREE_FACTS, OWNER_FACTS } from './40p-memory-facts.js';
import { expectSameTree, qemuSays, type Tree } from './tree-comparison.js';
import { dispatchFaults, flatFacts, mtreeFacts, ownerFacts, qomFacts, qtreeFacts } from './tree-facts.js';

/** Each region once: the spaces that have the system's memory have it alike. */
const ownMtreeFacts = (text: string): string[] =>
  mtreeFacts(text).filter((fact) => /^(address-space (cpu-memory-0|raven-bm|raven-io)|memory-region (?!system))/.test(fact));

const TREES: readonly Tree[] = [
  {
    command: 'info qom-tree',
    facts: qomFacts,
    qemu: QOM_FACTS,
    differences: [
      ['-', /cs4231a|floppy|isa-fdc/, 'sound and floppy are not built'],
      ['-', /lsi53c810\)\/scsi.0/, 'nobody is on the SCSI bus'],
      ['-', /or-irq/, 'the host bridge joins its lines itself'],
      ['-', /\/serial serial$|discarding-serial1/, 'isa-serial is the UART itself, and called by its number'],
      ['+', /pc87312\)\/serial1/, 'isa-serial is the UART itself, and called by its number'],
      ['-', /i8042\/ps2(kbd|mouse)/, 'keyboard and mouse are parts of their controller'],
      ['-', /unattached\/device\(raven\)/, "the bridge's function is a part of it"],
      ['+', /\/machine\/raven\/raven/, "the bridge's function is a part of it"],
    ],
  },
  {
    command: 'info qtree',
    facts: qtreeFacts,
    qemu: QTREE_FACTS,
    differences: [
      ['-', /cs4231a|floppy|isa-fdc/, 'sound and floppy are not built'],
      ['-', /scsi.0/, 'nobody is on the SCSI bus'],
      ['-', /pcnet.0: netdev/, 'there is no network'],
      ['-', /: (acpi-index|failover_pair_id|x-pcie-|x-max-bounce)/, 'for firmware, hosts and quirks that are not here'],
      [
        '-',
        /raven-pcihost.0: (bypass-iommu|x-config-reg-migration-enabled)/,
        'there is no IOMMU, and configuration is always in snapshots',
      ],
      ['-', /fw_cfg_mem.0: (x-file-slots|acpi-mr-restore)/, 'it is always so'],
      ['-', /ps2-(kbd|mouse)/, 'keyboard and mouse are parts of their controller'],
      ['-', /i8042.0: (extended-state|kbd-throttle|gpio-out "" 2)/, 'it has nobody who types'],
      ['-', /pcspk.0: migrate/, 'it is always in snapshots'],
      ['+', /isa-serial.\d: (chardev|baudbase)/, 'isa-serial is the UART itself'],
      ['+', /: gpio-out "isa-irq/, 'interrupts of ISA are outputs'],
    ],
  },
  {
    command: 'info mtree',
    facts: ownMtreeFacts,
    qemu: MTREE_FACTS,
    differences: [
      ['-', /\/ (cs4231a|fdc) /, 'sound and floppy are not built'],
      ['-', /dma-pageh .*(489|491) i/, "QEMU's high pages are three ports more than there are"],
      ['+', /dma-pageh .*48[7f] i/, "QEMU's high pages are three ports more than there are"],
      ['-', /^(address-space raven-io|memory-region pci-memory)/, 'a root begins at 0 here, wherever else it is mapped'],
      ['+', /^(address-space raven-io|memory-region pci-memory)/, 'a root begins at 0 here, wherever else it is mapped'],
    ],
  },
  {
    command: 'info mtree -f',
    // QEMU has a space that is mapped in another one where it is there
    facts: (text) => flatFacts(text, { 'pci-io': 1n << 31n }),
    qemu: FLAT_FACTS,
    differences: [
      ['-', /: (cs4231a|fdc)$/, 'sound and floppy are not built'],
      ['-', /dma-pageh$/, "QEMU's high pages are three ports more than there are"],
      ['+', /dma-pageh$/, "QEMU's high pages are three ports more than there are"],
      ['-', /^lsi-pci-io, /, 'the SCSI controller has its registers alone'],
    ],
  },
  {
    command: 'info mtree -o',
    facts: ownerFacts,
    qemu: OWNER_FACTS,
    differences: [
      ['-', /^(cs4231a|fdc) /, 'sound and floppy are not built'],
      ['-', /memory-region-portio-list} parent:/, 'in QEMU an object between owns ports that belong together'],
      ['+', /^(dma-pageh?|i82374|parallel|rs6000mc|systemio800) owner:{dev /, 'in QEMU an object between owns ports that belong together'],
      ['-', /^(bios|bus master container) .*device\(raven\)/, "the bridge's function is a part of it"],
      ['+', /^(bios|bus master container) .*\/machine\/raven/, "the bridge's function is a part of it"],
      ['-', /^serial .*discarding-serial1/, 'isa-serial is called by its number'],
      ['+', /^serial .*serial1/, 'isa-serial is called by its number'],
    ],
  },
];

/** Of QEMU 10.0. */
const PCI = `  Bus  0, device   0, function 0:
    Host bridge: PCI device 1057:4801
      PCI subsystem 1af4:1100
      id ""
  Bus  0, device   1, function 0:
    SCSI controller: PCI device 1000:0001
      PCI subsystem 0000:1000
      IRQ 0, pin A
      BAR0: I/O (not mapped)
      BAR1: 32 bit memory (not mapped)
      BAR2: 32 bit memory (not mapped)
      id ""
  Bus  0, device   3, function 0:
    Ethernet controller: PCI device 1022:2000
      PCI subsystem 0000:0000
      IRQ 0, pin A
      BAR0: I/O (not mapped)
      BAR1: 32 bit memory (not mapped)
      id ""
  Bus  0, device  11, function 0:
    ISA bridge: PCI device 8086:0484
      PCI subsystem 1af4:1100
      IRQ 0, pin A
      id ""
`;

const OPTIONS = '-M 40p -vga none -global pcnet.romfile=';
const QEMU = (process.env.WEMU_PPC_ORACLE ?? 'qemu-system-ppc').split(' ');
const isQemu10 = / version 10\./.test(spawnSync(QEMU[0], [...QEMU.slice(1), '--version'], { encoding: 'utf8' }).stdout ?? '');

async function wemuSays(command: string): Promise<string> {
  const host = await createNodeHost({ backend: 'tci' });
  const machine = Machine.create({ machine: '40p', bios: new Uint8Array(4) }, host);
  const text = await runLine(monitorContext(machine.control, ''), command);
  host.close();
  return text;
}

describe.each(TREES)('$command of 40p', (tree) => {
  const { command, facts, qemu } = tree;
  it("is QEMU's but for known differences", async () => {
    expectSameTree(facts(await wemuSays(command), await wemuSays('info qom-tree')), tree);
  });

  it.skipIf(!isQemu10)(`is as QEMU 10.0 tells it${isQemu10 ? '' : ' (skipped: no QEMU 10)'}`, async () => {
    const [text, qomTree] = [await qemuSays(QEMU, OPTIONS, command), await qemuSays(QEMU, OPTIONS, 'info qom-tree')];
    expect(facts(text, qomTree).sort()).toEqual([...qemu].sort());
  });
});

it("info pci of 40p is QEMU's", async () => {
  expect(await wemuSays('info pci')).toBe(PCI);
  if (isQemu10) expect(await qemuSays(QEMU, OPTIONS, 'info pci')).toBe(PCI);
});

it('info mtree -f -d of 40p has the ranges of its views', async () => {
  expect(dispatchFaults(await wemuSays('info mtree -f -d'))).toEqual([]);
  if (isQemu10) expect(dispatchFaults(await qemuSays(QEMU, OPTIONS, 'info mtree -f -d'))).toEqual([]);
});
