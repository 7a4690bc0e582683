/** The guests of the laboratory as files on this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINUX_READY } from '../../lab/guest-output.js';
import type { Job } from '../../lab/schedule.js';
import { workload, type WorkloadName } from '../../lab/workloads.js';
import { file } from '../../node/guest/cpio.js';
import { fetchGuestFiles } from '../../node/guest/debian.js';
import { buildInitramfs } from '../../node/guest/initramfs.js';
import { packageFolder } from '../../node/modules.js';
import { embeddedGuestPath } from '../../node/embedded-guest.js';
import { terminalProgress } from '../common/progress.js';
import type { GuestFiles } from './contestants.js';

const PROGRAM = join(packageFolder(), 'guests', 'linux.elf');

type WorkOf = (name: WorkloadName) => number;

export function embeddedGuest({ workloads }: Job, work: WorkOf): GuestFiles {
  return {
    memory: '128M',
    bios: 'none',
    kernel: embeddedGuestPath(),
    append: `quiet=1 run=${workloads.join(',')} scale=${work(workloads[0])}`,
  };
}

/** What the guest's shell runs: it says that it is there, then runs the workloads one after the other. */
export function linuxScript(workloads: readonly WorkloadName[], work: WorkOf): string {
  const commands = workloads.flatMap((name) => workload(name).command?.replaceAll('%', `${work(name)}`) ?? []);
  return [`echo '${LINUX_READY}'`, ...commands].join('\n');
}

/** Debian's Linux with an initramfs that holds the workloads. Initial RAM disks are made once a script. */
export class LinuxGuest {
  private readonly folder = mkdtempSync(join(tmpdir(), 'wemu-lab-'));
  private readonly made = new Map<string, string>();

  private constructor(private readonly files: Readonly<Record<'firmware' | 'kernel' | 'busybox', string>>) {}

  /** @throws GuestUnavailable */
  static async fetch(): Promise<LinuxGuest> {
    return new LinuxGuest(await fetchGuestFiles(['firmware', 'kernel', 'busybox'], await terminalProgress()));
  }

  guest(job: Job, work: WorkOf): GuestFiles {
    const script = linuxScript(job.workloads, work);
    let initrd = this.made.get(script);
    if (initrd === undefined) {
      initrd = join(this.folder, `${this.made.size}.cpio`);
      const files = [file('bin/lab', readFileSync(PROGRAM), 0o755)];
      writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(this.files.busybox), script, files }));
      this.made.set(script, initrd);
    }
    return { memory: '512M', bios: this.files.firmware, kernel: this.files.kernel, initrd, append: 'console=ttyS0 quiet loglevel=1' };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
