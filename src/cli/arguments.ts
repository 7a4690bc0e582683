/** QEMU's command line for commander: the option table, and the translation of QEMU's way of writing options. */
import { Command, Option } from 'commander';
import { readImage } from '../node/image-file.js';
import type { CamelCase } from '../qom/property.js';
import { shortDrive } from '../system/drive-options.js';
import { readConfig } from '../system/readconfig.js';
import { OptionError } from '../util/errors.js';
import { MiB } from '../util/size.js';
import { didYouMean } from '../util/suggest.js';
import { checkQemuOption, QEMU_OPTIONS } from './qemu-options.js';
import { optionError } from './usage.js';

/** Bytes of a file of `-readconfig`. */
const CONFIG_LIMIT = MiB;

/** What `--stats` takes. */
export const STATS_HELP = 'text (default), json, or a FILE.json';

/** An option: from its row come the parser, `--help`, the type of what was given, and what a shell completes. */
export interface Row {
  /** As commander's: `-M, --machine <type>`. */
  readonly flags: string;
  readonly help: string;
  /** May be given again. */
  readonly many?: boolean;
  /** What its argument may begin with, for a shell; a file where the argument is called so. */
  readonly words?: readonly string[] | WordList;
}

/** Words that are not known before what can be made is looked at. */
export type WordList = 'machines' | 'cpus' | 'devices' | 'objects' | 'chardevs' | 'log-items' | 'traces' | 'plugins';

const CHARDEVS = ['stdio', 'mon:stdio', 'null', 'none', 'file:', 'pipe:', 'tcp:', 'unix:', 'chardev:'] as const;

