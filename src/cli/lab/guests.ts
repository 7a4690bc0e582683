/** The guests of the laboratory as files on this machine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINUX_READY } from '../../lab/guest-output.js';
import type { Job } from '../../lab/schedule.js';
import { workload, type Guest, type WorkloadName } from '../../lab/workloads.js';
import { directory, file, type CpioEntry } from '../../node/guest/cpio.js';
import { fetchGuestFiles, type GuestFileName } from '../../node/guest/debian.js';
import { buildInitramfs } from '../../node/guest/initramfs.js';
import { fetchRoot } from '../../node/guest/root.js';
import { packageFolder } from '../../node/modules.js';
import { embeddedGuestPath } from '../../node/embedded-guest.js';
import { terminalProgress } from '../common/progress.js';
import type { GuestFiles } from './contestants.js';

const PROGRAM = join(packageFolder(), 'guests', 'linux.elf');
const PPC = join(packageFolder(), 'guests', 'ppc.elf');
const SCRIPTS = join(packageFolder(), 'guests', 'real');

type WorkOf = (name: WorkloadName) => number;

/** Those without an operating system. */
export class FreestandingGuests {
  private folder: string | undefined;

  guest({ guest, workloads }: Job, work: WorkOf): GuestFiles {
    const options = `quiet=1 run=${workloads.join(',')} scale=${work(workloads[0])}`;
    if (guest !== 'ppc')
      return { architecture: 'riscv64', machine: 'virt', memory: '128M', bios: 'none', kernel: embeddedGuestPath(), append: options };
    // It reads its options where the board puts a kernel: 40p has no command line (QEMU 7.2: two images overlap).
    this.folder ??= mkdtempSync(join(tmpdir(), 'wemu-lab-'));
    const kernel = join(this.folder, 'options');
    writeFileSync(kernel, options);
    return { architecture: 'ppc', machine: '40p', memory: '128M', bios: PPC, kernel };
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the guest's shell runs: it says that it is there, then runs the workloads one after the other. */
function linuxScript(workloads: readonly WorkloadName[], work: WorkOf): string {
  const commands = workloads.flatMap((name) => workload(name).command?.replaceAll('%', `${work(name)}`) ?? []);
  return [`echo '${LINUX_READY}'`, ...commands].join('\n');
}

/** The same with Debian's programs, in a root that is not written to but for a /tmp in memory. */
export function realScript(workloads: readonly WorkloadName[], work: WorkOf): string {
  const short = (name: WorkloadName): string => name.replace(/^real-/, '');
  const run = '/bin/bash /tmp/real/run.sh';
  return [
    'mkdir -p /mnt && mount -t ext4 -o ro /dev/vda /mnt',
    'mount -t proc proc /mnt/proc && mount -t devtmpfs devtmpfs /mnt/dev && mount -t tmpfs tmpfs /mnt/tmp',
    'ln -s /proc/self/fd /mnt/dev/fd',
    'cp -r /root/real /bin/lab /mnt/tmp/',
    // The kernel's random numbers take a while to be some.
    'dd if=/dev/random of=/dev/null bs=1 count=1 2>/dev/null',
    ...workloads.map((name) => `chroot /mnt ${run} prepare ${short(name)} </dev/null`),
    `echo '${LINUX_READY}'`,
    ...workloads.map((name) => `chroot /mnt /tmp/lab run ${name} ${run} work ${short(name)} ${work(name)} </dev/null`),
  ].join('\n');
}

/** guests/real, as it is. */
function scripts(from = SCRIPTS, to = 'root/real'): CpioEntry[] {
  const inside = readdirSync(from, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = inside.flatMap((entry) => {
    const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
    return entry.isDirectory() ? scripts(source, target) : [file(target, readFileSync(source))];
  });
  return [directory(to), ...entries];
}

/** Which files of Debian's a guest is made of, its script, and what else its first disk has. */
const LINUX_GUESTS = {
  linux: { files: ['firmware', 'kernel', 'busybox'], script: linuxScript, entries: () => [], fetchDisk: undefined },
  real: { files: ['firmware', 'kernel', 'busybox', 'modules'], script: realScript, entries: scripts, fetchDisk: fetchRoot },
} as const satisfies Record<Exclude<Guest, 'bare-metal' | 'ppc'>, object>;

export type LinuxGuestName = keyof typeof LINUX_GUESTS;
export const LINUX_GUEST_NAMES = Object.keys(LINUX_GUESTS) as LinuxGuestName[];

/** Debian's Linux with an initramfs that holds the workloads, or runs them on a disk. Initial RAM disks are made once a script. */
export class LinuxGuest {
  private readonly folder = mkdtempSync(join(tmpdir(), 'wemu-lab-'));
  private readonly made = new Map<string, string>();

  private constructor(
    private readonly name: LinuxGuestName,
    private readonly files: Partial<Record<GuestFileName, string>>,
    private readonly disk: string | undefined,
  ) {}

  /** @throws GuestUnavailable */
  static async fetch(name: LinuxGuestName): Promise<LinuxGuest> {
    const { files, fetchDisk } = LINUX_GUESTS[name];
    const progress = await terminalProgress();
    const fetched: Partial<Record<GuestFileName, string>> = await fetchGuestFiles(files, progress);
    return new LinuxGuest(name, fetched, await fetchDisk?.(progress));
  }

  guest(job: Job, work: WorkOf): GuestFiles {
    const { firmware, kernel, busybox, modules } = this.files;
    const guest = LINUX_GUESTS[this.name];
    const script = guest.script(job.workloads, work);
    let initrd = this.made.get(script);
    if (initrd === undefined) {
      initrd = join(this.folder, `${this.made.size}.cpio`);
      const archive = buildInitramfs({
        busybox: readFileSync(busybox!),
        script,
        files: [file('bin/lab', readFileSync(PROGRAM), 0o755), ...guest.entries()],
        modules: modules === undefined ? undefined : readFileSync(modules),
      });
      writeFileSync(initrd, archive);
      this.made.set(script, initrd);
    }
    return {
      architecture: 'riscv64',
      machine: 'virt',
      memory: '512M',
      bios: firmware!,
      kernel: kernel!,
      initrd,
      disk: this.disk,
      append: 'console=ttyS0 quiet loglevel=1',
    };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
