/** Guest code as it is on its way to the host's, for whoever shows it. Numbers count since the block was made, or got its code. */

/** A guest function, or a loop, that has generated code. */
export interface FunctionInfo {
  /** Of this machine, as long as the code is there. */
  readonly id: number;
  /** Of the block that was hot. */
  readonly pc: bigint;
  readonly symbol?: string;
  readonly blocks: number;
  /** Places that it can be entered at. */
  readonly entries: number;
  /** Guest instructions in it. */
  readonly insns: number;
}

/** A block: guest code as `-d in_asm` shows it, its IR as `-d op` and `-d op_opt` do. */
export interface CodeView {
  readonly pc: bigint;
  /** Bytes of guest code. */
  readonly size?: number;
  readonly guest: string;
  readonly ir: string;
  readonly optimized: string;
  /** Times that the interpreter ran it. */
  readonly interpreted?: number;
  /** Of a loop: rounds a visit, as far as the interpreter saw; else 0. */
  readonly tripCount?: number;
  /** Its function is entered here. */
  readonly isEntry?: boolean;
}

export interface FunctionCode {
  readonly info: FunctionInfo;
  readonly blocks: readonly CodeView[];
}
