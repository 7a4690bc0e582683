/**
 * Interrupt controllers of the virt board: a PLIC, or those of the advanced interrupt architecture (`aia=`). Each kind says where devices' lines lead to,
 * and how the device tree shows it. Source: QEMU docs/system/riscv/virt.rst; bindings: Linux, riscv,aplic.yaml and riscv,imsics.yaml.
 */
import type { IrqLine } from '../core/irq.js';
import type { SysBusDevice, Window } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { MsiRoutes } from '../intc/msi.js';
import { RiscvAplic } from '../intc/riscv-aplic.js';
import { IMSIC_PAGE, RiscvImsic } from '../intc/riscv-imsic.js';
import { SifivePlic } from '../intc/sifive-plic.js';
import type { GuestMemory } from '../core/guest-memory.js';
import type { DeviceClass } from '../core/device.js';
import { IRQ_M_EXT, IRQ_S_EXT, type RiscvHart } from './hart.js';

/** Interrupt sources of the board; 0 is none. */
const SOURCES = 96;
const PRIORITIES = 7;
const IMSIC_IDS = 255;

export interface InterruptMap {
  readonly plic: Window;
  readonly aplicM: Window;
  readonly aplicS: Window;
  readonly imsicM: Window;
  readonly imsicS: Window;
}

/** What a controller needs of the board. */
export interface InterruptBoard {
  readonly map: InterruptMap;
  readonly harts: readonly RiscvHart[];
  readonly dma: GuestMemory;
  add<T extends SysBusDevice>(type: DeviceClass<T>, properties: Record<string, unknown>): T;
}

/** Makes a node of the device tree; `phandleOf` knows harts and controllers. */
type TreePart = (bus: TreeBus, phandleOf: (owner: object) => number) => void;

export interface InterruptControllers {
  /** Where source `n` leads to. */
  irqIn(n: number): IrqLine;
  /** Where messages go; `msiParent`: what the device tree names as the parent of those of S-mode. Without interrupt files they are only written to memory. */
  readonly msi: MsiRoutes;
  readonly msiParent?: object;
  /** In the order of their phandles. */
  readonly phandleOrder: readonly object[];
  /** In the order of their nodes. */
  readonly parts: readonly TreePart[];
}

export function createPlic({ map, harts, dma, add }: InterruptBoard): InterruptControllers {
  const plic = add(SifivePlic, {
    'hart-config': harts.map(() => 'MS').join(','),
    'num-sources': SOURCES,
    'num-priorities': PRIORITIES,
    'priority-base': 0x00_0000,
    'pending-base': 0x00_1000,
    'enable-base': 0x00_2000,
    'enable-stride': 0x80,
    'context-base': 0x20_0000,
    'context-stride': 0x1000,
    'aperture-size': map.plic[1],
  }).place(map.plic);
  harts.forEach((hart, i) => {
    plic.connectGpioOut(i, hart.gpioIn(IRQ_S_EXT));
    plic.connectGpioOut(harts.length + i, hart.gpioIn(IRQ_M_EXT));
  });
  return {
    irqIn: (n) => plic.gpioIn(n),
    msi: new MsiRoutes(dma),
    phandleOrder: [plic],
    parts: [(bus) => void plic.addTreeNode(bus)],
  };
}

/** The interrupt files of one level: a node in the tree, a device a hart. */
interface Files {
  readonly devices: readonly RiscvImsic[];
  readonly window: Window;
  readonly irq: number;
  readonly guestBits: number;
}

function createFiles(board: InterruptBoard, [base]: Window, mmode: boolean, guests: number, msi: MsiRoutes): Files {
  const guestBits = Math.ceil(Math.log2(guests + 1));
  const stride = IMSIC_PAGE << guestBits;
  const irq = mmode ? IRQ_M_EXT : IRQ_S_EXT;
  const devices = board.harts.map((hart, hartid) => {
    const file = board.add(RiscvImsic, { mmode, hartid, 'num-pages': 1 + guests, 'num-irqs': IMSIC_IDS + 1 });
    file.mmioMap(0, base + hartid * stride);
    file.connectGpioOut(0, hart.gpioIn(irq));
    msi.add(base + hartid * stride, file);
    return file;
  });
  return { devices, window: [base, stride * board.harts.length], irq, guestBits };
}

