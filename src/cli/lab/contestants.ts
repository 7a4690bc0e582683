/** Everybody who runs guests on this machine: wemu in its strategies, and peers that take QEMU's options. */
import { fileURLToPath } from 'node:url';
import type { Contestant } from '../../lab/results.js';
import { STRATEGIES, strategy } from '../../lab/strategies.js';
import { OptionError } from '../../util/errors.js';
import { GUEST_QEMU } from '../../node/guest/architecture.js';
import { entryUrl } from '../common/entry.js';
import { versionOf } from './host-info.js';
import type { RunnerSpec } from './runner.js';

/** What a guest is made of: paths, and the texts of QEMU's options. The same for everybody. */
export interface GuestFiles {
  readonly memory: string;
  readonly bios: string;
  readonly kernel: string;
  readonly initrd?: string;
  /** A raw image on virtio, only read. */
  readonly disk?: string;
  readonly append: string;
}

export interface LocalContestant extends Contestant {
  /** The process that runs a guest. */
  command(guest: GuestFiles): readonly [program: string, ...args: string[]];
}

const RUNNER = fileURLToPath(entryUrl('lab/runner'));

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
      command: (guest) => [process.execPath, RUNNER, JSON.stringify({ accel, ...guest } satisfies RunnerSpec)],
    };
  });
}

/** `qemu`, `NAME=COMMAND [ARG...]` or `COMMAND [ARG...]`: a program that takes QEMU's options after its own. */
export function peer(text: string): LocalContestant {
  const [, name, rest] = /^(?:([A-Za-z0-9][\w.-]*)=)?(.*)$/s.exec(text)!;
  const words = rest === 'qemu' ? [GUEST_QEMU] : rest.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw new OptionError(`no command in '${text}'`, '--against', "'qemu' or NAME=COMMAND");
  const version = versionOf(words);
  if (version === undefined)
    throw new OptionError(`cannot run '${words.join(' ')} --version'`, '--against', "'qemu', NAME=COMMAND, or 'none'");
  const [program, ...own] = words;
  return {
    name: name ?? (words[0] === GUEST_QEMU ? 'qemu' : words.at(-1)!.replace(/^.*\//, '')),
    kind: 'peer',
    description: 'another emulator',
    how: words.join(' '),
    version,
    interpreter: false,
    command: ({ memory, bios, kernel, initrd, disk, append }) => [
      program,
      ...own,
      ...['-M', 'virt', '-m', memory, '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-bios', bios, '-kernel', kernel],
      ...(initrd === undefined ? [] : ['-initrd', initrd]),
      ...(disk === undefined ? [] : ['-drive', `file=${disk.replaceAll(',', ',,')},format=raw,if=virtio,readonly=on`]),
      ...['-append', append],
    ],
  };
}

/** Who joins if nobody was named: QEMU, where it is installed. */
export function installedPeer(): LocalContestant | undefined {
  return versionOf([GUEST_QEMU]) === undefined ? undefined : peer('qemu');
}
