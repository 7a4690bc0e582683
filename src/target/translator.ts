/** What a target's frontend and the accelerator say to each other about one TB. */
import type { TcgContext } from '../tcg/context.js';

/** The code of a TB cannot be fetched: the guest fault is pending in env. */
export class TranslateFault extends Error {
  override readonly name = 'TranslateFault';
}

export interface TbSource {
  readonly pc: bigint;
  /** ENV_TB_FLAGS and ENV_CS_BASE. */
  readonly flags: number;
  readonly csBase: number;
  readonly cflags: number;
  /** At most this many guest instructions. */
  readonly maxInsns: number;
  /** The whole linear memory. */
  readonly bytes: Uint8Array;
  /** Linear-memory address of the byte at pc; the bytes up to the end of its page are valid. */
  readonly host: number;
  /**
   * Linear-memory address of the next page's first byte. Called only when the TB's first instruction crosses the page end.
   * 0: that page cannot be fetched, and a guest fault is pending.
   */
  nextPage(): number;
}

/** Guest code to IR. */
export interface TargetFrontend {
  /** Emits the TB into a context that has been reset. Throws TranslateFault. */
  translate(ctx: TcgContext, tb: TbSource): { size: number; icount: number };
}
