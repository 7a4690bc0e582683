/** The decoder on words that no row made: it ends, and what it finds has a text and matches its own row. */
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { Decoder } from '../../src/target/riscv/decoder.js';
import { formatInsn } from '../../src/target/riscv/disas.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { hasInsn, matches } from '../../src/target/riscv/table.js';
import { Source } from '../source.js';
import type { Target } from '../target.js';

export const DECODERS = ['max', 'max32', 'max,c=off,zce=on', 'max32,c=off,zce=on'].map((cpu) => {
  const config = parseCpuConfig(cpu);
  const rows = INSNS.filter((row) => hasInsn(row, config.xlen, config.extensions));
  return { config, rows, decoder: new Decoder(config.xlen, config.extensions) };
});

/** Bytes of the instruction that begins so (RISC-V unprivileged specification, 1.5). */
export const sizeOf = (word: number): 2 | 4 => ((word & 3) === 3 ? 4 : 2);

export const decoderTarget: Target = {
  name: 'decoder',
  most: 256,
  seeds: () => [Uint8Array.from(INSNS.slice(0, 60).flatMap(({ value }) => [value, value >>> 8, value >>> 16, value >>> 24]))],
  run(input) {
    for (const source = new Source(input); !source.isEmpty;) {
      const raw = source.number(4);
      const word = sizeOf(raw) === 2 ? raw & 0xffff : raw;
      for (const { decoder, rows } of DECODERS) {
        const found = decoder.decode(word);
        // One row at most matches, and it is the one that is found.
        const all = rows.filter((row) => row.size === sizeOf(word) && matches(row, word));
        if (all.length > 1 || all[0] !== found)
          throw new Error(`${word.toString(16)}: found ${found?.name}, matching: ${all.map(({ name }) => name)}`);
        const text = formatInsn(decoder, word, 0x8000_0000n);
        if (text === '' || /undefined|NaN/.test(text)) throw new Error(`${word.toString(16)}: '${text}'`);
      }
    }
  },
};
