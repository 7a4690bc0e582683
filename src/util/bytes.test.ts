import { expect, it } from 'vitest';
import { ByteReader, ByteWriter } from './bytes.js';

it('grows in the middle of any kind of number', () => {
  for (const skip of [253, 254, 255, 256]) {
    const out = new ByteWriter();
    out.bytes(new Uint8Array(skip));
    out.u64(0x0102_0304_0506_0708n);
    out.u32(0x0a0b_0c0d);
    out.u16(0x0e0f);
    out.u8(0x10);
    const input = new ByteReader(out.finish());
    input.bytes(skip);
    expect([input.u64(), input.u32(), input.u16(), input.u8()]).toEqual([0x0102_0304_0506_0708n, 0x0a0b_0c0d, 0x0e0f, 0x10]);
  }
});
