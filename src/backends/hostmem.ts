/** Memory of the host that becomes a machine's (QEMU's backends/hostmem.c): here always a part of the engine's. */
import { defineType, type TypeInfo } from '../qom/object.js';
import { bool, enumeration, size, string, uint32 } from '../qom/property.js';
import { OptionError } from '../util/errors.js';
import { UserCreatable } from './user-creatable.js';

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

/** A file as memory. WebAssembly's memory cannot be one: programs that ask what there is find its properties, and nobody can make one. */
export class MemoryBackendFile extends HostMemoryBackend {
  static override readonly type: TypeInfo = defineType('memory-backend-file', HostMemoryBackend, MemoryBackendFile, {
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
  discardData = false;
  pmem = false;
  readonly = false;
  rom: 'auto' | 'on' | 'off' = 'auto';
}
