/** Everybody who runs guests on this machine: wemu in its strategies, and peers that take QEMU's options. */
import type { Contestant } from '../../lab/results.js';
import { STRATEGIES, strategy } from '../../lab/strategies.js';
import { ARCHITECTURES, type Architecture } from '../../lab/workloads.js';
import { OptionError } from '../../util/errors.js';
import { entryPath } from '../common/entry.js';
import { versionOf } from './host-info.js';
import type { RunnerSpec } from './runner.js';

/** What a guest is made of: paths, and the texts of QEMU's options. The same for everybody. */
export interface GuestFiles {
  readonly architecture: Architecture;
  readonly machine: string;
  readonly memory: string;
  readonly bios: string;
  readonly kernel: string;
  readonly initrd?: string;
  /** A raw image on virtio, only read. */
  readonly disk?: string;
  readonly append?: string;
}

export interface LocalContestant extends Contestant {
  /** Whose guests it runs. */
  readonly architectures: readonly Architecture[];
  /** The process that runs a guest. */
  command(guest: GuestFiles): readonly [program: string, ...args: string[]];
}

const RUNNER = entryPath('lab/runner');

/** `codeFolder`: where a strategy keeps generated code from run to run. */
export function strategies(names: readonly string[], version: string, codeFolder: string): LocalContestant[] {
  return [...new Set(names)].map((name): LocalContestant => {
    const found = strategy(name);
    if (!found) throw new OptionError(`unknown strategy '${name}'`, '--strategy', `one of ${Object.keys(STRATEGIES).join(', ')}`);
    const { description, interpreter = false, keepsCode = false } = found;
    const accel = keepsCode ? `${found.accel},code-cache=${codeFolder}` : found.accel;
    return {
      name,
      kind: 'wemu',
      description,
      how: keepsCode ? `${found.accel},code-cache=DIR` : accel,
      version,
      interpreter,
      architectures: ARCHITECTURES,
      command: (guest) => [process.execPath, RUNNER, JSON.stringify({ accel, ...guest } satisfies RunnerSpec)],
    };
  });
}

/** In a peer's command: an architecture, by QEMU's name. */
const ARCHITECTURE = '{arch}';
const QEMU = `qemu-system-${ARCHITECTURE}`;

const commandFor = (words: readonly string[], architecture: Architecture): string[] =>
  words.map((word) => word.replaceAll(ARCHITECTURE, architecture));

/**
 * `qemu`, `NAME=COMMAND [ARG...]` or `COMMAND [ARG...]`: a program that takes QEMU's options after its own. `wanted`: the architectures of the guests that
 * are to run; a command that does not say `{arch}` is of the first of them.
 */
export function peer(text: string, wanted: readonly Architecture[]): LocalContestant {
  const [, name, rest] = /^(?:([A-Za-z0-9][\w.-]*)=)?(.*)$/s.exec(text)!;
  const words = rest === 'qemu' ? [QEMU] : rest.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw new OptionError(`no command in '${text}'`, '--against', "'qemu' or NAME=COMMAND");
  const architectures = words.some((word) => word.includes(ARCHITECTURE)) ? wanted : wanted.slice(0, 1);
  const versions = architectures.map((each) => {
    const command = commandFor(words, each);
    const version = versionOf(command);
    if (version === undefined)
      throw new OptionError(`cannot run '${command.join(' ')} --version'`, '--against', "'qemu', NAME=COMMAND, or 'none'");
    return version;
  });
  return {
    name: name ?? (words[0] === QEMU ? 'qemu' : words.at(-1)!.replace(/^.*\//, '')),
    kind: 'peer',
    description: 'another emulator',
    how: words.join(' '),
    version: [...new Set(versions)].join('; '),
    interpreter: false,
    architectures,
    command: ({ architecture, machine, memory, bios, kernel, initrd, disk, append }) => {
      const [program, ...own] = commandFor(words, architecture);
      return [
        program,
        ...own,
        ...[
          '-M',
          machine,
          '-m',
          memory,
          '-display',
          'none',
          '-monitor',
          'none',
          '-serial',
          'stdio',
          '-vga',
          'none',
          '-net',
          'none',
          '-no-reboot',
        ],
        ...['-bios', bios, '-kernel', kernel],
        ...(initrd === undefined ? [] : ['-initrd', initrd]),
        ...(disk === undefined ? [] : ['-drive', `file=${disk.replaceAll(',', ',,')},format=raw,if=virtio,readonly=on`]),
        ...(append === undefined ? [] : ['-append', append]),
      ];
    },
  };
}

/** Who joins if nobody was named: QEMU, for the architectures that it is installed for. */
export function installedPeer(wanted: readonly Architecture[]): LocalContestant | undefined {
  const installed = wanted.filter((each) => versionOf(commandFor([QEMU], each)) !== undefined);
  return installed.length === 0 ? undefined : peer('qemu', installed);
}
