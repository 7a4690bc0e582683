/** Debian's own images, where the machine has them: found by the environment, skipped otherwise. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MiB } from '../../util/size.js';
import { IdleVirt } from './testing.js';

const folder = process.env.WEMU_GUESTS ?? '/root/guests';
const find = (path: string): string | undefined => {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((n) => n.startsWith('linux-image-') && !n.endsWith('.deb'));
  const boot = name && join(folder, name, path);
  return boot && existsSync(boot) ? join(boot, readdirSync(boot).find((n) => n.startsWith('vmlinux-')) ?? '') : undefined;
};

it('loads OpenSBI and Debian’s kernel at QEMU’s addresses', ({ skip }) => {
  const kernel = find('boot');
  const opensbi = join(folder, 'opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin');
  if (!kernel || !existsSync(opensbi)) return skip();
  const m = new IdleVirt({ ramSize: 512 * MiB, bios: readFileSync(opensbi), kernel: readFileSync(kernel), initrd: Uint8Array.of(1) });
  m.create();
  expect(m.bootInfo).toMatchObject({ start: 0x8000_0000, kernelEntry: 0x8020_0000, fdtAddress: 0x9fe0_0000 });
  expect(m.addressSpace.read(0x8020_0000, 4)).toBe(0x106f_5a4d);
  expect(m.fdt.find('/chosen')!.getU64('linux,initrd-start')).toBe(0x9020_0000n);
});
