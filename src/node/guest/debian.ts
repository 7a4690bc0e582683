/**
 * Debian's riscv64 guest, fetched through apt-get with a private configuration: own lists and cache, this machine's own server and
 * keyring, so apt itself verifies signatures and checksums and nothing of the system's package state is touched.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { GUEST_ARCHITECTURE } from './architecture.js';
import { checksum, isOwnFolder, isRefusal, makeFolder, readOwn, Unusable, writeWhole } from '../disk/files.js';
import { cpioArchive, directory, file } from './cpio.js';

const SUITE = 'trixie';

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

/** Why the guest cannot be had here: one line for the user. */
export class GuestUnavailable extends Error {
  override name = 'GuestUnavailable';
}

export interface FetchProgress {
  start(what: string): void;
  /** Percent done of the current step. */
  update(percent: number): void;
  stop(): void;
}

/** More than any file of a guest has. */
const MAX_FILE = 1 << 30;

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

function guestFolder(): string | undefined {
  const cache = cacheFolder();
  return cache && join(cache, `debian-${SUITE}-${GUEST_ARCHITECTURE}`);
}

/** Its checksum lies beside a file, in hexadecimal. */
const checksumPath = (path: string): string => `${path}.crc32`;
const checksumLine = (bytes: Uint8Array): string => `${checksum(bytes).toString(16).padStart(8, '0')}\n`;

/** By path: whether the file is what was fetched, as this process has found. */
const looked = new Map<string, boolean>();

/** The cached file, if it has been fetched before, is what was fetched, and nobody else could have written it; else a line says what is wrong with it. */
export function cachedGuestFile(name: GuestFileName): string | undefined {
  const folder = guestFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  if (!looked.has(path)) looked.set(path, isSound(folder, path));
  return looked.get(path) ? path : undefined;
}

/** What a cached file is told from another by, without reading it; undefined: it has not been fetched. */
export function guestFileStamp(name: GuestFileName): string | undefined {
  const folder = guestFolder();
  const path = folder && join(folder, name);
  const stat = path && statSync(path, { throwIfNoEntry: false });
  if (!stat || !existsSync(checksumPath(path))) return undefined;
  return `${name} ${stat.size} ${stat.mtimeMs} ${readFileSync(checksumPath(path), 'latin1')}`;
}

/** Where firmware that QEMU knows by this name may be: in the cache, or installed. */
export function debianFirmware(name: string): string[] {
  const file = FIRMWARE[name];
  if (file === undefined) return [];
  const cached = cachedGuestFile(file);
  return [...(cached === undefined ? [] : [cached]), GUEST_FILES[file].path.slice(1)];
}

function isSound(folder: string, path: string): boolean {
  try {
    const bytes = isOwnFolder(folder) ? readOwn(path, MAX_FILE) : undefined;
    if (!bytes) return false;
    const expected = readOwn(checksumPath(path), 64);
    if (!expected) return false; // somebody fetches it just now
    if (Buffer.from(expected).toString() !== checksumLine(bytes)) throw new Unusable(`'${path}' is damaged: not used`);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    process.stderr.write(`wemu: ${error.message}\n`);
    return false;
  }
}

/** Paths of the named files, fetching and unpacking the packages that are not there yet. @throws GuestUnavailable */
export async function fetchGuestFiles<Name extends GuestFileName>(
  names: readonly Name[],
  progress: FetchProgress,
): Promise<Record<Name, string>> {
  const missing = names.filter((name) => !cachedGuestFile(name));
  if (missing.length > 0) await fetchMissing(missing, progress);
  return Object.fromEntries(names.map((name) => [name, join(guestFolder()!, name)])) as Record<Name, string>;
}

async function fetchMissing(names: readonly GuestFileName[], progress: FetchProgress): Promise<void> {
  for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb', 'tar']) {
    if (!onPath(tool)) throw new GuestUnavailable(`Debian's ${tool} is not on this machine`);
  }
  const folder = guestFolder();
  if (folder === undefined) throw new GuestUnavailable('this user has no home folder to keep it in (XDG_CACHE_HOME may name another)');
  try {
    await fetchInto(folder, names, progress);
  } catch (error) {
    throw isRefusal(error) ? new GuestUnavailable(error.message) : error;
  }
}

/** All of a package that is ever wanted, since it is here now; modules that nobody has asked for only where the tool that they take (`xz`) is there. */
export function filesToUnpack(name: string, asked: readonly GuestFileName[], hasXz: boolean): GuestFileName[] {
  return (Object.keys(GUEST_FILES) as GuestFileName[]).filter((each) => {
    const file: GuestFile = GUEST_FILES[each];
    return file.package === name && (file.modules === undefined || hasXz || asked.includes(each));
  });
}

async function fetchInto(folder: string, names: readonly GuestFileName[], progress: FetchProgress): Promise<void> {
  makeFolder(folder);
  isOwnFolder(folder);
  // A private folder a process: two first runs at once do not meet.
  const work = mkdtempSync(join(folder, '.apt-'));
  try {
    const config = writeAptConfig(work);
    progress.start('Debian package lists');
    await apt(config, work, ['-o', 'APT::Update::Error-Mode=any', 'update'], progress);
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
        await unpack(tar, GUEST_FILES[wanted], join(folder, wanted), work);
      }
      rmSync(tar);
    }
  } finally {
    progress.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** The server and keyring that this machine's own apt uses for Debian, from deb822 or one-line sources. */
export function debianSource(root = '/etc/apt'): { server: string; keyring?: string } | undefined {
  const files = [join(root, 'sources.list')];
  const parts = join(root, 'sources.list.d');
  if (existsSync(parts))
    files.push(
      ...readdirSync(parts)
        .sort()
        .map((name) => join(parts, name)),
    );
  for (const path of files.filter((name) => existsSync(name) && /\.(list|sources)$/.test(name))) {
    const text = readFileSync(path, 'utf8');
    const found = path.endsWith('.sources') ? fromDeb822(text) : fromOneLine(text);
    if (found) return found;
  }
  return undefined;
}

function fromDeb822(text: string): { server: string; keyring?: string } | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string): string | undefined => stanza.match(new RegExp(`^${name}:[ \\t]*(.+)$`, 'mi'))?.[1].trim();
    const server = field('URIs')?.split(/\s+/)[0];
    if (!server || !isDebian(field('Suites')) || /^no$/i.test(field('Enabled') ?? '')) continue;
    const keyring = field('Signed-By');
    return { server, keyring: keyring?.startsWith('/') ? keyring : undefined };
  }
  return undefined;
}

