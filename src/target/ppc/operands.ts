/** Operands of an instruction word, by the places that the forms of the manual have for them (PEM, section 4.1 and appendix A.4). */

/** One reused record: no garbage while translating. */
export class Operands {
  word = 0;
  /** Bits 6 to 10: rD, rS, frD, BO, TO, crbD. */
  rt = 0;
  /** Bits 11 to 15: rA, BI, crbA. */
  ra = 0;
  /** Bits 16 to 20: rB, SH, NB, crbB. */
  rb = 0;
  /** Bits 21 to 25: frC, MB. */
  rc = 0;
  /** Bits 26 to 30: ME. */
  me = 0;
  /** Sign-extended. */
  simm = 0;
  uimm = 0;
  /** The instruction sets CR0 or CR1; a branch sets LR. */
  record = false;
  /** It sets OV and SO. */
  oe = false;

  set(word: number): void {
    this.word = word;
    this.rt = (word >>> 21) & 31;
    this.ra = (word >>> 16) & 31;
    this.rb = (word >>> 11) & 31;
    this.rc = (word >>> 6) & 31;
    this.me = (word >>> 1) & 31;
    this.simm = (word << 16) >> 16;
    this.uimm = word & 0xffff;
    this.record = (word & 1) !== 0;
    this.oe = (word & 0x400) !== 0;
  }

  /** The CR field that a comparison sets: bits 6 to 8. */
  get crfd(): number {
    return this.rt >>> 2;
  }
  /** The CR field that is read: bits 11 to 13. */
  get crfs(): number {
    return this.ra >>> 2;
  }
  /** The number of a special register, its halves exchanged in the word. */
  get spr(): number {
    return this.ra | (this.rb << 5);
  }
  /** Where bc goes, from itself; it is a multiple of 4. */
  get bd(): number {
    return ((this.word & 0xfffc) << 16) >> 16;
  }
  /** CRM: bits 12 to 19. */
  get crm(): number {
    return (this.word >>> 12) & 0xff;
  }
}

/** BO, from the left: do not look at CR; the bit to find there; do not decrement CTR; branch if it is zero; a hint. */
export const BO_ALWAYS = 16;
export const BO_TRUE = 8;
export const BO_NO_CTR = 4;
export const BO_ZERO = 2;
export const BO_HINT = 1;

/** Bits mb to me, counted from the left, which may wrap (PEM, section 8.1, MASK). */
export function maskOf(mb: number, me: number): number {
  const from = 0xffff_ffff >>> mb;
  const to = (0xffff_ffff << (31 - me)) >>> 0;
  return (mb <= me ? from & to : from | to) >>> 0;
}
