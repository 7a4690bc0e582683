/** Guest memory as files of the host: memsave, pmemsave, and ELF core files (dump-guest-memory). Source: System V ABI, chapter 4; QEMU's messages. */
import type { CoreDescription, CpuState } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import type { FileSink } from '../hw/core/machine-config.js';
import { isUserError } from '../util/errors.js';
import { ControlError } from './errors.js';
import type { Pauses } from './main-loop.js';

/** Bytes that are written at a time. */
const PIECE = 1 << 20;

function create(machine: MachineState, file: string, verb: string): FileSink {
  if (!machine.env.createFile) throw new ControlError('this host writes no files');
  try {
    return machine.env.createFile(file);
  } catch (error) {
    throw isUserError(error) ? new ControlError(`Could not ${verb} '${file}': ${error.message}`) : error;
  }
}

/** `read`: what readMemory of a space says. The guest goes on meanwhile, if it runs. @throws ControlError */
export async function saveMemory(
  machine: MachineState,
  { file, address, size, read }: { file: string; address: bigint; size: number; read(at: bigint, into: Uint8Array): bigint | undefined },
  pause: Pauses,
): Promise<void> {
  const sink = create(machine, file, 'open');
  try {
    for (let done = 0; done < size; done += PIECE) {
      const bytes = new Uint8Array(Math.min(PIECE, size - done));
      if (read(BigInt.asUintN(64, address + BigInt(done)), bytes) !== undefined)
        throw new ControlError(`Invalid addr 0x${address.toString(16).padStart(16, '0')}/size ${size} specified`);
      sink.write(bytes);
      await pause();
    }
  } finally {
    sink.close();
  }
}

export interface DumpOptions {
  /** Of guest-physical memory: only what lies in there. */
  readonly begin?: bigint;
  readonly length?: bigint;
  /** Segments are where page tables have them. */
  readonly paging?: boolean;
}

/** How far the last dump has come, bytes. */
export interface DumpStatus {
  readonly status: 'none' | 'active' | 'completed' | 'failed';
  readonly completed: number;
  readonly total: number;
}

/** A run of guest-physical memory. */
interface Block {
  readonly start: number;
  readonly size: number;
}

interface Segment {
  readonly virtual: bigint;
  readonly physical: number;
  readonly size: number;
}

/** Nobody wants more of them, and e_phnum has 16 bits. */
const SEGMENT_LIMIT = 60_000;

export class GuestDump {
  status: DumpStatus = { status: 'none', completed: 0, total: 0 };

  constructor(
    private readonly machine: MachineState,
    private readonly pauses: () => Pauses,
  ) {}

  /** The guest must stand still. @throws ControlError if it cannot be done, or the host cannot write it */
  async write(file: string, options: DumpOptions): Promise<void> {
    if (this.status.status === 'active') throw new ControlError('There is a dump in process, please wait.');
    const { blocks, segments, cpus } = this.plan(options);
    const sink = create(this.machine, file, 'create');
    const total = blocks.reduce((sum, { size }) => sum + size, 0);
    this.status = { status: 'active', completed: 0, total };
    try {
      sink.write(coreHead(cpus, blocks, segments));
      const pause = this.pauses();
      for (const block of blocks) await this.copy(block, sink, pause);
      this.status = { status: 'completed', completed: total, total };
    } catch (error) {
      this.status = { ...this.status, status: 'failed' };
      throw isUserError(error) ? new ControlError(`dump: failed to save memory: ${error.message}`) : error;
    } finally {
      sink.close();
    }
  }

  private plan({ begin, length, paging }: DumpOptions): { blocks: Block[]; segments: Segment[]; cpus: CoreDescription[] } {
    if (begin !== undefined && length === undefined) throw new ControlError("Parameter 'length' is missing");
    if (begin === undefined && length !== undefined) throw new ControlError("Parameter 'begin' is missing");
    const blocks = this.blocks(Number(begin ?? 0n), length === undefined ? Infinity : Number(begin! + length));
    if (blocks.length === 0) throw new ControlError('dump: no guest memory to dump');
    const cpus = this.machine.cpus.flatMap((cpu) => cpu.coreDescription() ?? []);
    if (cpus.length === 0) throw new ControlError('this feature or command is not currently supported');
    const plain = blocks.map(({ start, size }) => ({ virtual: BigInt(start), physical: start, size }));
    return { blocks, cpus, segments: (paging && this.mapped(this.machine.cpus[0], blocks)) || plain };
  }

  /** RAM and ROM; flash is a device, as in QEMU. */
  private blocks(begin: number, end: number): Block[] {
    return this.machine.addressSpace
      .flatView()
      .ranges.filter(({ region }) => region.ramBlock && region.kind !== 'romd')
      .map(({ start, size }) => ({ start: Math.max(start, begin), end: Math.min(start + size, end) }))
      .filter((block) => block.start < block.end)
      .map((block) => ({ start: block.start, size: block.end - block.start }));
  }

