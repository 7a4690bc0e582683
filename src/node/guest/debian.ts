/** Files of Debian's riscv64 guest, each out of its package, kept in the user's cache folder. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { apt, GuestUnavailable, must, mustHaveEnded, onPath, run, SUITE, withApt, type FetchProgress } from './apt.js';
import { GUEST_ARCHITECTURE } from './architecture.js';
import { message } from '../../util/messages.js';
import { checksum, isRefusal, writeWhole } from '../disk/files.js';
import { checksumPath, isSoundFile, writeChecksum } from './checked-file.js';
import { cpioArchive, directory, file } from './cpio.js';

/** A file of the guest: which package has it, and where in the package. */
interface GuestFile {
  readonly package: string;
  /** Path in the package. A `*` stands for the kernel's version. */
  readonly path: string;
  /** Of a folder: kernel modules in it, in the order in which they are loaded. They become an archive for the initramfs. */
  readonly modules?: readonly string[];
}

/** Disks on virtio-mmio (what those on PCI need is in the kernel), and the file systems on them. */
const DISK_MODULES = [
  ...['drivers/virtio/virtio_mmio', 'drivers/block/virtio_blk'],
  ...['lib/crc16', 'crypto/crc32c_generic', 'fs/mbcache', 'fs/jbd2/jbd2', 'fs/ext4/ext4'],
  ...['fs/fat/fat', 'fs/nls/nls_cp437', 'fs/nls/nls_ascii', 'fs/nls/nls_utf8', 'fs/fat/vfat'],
] as const;

// prettier-ignore
export const GUEST_FILES = {
  kernel:    { package: 'linux-image-riscv64', path: './boot/vmlinux-*' },
  modules:   { package: 'linux-image-riscv64', path: './usr/lib/modules/*/kernel', modules: DISK_MODULES },
  busybox:   { package: 'busybox-static',      path: './usr/bin/busybox' },
  firmware:  { package: 'opensbi',             path: './usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin' },
  firmware32: { package: 'opensbi',            path: './usr/lib/riscv32-linux-gnu/opensbi/generic/fw_dynamic.bin' },
  uboot:     { package: 'u-boot-qemu',         path: './usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin' },
  diKernel:  { package: 'debian-installer-13-netboot-riscv64', path: './usr/lib/debian-installer/images/13/riscv64/text/debian-installer/riscv64/linux' },
  diInitrd:  { package: 'debian-installer-13-netboot-riscv64', path: './usr/lib/debian-installer/images/13/riscv64/text/debian-installer/riscv64/initrd.gz' },
} as const satisfies Record<string, GuestFile>;

export type GuestFileName = keyof typeof GUEST_FILES;

/** Firmware by QEMU's names for it. */
const FIRMWARE: Readonly<Record<string, GuestFileName>> = {
  'opensbi-riscv64-generic-fw_dynamic.bin': 'firmware',
  'opensbi-riscv32-generic-fw_dynamic.bin': 'firmware32',
};

/** The user's cache folder for wemu (XDG Base Directory Specification: a relative path is ignored); undefined: this user has no home. */
export function cacheFolder(): string | undefined {
  const wanted = process.env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(wanted)) return join(wanted, 'wemu');
  try {
    const home = homedir();
    return isAbsolute(home) ? join(home, '.cache', 'wemu') : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined; // neither HOME nor a line in /etc/passwd
  }
}

/** Where all that is fetched is kept; undefined: this user has no home. */
export function guestFolder(): string | undefined {
  const cache = cacheFolder();
  return cache && join(cache, `debian-${SUITE}-${GUEST_ARCHITECTURE}`);
}

const told = new Set<string>();
/** What is wrong with a folder is wrong with each file in it. */
function tellOnce(text: string): void {
  if (!told.has(text)) process.stderr.write(message(text));
  told.add(text);
}

/** By path: whether the file is what was fetched, as this process has found. */
const looked = new Map<string, boolean>();

/** The cached file, if it has been fetched before, is what was fetched, and nobody else could have written it; else a line says what is wrong with it. */
export function cachedGuestFile(name: GuestFileName): string | undefined {
  const folder = guestFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  if (!looked.has(path)) looked.set(path, isSound(path));
  return looked.get(path) ? path : undefined;
}

/** What a cached file is told from another by, without reading it; undefined: it has not been fetched. */
export function guestFileStamp(name: GuestFileName): string | undefined {
  const folder = guestFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat || !existsSync(checksumPath(path))) return undefined;
    return `${name} ${stat.size} ${stat.mtimeMs} ${readFileSync(checksumPath(path), 'latin1')}`;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined; // whoever wants the file tells why
  }
}

