import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** Tools that tests use where they are installed, and the Debian package that brings each. None of them is needed to run wemu. */
export const PACKAGES = {
  'qemu-system-riscv64': 'qemu-system-misc',
  'qemu-system-ppc': 'qemu-system-ppc',
  'qemu-riscv64': 'qemu-user',
  'riscv64-linux-gnu-gcc': 'gcc-riscv64-linux-gnu',
  'riscv64-linux-gnu-objdump': 'binutils-riscv64-linux-gnu',
  'powerpc-linux-gnu-gcc': 'gcc-powerpc-linux-gnu',
  'powerpc-linux-gnu-objdump': 'binutils-powerpc-linux-gnu',
  'qemu-ppc': 'qemu-user',
  'gdb-multiarch': 'gdb-multiarch',
  cpio: 'cpio',
  dtc: 'device-tree-compiler',
  chromium: 'chromium',
} as const;

export type Tool = keyof typeof PACKAGES;

/** Where an executable is on the PATH, or undefined. */
export function which(command: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return undefined;
}

export const hasTool = (tool: Tool): boolean => which(tool) !== undefined;

/** `describe`, or a skipped `describe` that says in its name which tools are missing. */
export function describeWith(tool: Tool | readonly Tool[], name: string, fn: () => void): void {
  const missing = [tool].flat().filter((each) => !hasTool(each as Tool)) as Tool[];
  if (missing.length === 0) describe(name, fn);
  else describe.skip(`${name} (skipped: no ${missing.map((each) => `${each}, Debian package ${PACKAGES[each]}`).join('; no ')})`, fn);
}
