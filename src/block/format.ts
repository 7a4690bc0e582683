/** Image formats: which one a file has, and what stands on it. Only `raw` is built; the others are known by their first bytes. */
import { OptionError } from '../util/errors.js';
import { BlockError, SECTOR, type BlockNode } from './node.js';

const text = (bytes: Uint8Array, at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));

/** Formats of QEMU's by what their first sector holds. Sources: the formats' own documents, and QEMU docs/interop. */
const MAGIC: readonly { readonly format: string; readonly is: (head: Uint8Array) => boolean }[] = [
  { format: 'qcow2', is: (head) => text(head, 0, 4) === 'QFI\xfb' && head[4] === 0 && head[7] >= 2 },
  { format: 'qcow', is: (head) => text(head, 0, 4) === 'QFI\xfb' },
  { format: 'qed', is: (head) => text(head, 0, 4) === 'QED\0' },
  { format: 'vmdk', is: (head) => ['KDMV', 'COWD'].includes(text(head, 0, 4)) || text(head, 0, 21) === '# Disk DescriptorFile' },
  { format: 'vdi', is: (head) => text(head, 64, 4) === '\x7f\x10\xda\xbe' },
  { format: 'vhdx', is: (head) => text(head, 0, 8) === 'vhdxfile' },
  { format: 'vpc', is: (head) => text(head, 0, 8) === 'conectix' },
  { format: 'luks', is: (head) => text(head, 0, 6) === 'LUKS\xba\xbe' },
  { format: 'parallels', is: (head) => ['WithoutFreeSpace', 'WithouFreSpacExt'].includes(text(head, 0, 16)) },
];

/** Formats that QEMU's options may name and that are not built. */
const NOT_BUILT: readonly string[] = [...MAGIC.map(({ format }) => format), 'dmg', 'bochs', 'cloop', 'vvfat', 'quorum', 'replication'];

export function probe(head: Uint8Array): string {
  return MAGIC.find(({ is }) => is(head))?.format ?? 'raw';
}

/** QEMU's words for an image whose format nobody has told. */
const warning = (name: string): string => `Image format was not specified for '${name}' and probing guessed raw.
         Automatically detecting the format is dangerous for raw images, write operations on block 0 will be restricted.
         Specify the 'raw' format explicitly to remove the restrictions.`;

/**
 * The image in `file`. Without `format` it is found out by the first sector, and told to `warn`.
 * @throws OptionError for formats that are unknown or not built
 */
export function openFormat(file: BlockNode, format: string | undefined, warn: (text: string) => void): BlockNode {
  if (format === 'raw') return new Raw(file);
  const found = format ?? (file.head && probe(file.head));
  if (found === undefined) throw new OptionError('the format of this image cannot be found out', undefined, "format 'raw'");
  if (found === 'raw') {
    warn(warning(file.filename));
    return new ProbedRaw(file);
  }
  if (NOT_BUILT.includes(found)) throw new OptionError(`image format '${found}' is not built yet`, undefined, "'raw'");
  throw new OptionError(`Unknown driver '${found}'`, undefined, "'raw'");
}

/** The file is the disk. */
class Raw implements BlockNode {
  readonly driver = 'raw';
  constructor(protected readonly file: BlockNode) {}
  get filename(): string {
    return this.file.filename;
  }
  get length(): number {
    return this.file.length;
  }
  get readOnly(): boolean {
    return this.file.readOnly;
  }
  get revision(): string | undefined {
    return this.file.revision;
  }
  read(offset: number, into: Uint8Array): Promise<void> {
    return this.file.read(offset, into);
  }
  write(offset: number, from: Uint8Array): Promise<void> {
    return this.file.write(offset, from);
  }
  writeZeroes(offset: number, length: number, unmap: boolean): Promise<void> {
    return this.file.writeZeroes(offset, length, unmap);
  }
  discard(offset: number, length: number): Promise<void> {
    return this.file.discard(offset, length);
  }
  flush(): Promise<void> {
    return this.file.flush();
  }
  close(): void {
    this.file.close();
  }
  get writer(): BlockNode['writer'] {
    const { file } = this;
    return file.writer && (() => this.over(file.writer!()));
  }
  protected over(file: BlockNode): BlockNode {
    return new Raw(file);
  }
}

/** A guest that wrote another format's header would have the next run take the image for one, and for any file that the header names. */
class ProbedRaw extends Raw {
  protected override over(file: BlockNode): BlockNode {
    return new ProbedRaw(file);
  }
  override async write(offset: number, from: Uint8Array): Promise<void> {
    if (offset < SECTOR && probe(from.subarray(0, SECTOR)) !== 'raw') throw new BlockError('EPERM');
    return this.file.write(offset, from);
  }
}
