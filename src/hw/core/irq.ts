/** Interrupt and GPIO lines (QEMU's qemu_irq). A line carries a level to whatever it is connected to; unconnected lines go nowhere. */
export type IrqHandler = (n: number, level: number) => void;

export class IrqLine {
  /** The level last driven. */
  level = 0;
  private target: IrqLine | undefined;

  constructor(
    private readonly handler?: IrqHandler,
    readonly n = 0,
    /** Whose input it is. */
    readonly owner?: object,
  ) {}

  get connected(): boolean {
    return this.handler !== undefined || this.target !== undefined;
  }

  /** The input at the end of all that this output is joined to. */
  get destination(): IrqLine | undefined {
    let end = this.target;
    while (end?.target) end = end.target;
    return end;
  }

  /** Joins this output to an input (or tears it off). A level that is already high is passed on. */
  connect(target: IrqLine | undefined): void {
    this.target = target;
    if (this.level) target?.set(this.level);
  }

  /** Drives the line; the level is always passed on, changed or not, so that a sink that forgot it (reset) hears it again. */
  set(level: number | boolean): void {
    this.level = Number(level);
    this.handler?.(this.n, this.level);
    this.target?.set(this.level);
  }
  raise(): void {
    this.set(1);
  }
  lower(): void {
    this.set(0);
  }
  /** Up and down again: an edge. */
  pulse(): void {
    this.set(1);
    this.set(0);
  }
}

/** `count` input lines of one handler. */
export const irqLines = (handler: IrqHandler, count: number, owner?: object): IrqLine[] =>
  Array.from({ length: count }, (_, n) => new IrqLine(handler, n, owner));