function fromOneLine(text: string): { server: string; keyring?: string } | undefined {
  for (const line of text.split('\n')) {
    const match = line.match(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/);
    if (match && isDebian(match[3])) return { server: match[2], keyring: match[1]?.match(/signed-by=(\/\S+)/)?.[1] };
  }
  return undefined;
}

/** A release's own suite: not its -security or -updates, and not some other vendor's. */
function isDebian(suites: string | undefined): boolean {
  return (suites ?? '')
    .split(/\s+/)
    .some((suite) => /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$/.test(suite));
}

function writeAptConfig(work: string): string {
  const source = debianSource();
  if (!source) throw new GuestUnavailable('no Debian package source is configured on this machine');
  for (const path of ['lists/partial', 'cache/archives/partial', 'parts']) mkdirSync(join(work, path), { recursive: true });
  writeFileSync(join(work, 'status'), '');
  const options = source.keyring ? `[signed-by=${source.keyring}] ` : '';
  writeFileSync(join(work, 'sources.list'), `deb ${options}${source.server} ${SUITE} main\n`);
  const config = join(work, 'apt.conf');
  writeFileSync(
    config,
    `Dir::State::lists "${work}/lists";
Dir::State::status "${work}/status";
Dir::Cache "${work}/cache";
Dir::Etc::sourcelist "${work}/sources.list";
Dir::Etc::sourceparts "${work}/parts";
APT::Architecture "${GUEST_ARCHITECTURE}";
APT::Architectures { "${GUEST_ARCHITECTURE}"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
`,
  );
  return config;
}

/** `linux-image-riscv64` only depends on the versioned package that has the kernel. */
async function realPackage(config: string, work: string, name: string): Promise<string> {
  if (name !== GUEST_FILES.kernel.package) return name;
  const { output } = await run('apt-cache', ['depends', name], { config, cwd: work });
  const real = output.match(/Depends: (linux-image-\S+)/)?.[1];
  if (!real) throw new GuestUnavailable(`${name} names no kernel package`);
  return real;
}

async function apt(config: string, work: string, args: string[], progress: FetchProgress): Promise<void> {
  const { code, errors } = await run('apt-get', ['-q', '-o', 'APT::Status-Fd=3', ...args], {
    config,
    cwd: work,
    // dlstatus:<item>:<percent>:<text>, once per change
    onStatus: (line) => {
      const percent = line.match(/^dlstatus:\d+:([\d.]+):/)?.[1];
      if (percent) progress.update(Number(percent));
    },
  });
  if (code !== 0) {
    const reason = errors.split('\n').find((line) => /^[EW]:/.test(line)) ?? `apt-get ended with status ${code}`;
    throw new GuestUnavailable(reason.replace(/^[EW]:\s*/, ''));
  }
}

/** Takes one file out of a package; it appears under its final name only when it is whole, and its checksum after it. */
async function unpack(tar: string, { path, modules }: GuestFile, target: string, work: string): Promise<void> {
  const bytes = modules ? await moduleArchive(tar, path, modules, work) : await fileOf(tar, path, work);
  writeWhole(target, bytes);
  writeWhole(checksumPath(target), Buffer.from(checksumLine(bytes)));
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

async function must(command: string, args: string[], cwd: string, output: string): Promise<void> {
  const { code, errors } = await run(command, args, { cwd, stdoutFile: output });
  if (code !== 0) throw new GuestUnavailable(`${command} failed: ${errors.trim().split('\n')[0]}`);
}

function onPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, tool)));
}

interface RunOptions {
  readonly config?: string;
  readonly cwd: string;
  readonly onStatus?: (line: string) => void;
  readonly stdoutFile?: string;
}

async function run(command: string, args: string[], options: RunOptions): Promise<{ code: number; output: string; errors: string }> {
  const out = options.stdoutFile ? openSync(options.stdoutFile, 'w') : 'pipe';
  // it alone starts processes, and takes 2 ms to load
  const { spawn } = await import('node:child_process');
  const env = { ...process.env, LC_ALL: 'C', ...(options.config ? { APT_CONFIG: options.config } : {}) };
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', out, 'pipe', 'pipe'] });
      let output = '',
        errors = '',
        status = '';
      child.stdout?.on('data', (chunk) => (output += chunk));
      child.stderr!.on('data', (chunk) => (errors += chunk));
      child.stdio[3]!.on('data', (chunk) => {
        const lines = (status + chunk).split('\n');
        status = lines.pop()!;
        lines.forEach((line) => options.onStatus?.(line));
      });
      child.on('error', (error) => reject(new GuestUnavailable(`${command}: ${error.message}`)));
      child.on('close', (code) => resolve({ code: code ?? 1, output, errors }));
    });
  } finally {
    if (typeof out === 'number') closeSync(out);
  }
}
