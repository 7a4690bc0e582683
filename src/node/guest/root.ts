/**
 * A Debian root for programs of the laboratory: an ext4 image of packages and what they depend on, made once in the cache folder. Packages are unpacked and no
 * more: no maintainer script runs, and what one would make is here where a program needs it.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { message } from '../../util/messages.js';
import { checksum, checksumOfOwn, isRefusal } from '../disk/files.js';
import { apt, GuestUnavailable, must, withApt, type FetchProgress } from './apt.js';
import { isSoundFile, writeChecksum } from './checked-file.js';
import { guestFolder } from './debian.js';

/** What is asked for; apt adds what these depend on. Nothing is essential for it, so a shell and its tools are named, too. */
const PACKAGES = [
  ...['base-files', 'bash', 'coreutils', 'dash', 'diffutils', 'findutils', 'gawk', 'grep', 'sed', 'tar'],
  ...['bc', 'bzip2', 'gzip', 'xz-utils', 'zstd', 'openssl', 'sqlite3', 'git'],
  ...['gcc', 'g++', 'make', 'lua5.4', 'perl', 'python3'],
];

/** Debian's one folder for programs; packages leave the links to base-files, which may be unpacked after others. And links of alternatives. */
const LINKS: Readonly<Record<string, string>> = {
  bin: 'usr/bin',
  sbin: 'usr/sbin',
  lib: 'usr/lib',
  'usr/bin/awk': 'gawk',
  'usr/bin/cc': 'gcc',
};

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'etc/group': 'root:x:0:\n',
  'etc/hostname': 'wemu\n',
};

/** A third of the packages, and no program reads it. */
const LEFT_OUT = ['doc', 'info', 'lintian', 'locale', 'man'].map((name) => `usr/share/${name}`);

/** Another recipe is another image. */
const RECIPE = checksum(new TextEncoder().encode(JSON.stringify([PACKAGES, LINKS, FILES, LEFT_OUT])));
const PREFIX = 'root-';
export const ROOT_NAME = `${PREFIX}${RECIPE.toString(16).padStart(8, '0')}.ext4`;

const BLOCK = 4096;
/** For what ext4 itself needs: a part of the files, and a part for any. */
const SPARE = { part: 0.05, blocks: 4096, inodes: 1000 };

/** Path of the image, if it has been made before, is what was made, and nobody else could have written it; else a line says what is wrong with it. */
export function cachedRoot(): string | undefined {
  const folder = guestFolder();
  if (folder === undefined) return undefined;
  const path = join(folder, ROOT_NAME);
  try {
    return isSoundFile(path) ? path : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    process.stderr.write(message(error.message));
    return undefined;
  }
}

/** Path of the image, which is made if it is not there: some 150 MB to fetch, 600 MB to keep. @throws GuestUnavailable */
export async function fetchRoot(progress: FetchProgress): Promise<string> {
  const cached = cachedRoot();
  if (cached !== undefined) return cached;
  const mke2fs = findMke2fs();
  if (mke2fs === undefined)
    throw new GuestUnavailable("mke2fs, which makes the root's file system, is not on this machine (Debian: e2fsprogs)");
  const folder = guestFolder();
  await withApt(folder, ['tar'], progress, async (work, config) => {
    const tree = join(work, 'root');
    const image = join(work, ROOT_NAME);
    await unpackPackages(work, config, tree, progress);
    progress.start('the Debian root: its file system');
    await makeImage(mke2fs, work, tree, image);
    keep(image, folder!);
  });
  return join(folder!, ROOT_NAME);
}

async function unpackPackages(work: string, config: string, tree: string, progress: FetchProgress): Promise<void> {
  progress.start('the Debian root: its packages');
  await apt(config, work, ['--download-only', '--no-install-recommends', '--yes', 'install', ...PACKAGES], progress);
  const archives = join(work, 'cache', 'archives');
  const packages = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  makeTree(tree);
  progress.start('the Debian root: unpacking');
  for (const [i, name] of packages.entries()) {
    progress.update((100 * i) / packages.length);
    await must('dpkg-deb', ['--extract', join(archives, name), tree], work);
    rmSync(join(archives, name));
  }
  for (const path of LEFT_OUT) rmSync(join(tree, path), { recursive: true, force: true });
}

function makeTree(tree: string): void {
  for (const path of ['', 'etc', 'usr', 'usr/bin', 'usr/lib', 'usr/sbin']) mkdirSync(join(tree, path), { mode: 0o755 });
  for (const [path, target] of Object.entries(LINKS)) symlinkSync(target, join(tree, path));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(tree, path), text, { mode: 0o644 });
}

async function makeImage(mke2fs: string, work: string, tree: string, image: string): Promise<void> {
  const { blocks, inodes } = countFiles(tree);
  const size = Math.ceil(blocks * (1 + SPARE.part)) + SPARE.blocks;
  writeFileSync(image, '', { mode: 0o600 });
  truncateSync(image, size * BLOCK); // sparse
  // It is mounted for reading only.
  const options = ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-b', `${BLOCK}`, '-m', '0', '-N', `${inodes + SPARE.inodes}`];
  await must(mke2fs, [...options, '-E', 'root_owner=0:0', '-d', tree, image, `${size}`], work);
}

function countFiles(folder: string): { blocks: number; inodes: number } {
  let blocks = 1;
  let inodes = 1;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const inside = countFiles(path);
      blocks += inside.blocks;
      inodes += inside.inodes;
    } else {
      blocks += Math.ceil(lstatSync(path).size / BLOCK);
      inodes++;
    }
  }
  return { blocks, inodes };
}

/** It appears under its name when it is whole, and its checksum after it; those of other recipes go. */
function keep(image: string, folder: string): void {
  const path = join(folder, ROOT_NAME);
  const sum = checksumOfOwn(image)!;
  for (const name of readdirSync(folder).filter((each) => each.startsWith(PREFIX))) rmSync(join(folder, name));
  renameSync(image, path);
  writeChecksum(path, sum);
}

/** Where Debian has it is on the path of an administrator only. */
function findMke2fs(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, 'mke2fs')).find((path) => existsSync(path));
}