function createAplic(board: InterruptBoard, window: Window, mmode: boolean, msi: MsiRoutes | undefined): RiscvAplic {
  const aplic = board.add(RiscvAplic, {
    'aperture-size': window[1],
    'num-harts': board.harts.length,
    'iprio-mask': PRIORITIES,
    'num-irqs': SOURCES + 1,
    msimode: msi !== undefined,
    mmode,
  });
  aplic.place(window);
  aplic.msi = msi;
  if (msi === undefined) board.harts.forEach((hart, i) => aplic.connectGpioOut(i, hart.gpioIn(mmode ? IRQ_M_EXT : IRQ_S_EXT)));
  return aplic;
}

/** `imsic`: with interrupt files, S-mode's with `guests` more pages each. */
export function createAia(board: InterruptBoard, imsic: boolean, guests: number): InterruptControllers {
  const { map, harts } = board;
  const routes = new MsiRoutes(board.dma);
  const msi = imsic ? routes : undefined;
  const files = msi && [createFiles(board, map.imsicM, true, 0, msi), createFiles(board, map.imsicS, false, guests, msi)];
  if (files) harts.forEach((hart, i) => hart.setImsic?.(files[0].devices[i], files[1].devices[i]));
  const machine = createAplic(board, map.aplicM, true, msi);
  const supervisor = createAplic(board, map.aplicS, false, msi);
  machine.delegateTo(supervisor);

  const aplicPart =
    (aplic: RiscvAplic, irq: number, parent: Files | undefined): TreePart =>
    (bus, phandleOf) => {
      const node = bus
        .device(aplic, 'interrupt-controller', 'qemu,aplic', 'riscv,aplic')
        .u32('#address-cells', 0)
        .u32('#interrupt-cells', 2)
        .flag('interrupt-controller')
        .u32('riscv,num-sources', SOURCES);
      if (parent) node.u32('msi-parent', phandleOf(parent));
      else node.cells('interrupts-extended', ...hartLines(harts, irq, phandleOf));
      if (aplic !== machine) return;
      const child = phandleOf(supervisor);
      node.cells('riscv,children', child);
      for (const name of ['riscv,delegation', 'riscv,delegate']) node.cells(name, child, 1, SOURCES);
    };
  return {
    irqIn: (n) => supervisor.gpioIn(n),
    ...{ msi: routes, msiParent: files?.[1] },
    phandleOrder: [...(files ?? []), machine, supervisor],
    parts: [
      aplicPart(supervisor, IRQ_S_EXT, files?.[1]),
      aplicPart(machine, IRQ_M_EXT, files?.[0]),
      ...(files ? [filesPart(files[1], harts), filesPart(files[0], harts)] : []),
    ],
  };
}

const hartLines = (harts: readonly RiscvHart[], irq: number, phandleOf: (owner: object) => number): number[] =>
  harts.flatMap((hart) => [phandleOf(hart), irq]);

function filesPart(files: Files, harts: readonly RiscvHart[]): TreePart {
  const [base, size] = files.window;
  return (bus, phandleOf) => {
    const node = bus.node
      .node(`interrupt-controller@${base.toString(16)}`)
      .string('compatible', 'qemu,imsics', 'riscv,imsics')
      .u32('#interrupt-cells', 0)
      .flag('interrupt-controller')
      .flag('msi-controller')
      .cells('interrupts-extended', ...hartLines(harts, files.irq, phandleOf))
      .cells('reg', ...bus.address(base), ...bus.address(size))
      .u32('riscv,num-ids', IMSIC_IDS)
      .u32('phandle', phandleOf(files));
    if (files.guestBits > 0) node.u32('riscv,guest-index-bits', files.guestBits);
  };
}
