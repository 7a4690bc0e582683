/** Guest code as text. */
import type { Disassembler } from '../../target/target.js';
import type { TbSource } from '../../target/translator.js';

/** A line an instruction: `size` bytes of `bytes`, from where the source is. */
export function listGuestCode(
  disassemble: Disassembler,
  bytes: Uint8Array,
  { host, pc, flags }: Pick<TbSource, 'host' | 'pc' | 'flags'>,
  size: number,
): string {
  const lines: string[] = [];
  for (let offset = 0; offset < size;) {
    const insn = disassemble(bytes.slice(host + offset, host + size), pc + BigInt(offset), flags);
    if (!insn) break;
    lines.push(insn.text);
    offset += insn.size;
  }
  return lines.join('\n');
}
