/** Everybody who runs a guest: how to start the embedded guest, and a Linux, with each. */
import { fileURLToPath } from 'node:url';
import { QEMU, STRATEGIES } from './strategies.js';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url)); // from dist/bench
const CLI = path('dist/src/cli/main.js');
const EMBEDDED = path('guests/embedded.elf');

export interface LinuxFiles {
  readonly firmware: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

export interface Contestant {
  readonly name: string;
  readonly slow: boolean;
  readonly command: string;
  /** Arguments that run the embedded guest with these options. */
  embedded(append: string): string[];
  linux(files: LinuxFiles): string[];
}

/** The same board, images and kernel command line for everybody. */
const embeddedArgs = (append: string): string[] => ['-M', 'virt', '-bios', 'none', '-kernel', EMBEDDED, '-append', append];
const linuxArgs = ({ firmware, kernel, initrd, append }: LinuxFiles): string[] =>
  ['-M', 'virt', '-m', '512M', '-bios', firmware, '-kernel', kernel, '-initrd', initrd, '-append', append]; // prettier-ignore
const CONSOLE = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio'];

export function contestants(strategies: readonly string[], qemu: string | undefined): Contestant[] {
  const wemu = strategies.map((name): Contestant => {
    const { accel, slow = false } = STRATEGIES[name];
    const start = [CLI, '-accel', accel, ...CONSOLE];
    return {
      name,
      slow,
      command: process.execPath,
      embedded: (append) => [...start, ...embeddedArgs(append)],
      linux: (files) => [...start, ...linuxArgs(files)],
    };
  });
  if (qemu === undefined) return wemu;
  const peer: Contestant = {
    name: QEMU,
    slow: false,
    command: qemu,
    embedded: (append) => [...CONSOLE, ...embeddedArgs(append)],
    linux: (files) => [...CONSOLE, ...linuxArgs(files)],
  };
  return [...wemu, peer];
}
