/**
 * Fault exits of straight-line code, as one chain: what is dirty only grows from one fault point to the next, so the exit of a later
 * point writes back what came since the point before, and falls into that point's exit. Code for n points is O(n + dirty), where an exit
 * of its own for each was two thirds of all code.
 *
 *     block $ok
 *       block $f0
 *         block $f1
 *           ... (if ENV_FAULT: ENV_LOCATOR = .., br $f0) ... (if ENV_FAULT: ENV_LOCATOR = .., br $f1) ...
 *           br $ok
 *         end: write back what became dirty between the two points
 *       end: write back what was dirty at the first; leave
 *     end
 */
import { ENV_FAULT, ENV_LOCATOR } from '../../../assembly/shared/layout.js';
import { I32, type Expr, type WasmModule } from './binaryen.js';

export interface FaultHost {
  /** A number that no other label of the function has. */
  label(): string;
  store(list: Expr[], globals: readonly number[]): void;
  leave(list: Expr[]): void;
}

interface FaultPoint {
  readonly label: string;
  readonly dirty: readonly number[];
}

export class FaultExits {
  private points: FaultPoint[] = [];
  /** Where in the list the code of the open chain begins. */
  private from: number;

  constructor(
    /** The straight-line code. */
    private readonly list: Expr[],
    private readonly m: WasmModule,
    private readonly host: FaultHost,
  ) {
    this.from = list.length;
  }

  /** Appends the test of ENV_FAULT to `into`, which becomes part of the list. */
  test(into: Expr[], locator: number, dirty: readonly number[]): void {
    const { m } = this;
    into.push(m.if(m.loadEnv(4, false, I32, ENV_FAULT), this.go(locator, dirty)));
  }

  /** A jump to the exit. It must become part of the list. */
  go(locator: number, dirty: readonly number[]): Expr {
    const { m, host } = this;
    let point = this.points.at(-1);
    if (point?.dirty.length !== dirty.length) this.points.push((point = { label: `f${host.label()}`, dirty }));
    return m.sequence([m.storeEnv(4, I32, m.i32(locator), ENV_LOCATOR), m.br(point.label)]);
  }

  /** Ends the chain: before something that makes globals clean, and before the block's terminator. */
  close(): void {
    const { list, m, host } = this;
    if (this.points.length > 0) {
      const ok = `k${host.label()}`;
      let inner = [...list.splice(this.from), m.br(ok)];
      for (let i = this.points.length - 1; i >= 0; i--) {
        inner = [m.labelled(this.points[i].label, inner)];
        const earlier = new Set(this.points[i - 1]?.dirty);
        host.store(
          inner,
          this.points[i].dirty.filter((g) => !earlier.has(g)),
        );
      }
      host.leave(inner);
      list.push(m.labelled(ok, inner));
      this.points = [];
    }
    this.from = list.length;
  }
}
