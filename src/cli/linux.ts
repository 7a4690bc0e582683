/** `wemu linux`: Debian's riscv64 kernel with busybox, to a shell on this terminal, or for one command. */
import type { CodegenThread } from '../accel/tcg/codegen/protocol.js';
import { randomBytes } from '../node/entropy.js';
import { GuestUnavailable } from '../node/guest/apt.js';
import { cachedGuestFile, fetchGuestFiles, guestFileStamp, type GuestFileName } from '../node/guest/debian.js';
import { buildInitramfs, COMMAND_PORTS, sessionJob, type InitramfsOptions, type WindowSize } from '../node/guest/initramfs.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { readImage } from '../node/image-file.js';
import { noteInput, noteRunInputs } from '../node/input-files.js';
import type { Machine, MachineOptions } from '../system/facade.js';
import { parseDrives } from '../system/drive-options.js';
import { parseIcount } from '../system/options.js';
import { OptionError } from '../util/errors.js';
import { commandLineAccel } from './common/accel.js';
import { Debugger, gdbDevice, openGdb } from './gdb.js';
import type { GuestArguments } from './arguments.js';
import { BootedGuest } from '../node/booted-guest.js';
import { tell } from '../node/messages.js';
import { message } from '../util/messages.js';
import { Chardevs } from './chardevs.js';
import { CommandStreams } from './command-streams.js';
import { runEmbedded } from './embedded.js';
import { Ending } from './ending.js';
import { terminalProgress } from './common/progress.js';
import { waitingLine } from './common/waiting-line.js';
import { createMachine, runMachine, type CreateMachine } from './run-machine.js';
import { statsWriter, type StatsWriter } from './stats.js';

export interface LinuxArguments extends GuestArguments {
  readonly share?: string;
  readonly net?: boolean;
  /** Boot, though a guest that has booted is kept. */
  readonly fresh?: boolean;
}

/** Exit status of a command that the guest could not run to its end. */
const NOT_FINISHED = 125;
const STDOUT = 1;
const FILES = ['kernel', 'busybox', 'firmware'] as const;
const FILES_WITH_DISK = [...FILES, 'modules'] as const;

export async function runLinux(command: readonly string[], args: LinuxArguments, worker?: CodegenThread): Promise<number> {
  if (args.share !== undefined) throw new OptionError('sharing a folder with the guest is not built yet', '--share');
  if (args.net) throw new OptionError('networking is not built yet', '--net');
  const accel = commandLineAccel(args.accel);
  const { drives } = parseDrives(args);
  const replay = args.icount === undefined ? undefined : parseIcount(args.icount);
  noteRunInputs(drives, replay);
  const names: readonly GuestFileName[] = drives.length > 0 ? FILES_WITH_DISK : FILES;
  for (const name of names) noteInput('the guest', cachedGuestFile(name));
  const stats = statsWriter(args.stats, args.profile);
  // A disk is not part of a snapshot. In icount mode runs repeat: what the host types when it is ready would come at another moment each time.
  const isSession = drives.length === 0 && args.icount === undefined;
  const { rr } = replay ?? {};
  // Part of the guest's images: a replay has the recording's.
  const nonce = rr ? '0123456789abcdef' : Buffer.from(randomBytes(8)).toString('hex');
  // panic=-1: reset at once
  const quiet = command.length > 0 ? ['quiet', 'loglevel=1', 'panic=-1'] : [];
  const base: MachineOptions = {
    machine: 'virt',
    cpu: args.cpu,
    memory: args.m ?? '512M',
    smp: args.smp,
    drives,
    // vmgenid tells the kernel that others may have gone on from the same snapshot
    devices: isSession ? ['vmgenid', ...(command.length > 0 ? COMMAND_PORTS.devices : [])] : [],
    append: ['console=ttyS0', ...quiet, ...(args.append ? [args.append] : [])].join(' '),
    icount: args.icount,
    startPaused: args.S,
  };
  const init = { nonce, session: isSession, command: command.length > 0 ? command : undefined, windowSize: rr ? undefined : windowSize() };
  const gdb = gdbDevice(args);
  // Who debugs it wants to see it boot.
  const isCacheOff = accel.codeCache === false || process.env['WEMU_CODE_CACHE'] === 'off';
  const isFresh = args.fresh === true || isCacheOff || gdb !== undefined || args.S === true;
  const guest = isSession ? bootedGuest(base, names, nonce, command, isFresh) : undefined;
  let images: MachineOptions | GuestUnavailable | undefined;
  if (!guest?.isKept) {
    if (names.some((name) => cachedGuestFile(name) === undefined)) await tryOptions(args);
    images = await fetchImages(names, init);
    if (images instanceof GuestUnavailable) {
      if (command.length > 0) throw new OptionError(`no Linux guest: ${images.message}`);
      tell(`no Linux guest (${images.message}): running the embedded guest instead`);
      return runEmbedded({ ...args, append: undefined }, worker);
    }
  }
  const host = await createNodeHost({ ...accel, board: 'virt', profile: args.profile, worker });
  // What has booted needs no images but for a reset, with which a command's run ends.
  const isImageless = command.length > 0;
  const start = async (create: CreateMachine): Promise<Machine> => {
    const withImages = async (more?: Partial<MachineOptions>): Promise<Machine> => {
      images ??= await fetchImages(names, init);
      if (images instanceof GuestUnavailable) throw new OptionError(`no Linux guest: ${images.message}`);
      return create({ ...images, ...more });
    };
    if (!guest) return withImages();
    const incoming = { incoming: true };
    return guest.start(
      () => (isImageless ? Promise.resolve(create({ ...incoming, append: undefined })) : withImages(incoming)),
      withImages,
    );
  };
  if (command.length > 0) return runCommand(base, host, nonce, { stats, gdb, start, guest, hasInput: rr !== 'replay' });
  return runMachine(base, host, { serials: ['stdio'], stats, gdb, start, filter: guest?.filter });
}

