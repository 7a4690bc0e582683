/**
 * Public guests that are built elsewhere and run unchanged. None of them is here: WEMU_RECIPES names a folder with a folder for each, as its own
 * documentation builds it.
 */

export interface Recipe {
  readonly name: string;
  readonly kind: 'teaching system' | 'real-time system' | 'firmware' | 'test suite' | 'language runtime';
  /** Where it is to be had. */
  readonly source: string;
  /** Shell commands, in an empty folder of that name, of what comes from Debian's packages. */
  readonly build?: readonly string[];
  readonly program: 'qemu-system-riscv32' | 'qemu-system-riscv64';
  /** The project's own command line; `@/` is the folder. */
  readonly args: readonly string[];
  /** Files in the folder that the command line names. */
  readonly files: readonly string[];
  /** What is waited for, and what is typed then. */
  readonly dialogue: readonly (readonly [prompt: string, answer: string])[];
  /** What is compared: the output from here on, up to where the dialogue ends. */
  readonly from: string;
  /** Lines in which the two must differ: what is said of extensions that wemu does not have. */
  readonly apart?: RegExp;
  /** The status that it ends with, if it ends by itself. */
  readonly status?: number;
}

export const RECIPES: readonly Recipe[] = [
  {
    name: 'xv6-riscv',
    kind: 'teaching system',
    source: 'https://github.com/mit-pdos/xv6-riscv',
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
    source: 'https://github.com/plctlab/riscv-operating-system-mooc',
    program: 'qemu-system-riscv32',
    args: '-nographic -smp 1 -machine virt -bios none -kernel @/code/os/10-swtimer/out/os.elf'.split(' '),
    files: ['code/os/10-swtimer/out/os.elf'],
    // then time decides whose turn it is
    dialogue: [['Task 0: Running', '']],
    from: 'Hello, RVOS!',
  },
  {
    name: 'os-in-1000-lines',
    kind: 'teaching system',
    source: 'https://github.com/nuta/operating-system-in-1000-lines',
    program: 'qemu-system-riscv32',
    args: (
      '-machine virt -bios default -nographic -serial mon:stdio --no-reboot -drive id=drive0,file=@/disk.tar,format=raw,if=none,snapshot=on ' +
      '-device virtio-blk-device,drive=drive0,bus=virtio-mmio-bus.0 -kernel @/kernel.elf'
    ).split(' '),
    files: ['disk.tar', 'kernel.elf'],
    dialogue: [
      ['> ', 'hello\r'],
      ['from shell!', ''],
      ['> ', 'readfile\r'],
      ['> ', 'writefile\r'],
      ['> ', 'exit\r'],
      [' exited', ''],
    ],
    from: 'virtio-blk: capacity',
  },
  {
    name: 'mini-riscv-os',
    kind: 'teaching system',
    source: 'https://github.com/cccriscv/mini-riscv-os',
    program: 'qemu-system-riscv32',
    args: (
      '-nographic -smp 4 -machine virt -bios none -drive if=none,format=raw,file=@/10-SystemCall/hdd.dsk,id=x0 ' +
      '-device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0 -kernel @/10-SystemCall/os.elf'
    ).split(' '),
    files: ['10-SystemCall/hdd.dsk', '10-SystemCall/os.elf'],
    dialogue: [['Task0: Running', '']],
    // a tick may come in between
    from: 'buffer init...',
    apart: /^timer_handler: \d+$/,
  },
  {
    name: 'FreeRTOS',
    kind: 'real-time system',
    source: 'https://github.com/FreeRTOS/FreeRTOS, FreeRTOS/Demo/RISC-V-Qemu-virt_GCC',
    program: 'qemu-system-riscv32',
    args: (
      '-nographic -machine virt -net none -chardev stdio,id=con,mux=on -serial chardev:con -mon chardev=con,mode=readline -bios none -smp 4 ' +
      '-kernel @/FreeRTOS/Demo/RISC-V-Qemu-virt_GCC/build/RTOSDemo.axf'
    ).split(' '),
    files: ['FreeRTOS/Demo/RISC-V-Qemu-virt_GCC/build/RTOSDemo.axf'],
    dialogue: [
      ['Rx: Blink1', ''],
      ['Rx: Blink2', ''],
      ['Rx: Blink1', ''],
      ['Rx: Blink2', ''],
    ],
    from: 'Hello FreeRTOS!',
  },
  {
    name: 'threadx',
    kind: 'real-time system',
    source: 'https://github.com/eclipse-threadx/threadx, ports/risc-v64/gnu/example_build/qemu_virt',
    program: 'qemu-system-riscv64',
    // icount is ours: where ticks come often for what a host does between them, they overrun the demo's stacks (so they do in QEMU with -one-insn-per-tb -d cpu)
    args: '-nographic -smp 1 -bios none -m 128M -machine virt -kernel @/demo.elf -icount shift=8,sleep=off'.split(' '),
    files: ['demo.elf'],
    dialogue: [['thread_2_entry is here!', '']],
    from: '[UART0]',
  },
  {
    name: 'lk',
    kind: 'real-time system',
    source: 'https://github.com/littlekernel/lk, qemu-virt-riscv64-test',
    program: 'qemu-system-riscv64',
    args: '-machine virt -cpu rv64 -m 512 -smp 1 -bios none -kernel @/lk.elf -net none -nographic -device virtio-rng-device'.split(' '),
    files: ['lk.elf'],
    dialogue: [
      ['\n] ', 'help\n'],
      ['\n] ', 'thread_tests\n'],
      ['\n] ', ''],
    ],
    from: 'initializing platform',
    // times (one may be preempted in the middle of its line), and who is first by them
    apart: /cycles|exiting ts|^\d+$/,
  },
  {
    name: 'opensbi',
    kind: 'firmware',
    source: 'https://github.com/riscv-software-src/opensbi, PLATFORM=generic',
    program: 'qemu-system-riscv64',
    args: '-M virt -m 256M -nographic -bios @/fw_payload.bin'.split(' '),
    files: ['fw_payload.bin'],
    dialogue: [['Test payload running', '']],
    from: 'Platform Name',
    apart: /^Boot HART (Base ISA|ISA Extensions|MIDELEG|MEDELEG|Debug Triggers)|^Platform (CPU|IPI) |^Boot HART ID/,
  },
  {
    name: 'u-boot',
    kind: 'firmware',
    source: "Debian's package u-boot-qemu",
    build: ['apt-get download u-boot-qemu && dpkg -x u-boot-qemu_*.deb . && cp usr/lib/u-boot/qemu-riscv64/u-boot.bin .'],
    program: 'qemu-system-riscv64',
    args: '-nographic -machine virt -bios @/u-boot.bin'.split(' '),
    files: ['u-boot.bin'],
    dialogue: [
      ['Hit any key to stop autoboot', '\n'],
      ['=> ', 'mw.l 80400000 12345678 4; md.l 80400000 4; crc32 80400000 10\n'],
      ['=> ', 'printenv kernel_addr_r; version\n'],
      ['=> ', 'virtio info; pci\n'],
      ['=> ', ''],
    ],
    from: '=> mw.l',
  },
  {
    name: 'micropython',
    kind: 'language runtime',
    source: 'https://github.com/micropython/micropython, ports/qemu, BOARD=VIRT_RV64',
    program: 'qemu-system-riscv64',
    args: '-bios none -semihosting -machine virt -nographic -monitor null -serial mon:stdio -kernel @/VIRT_RV64.elf'.split(' '),
    files: ['VIRT_RV64.elf'],
    dialogue: [
      ['>>> ', 'print(2**200, sum(range(10**5)))\r'],
      ['>>> ', 'sorted([(x * 7919) % 1009 for x in range(200)])[::20]\r'],
      ['>>> ', '"".join(chr(97 + i) for i in range(26)).upper()\r'],
      ['>>> ', '1 / 0\r'],
      ['>>> ', ''],
    ],
    from: 'MicroPython v',
  },
  {
    name: 'micropython-rv32',
    kind: 'language runtime',
    source: 'https://github.com/micropython/micropython, ports/qemu, BOARD=VIRT_RV32',
    program: 'qemu-system-riscv32',
    args: (
      '-bios none -cpu rv32,zcd=off,zcmp=on -semihosting -machine virt -nographic -monitor null -serial mon:stdio ' +
      '-kernel @/VIRT_RV32.elf'
    ).split(' '),
    files: ['VIRT_RV32.elf'],
    dialogue: [
      ['>>> ', 'print(2**200, sum(range(10**5)), 2.5**7)\r'],
      ['>>> ', 'import sys; sys.implementation\r'],
      ['>>> ', '{}["a"]\r'],
      ['>>> ', ''],
    ],
    from: 'MicroPython v',
  },
  {
    name: 'picolibc',
    kind: 'language runtime',
    source: "Debian's packages picolibc-riscv64-unknown-elf and gcc-riscv64-unknown-elf",
    build: [
      `printf '%s\\n' '#include <stdio.h>' '#include <math.h>' 'int main(int c, char **v) {' 'for (int i = 1; i < c; i++) printf("%s\\n", v[i]);' ` +
        `'for (int i = 1; i < 6; i++) printf("%d %.15g %.15g\\n", i, sqrt(i), exp(i)); puts("end"); return 42; }' > hello.c`,
      'riscv64-unknown-elf-gcc --specs=picolibc.specs --oslib=semihost --crt0=hosted -march=rv64imafdc -mabi=lp64d -mcmodel=medany ' +
        '-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x200000,--defsym=__ram=0x80200000,--defsym=__ram_size=0x200000 ' +
        '-DPICOLIBC_DOUBLE_PRINTF_SCANF hello.c -lm -o hello.elf',
    ],
    program: 'qemu-system-riscv64',
    args: (
      '-chardev stdio,mux=on,id=stdio0 -semihosting-config enable=on,chardev=stdio0,arg=program-name,arg=x -monitor none -serial none ' +
      '-machine virt -kernel @/hello.elf -nographic -bios none'
    ).split(' '),
    files: ['hello.elf'],
    dialogue: [['end', '']],
    from: '1 1 2.7',
    status: 42,
  },
  {
    name: 'kvm-unit-tests',
    kind: 'test suite',
    source: 'https://github.com/kvm-unit-tests/kvm-unit-tests, --arch=riscv64',
    program: 'qemu-system-riscv64',
    args: [
      ...'-nodefaults -nographic -serial mon:stdio -machine virt -accel tcg -cpu max -kernel @/riscv/selftest.flat -smp 8 -append'.split(
        ' ',
      ),
      'foo bar baz',
    ],
    files: ['riscv/selftest.flat'],
    dialogue: [['EXIT: STATUS=1', '']],
    from: 'PASS: ',
  },
];
