/** Where virt puts Debian's own images: the addresses that QEMU gives them. No guest code runs. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { IdleVirt } from '../../src/hw/riscv/testing.js';
import { MiB } from '../../src/util/size.js';
import { describeGuest } from '../support/guest-files.js';

await describeGuest('virt', ['kernel', 'firmware'], (files) => {
  it("loads OpenSBI and Debian's kernel at QEMU's addresses", () => {
    const machine = new IdleVirt({
      ramSize: 512 * MiB,
      bios: readFileSync(files.firmware),
      kernel: readFileSync(files.kernel),
      initrd: Uint8Array.of(1),
    });
    machine.create();
    expect(machine.bootInfo).toMatchObject({ start: 0x8000_0000, kernelEntry: 0x8020_0000, fdtAddress: 0x9fe0_0000 });
    expect(machine.addressSpace.read(0x8020_0000, 4)).toBe(0x106f_5a4d);
    expect(machine.fdt.find('/chosen')!.getU64('linux,initrd-start')).toBe(0x9020_0000n);
  });
});
