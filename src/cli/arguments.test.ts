import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSystemOptions, commandLineWords } from './arguments.js';
import { QEMU_OPTIONS } from './qemu-options.js';

const program = addSystemOptions(new Command('wemu'));
program
  .command('linux')
  .option('--cpu <model>')
  .option('--stats [how]')
  .option('--hda <file>')
  .option('--drive <opts>')
  .argument('[command...]');

describe('the command line for commander', () => {
  it.each([
    ['-kernel x -m 512 -M virt', '--kernel x -m 512 -M virt'],
    ['--kernel x -kernel=y -m=512', '--kernel x --kernel y -m 512'],
    ['-snapshot -d int -D log -nographic', '--snapshot -d int -D log --nographic'],
    ['-append -kernel -initrd -- -bios -m', '--append -kernel --initrd -- --bios -m'],
    ['-stats -kernel x -stats json', '--stats --kernel x --stats json'],
    ['-net none -nic none -vga none -kernel x -usb -k de -no-user-config', '--kernel x'],
    ['-parallel none -audio driver=none -mem-prealloc', '--parallel none'],
    ['-watchdog-action pause', '--watchdog-action pause'],
    ['-sandbox off,obsolete=deny,elevateprivileges=children -msg timestamp=on -overcommit mem-lock=off,cpu-pm=off', '--msg timestamp=on'],
    ['-compat deprecated-input=accept -run-with async-teardown=off', ''],
    ['-semihosting -semihosting-config arg=-m', '--semihosting --semihosting-config arg=-m'],
    ['linux -cpu rv64 -- -snapshot -net none', 'linux --cpu rv64 -- -snapshot -net none'],
    [
      '-hda a,b -drive file=c -cdrom=d -pflash e',
      '--drive file=a,,b,index=0,media=disk --drive file=c --drive file=d,index=2,media=cdrom --drive file=e,if=pflash',
    ],
    ['linux -hda a', 'linux --drive file=a,index=0,media=disk'],
    ['-h', '--help'],
    ['linux -help', 'linux --help'],
  ])('%s', (typed, words) => expect(commandLineWords(program, typed.split(' ')).join(' ')).toBe(words));

  it.each([
    ['-snapshat', "-snapshat: invalid option; did you mean 'snapshot'?"],
    ['-netdef x', "-netdef: invalid option; did you mean 'netdev'?"],
    ['-m512', '-m512: invalid option'],
    ['-nographic=on', '-nographic=on: takes no argument'],
    ['-kernel', '-kernel: requires an argument'],
    ['-net', '-net: requires an argument'],
    ['-net user', 'not built yet: networking (-net user)'],
    ['-sandbox on', 'not built yet: a system call filter (-sandbox on)'],
    ['-sandbox off,obsolete=yes', "-sandbox off,obsolete=yes: obsolete: invalid value 'yes' (expected one of allow, deny)"],
    ['-sandbox on,foo=1', "-sandbox on,foo=1: invalid parameter 'foo'"],
    ['-prom-env auto-boot?=false', 'not built yet: variables of Open Firmware (-prom-env)'],
    ['linux -net none', '-net: invalid option'],
    ['linus', "'linus' is no command of wemu ('wemu --help' lists them; a disk image is -hda linus); did you mean 'linux'?"],
  ])('refuses %s', (typed, why) => expect(() => commandLineWords(program, typed.split(' '))).toThrow(why));

  it('has each of the options once', () => {
    const names = [
      ...QEMU_OPTIONS.map(({ name }) => name),
      ...program.options.map(({ long, short }) => (long ?? short)!.replace(/^-+/, '')),
    ];
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  /** Those that `qemu-system-riscv64 -help` and `qemu-system-ppc -help` list (10.0). */
  it("knows every option of QEMU's", () => {
    const qemu =
      'D L M S accel action add-fd append audio audiodev bios blockdev boot cdrom chardev compat cpu d daemonize debugcon device dfilter display ' +
      'drive dtb dump-vmstate echr enable-kvm enable-sync-profile fda fdb fsdev full-screen fw_cfg gdb global hda hdb hdc hdd icount incoming ' +
      'initrd iscsi jitdump k kernel loadvm m machine mem-path mem-prealloc mon monitor msg mtdblock name net netdev nic no-reboot no-shutdown ' +
      'no-user-config nodefaults nographic numa object only-migratable option-rom overcommit parallel perfmap pflash pidfile plugin preconfig prom-env g ' +
      'qmp qmp-pretty readconfig rtc run-with s sandbox sd seed semihosting semihosting-config serial set shim smbios smp snapshot spice tpmdev ' +
      'trace usb usbdevice uuid vga virtfs vnc watchdog-action';
    const own = program.options.flatMap(({ long, short }) => [long, short].map((name) => name?.replace(/^-+/, '')));
    const known = new Set([...QEMU_OPTIONS.map(({ name }) => name), ...own]);
    expect(qemu.split(' ').filter((name) => !known.has(name))).toEqual([]);
  });
});
