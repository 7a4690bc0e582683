/**
 * `info qom-tree`, `info qtree` and `info mtree` of virt, node by node: against what QEMU 10.0 has (virt-facts.ts), and that against QEMU itself, where
 * there is one.
 */
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { monitorContext } from '../../src/monitor/command.js';
import { runLine } from '../../src/monitor/commands.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { findOracle, type Oracle } from './oracle.js';
import { mtreeFacts, qomFacts, qtreeFacts } from './tree-facts.js';
import { MTREE_FACTS, QOM_FACTS, QTREE_FACTS } from './virt-facts.js';

interface Tree {
  readonly command: string;
  readonly facts: (text: string) => string[];
  readonly qemu: readonly string[];
  /** What only QEMU (-) or only wemu (+) has, and why. */
  readonly differences: readonly (readonly [side: '-' | '+', what: RegExp, why: string])[];
}

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
      ['-', /fw_cfg_mem.0: (data_width|dma_enabled|x-file-slots|acpi-mr-restore)/, 'it is always so'],
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
];

/** What of `a` is not in `b`; what is there twice counts twice. */
function without(a: readonly string[], b: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const fact of b) left.set(fact, (left.get(fact) ?? 0) + 1);
  return a.filter((fact) => {
    const count = left.get(fact) ?? 0;
    left.set(fact, count - 1);
    return count <= 0;
  });
}

/** What its monitor prints. It is not told to quit before: what it has not written by then is lost. */
function qemuSays(oracle: Oracle, command: string): Promise<string> {
  const [program, ...args] = oracle.command;
  const child = spawn(program, [...args, ...'-M virt -m 128M -S -display none -serial null -monitor stdio'.split(' ')]);
  child.stdin.write(`${command}\n`);
  return new Promise((resolve, reject) => {
    let text = '';
    child.on('error', reject).on('exit', () => reject(new Error(text)));
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const [, answer, end] = text.replaceAll('\r', '').split('(qemu) ');
      if (end === undefined) return;
      resolve(answer.replace(/^.*\n/, ''));
      child.stdout.removeAllListeners('data').resume();
      child.stdin.end('quit\n');
    });
  });
}

describe.each(TREES)('$command of virt', ({ command, facts, qemu, differences }) => {
  it("is QEMU's but for known differences", async () => {
    const host = await createNodeHost({ backend: 'tci' });
    const machine = Machine.create({ machine: 'virt', memory: '128M', bios: new Uint8Array(4) }, host);
    const own = facts(await runLine(monitorContext(machine.control, ''), command));
    host.close();
    expect(own.length).toBeGreaterThan(40);
    const found = { '-': without(qemu, own), '+': without(own, qemu) };
    for (const side of ['-', '+'] as const) {
      const known = differences.filter(([where]) => where === side);
      expect(found[side].filter((fact) => !known.some(([, what]) => what.test(fact)))).toEqual([]);
      for (const [, what, why] of known)
        expect(
          found[side].some((fact) => what.test(fact)),
          why,
        ).toBe(true);
    }
  });

  const oracle = findOracle();
  it.skipIf(oracle === undefined || Math.floor(oracle.version) !== 10)('is as QEMU 10.0 tells it', async () => {
    expect(facts(await qemuSays(oracle!, command)).sort()).toEqual([...qemu].sort());
  });
});
