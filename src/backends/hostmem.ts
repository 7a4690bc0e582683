/** Memory of the host that becomes a machine's (QEMU's backends/hostmem.c): here always a part of the engine's. */
import { defineType, type TypeInfo } from '../qom/object.js';
import { bool, enumeration, size, string, uint32 } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { hex } from '../util/trace.js';
import { KiB } from '../util/size.js';
import type { FileSource } from '../hw/core/machine-config.js';
import type { FilledMemory } from '../hw/core/memory-backend.js';
import { UserCreatable } from './user-creatable.js';

const PAGE = 4 * KiB;
/** Bytes of a file that are read at a time. */
const PIECE = 64 * KiB;

abstract class HostMemoryBackend extends UserCreatable {
  static override readonly type: TypeInfo = defineType('memory-backend', UserCreatable, HostMemoryBackend, {
    abstract: true,
    properties: [
      size('size', { description: 'Size of the memory region (ex: 500M)' }),
      bool('merge', { description: 'Mark memory as mergeable' }),
      bool('dump', { description: "Set to 'off' to exclude from core dump" }),
      bool('prealloc', { description: 'Preallocate memory' }),
      uint32('prealloc-threads', { kind: 'int', description: 'Number of CPU threads to use for prealloc' }),
      bool('reserve', { description: 'Reserve swap space (or huge pages) if applicable' }),
      bool('share', { description: 'Mark the memory as private to QEMU or shared' }),
      bool('x-use-canonical-path-for-ramblock-id'),
    ],
  });
  /** Bytes. */
  size = 0;
  // Without effect: the engine's memory is one piece, which the host gives page by page.
  dump = true;
  merge = true;
  prealloc = false;
  preallocThreads = 1;
  reserve = true;
  share = false;
  xUseCanonicalPathForRamblockId = false;

  protected override check(): void {
    if (this.size === 0) throw new OptionError(`property 'size' of ${this.type.name} doesn't take value '0'`, this.id);
  }
}

export class MemoryBackendRam extends HostMemoryBackend {
  static override readonly type: TypeInfo = defineType('memory-backend-ram', HostMemoryBackend, MemoryBackendRam, { userCreatable: true });
}

/**
 * Memory that begins as a file is, and is the guest's own from then on (`share=off`). A file that is not there is made, as QEMU does. WebAssembly's memory cannot be a file: what the guest writes does not come
 * to it, so `share=on` is refused.
 */
export class MemoryBackendFile extends HostMemoryBackend implements FilledMemory {
  static override readonly type: TypeInfo = defineType('memory-backend-file', HostMemoryBackend, MemoryBackendFile, {
    userCreatable: true,
    properties: [
      string('mem-path'),
      ...[size('align'), size('offset')],
      ...[bool('discard-data'), bool('pmem'), bool('readonly')],
      enumeration('rom', ['auto', 'on', 'off'], { kind: 'OnOffAuto' }),
    ],
  });
  memPath: string | undefined;
  align = 0;
  offset = 0;
  readonly = false;
  rom: 'auto' | 'on' | 'off' = 'auto';
  // Without effect on memory that is no file.
  discardData = false;
  pmem = false;

  protected override check(): void {
    const { memPath, size, align, offset } = this;
    if (memPath === undefined) throw new OptionError("Parameter 'mem-path' is missing");
    if (size === 0) throw new OptionError("Parameter 'size' is missing");
    if (size % PAGE !== 0) throw new OptionError(`backend '${this.type.name}' memory size must be multiple of 4 KiB`);
    if (align % PAGE !== 0) throw new OptionError(`alignment ${hex(align)} must be multiples of page size ${hex(PAGE)}`);
    if (this.rom === 'on' && !this.readonly) throw new OptionError("property 'rom' = 'on' is not supported with 'readonly' = 'off'");
    if (this.readonly) throw new OptionError('not built yet: memory that cannot be written (readonly=on)');
    if (this.share)
      throw new OptionError('not built: memory that is a file (share=on)', undefined, 'share=off: the file is what it begins with');
    const file = this.open();
    file.close();
    if (file.size < offset + size)
      throw new OptionError(
        `${this.id} backing store size ${hex(file.size)} is too small for 'size' option ${hex(size)} plus 'offset' option ${hex(offset)}`,
      );
  }

  private open(): FileSource {
    try {
      return this.services.boot.openFile(this.memPath!, this.offset + this.size);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      throw new OptionError(`can't open backing store ${this.memPath} for guest RAM: ${error.what}`);
    }
  }

  /** What is zero in the file is left alone: nobody has it in memory before the guest looks at it. */
  fill(memory: Uint8Array): void {
    const file = this.open();
    try {
      const piece = new Uint8Array(PIECE);
      for (let at = 0; at < memory.length; at += PIECE) {
        const some = piece.subarray(0, Math.min(PIECE, memory.length - at));
        file.read(this.offset + at, some);
        if (some.some((byte) => byte !== 0)) memory.set(some, at);
      }
    } finally {
      file.close();
    }
  }
}
