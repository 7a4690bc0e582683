/**
 * Interrupt controllers of the virt board: a PLIC, or those of the advanced interrupt architecture (`aia=`). Each kind says where devices' lines lead to.
 * Source: QEMU docs/system/riscv/virt.rst.
 */
import type { IrqLine } from '../core/irq.js';
import type { SysBusDevice, Window } from '../core/sysbus.js';
import { MsiRoutes } from '../intc/msi.js';
import { RiscvAplic } from '../intc/riscv-aplic.js';
import { RiscvImsic } from '../intc/riscv-imsic.js';
import { SifivePlic } from '../intc/sifive-plic.js';
import type { GuestMemory } from '../core/guest-memory.js';
import type { DeviceClass, Given } from '../core/device.js';
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
  add<T extends SysBusDevice, Values>(type: DeviceClass<T, Values>, properties: Given<Values>): T;
}

export interface InterruptControllers {
  /** Where source `n` leads to. */
  irqIn(n: number): IrqLine;
  /** Where messages go; `msiParent`: what the device tree names as the parent of those of S-mode. Without interrupt files they are only written to memory. */
  readonly msi: MsiRoutes;
  readonly msiParent?: object;
  /** In the order of their phandles. */
  readonly phandleOrder: readonly object[];
  /** In the order of their nodes in the device tree. */
  readonly nodes: readonly SysBusDevice[];
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
    nodes: [plic],
  };
}

/** The interrupt files of one level, a hart each; `guests`: pages behind each one's own. */
function createFiles(board: InterruptBoard, [base]: Window, mmode: boolean, guests: number, msi: MsiRoutes): readonly RiscvImsic[] {
  const files = board.harts.map((hart, hartid) => {
    const file = board.add(RiscvImsic, { mmode, hartid, 'num-pages': 1 + guests, 'num-irqs': IMSIC_IDS + 1 });
    const address = base + hartid * file.stride;
    file.mmioMap(0, address);
    file.connectGpioOut(0, hart.gpioIn(mmode ? IRQ_M_EXT : IRQ_S_EXT));
    msi.add(address, file);
    return file;
  });
  for (const file of files) file.files = files;
  return files;
}

function createAplic(board: InterruptBoard, window: Window, mmode: boolean, msi?: MsiRoutes, msiParent?: RiscvImsic): RiscvAplic {
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
  aplic.msiParent = msiParent;
  if (msi === undefined) board.harts.forEach((hart, i) => aplic.connectGpioOut(i, hart.gpioIn(mmode ? IRQ_M_EXT : IRQ_S_EXT)));
  return aplic;
}

/** `imsic`: with interrupt files, S-mode's with `guests` more pages each. */
export function createAia(board: InterruptBoard, imsic: boolean, guests: number): InterruptControllers {
  const { map, harts } = board;
  const routes = new MsiRoutes(board.dma);
  const msi = imsic ? routes : undefined;
  const machineFiles = msi ? createFiles(board, map.imsicM, true, 0, msi) : [];
  const supervisorFiles = msi ? createFiles(board, map.imsicS, false, guests, msi) : [];
  if (imsic) harts.forEach((hart, i) => hart.setImsic?.(machineFiles[i], supervisorFiles[i]));
  const machine = createAplic(board, map.aplicM, true, msi, machineFiles[0]);
  const supervisor = createAplic(board, map.aplicS, false, msi, supervisorFiles[0]);
  machine.delegateTo(supervisor);
  return {
    irqIn: (n) => supervisor.gpioIn(n),
    ...{ msi: routes, msiParent: supervisorFiles[0] },
    phandleOrder: [...machineFiles.slice(0, 1), ...supervisorFiles.slice(0, 1), machine, supervisor],
    nodes: [supervisor, machine, ...supervisorFiles, ...machineFiles],
  };
}
