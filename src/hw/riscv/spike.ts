/** The `spike` board: harts, CLINT, RAM and HTIF, for bare-metal programs that end through `tohost`. Source: riscv-isa-sim; QEMU hw/riscv/spike. */
import { Htif } from '../char/htif.js';
import { isElf, parseElf, type SymbolTable } from '../core/elf.js';
import { FdtTree } from '../core/fdt.js';
import { unpack } from '../core/loader.js';
import { ACLINT_TIMEBASE_FREQ } from '../intc/riscv-aclint.js';
import type { SysBusDevice } from '../core/sysbus.js';
import { TreeBus } from '../core/tree-bus.js';
import type { TypeInfo } from '../../qom/object.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { EM_RISCV } from './boot.js';
import { RiscvMachine } from './riscv-machine.js';
import { addCpus, addMemory, hartPhandles, interruptPhandles } from './virt-fdt.js';

const MAP = {
  mrom: [0x0000_1000, 0xf000],
  htif: [0x0100_0000, 0x1000], // unless the program has symbols
  clint: [0x0200_0000, 0x1_0000],
  dram: [0x8000_0000, 0],
} as const;

/** HTIF lies in the program's own memory: over RAM. */
const HTIF_PRIORITY = 1;

export class SpikeMachine extends RiscvMachine {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('spike', RiscvMachine, SpikeMachine, {
    desc: 'RISC-V Spike board',
    defaultCpuType: 'rv64',
    defaultRamId: 'riscv.spike.ram',
    maxCpus: 8,
  });

  htif!: Htif;
  private clint: SysBusDevice[] = [];

  protected override init(): void {
    this.createHarts(MAP.mrom[0]);
    this.clint = this.createClint(MAP.clint);
    this.createRam(MAP.dram[0]);
    this.createHtif();
  }

  protected override devicesAdded(): void {
    this.boot(() => this.buildTree(), MAP.mrom, 'riscv.spike.mrom', MAP.dram[0]);
  }

  /** At the symbols of the kernel or else the firmware; without them at a fixed address. */
  private createHtif(): void {
    const { kernel, bios } = this.config;
    const symbols = [symbolsOf('kernel', kernel), symbolsOf('firmware', bios)].find((s) => s?.find('tohost') && s.find('fromhost'));
    const [base] = MAP.htif;
    const tohost = symbols?.find('tohost')?.address ?? BigInt(base + 8);
    const fromhost = symbols?.find('fromhost')?.address ?? BigInt(base);
    this.htif = this.addDevice(Htif, { chardev: this.config.serials?.[0] });
    this.htif.mmioMap(0, Number(tohost), HTIF_PRIORITY);
    this.htif.mmioMap(1, Number(fromhost), HTIF_PRIORITY);
    if (symbols === undefined) this.htif.window = MAP.htif;
  }

  private buildTree(): FdtTree {
    const tree = new FdtTree();
    const { root } = tree;
    root
      .u32('#address-cells', 2)
      .u32('#size-cells', 2)
      .string('compatible', 'ucbbar,spike-bare-dev')
      .string('model', 'ucbbar,spike-bare,qemu');
    const harts = hartPhandles(tree, this.harts.length);
    root.node('chosen').string('stdout-path', '/htif');
    addMemory(root, MAP.dram[0], this.ramSize);
    addCpus(root, { harts: this.harts.map((h) => h.description), timebase: ACLINT_TIMEBASE_FREQ }, harts);
    const soc = root.node('soc').u32('#address-cells', 2).u32('#size-cells', 2).string('compatible', 'simple-bus').flag('ranges');
    const onRoot = new TreeBus(root, interruptPhandles(this.harts, harts));
    for (const each of this.clint) each.addTreeNode(onRoot.inside(soc, 2));
    this.htif.addTreeNode(onRoot);
    return tree;
  }
}

function symbolsOf(name: string, image: Uint8Array | string | undefined): SymbolTable | undefined {
  if (!(image instanceof Uint8Array)) return undefined;
  const bytes = unpack(name, image);
  return isElf(bytes) ? parseElf(name, bytes, { machines: [EM_RISCV], littleEndian: true }).symbols : undefined;
}