// prettier-ignore
export const ROWS = [
  { flags: '-M, --machine <type>',  help: "the machine (default: virt) and its properties; 'help' lists them", many: true, words: 'machines' },
  { flags: '--cpu <model>',         help: "the CPU model and its features (model,name=off); 'help' lists them", words: 'cpus' },
  { flags: '--accel <name>',        help: "tcg[,backend=tci|wasm][,thread=worker|sync][,...]; 'help' lists them", many: true, words: ['help', 'tcg', 'tci'] },
  { flags: '--one-insn-per-tb',     help: 'blocks of one instruction: as -accel tcg,one-insn-per-tb=on' },
  { flags: '-m <size>',             help: 'guest RAM in MiB, or with a suffix (512M, 1G)' },
  { flags: '--mem-path <path>',     help: 'a file that RAM begins as (made if it is not there); the guest does not write it' },
  { flags: '--smp <n>',             help: 'how many CPUs, and their topology; they run in turn, on one thread' },
  { flags: '--bios <file>',         help: "firmware: a file, 'none', or 'default' (the board's, from the cache)", words: ['none', 'default'] },
  { flags: '-L <dir>',              help: 'a folder with firmware, looked through before others', many: true },
  { flags: '--kernel <file>',       help: 'kernel: Linux Image, ELF or flat, gzip allowed' },
  { flags: '--initrd <file>',       help: 'initial RAM disk' },
  { flags: '--append <text>',       help: 'kernel command line' },
  { flags: '--symbols <file>',      help: 'names for -d in_asm and profiles: an ELF file or a System.map' },
  { flags: '--dtb <file>',          help: "device tree blob in place of the board's own" },
  { flags: '--fw_cfg <opts>',       help: 'a file for firmware and guest: [name=]opt/NAME,file=F or string=TEXT', many: true, words: ['name=opt/'] },
  { flags: '--boot <opts>',         help: 'what firmware is told by fw_cfg: menu=on, splash=F, splash-time=MS, reboot-timeout=MS, order=LETTERS', many: true, words: ['menu=', 'order='] },
  { flags: '--smbios <opts>',       help: "what the SMBIOS tables say (virt): type=0|1|2|3|4|8|11|17|41,FIELD=..., or file=F", many: true, words: ['type=', 'file='] },
  { flags: '--drive <opts>',        help: 'a disk: file=F,format=raw[,if=virtio|none|pflash][,id=ID][,readonly=on][,snapshot=on][,...]', many: true, words: ['file='] },
  { flags: '--blockdev <opts>',     help: "a block node: driver=raw,node-name=ID,file.driver=file,file.filename=F[,read-only=on]", many: true },
  { flags: '--hda <file>',          help: 'disk 0: as -drive file=F,index=0' },
  { flags: '--hdb <file>',          help: 'disk 1' },
  { flags: '--hdc <file>',          help: 'disk 2' },
  { flags: '--hdd <file>',          help: 'disk 3' },
  { flags: '--cdrom <file>',        help: 'a disk that is only read: as -drive file=F,index=2,media=cdrom' },
  { flags: '--pflash <file>',       help: 'a flash bank kept in a file (virt: two of 32 MiB)', many: true },
  { flags: '--device <driver>',     help: "add a device (virtio-rng-device, ...); 'help' lists them", many: true, words: 'devices' },
  { flags: '--object <type>',       help: "an object that devices name: rng-builtin,id=ID, ...; 'help' lists them", many: true, words: 'objects' },
  { flags: '--global <prop>',       help: 'driver.property=value: a default of every such device', many: true },
  { flags: '--chardev <backend>',   help: "a character device: stdio, file, pipe, pty, socket, udp, ringbuf, null; 'help' lists them", many: true, words: 'chardevs' },
  { flags: '--serial <dev>',        help: 'a port each: stdio, mon:stdio, file:PATH, pipe:PATH, tcp:HOST:PORT, unix:PATH, chardev:ID, null or none', many: true, words: CHARDEVS },
  { flags: '--parallel <dev>',      help: 'as -serial, a parallel port each (40p has one)', many: true, words: CHARDEVS },
  { flags: '--monitor <dev>',       help: 'as -serial; default: on the console\'s terminal, behind Ctrl-A c', many: true, words: CHARDEVS },
  { flags: '--mon <opts>',          help: 'a monitor: chardev=ID[,mode=readline|control][,pretty=on]', many: true, words: ['chardev='] },
  { flags: '--qmp <dev>',           help: 'as -monitor, a QMP monitor', many: true, words: CHARDEVS },
  { flags: '--qmp-pretty <dev>',    help: 'as -qmp, with answers over several lines', many: true, words: CHARDEVS },
  { flags: '--echr <code>',         help: 'the character that leads to Ctrl-A x and the like: its code (default: 1, Ctrl-A)' },
  { flags: '--display <type>',      help: "only 'none' for now", words: ['none'] },
  { flags: '--nographic',           help: 'serial port on the terminal (the default)' },
  { flags: '--nodefaults',          help: 'no devices but those asked for: the serial port leads nowhere' },
  { flags: '--no-reboot',           help: 'exit instead of rebooting' },
  { flags: '--no-shutdown',         help: 'stop the guest instead of exiting when it powers off' },
  { flags: '--action <what>',       help: 'reboot=reset|shutdown, shutdown=poweroff|pause, panic=pause|shutdown|exit-failure|none, watchdog=...', many: true, words: ['reboot=', 'shutdown=', 'panic=', 'watchdog='] },
  { flags: '--watchdog-action <what>', help: 'as -action watchdog=WHAT: reset, shutdown, poweroff, inject-nmi, pause, debug or none', words: ['reset', 'shutdown', 'poweroff', 'inject-nmi', 'pause', 'debug', 'none'] },
  { flags: '-S',                    help: 'the guest waits until a monitor or gdb lets it go on' },
  { flags: '--snapshot',            help: 'files of the host are left as they are' },
  { flags: '--loadvm <name>',       help: 'go on from a snapshot that savevm has made' },
  { flags: '--incremental',         help: 'savevm writes what is different from the snapshot that was saved or loaded last' },
  { flags: '--snapshot-dir <folder>', help: 'where savevm keeps snapshots (default: ~/.local/share/wemu/snapshots)' },
  { flags: '--semihosting',         help: "serve the guest's semihosting calls: console, clock, exit" },
  { flags: '--semihosting-config <opts>', help: 'chardev=ID, arg=TEXT, userspace=on, root=FOLDER (whose files the guest may have)', many: true, words: ['chardev=', 'arg=', 'userspace=', 'root='] },
  { flags: '--gdb <dev>',           help: 'let gdb connect: tcp:HOST:PORT, unix:PATH, stdio, chardev:ID', words: CHARDEVS },
  { flags: '-s',                    help: 'as -gdb tcp::1234' },
  { flags: '--icount <opts>',       help: 'shift=N|auto: an instruction takes 2^N ns of guest time; [,align=on][,sleep=on][,rr=record|replay,rrfile=F[,rrsnapshot=NAME]]', words: ['shift=', 'shift=auto'] },
  { flags: '--seed <n>',            help: 'what guest randomness is made from, for runs that repeat' },
  { flags: '--rtc <base>',          help: 'base=utc|localtime|YYYY-MM-DDThh:mm:ss, clock=host|rt|vm', words: ['base=', 'clock='] },
  { flags: '-d <items>',            help: "log items; 'help' lists them", words: 'log-items' },
  { flags: '--dfilter <ranges>',    help: 'show code only of these addresses: FIRST+LENGTH, LAST-LENGTH or FIRST..LAST, ...' },
  { flags: '--trace <pattern>',     help: "trace events, as -d trace:PATTERN; events=FILE, file=FILE; 'help' lists them", many: true, words: 'traces' },
  { flags: '--plugin <file>',       help: "a plugin and its arguments: FILE or a name[,arg=value]; 'help' lists those that come with wemu; -d plugin shows what it says", many: true, words: 'plugins' },
  { flags: '--gustave <file>',      help: 'fuzz: FILE.json[,inputs=FOLDER|-][,mutate=RUNS][,seed=N][,crashes=FOLDER][,driver=on] (docs/gustave.md)' },
  { flags: '-D <file>',             help: 'log to a file instead of standard error; %d in its name is the process number' },
  { flags: '--daemonize',           help: 'go on in the background when the machine is made' },
  { flags: '--pidfile <file>',      help: 'where the process number is to be written' },
  { flags: '--stats [how]',         help: `at exit, say what the engine did, as the monitor command info jit: ${STATS_HELP}`, words: ['text', 'json'] },
  { flags: '--profile',             help: 'sample where time goes, and tell it with --stats (text if that is not given)' },
  { flags: '--name <text>',         help: 'a name for the guest, and process=NAME for the process', many: true },
  { flags: '--msg <opts>',          help: "timestamp=on: the time before each message; guest-name=on: what -name says, too", many: true, words: ['timestamp=', 'guest-name='] },
  { flags: '--readconfig <file>',   help: 'options from a file, as QEMU has them: [device "ID"], driver = "..."' },
  { flags: '--uuid <uuid>',         help: "the machine's, for who asks by a monitor" },
] as const satisfies readonly Row[];

