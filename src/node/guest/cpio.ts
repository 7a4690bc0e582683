/**
 * A cpio archive in the "newc" format, as the Linux kernel unpacks it into its initramfs.
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */

/** Deterministic by design: no times, no owners, inode numbers in order. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly path: string;
  /** File type and permission bits, as in stat's st_mode. */
  readonly mode: number;
  readonly data?: Uint8Array;
  /** Device numbers of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
}

const S_IFLNK = 0o120000,
  S_IFREG = 0o100000,
  S_IFDIR = 0o040000,
  S_IFCHR = 0o020000;
const TRAILER = 'TRAILER!!!';
const encoder = new TextEncoder();

export const directory = (path: string, mode = 0o755): CpioEntry => ({ path, mode: S_IFDIR | mode });
export const symlink = (path: string, target: string): CpioEntry => ({ path, mode: S_IFLNK | 0o777, data: encoder.encode(target) });
export const charDevice = (path: string, major: number, minor: number, mode = 0o600): CpioEntry => ({
  path,
  mode: S_IFCHR | mode,
  device: { major, minor },
});
export const file = (path: string, data: Uint8Array | string, mode = 0o644): CpioEntry => ({
  path,
  mode: S_IFREG | mode,
  data: typeof data === 'string' ? encoder.encode(data) : data,
});

/** The archive's bytes. Entries appear in the order given: a directory before what is in it. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const push = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const pad = (): void => push(new Uint8Array(-length & 3));

  const all = [...entries, { path: TRAILER, mode: 0 }];
  all.forEach(({ path, mode, data, device }: CpioEntry, index) => {
    const name = encoder.encode(`${path}\0`);
    const links = (mode & 0o170000) === S_IFDIR ? 2 : 1;
    const inode = path === TRAILER ? 0 : index + 1;
    const header = [inode, mode, 0, 0, links, 0, data?.length ?? 0, 0, 0, device?.major ?? 0, device?.minor ?? 0, name.length, 0];
    push(encoder.encode(`070701${header.map((field) => field.toString(16).padStart(8, '0')).join('')}`));
    push(name);
    pad();
    if (data) push(data);
    pad();
  });

  const archive = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    archive.set(part, offset);
    offset += part.length;
  }
  return archive;
}
