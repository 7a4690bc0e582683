/** Guest code as text. */
import type { Disassembler } from '../../target/target.js';

/** A line an instruction: `size` bytes at `host` of `bytes`, which are at `pc`. */
export function listGuestCode(disassemble: Disassembler, bytes: Uint8Array, host: number, pc: bigint, size: number): string {
  const lines: string[] = [];
  for (let offset = 0; offset < size;) {
    const insn = disassemble(bytes.slice(host + offset, host + size), pc + BigInt(offset));
    if (!insn) break;
    lines.push(insn.text);
    offset += insn.size;
  }
  return lines.join('\n');
}
