/** QEMU's command line for commander: the option table, and the translation of QEMU's single-dash long options. */
import { Command, Option } from 'commander';

/** What the command line says, before any of it is understood. */
export interface SystemArguments {
  readonly machine?: string;
  readonly cpu?: string;
  readonly m?: string;
  readonly smp?: string;
  readonly accel?: string;
  readonly bios?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly symbols?: string;
  readonly dtb?: string;
  readonly device?: string[];
  readonly drive?: string[];
  readonly global?: string[];
  readonly serial?: string[];
  readonly monitor?: string;
  readonly display?: string;
  readonly nographic?: boolean;
  readonly nodefaults?: boolean;
  readonly reboot: boolean;
  readonly shutdown: boolean;
  readonly icount?: string;
  readonly seed?: string;
  readonly rtc?: string;
  readonly d?: string;
  readonly D?: string;
  readonly stats?: string | true;
  readonly profile?: boolean;
  readonly name?: string;
}

/** What `--stats` takes. */
export const STATS_HELP = 'text (default), json, or a FILE.json';

interface Row {
  readonly flags: string;
  readonly help: string;
  /** May be given again. */
  readonly many?: boolean;
  /** Not built: what to say when it is asked for. */
  readonly missing?: string;
}

// prettier-ignore
const ROWS: readonly Row[] = [
  { flags: '-M, --machine <type>',  help: "the machine and its properties; 'help' lists them" },
  { flags: '--cpu <model>',         help: "the CPU model and its features (rv64,zba=off); 'help' lists them" },
  { flags: '--accel <name>',        help: "tcg[,backend=tci|wasm][,thread=worker|sync][,...]; 'help' lists them" },
  { flags: '-m <size>',             help: 'guest RAM in MiB, or with a suffix (512M, 1G)' },
  { flags: '--smp <n>',             help: 'number of harts' },
  { flags: '--bios <file>',         help: "firmware: a file, 'none', or 'default' (OpenSBI from the cache)" },
  { flags: '--kernel <file>',       help: 'kernel: Linux Image, ELF or flat, gzip allowed' },
  { flags: '--initrd <file>',       help: 'initial RAM disk' },
  { flags: '--append <text>',       help: 'kernel command line' },
  { flags: '--symbols <file>',      help: 'names for -d in_asm and profiles: an ELF file or a System.map' },
  { flags: '--dtb <file>',          help: "device tree blob in place of the board's own" },
  { flags: '--device <driver>',     help: "add a device (virtio-rng-device, ...); 'help' lists them", many: true },
  { flags: '--global <prop>',       help: 'driver.property=value: a default of every such device', many: true },
  { flags: '--serial <dev>',        help: 'stdio, file:PATH, null or none, a port each', many: true },
  { flags: '--monitor <dev>',       help: 'stdio, null or none; default: on the console\'s terminal, behind Ctrl-A c' },
  { flags: '--display <type>',      help: "only 'none' for now" },
  { flags: '--nographic',           help: 'serial port on the terminal (the default)' },
  { flags: '--nodefaults',          help: 'no devices but those asked for: the serial port leads nowhere' },
  { flags: '--no-reboot',           help: 'exit instead of rebooting' },
  { flags: '--no-shutdown',         help: 'stop the guest instead of exiting when it powers off' },
  { flags: '--icount <opts>',       help: 'shift=N: deterministic; an instruction takes 2^N ns of guest time' },
  { flags: '--seed <n>',            help: 'what guest randomness is made from, for runs that repeat' },
  { flags: '--rtc <base>',          help: 'base=utc or base=YYYY-MM-DDThh:mm:ss' },
  { flags: '-d <items>',            help: "log items; 'help' lists them" },
  { flags: '-D <file>',             help: 'log to a file instead of standard error' },
  { flags: '--stats [how]',         help: `at exit, say what the engine did, as the monitor command info jit: ${STATS_HELP}` },
  { flags: '--profile',             help: 'sample where time goes, and tell it with --stats (text if that is not given)' },
  { flags: '--name <text>',         help: 'a name for the guest' },
  { flags: '--drive <opts>',        help: 'not built yet',  many: true, missing: 'block devices' },
  { flags: '--netdev <opts>',       help: 'not built yet',  many: true, missing: 'networking' },
  { flags: '--chardev <opts>',      help: 'not built yet: use -serial', many: true, missing: '-chardev' },
  { flags: '--qmp <dev>',           help: 'not built yet',  missing: 'QMP' },
  { flags: '--gdb <dev>',           help: 'not built yet',  missing: 'the gdb stub' },
  { flags: '-s',                    help: 'not built yet',  missing: 'the gdb stub' },
  { flags: '-S',                    help: 'not built yet',  missing: 'starting paused' },
];

const LONG = new Set(ROWS.flatMap(({ flags }) => [...flags.matchAll(/--([a-z-]+)/g)].map(([, name]) => name)));

/** `-kernel x` and `-kernel=x` become `--kernel`: commander knows only double dashes for names longer than a letter. */
export function doubleDashes(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    if (end >= 0 && i >= end) return word;
    const name = /^-([a-z][a-z-]+)(?=$|=)/.exec(word)?.[1];
    return name !== undefined && (LONG.has(name) || name === 'help' || name === 'version') ? `-${word}` : word;
  });
}

export function addSystemOptions(command: Command): Command {
  for (const { flags, help, many, missing } of ROWS) {
    const option = new Option(flags, help);
    if (missing) option.hideHelp();
    if (many) option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
    command.addOption(option);
  }
  return command;
}

/** The parts that are asked for and not built, in words; undefined if there are none. */
export function missingPart(values: Record<string, unknown>): string | undefined {
  const row = ROWS.find(({ flags, missing }) => missing && values[flags.replace(/^-+/, '').split(' ')[0]] !== undefined);
  return row && `not built yet: ${row.missing} (${row.flags.replace(/^--/, '-').split(' ')[0]})`;
}
