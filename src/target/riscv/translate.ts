/** The translator loop: guest code of one TB to IR. */
import { PAGE_BITS } from '../../../assembly/target/riscv/shared/traits.js';
import { TranslateFault, type TargetFrontend, type TbSource } from '../translator.js';
import type { TcgContext } from '../../tcg/context.js';
import { failsLanding } from './cfi.js';
import type { CpuConfig } from './config.js';
import { DisasContext, Jump, maxInsnsOf } from './context.js';
import { Decoder } from './decoder.js';
import { Operands } from './operands.js';

const PAGE_SIZE = 1 << PAGE_BITS;
const OFFSET_MASK = BigInt(PAGE_SIZE - 1);

export class RiscvFrontend implements TargetFrontend {
  readonly decoder: Decoder;
  private readonly context: DisasContext;
  private readonly operands = new Operands();

  constructor(config: CpuConfig) {
    this.decoder = new Decoder(config.xlen, config.extensions);
    this.context = new DisasContext(config);
  }

  /** Emits the TB into `tcg`, which the caller has reset. Size in guest bytes. Throws TranslateFault if its first instruction cannot be fetched. */
  translate(tcg: TcgContext, tb: TbSource): { size: number; icount: number } {
    const { context: c } = this;
    const { bytes, host } = tb;
    const inPage = Number(tb.pc & OFFSET_MASK);
    c.startTb(tcg, inPage, tb.flags, tb.cflags);
    const maxInsns = maxInsnsOf(tb.cflags, tb.maxInsns);
    const left = PAGE_SIZE - inPage;
    let icount = 0;
    let offset = 0;
    while (c.jump === Jump.Next) {
      // An instruction that begins here is all in the page, or the TB's only one.
      let word = bytes[host + offset] | (bytes[host + offset + 1] << 8);
      const size = (word & 3) === 3 ? 4 : 2;
      if (size === 4) {
        if (offset + 4 <= left) {
          word |= (bytes[host + offset + 2] << 16) | (bytes[host + offset + 3] << 24);
        } else if (icount === 0) {
          const next = tb.nextPage();
          if (next === 0) throw new TranslateFault();
          word |= (bytes[next] << 16) | (bytes[next + 1] << 24);
        } else {
          break;
        }
      }
      tcg.insnStart(offset);
      c.offset = offset;
      c.word = word;
      c.size = size;
      if (!c.landingPadExpected || !failsLanding(c, word)) this.translateInsn(c, word);
      offset += size;
      icount++;
      if (c.jump === Jump.Next && (icount === maxInsns || offset >= left)) break;
    }
    if (c.jump !== Jump.NoReturn) c.gotoTb(0, offset - c.offset);
    return { size: offset, icount };
  }

  private translateInsn(c: DisasContext, word: number): void {
    const row = this.decoder.decode(word);
    if (row === undefined) return c.illegal();
    const a = this.operands;
    row.format.extract(word, a);
    row.emit(c, a);
  }
}