type Long<Flags> = Flags extends `${infer Name} ${string}` ? Name : Flags;
type Name<Flags> = Flags extends `${string}--${infer Rest}` ? Long<Rest> : Flags extends `-${infer Rest}` ? Long<Rest> : never;
type Value<R extends Row> = R['flags'] extends `${string}[${string}`
  ? string | true
  : R['flags'] extends `${string}<${string}`
    ? string
    : boolean;
/** Commander gives what `--no-NAME` takes away as NAME. */
type Off<Flags> = Name<Flags> extends `no-${infer Rest}` ? CamelCase<Rest> : never;

/** What the command line says, before any of it is understood. */
export type SystemArguments = {
  readonly [R in (typeof ROWS)[number] as Off<R['flags']> extends never ? CamelCase<Name<R['flags']>> : never]?: R extends { many: true }
    ? string[]
    : Value<R>;
} & { readonly [R in (typeof ROWS)[number] as Off<R['flags']>]: boolean };

/** Of the commands that bring their own guest. */
export interface GuestArguments extends Partial<Omit<SystemArguments, 'accel'>> {
  readonly accel?: string;
}

/** QEMU has names with underlines, too. */
class SystemOption extends Option {
  override attributeName(): string {
    return super.attributeName().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  }
}

export function addSystemOptions(command: Command): Command {
  for (const { flags, help, many } of ROWS as readonly Row[]) {
    const option = new SystemOption(flags, help);
    if (many) option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
    command.addOption(option);
  }
  return command;
}

/**
 * QEMU's way of writing options, for commander, which knows two dashes for names longer than a letter, and takes `-snapshot` for `-s -n ...`.
 * Options are followed by their arguments, whatever these look like; those that are without effect here are left out, for `-readconfig` come
 * those of its file, and for `-hda` comes the `-drive` that it is: drives have an order.
 * @throws OptionError for what is no option, lacks its argument, or is not built
 */
export function commandLineWords(program: Command, argv: readonly string[]): string[] {
  const words = [...argv];
  const out: string[] = [];
  let command = program;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name, value] = /^--?([a-zA-Z?][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === '--') return [...out, word, ...words];
    if (name === undefined) {
      command = command === program ? findCommand(program, word) : (command.commands.find((each) => each.name() === word) ?? command);
      out.push(word);
      continue;
    }
    if (name === 'h' || name === '?' || name === 'help') {
      out.push('--help');
      continue;
    }
    const argument = (): string => {
      const next = value ?? words.shift();
      if (next === undefined) throw optionError(command, 'requires an argument', word);
      return next;
    };
    if (name === 'readconfig' && command === program) {
      const file = argument();
      words.unshift(...readConfig(file, new TextDecoder().decode(readImage('-readconfig', file, CONFIG_LIMIT))));
      continue;
    }
    const option = command.options.find(({ short, long }) => short === `-${name}` || long === `--${name}`);
    const drive = option && shortDrive(name);
    if (drive) {
      out.push('--drive', drive(argument()));
      continue;
    }
    if (option) {
      out.push(name.length > 1 ? `--${name}` : `-${name}`);
      if (option.required) out.push(argument());
      else if (option.optional && (value ?? words[0]?.startsWith('-') === false)) out.push(argument());
      else if (value !== undefined) throw optionError(command, 'takes no argument', word);
      continue;
    }
    const foreign = command === program ? QEMU_OPTIONS.find((each) => each.name === name) : undefined;
    if (!foreign) throw optionError(command, `invalid option${didYouMean(name, optionNames(command, program))}`, word);
    checkQemuOption(foreign, foreign.hasArgument ? argument() : undefined);
  }
  return out;
}

function findCommand(program: Command, word: string): Command {
  const names = program.commands.map((each) => each.name());
  const found = program.commands.find((each) => each.name() === word);
  if (!found)
    throw new OptionError(
      `'${word}' is no command of wemu ('wemu --help' lists them; a disk image is -hda ${word})${didYouMean(word, names)}`,
    );
  return found;
}

function optionNames(command: Command, program: Command): string[] {
  const own = command.options.flatMap(({ long }) => (long ? [long.slice(2)] : []));
  return command === program ? [...own, ...QEMU_OPTIONS.map(({ name }) => name)] : own;
}
