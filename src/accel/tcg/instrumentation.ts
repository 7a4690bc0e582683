/** What plugins want of the engine (src/plugin), and what it tells them. Without any, nothing of this is asked, and code is as it is to the byte. */
import type { TbSource } from '../../target/translator.js';
import type { TcgContext } from '../../tcg/context.js';
import type { Injection } from '../../tcg/instrument.js';
import { Op, OP_WORDS } from '../../tcg/opcodes.js';

/** A TB that was just translated; good until the callback is over. */
export interface TranslatedTb {
  readonly cpu: number;
  readonly pc: bigint;
  /** Guest-physical address of its first byte. */
  readonly physical: bigint;
  /** Its bytes in linear memory, in its first page and in the second. */
  readonly source: TbSource;
  /** Of the target's pages, bytes. */
  readonly pageSize: number;
  /** Offset of each instruction, and behind the last one the size of all. */
  readonly offsets: readonly number[];
}

export interface Instrumentation {
  /** What is to be added to it. */
  translated(tb: TranslatedTb): readonly Injection[];
  // Calls out of the middle of guest code: none of them may throw. `cpu`: ENV_CPU_INDEX.
  called(cpu: number, id: number): void;
  /** `info`: INFO_* of src/tcg/instrument.ts. */
  accessed(cpu: number, id: number, info: number, address: bigint, value: bigint, operand: bigint, other: bigint): void;
  /** `kind`: DISCON_*. */
  discontinuity(cpu: number, kind: number, from: bigint, to: bigint): void;
  /** All TBs are gone: so are the ids of their callbacks. */
  flushed(): void;
  /** TELL_* bits. */
  readonly tells: number;
  /** The vCPU waits for an interrupt; it goes on. */
  idle(cpu: number): void;
  resumed(cpu: number): void;
}

/** Where the instructions of the TB in `ctx` begin, and where it ends. */
export function insnOffsets({ ops, opCount }: TcgContext, size: number): number[] {
  const offsets: number[] = [];
  for (let op = 0; op < opCount; op++) if (ops[op * OP_WORDS] === Op.insn_start) offsets.push(ops[op * OP_WORDS + 1]);
  return [...offsets, size];
}

/** Bytes of a TB's code, over its two pages. */
export function codeBytes({ source: { pc, bytes, host, nextPage }, pageSize }: TranslatedTb, offset: number, size: number): Uint8Array {
  const code = bytes.slice(host + offset, host + offset + size);
  const inFirst = pageSize - Number(pc & BigInt(pageSize - 1)) - offset;
  if (inFirst < size) {
    const rest = nextPage();
    code.set(bytes.subarray(rest, rest + size - inFirst), inFirst);
  }
  return code;
}
