/**
 * `info qom-tree`, `info qtree` and `info mtree` of virt, node by node: against what QEMU 10.0 has (virt-facts.ts), and that against QEMU itself, where
 * there is one.
 */
import { describe, expect, it } from 'vitest';
import { monitorContext } from '../../src/monitor/command.js';
import { runLine } from '../../src/monitor/commands.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { findOracle } from './oracle.js';
import { expectSameTree, qemuSays, type Tree } from './tree-comparison.js';
import { dispatchFaults, flatFacts, mtreeFacts, ownerFacts, qomFacts, qtreeFacts } from './tree-facts.js';
import { QOM_FACTS, QTREE_FACTS } from './virt-facts.js';
import { FLAT_FACTS, MTREE_FACTS, OWNER_FACTS } from './virt-memory-facts.js';

const TREES: readonly Tree[] = [
  {
    command: 'info qom-tree',
    facts: qomFacts,
    qemu: QOM_FACTS,
    differences: [
      ['-', /^\/machine\/fw_cfg\/.*(acpi|table-loader)/, 'there are no ACPI tables'],
      ['-', /\/serial serial$/, 'serial-mm is the UART itself'],
      ['+', /\/platform-bus platform-bus$/, 'devices of the platform bus are on a bus of its own'],
    ],
  },
  {
    command: 'info qtree',
    facts: qtreeFacts,
    qemu: QTREE_FACTS,
    differences: [
      ['-', /(pflash|serial|platform).*: mmio ffffffffffffffff/, 'QEMU does not say where boards map what they map by hand'],
      ['+', /(pflash|serial|platform).*: mmio (?!ffffffff)/, 'it is said here'],
      ['-', /gpex-root.0: (acpi-index|failover_pair_id|x-pcie-|x-max-bounce)/, 'for firmware, hosts and quirks that are not here'],
      ['-', /gpex-pcihost.0: (bypass-iommu|x-config-reg-migration-enabled)/, 'there is no IOMMU, and configuration is always in snapshots'],
      ['-', /big-endian|endianness/, 'devices are little-endian'],
      ['-', /max-device-width|old-multiple-chip-handling/, 'for boards whose flash was wrong once'],
      ['-', /: secure = false/, 'there are no secure accesses'],
      ['+', /: read-only = false/, 'of the image that keeps the flash'],
      ['+', /serial-mm.0: (chardev|baudbase)/, 'serial-mm is the UART itself'],
      ['-', /: (format_transport_address|ioeventfd) = true/, 'there is no KVM, and no path of firmware'],
      ['+', /: bus-name = /, 'QEMU finds it by counting'],
      ['-', /fw_cfg_mem.0: (x-file-slots|acpi-mr-restore)/, 'it is always so'],
      ['-', /sswi = 0/, 'a number in QEMU'],
      ['+', /sswi = false/, 'a flag here'],
      ['-', /rnmi-(interrupt|exception)-vector/, 'harts have their own properties'],
      ['+', /platform-bus: type platform-bus/, 'devices of the platform bus are on a bus of its own'],
    ],
  },
  {
    command: 'info mtree',
    facts: mtreeFacts,
    qemu: MTREE_FACTS,
    differences: [],
  },
  { command: 'info mtree -f', facts: (text) => flatFacts(text), qemu: FLAT_FACTS, differences: [] },
  { command: 'info mtree -o', facts: ownerFacts, qemu: OWNER_FACTS, differences: [] },
];

async function wemuSays(command: string): Promise<string> {
  const host = await createNodeHost({ backend: 'tci' });
  const machine = Machine.create({ machine: 'virt', memory: '128M', bios: new Uint8Array(4) }, host);
  const text = await runLine(monitorContext(machine.control, ''), command);
  host.close();
  return text;
}

const oracle = findOracle();
const isQemu10 = oracle !== undefined && Math.floor(oracle.version) === 10;
const oracleSays = (command: string): Promise<string> => qemuSays(oracle!.command, '-M virt -m 128M', command);

describe.each(TREES)('$command of virt', (tree) => {
  const { command, facts, qemu } = tree;
  it("is QEMU's but for known differences", async () => {
    expectSameTree(facts(await wemuSays(command), await wemuSays('info qom-tree')), tree);
  });

  it.skipIf(!isQemu10)('is as QEMU 10.0 tells it', async () => {
    expect(facts(await oracleSays(command), await oracleSays('info qom-tree')).sort()).toEqual([...qemu].sort());
  });
});

it('info mtree -f -d of virt has the ranges of its views', async () => {
  expect(dispatchFaults(await wemuSays('info mtree -f -d'))).toEqual([]);
  if (isQemu10) expect(dispatchFaults(await oracleSays('info mtree -f -d'))).toEqual([]);
});
