/** The header of a RISC-V Linux Image. Source: Linux, Documentation/arch/riscv/boot-image-header.rst. */
import { viewOf } from '../../util/bytes.js';
import type { LinuxImageHeader } from '../core/loader.js';

const IMAGE_HEADER_SIZE = 64;
const RISCV_MAGIC2 = 0x05435352; // "RSC\x05"

/** Undefined: it is none. */
export function parseLinuxImage(bytes: Uint8Array): LinuxImageHeader | undefined {
  if (bytes.length < IMAGE_HEADER_SIZE) return undefined;
  const data = viewOf(bytes);
  if (data.getUint32(56, true) !== RISCV_MAGIC2) return undefined;
  return {
    textOffset: Number(data.getBigUint64(8, true)),
    imageSize: Number(data.getBigUint64(16, true)),
    bigEndian: (data.getUint32(24, true) & 1) === 1,
  };
}
