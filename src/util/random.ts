/** xoshiro128** (Blackman and Vigna): reproducible bytes from a seed. Not for secrets. */
export class SeededRandom {
  /** The state. Not all zero. */
  readonly s = new Uint32Array(4);

  constructor(seed: number) {
    // splitmix32 spreads the seed; the state is never all zero.
    for (let i = 0; i < 4; i++) {
      seed = (seed + 0x9e37_79b9) >>> 0;
      let z = seed;
      z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
      this.s[i] = z ^ (z >>> 16);
    }
  }

  next(): number {
    const s = this.s;
    const scrambled = Math.imul(s[1], 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i += 4) {
      const word = this.next();
      for (let j = i; j < Math.min(i + 4, count); j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }
}