/** Fetches them, if need be. */
async function fetchImages(
  names: readonly GuestFileName[],
  init: Omit<InitramfsOptions, 'busybox'>,
): Promise<MachineOptions | GuestUnavailable> {
  let files: Partial<Record<GuestFileName, string>>;
  try {
    files = await fetchGuestFiles(names, await terminalProgress());
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    return error;
  }
  return {
    bios: readImage('-bios', files.firmware),
    kernel: readImage('-kernel', files.kernel),
    initrd: buildInitramfs({ ...init, busybox: readImage('-initrd', files.busybox!), modules: readImage('-initrd', files.modules) }),
  };
}

function bootedGuest(
  options: MachineOptions,
  names: readonly GuestFileName[],
  nonce: string,
  words: readonly string[],
  isFresh: boolean,
): BootedGuest {
  const stamps = names.map(guestFileStamp);
  const job = (): string =>
    sessionJob({
      // on a terminal the command is to see one
      command: words.length > 0 ? { nonce, words, onPort: !process.stdout.isTTY } : undefined,
      windowSize: windowSize(),
      seconds: Math.round(Date.now() / 1000),
      entropy: randomBytes(32),
    });
  return new BootedGuest([JSON.stringify(options), ...stamps.map(String)], job, !isFresh && !stamps.includes(undefined));
}

function windowSize(): WindowSize | undefined {
  const { isTTY, rows, columns } = process.stdout;
  return isTTY && rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

/** Makes a machine without images: a mistake in the options must not cost a download first. */
async function tryOptions({ cpu, m, smp }: LinuxArguments): Promise<void> {
  const host = await createNodeHost({ board: 'virt', backend: 'tci' });
  createMachine({ machine: 'virt', cpu, memory: m, smp, bios: 'none' }, host);
  host.close();
}

interface CommandRun {
  readonly stats: StatsWriter;
  readonly gdb?: string;
  readonly start: (create: CreateMachine) => Promise<Machine>;
  readonly guest?: BootedGuest;
  /** False: what the guest reads is in a log. */
  readonly hasInput: boolean;
}

/** Only what the command writes reaches standard output; what came before it is shown if it never got to run. */
async function runCommand(
  options: MachineOptions,
  host: NodeHost,
  nonce: string,
  { stats, gdb, start, guest, hasInput }: CommandRun,
): Promise<number> {
  let machine: Machine | undefined;
  const ending = new Ending(() => machine?.quit());
  const stdout = ending.openOutput(STDOUT, 'standard output', (on) => streams.congested(on));
  const booting = waitingLine('the guest boots...');
  const streams = new CommandStreams(nonce, {
    source: hasInput ? process.stdin : undefined,
    begun: booting.end,
    emit: (bytes) => {
      booting.end();
      stdout.write(bytes);
    },
    // A kept guest has no disk that would have to be told: its way to power off is longer than the command's own.
    ended: () => guest && machine?.quit(),
    guest,
  });
  const chardevs = new Chardevs(ending);
  try {
    const debuggers = await openGdb(gdb, chardevs);
    machine = await start((more) => (machine = createMachine({ ...options, ...more, ...streams.backends, noReboot: true }, host)));
    const debug = new Debugger(machine, debuggers);
    const { reason, exitCode } = await machine.run();
    debug.exited(exitCode);
    booting.end();
    streams.finish();
    const status = (await ending.wait()) ?? streams.status;
    stats(machine.state.accelerator);
    if (status !== undefined) return status;
    const { panic, log } = streams;
    const why = panic ?? `the guest ${reason === 'guest-reset' ? 'was reset' : 'ended'} before the command did`;
    process.stderr.write(`${log}${log === '' || log.endsWith('\n') ? '' : '\n'}${message(why)}`);
    return NOT_FINISHED;
  } finally {
    booting.end();
    streams.close();
    chardevs.close();
    machine?.state.close();
    host.close();
    ending.close();
  }
}
