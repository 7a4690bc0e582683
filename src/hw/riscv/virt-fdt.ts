/** The device tree of the virt board, equal in content to QEMU's. Bindings: Linux, Documentation/devicetree/bindings. */
import { FdtTree, type FdtNode } from '../core/fdt.js';
import type { SysBusDevice } from '../core/sysbus.js';
import { TreeBus } from '../core/tree-bus.js';
import { FINISHER_PASS, FINISHER_RESET } from '../misc/sifive-test.js';
import type { InterruptControllers } from './virt-interrupts.js';
import type { HartDescription } from './hart.js';

export interface VirtTreeInput {
  readonly ram: readonly [base: number, size: number];
  readonly harts: readonly HartDescription[];
  readonly timebase: number;
  /** The harts as devices: where interrupts lead to. */
  readonly cpus: readonly object[];
  /** On the SoC's bus, in the order of the tree, before the interrupt controllers; `test` and `uart` are among them. */
  readonly soc: readonly SysBusDevice[];
  readonly interrupts: InterruptControllers;
  /** The CLINT, or ACLINT devices: behind the interrupt controllers. */
  readonly timers: readonly SysBusDevice[];
  readonly test: SysBusDevice;
  readonly uart: SysBusDevice;
  /** The last there. */
  readonly pci: SysBusDevice;
  /** On the tree's root. */
  readonly platformBus: SysBusDevice;
  readonly fwCfg: SysBusDevice;
  readonly flash: SysBusDevice;
  readonly rngSeed: readonly number[];
}

const hex = (n: number): string => n.toString(16);

/** The nodes stand where they stand in QEMU's tree: Linux numbers devices in this order (the first `-device` is its virtio0). */
export function buildVirtTree(board: VirtTreeInput): FdtTree {
  const tree = new FdtTree();
  const { root } = tree;
  root.u32('#address-cells', 2).u32('#size-cells', 2).string('compatible', 'riscv-virtio').string('model', 'riscv-virtio,qemu');
  const harts = hartPhandles(tree, board.harts.length);
  const phandles = interruptPhandles(board.cpus, harts);
  for (const controller of board.interrupts.phandleOrder) phandles.set(controller, tree.newPhandle());
  const test = tree.newPhandle();
  phandles.set(board.test, test);
  const onRoot = new TreeBus(root, phandles);

  syscon(root, 'poweroff', test, FINISHER_PASS);
  syscon(root, 'reboot', test, FINISHER_RESET);
  board.platformBus.addTreeNode(onRoot);
  addMemory(root, ...board.ram);
  addCpus(root, board, harts);
  if (board.harts[0].pmuMask !== undefined) addPmu(root, board.harts[0].pmuMask);
  board.fwCfg.addTreeNode(onRoot);
  board.flash.addTreeNode(onRoot);
  const serial = `/soc/serial@${hex(board.uart.window![0])}`;
  root.node('aliases').string('serial0', serial);
  root
    .node('chosen')
    .string('stdout-path', serial)
    .cells('rng-seed', ...board.rngSeed);

  const soc = root.node('soc').u32('#address-cells', 2).u32('#size-cells', 2).string('compatible', 'simple-bus').flag('ranges');
  const onSoc = onRoot.inside(soc, 2);
  for (const each of board.soc) each.addTreeNode(onSoc);
  for (const controller of board.interrupts.nodes) controller.addTreeNode(onSoc);
  for (const each of [...board.timers, board.pci]) each.addTreeNode(onSoc);
  return tree;
}

// Events of the SBI PMU extension, and the fixed counters 0 (cycle) and 2 (instret) among the counters that may count them.
const PMU_CYCLES = 0x1;
const PMU_INSTRUCTIONS = 0x2;
/** Cache events: data TLB read misses, data TLB write misses, instruction TLB misses. */
const PMU_TLB_MISSES = [0x1_0019, 0x1_001b, 0x1_0021];

/** Which counters can count what. Binding: Linux, riscv,pmu.yaml. */
function addPmu(root: FdtNode, mask: number): void {
  const rows = [
    [PMU_CYCLES, PMU_CYCLES, mask | 1],
    [PMU_INSTRUCTIONS, PMU_INSTRUCTIONS, mask | 4],
    ...PMU_TLB_MISSES.map((event) => [event, event, mask]),
  ];
  root
    .node('pmu')
    .string('compatible', 'riscv,pmu')
    .cells('riscv,event-to-mhpmcounters', ...rows.flat());
}

export function addMemory(root: FdtNode, base: number, size: number): void {
  root
    .node(`memory@${hex(base)}`)
    .string('device_type', 'memory')
    .reg64('reg', base, size);
}

/** Phandles of a hart: of its node, and of its interrupt controller. */
export interface HartPhandles {
  readonly cpu: number;
  readonly intc: number;
}

/** The last hart has the first ones. */
export function hartPhandles(tree: FdtTree, count: number): HartPhandles[] {
  return Array.from({ length: count }, () => ({ cpu: tree.newPhandle(), intc: tree.newPhandle() })).reverse();
}

/** Where interrupts lead to: a hart stands for the controller inside of it. */
export const interruptPhandles = (cpus: readonly object[], harts: readonly HartPhandles[]): Map<object, number> =>
  new Map(cpus.map((cpu, i) => [cpu, harts[i].intc]));

export function addCpus(
  root: FdtNode,
  board: { readonly harts: readonly HartDescription[]; readonly timebase: number },
  phandles: readonly HartPhandles[],
): void {
  const cpus = root.node('cpus').u32('#address-cells', 1).u32('#size-cells', 0).u32('timebase-frequency', board.timebase);
  board.harts.forEach((hart, id) => {
    const cpu = cpus
      .node(`cpu@${hex(id)}`)
      .string('device_type', 'cpu')
      .u32('reg', id)
      .string('status', 'okay')
      .string('compatible', 'riscv')
      .u32('phandle', phandles[id].cpu);
    cpu
      .string('riscv,isa', hart.isa)
      .string('riscv,isa-base', `rv${hart.xlen}i`)
      .string('riscv,isa-extensions', ...hart.extensions);
    if (hart.mmuType) cpu.string('mmu-type', hart.mmuType);
    const blocks = {
      'riscv,cbom-block-size': hart.cbomBlockSize,
      'riscv,cboz-block-size': hart.cbozBlockSize,
      'riscv,cbop-block-size': hart.cbopBlockSize,
    };
    for (const [name, size] of Object.entries(blocks)) if (size !== undefined) cpu.u32(name, size);
    cpu
      .node('interrupt-controller')
      .string('compatible', 'riscv,cpu-intc')
      .flag('interrupt-controller')
      .u32('#interrupt-cells', 1)
      .u32('phandle', phandles[id].intc);
  });
  const cluster = cpus.node('cpu-map').node('cluster0');
  phandles.forEach(({ cpu }, id) => cluster.node(`core${id}`).u32('cpu', cpu));
}

/** Linux powers off or reboots by writing `value` to the test finisher. */
function syscon(root: FdtNode, what: 'poweroff' | 'reboot', regmap: number, value: number): void {
  root.node(what).string('compatible', `syscon-${what}`).u32('regmap', regmap).u32('offset', 0).u32('value', value);
}