/** Where firmware that QEMU knows by this name may be: in the cache, or installed. */
export function debianFirmware(name: string): string[] {
  const file = FIRMWARE[name];
  if (file === undefined) return [];
  const cached = cachedGuestFile(file);
  return [...(cached === undefined ? [] : [cached]), GUEST_FILES[file].path.slice(1)];
}

function isSound(path: string): boolean {
  try {
    return isSoundFile(path);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    tellOnce(error.message);
    return false;
  }
}

/** Paths of the named files, fetching and unpacking the packages that are not there yet. @throws GuestUnavailable */
export async function fetchGuestFiles<Name extends GuestFileName>(
  names: readonly Name[],
  progress: FetchProgress,
): Promise<Record<Name, string>> {
  const missing = names.filter((name) => !cachedGuestFile(name));
  if (missing.length > 0) await withApt(guestFolder(), ['tar'], progress, (work, config) => fetchInto(work, config, missing, progress));
  return Object.fromEntries(names.map((name) => [name, join(guestFolder()!, name)])) as Record<Name, string>;
}

/** All of a package that is ever wanted, since it is here now; modules that nobody has asked for only where the tool that they take (`xz`) is there. */
export function filesToUnpack(name: string, asked: readonly GuestFileName[], hasXz: boolean): GuestFileName[] {
  return (Object.keys(GUEST_FILES) as GuestFileName[]).filter((each) => {
    const file: GuestFile = GUEST_FILES[each];
    return file.package === name && (file.modules === undefined || hasXz || asked.includes(each));
  });
}

async function fetchInto(work: string, config: string, names: readonly GuestFileName[], progress: FetchProgress): Promise<void> {
  const packages = [...new Set(names.map((name) => GUEST_FILES[name].package))];
  for (const name of packages) {
    const real = await realPackage(config, work, name);
    progress.start(real);
    const before = new Set(readdirSync(work));
    await apt(config, work, ['download', real], progress);
    const archive = readdirSync(work).find((entry) => entry.endsWith('.deb') && !before.has(entry));
    if (!archive) throw new GuestUnavailable(`apt-get downloaded no archive for ${real}`);
    const tar = join(work, 'fsys.tar');
    await must('dpkg-deb', ['--fsys-tarfile', join(work, archive)], work, tar);
    rmSync(join(work, archive));
    for (const wanted of filesToUnpack(name, names, onPath('xz'))) {
      await unpack(tar, GUEST_FILES[wanted], join(work, '..', wanted), work);
    }
    rmSync(tar);
  }
}

/** `linux-image-riscv64` only depends on the versioned package that has the kernel. */
async function realPackage(config: string, work: string, name: string): Promise<string> {
  if (name !== GUEST_FILES.kernel.package) return name;
  const ended = await run('apt-cache', ['depends', name], { config, cwd: work });
  mustHaveEnded('apt-cache', ended);
  const real = ended.output.match(/Depends: (linux-image-\S+)/)?.[1];
  if (!real) throw new GuestUnavailable(`${name} names no kernel package`);
  return real;
}

/** Takes one file out of a package; it appears under its final name only when it is whole, and its checksum after it. */
async function unpack(tar: string, { path, modules }: GuestFile, target: string, work: string): Promise<void> {
  const bytes = modules ? await moduleArchive(tar, path, modules, work) : await fileOf(tar, path, work);
  writeWhole(target, bytes);
  writeChecksum(target, checksum(bytes));
  looked.set(target, true);
}

async function fileOf(tar: string, path: string, work: string): Promise<Buffer> {
  const unpacked = join(work, 'unpacked');
  await must('tar', ['-xOf', tar, '--wildcards', path], work, unpacked);
  const bytes = readFileSync(unpacked);
  rmSync(unpacked);
  if (bytes.length === 0) throw new GuestUnavailable(`${path} in the package is empty`);
  return bytes;
}

/** Modules as the initramfs has them: `lib/modules/00-NAME.ko`, numbered in their order. */
async function moduleArchive(tar: string, folder: string, modules: readonly string[], work: string): Promise<Uint8Array> {
  if (!onPath('xz')) throw new GuestUnavailable('xz, which unpacks kernel modules, is not on this machine');
  const entries = [directory('lib'), directory('lib/modules')];
  for (const [i, name] of modules.entries()) {
    const packed = join(work, 'module.ko.xz');
    writeFileSync(packed, await fileOf(tar, `${folder}/${name}.ko.xz`, work));
    const unpacked = join(work, 'module.ko');
    await must('xz', ['-dc', packed], work, unpacked);
    entries.push(file(`lib/modules/${String(i).padStart(2, '0')}-${basename(name)}.ko`, readFileSync(unpacked)));
  }
  return cpioArchive(entries);
}
