/** Booting RISC-V machines: where firmware, kernel, initrd and device tree go, and the reset vector. Numbers are QEMU's (hw/riscv/boot.c). */
import type { FdtTree } from '../core/fdt.js';
import { hiLo } from '../core/fdt.js';
import { loadFirmware, loadKernel, loadRaw, type KernelExpectation, type LoadedImage } from '../core/loader.js';
import type { MachineState } from '../core/machine.js';
import { parseLinuxImage } from './linux-image.js';
import { LoaderError } from '../../util/errors.js';
import { GiB, MiB } from '../../util/size.js';

type Xlen = 32 | 64;

const FIRMWARE_NAME = { 32: 'opensbi-riscv32-generic-fw_dynamic.bin', 64: 'opensbi-riscv64-generic-fw_dynamic.bin' } as const;
/** Alignment of a kernel: a megapage of Sv32, of Sv39. */
const KERNEL_ALIGN = { 32: 4 * MiB, 64: 2 * MiB } as const;
const FDT_ALIGN = 2 * MiB;
/** An initrd is at most so far behind the kernel: inside of the kernel's low memory. */
const INITRD_MAX_DISTANCE = 512 * MiB;

const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;
const alignDown = (n: number, to: number): number => Math.floor(n / to) * to;
/** e_machine. */
export const EM_RISCV = 243;
const expectation = (xlen: Xlen): KernelExpectation => ({
  machines: [EM_RISCV],
  littleEndian: true,
  bits: [xlen],
  cureForBits: `with -cpu rv${96 - xlen} it does`,
  linuxImage: parseLinuxImage,
});

export interface RamRange {
  readonly base: number;
  readonly size: number;
}

export interface BootInfo {
  /** Where the reset vector jumps. */
  readonly start: number;
  /** What firmware enters next; 0: nothing. */
  readonly kernelEntry: number;
  readonly fdtAddress: number;
  readonly firmware?: LoadedImage;
  readonly kernel?: LoadedImage;
}

/** Finds what `-bios` names: undefined for `none`. */
function findFirmware(machine: MachineState, xlen: Xlen): { name: string; bytes: Uint8Array } | undefined {
  const bios = machine.config.bios ?? 'default';
  if (bios === 'none') return undefined;
  if (bios !== 'default') return { name: 'firmware', bytes: bios };
  const name = FIRMWARE_NAME[xlen];
  const bytes = machine.env.firmware?.(name);
  if (!bytes) throw new LoaderError(`unable to find firmware '${name}'; give an image with -bios FILE, or -bios none to run without`);
  return { name, bytes };
}

/**
 * Loads everything that the configuration names and writes what it found into the tree's /chosen.
 * `fdt` (the board's, or what `-dtb` gave) must be complete but for that: it is flattened here.
 * `flash`: where flash that somebody has filled is; it is started in place of the kernel, after the firmware if there is one.
 */
export function loadBootImages(machine: MachineState, fdt: FdtTree, ram: RamRange, xlen: Xlen, flash?: number): BootInfo {
  const { roms, config } = machine;
  const expect = expectation(xlen);
  const end = ram.base + ram.size;

  let start = ram.base;
  let firmwareEnd = ram.base;
  let firmware: LoadedImage | undefined;
  const image = findFirmware(machine, xlen);
  if (image) {
    firmware = loadFirmware(roms, image.name, image.bytes, expect, ram.base, end);
    start = firmware.entry;
    firmwareEnd = firmware.end;
  } else if (flash !== undefined) start = flash;
  const next = image && flash;

  let kernel: LoadedImage | undefined;
  if (config.kernel && next === undefined) {
    kernel = loadKernel(roms, 'kernel', config.kernel, expect, alignUp(firmwareEnd, KERNEL_ALIGN[xlen]), end);
    const chosen = fdt.node('/chosen');
    if (config.initrd) {
      const at = kernel.start + Math.min(ram.size / 2, INITRD_MAX_DISTANCE);
      // A kernel larger than that distance pushes it further up.
      const initrd = loadRaw(roms, 'initrd', config.initrd, Math.max(at, alignUp(kernel.end, 4096)), end);
      chosen.u64('linux,initrd-start', initrd.start).u64('linux,initrd-end', initrd.end);
    }
  }
  if (config.append) fdt.node('/chosen').string('bootargs', config.append);

  for (const image of [firmware, kernel]) if (image && image.symbols.size > 0) machine.symbols.push(image.symbols);
  const blob = fdt.flatten();
  // RV32 kernels map only what lies below 3 GiB.
  const top = xlen === 32 && ram.base < 3 * GiB ? Math.min(end, 3 * GiB) : end;
  const fdtAddress = alignDown(top - blob.length, FDT_ALIGN);
  if (fdtAddress < ram.base) throw new LoaderError('not enough RAM for the device tree');
  roms.add('fdt', fdtAddress, blob);
  // The low address, not the ELF entry: so fw_dynamic does the same for an ELF file as for the Image made of it.
  return { start, kernelEntry: next ?? kernel?.start ?? 0, fdtAddress, firmware, kernel };
}

// fw_dynamic: what firmware is told. Source: OpenSBI, docs/firmware/fw_dynamic.md.
const FW_DYNAMIC_MAGIC = 0x4942_534f; // "OSBI"
const FW_DYNAMIC_VERSION = 2;
const FW_DYNAMIC_MODE_S = 1;

/** The reset vector at `base`: a0 = mhartid, a1 = device tree, a2 = fw_dynamic_info, and off to the firmware. */
export function resetVector({ start, kernelEntry, fdtAddress }: BootInfo, xlen: Xlen): Uint8Array {
  const words = [
    0x0000_0297, // auipc  t0, 0
    0x0282_8613, // addi   a2, t0, 40          (the info below)
    0xf140_2573, // csrr   a0, mhartid
    xlen === 64 ? 0x0202_b583 : 0x0202_a583, // ld/lw  a1, 32(t0)
    xlen === 64 ? 0x0182_b283 : 0x0182_a283, // ld/lw  t0, 24(t0)
    0x0002_8067, // jr     t0
    ...lowHigh(start),
    ...lowHigh(fdtAddress),
  ];
  const info = [FW_DYNAMIC_MAGIC, FW_DYNAMIC_VERSION, kernelEntry, FW_DYNAMIC_MODE_S, 0, 0];
  words.push(...(xlen === 64 ? info.flatMap(lowHigh) : info));
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

const lowHigh = (value: number): [number, number] => {
  const [high, low] = hiLo(value);
  return [low, high];
};
