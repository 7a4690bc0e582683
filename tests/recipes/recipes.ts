/**
 * Public guests that are built elsewhere and run unchanged. None of them is here: WEMU_RECIPES names a folder with a folder for each, made by the recipe's
 * commands (Debian's gcc-riscv64-linux-gnu, make and git).
 */

export interface Recipe {
  readonly name: string;
  readonly kind: 'teaching system' | 'real-time system' | 'firmware' | 'test suite';
  /** Shell commands, in an empty folder of that name. */
  readonly build: readonly string[];
  readonly program: 'qemu-system-riscv32' | 'qemu-system-riscv64';
  /** The project's own command line; `@/` is the folder. */
  readonly args: readonly string[];
  /** Files in the folder that the command line names. */
  readonly files: readonly string[];
  /** What is waited for, and what is typed then. */
  readonly dialogue: readonly (readonly [prompt: string, answer: string])[];
  /** What is compared: the output from here on, up to where the dialogue ends. */
  readonly from: string;
}

export const RECIPES: readonly Recipe[] = [
  {
    name: 'xv6-riscv',
    kind: 'teaching system',
    build: [
      'git clone https://github.com/mit-pdos/xv6-riscv .',
      'make TOOLPREFIX=riscv64-linux-gnu- kernel/kernel fs.img', //
    ],
    program: 'qemu-system-riscv64',
    args: (
      '-machine virt -bios none -kernel @/kernel/kernel -m 128M -smp 3 -nographic -global virtio-mmio.force-legacy=false ' +
      '-drive file=@/fs.img,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0'
    ).split(' '),
    files: ['kernel/kernel', 'fs.img'],
    dialogue: [
      ['$ ', 'wc README\n'],
      ['$ ', 'grep xv6 README | wc\n'],
      ['$ ', 'forktest\n'],
      ['$ ', 'mkdir there\n'],
      ['$ ', 'rm there\n'],
      ['$ ', ''],
    ],
    from: 'init: starting sh',
  },
  {
    name: 'rvos',
    kind: 'teaching system',
    build: [
      'git clone https://github.com/plctlab/riscv-operating-system-mooc .',
      'make -C code/os/10-swtimer CROSS_COMPILE=riscv64-linux-gnu- "CC=riscv64-linux-gnu-gcc -fno-pie -no-pie -static -Wl,--build-id=none"',
    ],
    program: 'qemu-system-riscv32',
    args: '-nographic -smp 1 -machine virt -bios none -kernel @/code/os/10-swtimer/out/os.elf'.split(' '),
    files: ['code/os/10-swtimer/out/os.elf'],
    // then time decides whose turn it is
    dialogue: [['Task 0: Running', '']],
    from: 'Hello, RVOS!',
  },
];
