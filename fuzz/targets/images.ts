/** Boot images: the whole way from bytes to a board that is ready. Whatever they are, there is a board, or one line for the user. */
import { gzipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { readSymbols } from '../../src/hw/core/symbols.js';
import { IdleSpike, IdleVirt } from '../../src/hw/riscv/testing.js';
import { isUserError } from '../../src/util/errors.js';
import { MiB } from '../../src/util/size.js';
import type { Target } from '../target.js';

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const RAM = 0x8000_0000;
const RAM_SIZE = 16 * MiB;
const guest = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(`../../guests/${name}.elf`, import.meta.url)));

/** What must be said to the user, and how. */
export function oneLine(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!isUserError(error)) throw error;
    if (CONTROL.test(error.message)) throw new Error(`control characters in ${JSON.stringify(error.message)}`, { cause: error });
    // What is possible may be a long list.
    if (error.message.length > 1000)
      throw new Error(`a message of ${error.message.length} characters: ${error.message.slice(0, 100)}`, { cause: error });
  }
}

interface ElfField {
  readonly wide: boolean;
  readonly segments: readonly { address: bigint; bytes: Uint8Array; memory: bigint }[];
}

/** An executable for RISC-V with these segments and a symbol `start`. Source: System V ABI, chapter 4. */
export function elf({ wide, segments }: ElfField): Uint8Array {
  const [header, program, section, symbol] = wide ? [64, 56, 64, 24] : [52, 32, 40, 16];
  const names = new TextEncoder().encode('\0start\0');
  const code = header + program * segments.length;
  const offsets = segments.map((_, i) => code + segments.slice(0, i).reduce((sum, { bytes }) => sum + bytes.length, 0));
  const symbols = code + segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const sections = symbols + 2 * symbol + names.length;
  const file = new Uint8Array(sections + 3 * section);
  const view = new DataView(file.buffer);
  const word = (at: number, value: bigint): void => (wide ? view.setBigUint64(at, value, true) : view.setUint32(at, Number(value), true));
  const size = wide ? 8 : 4;
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  [2, 243].forEach((value, i) => view.setUint16(16 + 2 * i, value, true));
  view.setUint32(20, 1, true);
  word(24, segments[0].address);
  word(24 + size, BigInt(header));
  word(24 + 2 * size, BigInt(sections));
  const rest = 24 + 3 * size + 4;
  [header, program, segments.length, section, 3, 0].forEach((value, i) => view.setUint16(rest + 2 * i, value, true));
  segments.forEach(({ address, bytes, memory }, i) => {
    const at = header + program * i;
    view.setUint32(at, 1, true);
    view.setUint32(at + (wide ? 4 : 24), 5, true);
    const fields = [BigInt(offsets[i]), address, address, BigInt(bytes.length), memory];
    fields.forEach((value, k) => word(at + (wide ? 8 : 4) + size * k, value));
    file.set(bytes, offsets[i]);
  });
  view.setUint32(symbols + symbol, 1, true);
  word(symbols + symbol + (wide ? 8 : 4), segments[0].address);
  file.set(names, symbols + 2 * symbol);
  const table = (i: number, type: number, offset: number, bytes: number, link: number): void => {
    const at = sections + section * i;
    view.setUint32(at + 4, type, true);
    word(at + (wide ? 24 : 16), BigInt(offset));
    word(at + (wide ? 32 : 20), BigInt(bytes));
    view.setUint32(at + (wide ? 40 : 24), link, true);
  };
  table(1, 2, symbols, 2 * symbol, 2);
  table(2, 3, symbols + 2 * symbol, names.length, 0);
  return file;
}

const code = Uint8Array.of(0x73, 0x00, 0x50, 0x10, 0x6f, 0xf0, 0xdf, 0xff); // wfi; j .-4
const smallElf = (wide: boolean): Uint8Array =>
  elf({ wide, segments: [{ address: BigInt(RAM), bytes: code, memory: 64n }, { address: BigInt(RAM + 0x1000), bytes: code, memory: 8n }] }); // prettier-ignore

/** A Linux Image without and with a PE header. Source: Linux, Documentation/arch/riscv/boot-image-header.rst; Microsoft, PE Format. */
function linuxImage(pe: boolean): Uint8Array {
  const file = new Uint8Array(0x100);
  const view = new DataView(file.buffer);
  file.set(code, 0x40);
  view.setBigUint64(8, 0x20_0000n, true);
  view.setBigUint64(16, 0x1000n, true);
  view.setUint32(32, 2, true);
  view.setUint32(48, 0x5643_5352, true); // magic "RISCV"
  view.setUint32(56, 0x0543_5352, true); // magic2 "RSC\x05"
  if (pe) {
    file.set([0x4d, 0x5a]);
    view.setUint32(0x3c, 0x40, true);
    view.setUint32(0x40, 0x4550, true);
    view.setUint16(0x46, 1, true); // one section
    view.setUint32(0x40 + 24 + 16, 0x40, true);
    view.setUint32(0x40 + 24 + 20, 0x80, true);
  }
  return file;
}

const bootWith = (image: 'kernel' | 'bios') => (input: Uint8Array): void =>
  oneLine(() => {
    const machine = new IdleVirt({ ramSize: RAM_SIZE, [image]: input });
    machine.create();
    machine.reset();
  }); // prettier-ignore

export const elfTarget: Target = {
  name: 'elf',
  seeds: () => [smallElf(true), smallElf(false), guest('embedded')],
  run(input) {
    bootWith('kernel')(input);
    oneLine(() => new IdleSpike({ ramSize: RAM_SIZE, bios: input }).create());
  },
};

export const imageTarget: Target = {
  name: 'image',
  seeds: () => [linuxImage(false), linuxImage(true), gzipSync(linuxImage(true), { mtime: 0 }), gzipSync(smallElf(true), { mtime: 0 })],
  run(input) {
    bootWith('kernel')(input);
    bootWith('bios')(input);
    oneLine(() => new IdleVirt({ ramSize: RAM_SIZE, kernel: linuxImage(false), initrd: input }).create());
  },
};

export const dtbTarget: Target = {
  name: 'dtb',
  seeds() {
    const machine = new IdleVirt({ ramSize: RAM_SIZE, append: 'console=ttyS0' });
    machine.create();
    return [machine.fdt.flatten()];
  },
  run(input) {
    oneLine(() => {
      const machine = new IdleVirt({ ramSize: RAM_SIZE, dtb: input, kernel: linuxImage(false), append: 'a' });
      machine.create();
      machine.reset();
    });
  },
};

export const symbolsTarget: Target = {
  name: 'symbols',
  seeds: () => [smallElf(true), guest('soak'), new TextEncoder().encode('80000000 T start\n80000010 t loop\n0000000080200000 D data\n')],
  run(input) {
    oneLine(() => {
      const symbols = readSymbols('symbols', input);
      for (const address of [0n, 0x8000_0004n, (1n << 64n) - 1n]) symbols.at(address);
      for (const { name } of symbols) if (CONTROL.test(name)) throw new Error(`control characters in the name ${JSON.stringify(name)}`);
    });
  },
};
