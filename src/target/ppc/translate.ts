/** The translator loop: guest code of one TB to IR. */
import { TBF_LE } from '../../../assembly/target/ppc/shared/ppc.js';
import { PAGE_BITS } from '../../../assembly/target/ppc/shared/traits.js';
import type { TargetFrontend, TbSource } from '../translator.js';
import type { TcgContext } from '../../tcg/context.js';
import { DisasContext, INSN, Jump, maxInsnsOf, PC } from './context.js';
import { emitUnknown } from './altivec.js';
import type { PpcConfig } from './config.js';
import { Decoder } from './decoder.js';
import { Operands } from './operands.js';

const PAGE_SIZE = 1 << PAGE_BITS;

export class PpcFrontend implements TargetFrontend {
  private readonly decoder = new Decoder();
  private readonly context: DisasContext;
  private readonly operands = new Operands();

  constructor(config: PpcConfig) {
    this.context = new DisasContext(config);
  }

  /** Emits the TB into `tcg`, which the caller has reset. Size in guest bytes. */
  translate(tcg: TcgContext, tb: TbSource): { size: number; icount: number } {
    const { context: c, operands } = this;
    const start = Number(tb.pc);
    const left = PAGE_SIZE - (start & (PAGE_SIZE - 1));
    const code = new DataView(tb.bytes.buffer, tb.host, left);
    const littleEndian = (tb.flags & TBF_LE) !== 0;
    c.startTb(tcg, start, tb.flags, tb.cflags);
    const maxInsns = c.traceAll ? 1 : maxInsnsOf(tb.cflags, tb.maxInsns);
    let offset = 0;
    for (;;) {
      const word = code.getInt32(offset, littleEndian);
      tcg.insnStart(offset);
      c.pc = (start + offset) >>> 0;
      operands.set(word);
      const row = this.decoder.decode(word);
      if (row === undefined) emitUnknown(c, word);
      else row.emit(c, operands);
      offset += INSN;
      if (c.jump === Jump.NoReturn || offset / INSN === maxInsns || offset === left) break;
    }
    if (c.jump === Jump.Next) this.end(start + offset);
    return { size: offset, icount: offset / INSN };
  }

  /** The TB ends, and the code goes on. */
  private end(next: number): void {
    const { context: c } = this;
    if (!c.traceAll) return c.gotoTb(0, next);
    c.tcg.movi(PC, next >>> 0);
    c.trace();
  }
}