  /** What the CPU's page tables map of it. */
  private mapped(cpu: CpuState, blocks: readonly Block[]): Segment[] | undefined {
    const mappings = cpu.mappings();
    const segments = mappings?.flatMap(({ virtual, physical, size }) =>
      blocks.flatMap((block) => {
        const start = Math.max(Number(physical), block.start);
        const end = Math.min(Number(physical + size), block.start + block.size);
        return start < end ? [{ virtual: virtual + BigInt(start) - physical, physical: start, size: end - start }] : [];
      }),
    );
    if (segments && segments.length > SEGMENT_LIMIT) throw new ControlError('dump: the page tables map too many pieces');
    return segments;
  }

  private async copy({ start, size }: Block, sink: FileSink, pause: Pauses): Promise<void> {
    for (let done = 0; done < size; done += PIECE) {
      const bytes = new Uint8Array(Math.min(PIECE, size - done));
      this.machine.addressSpace.readBytes(start + done, bytes);
      sink.write(bytes);
      this.status = { ...this.status, completed: this.status.completed + bytes.length };
      await pause();
    }
  }
}

const ELF_HEADER = { 32: 52, 64: 64 } as const;
const PROGRAM_HEADER = { 32: 32, 64: 56 } as const;
const NOTE_HEADER = 12;
const NT_PRSTATUS = 1;
const ET_CORE = 4;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_RWX = 7;

const align4 = (size: number): number => (size + 3) & ~3;

/** All that comes before the memory: header, program headers, a note for each CPU. `blocks` follow in their order. */
function coreHead(cpus: readonly CoreDescription[], blocks: readonly Block[], segments: readonly Segment[]): Uint8Array {
  const [{ bits, machine, flags }] = cpus;
  const name = new TextEncoder().encode('CORE\0');
  const noteSize = cpus.reduce((sum, { prstatus }) => sum + NOTE_HEADER + align4(name.length) + align4(prstatus.length), 0);
  const count = segments.length + 1;
  const notesAt = ELF_HEADER[bits] + count * PROGRAM_HEADER[bits];
  const out = new ElfWriter(bits, notesAt + noteSize);
  out.bytes(0x7f, 0x45, 0x4c, 0x46, bits / 32, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  out.half(ET_CORE, machine);
  out.word(1);
  out.address(0n, BigInt(ELF_HEADER[bits]), 0n); // entry, program headers, section headers
  out.word(flags);
  out.half(ELF_HEADER[bits], PROGRAM_HEADER[bits], count, 0, 0, 0);
  out.programHeader(PT_NOTE, 0, BigInt(notesAt), 0n, 0n, noteSize);
  for (const { virtual, physical, size } of segments) {
    let offset = notesAt + noteSize;
    for (const block of blocks) {
      if (physical >= block.start && physical < block.start + block.size) offset += physical - block.start;
      else if (block.start < physical) offset += block.size;
    }
    out.programHeader(PT_LOAD, PF_RWX, BigInt(offset), virtual, BigInt(physical), size);
  }
  for (const { prstatus } of cpus) {
    out.word(name.length, prstatus.length, NT_PRSTATUS);
    out.padded(name);
    out.padded(prstatus);
  }
  return out.finish();
}

/** Little-endian. */
class ElfWriter {
  private readonly view: DataView;
  private at = 0;

  constructor(
    private readonly bits: 32 | 64,
    size: number,
  ) {
    this.view = new DataView(new ArrayBuffer(size));
  }
  bytes(...values: number[]): void {
    for (const value of values) this.view.setUint8(this.at++, value);
  }
  half(...values: number[]): void {
    for (const value of values) this.view.setUint16((this.at += 2) - 2, value, true);
  }
  word(...values: number[]): void {
    for (const value of values) this.view.setUint32((this.at += 4) - 4, value, true);
  }
  address(...values: bigint[]): void {
    for (const value of values) {
      if (this.bits === 32) this.word(Number(BigInt.asUintN(32, value)));
      else this.view.setBigUint64((this.at += 8) - 8, value, true);
    }
  }
  programHeader(type: number, flags: number, offset: bigint, virtual: bigint, physical: bigint, size: number): void {
    this.word(type);
    if (this.bits === 64) this.word(flags);
    this.address(offset, virtual, physical, BigInt(size), BigInt(size));
    if (this.bits === 32) this.word(flags);
    this.address(0n);
  }
  padded(bytes: Uint8Array): void {
    this.bytes(...bytes);
    this.at = align4(this.at);
  }
  finish(): Uint8Array {
    return new Uint8Array(this.view.buffer);
  }
}
