/** A bus in the device tree, on which devices describe themselves (SysBusDevice.addTreeNode). Source: Devicetree Specification 0.4. */
import { hiLo, type FdtNode } from './fdt.js';
import type { IrqLine } from './irq.js';
import type { SysBusDevice } from './sysbus.js';

/** An interrupt controller that names its sources by more than a number. */
interface InterruptController {
  interruptSpecifier?(n: number): readonly number[];
}
const specifier = ({ n, owner }: IrqLine): readonly number[] => (owner as InterruptController | undefined)?.interruptSpecifier?.(n) ?? [n];

export class TreeBus {
  constructor(
    readonly node: FdtNode,
    /** Of devices that others refer to: interrupt controllers among them, a hart for the one that it has inside. */
    private readonly phandles: ReadonlyMap<object, number>,
    /** Words of an address, and of a size. */
    private readonly words: 1 | 2 = 2,
  ) {}

  /** The bus that `node`, on this one, is. */
  inside(node: FdtNode, words: 1 | 2): TreeBus {
    return new TreeBus(node, this.phandles, words);
  }

  phandleOf(owner: object): number | undefined {
    return this.phandles.get(owner);
  }

  /** Cells of an address or size on this bus. */
  address(value: number): number[] {
    return this.words === 2 ? hiLo(value) : [value];
  }

  /** The node of `device`: `name@address`, `compatible`, `reg` (its window), its interrupts, and its phandle if it has one. */
  device(device: SysBusDevice, name: string, ...compatible: readonly string[]): FdtNode {
    const [base, size] = device.window ?? [device.mmio[0].address, device.mmio[0].size];
    const node = this.node
      .node(`${name}@${base.toString(16)}`)
      .string('compatible', ...compatible)
      .cells('reg', ...this.address(base), ...this.address(size));
    const lines = device.irqs.flatMap((line) => line.destination ?? []);
    if (lines.length > 0) {
      this.interruptParent(node, device.irqs[0]);
      node.cells('interrupts', ...lines.flatMap(specifier));
    }
    const phandle = this.phandles.get(device);
    return phandle === undefined ? node : node.u32('phandle', phandle);
  }

  /** Names the controller that `line` leads to. */
  interruptParent(node: FdtNode, line: IrqLine): void {
    const controller = line.destination?.owner;
    const phandle = controller && this.phandles.get(controller);
    if (phandle !== undefined) node.u32('interrupt-parent', phandle);
  }

  /** Controller and interrupt that `line` leads to, for `interrupt-map`. */
  interrupt({ destination }: IrqLine): number[] {
    const phandle = destination?.owner && this.phandles.get(destination.owner);
    return phandle === undefined ? [] : [phandle, ...specifier(destination!)];
  }

  /** Controller and input of each of the lines, for `interrupts-extended`. */
  destinations(lines: readonly IrqLine[]): number[] {
    return lines.flatMap(({ destination }) => {
      const phandle = destination?.owner && this.phandles.get(destination.owner);
      return phandle === undefined ? [] : [phandle, destination!.n];
    });
  }
}
